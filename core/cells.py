"""What stands in a cell of a list: a typed value, told to a reader or written into a file.

The same value makes the text on the page, the field of a CSV file and the cell of a spreadsheet.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core import dates
from core.money import format_money, format_number
from core.templatetags.relance import percent_text


class Kind(StrEnum):
    """What a column holds, which decides how it is written and to which side it is aligned."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    PERCENT = "percent"
    DAY = "day"
    MOMENT = "moment"
    STARS = "stars"
    YES_NO = "yes_no"


#: What is aligned to the right and has figures of one width.
NUMERIC = frozenset({Kind.NUMBER, Kind.MONEY, Kind.PERCENT, Kind.DAY, Kind.MOMENT})


#: A day that is nearer than so many days needs no year to be understood.
NEAR = 300


@dataclass(frozen=True, slots=True)
class Money:
    """An amount with its currency."""

    amount: Decimal
    currency: str


def money(amount: Decimal | None, currency: str) -> Money | None:
    """The amount with its currency; None for no amount."""
    return None if amount is None else Money(amount, currency)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: which paths it reads, and the value that it makes of them.

    `paths` are read with the row; `side(ids)` reads what is not on it, for many rows in a fixed
    number of queries. `of` takes the values of the paths, and then what `side` found (None for a
    row without); without `of` the first value counts. `sort` is the path that its head sorts by.
    """

    name: str
    label: Any
    kind: Kind = Kind.TEXT
    paths: tuple[str, ...] = ()
    of: Callable[..., Any] | None = None
    side: Callable[[Sequence[int]], Mapping[int, Any]] | None = None
    sort: str = ""
    #: What it sorts by where that is no column: an expression, annotated under the name `sort`.
    by: Any = None
    #: Where the first click on its head should begin: with the largest.
    falling: bool = False
    #: The fields that are edited together where the cell stands; without any it is only read.
    edits: tuple[str, ...] = ()
    #: The route of the dialog that changes it instead.
    asks: str = ""

    @property
    def is_numeric(self) -> bool:
        """Whether it is aligned to the right."""
        return self.kind in NUMERIC

    def value(self, values: Sequence[Any], found: Any = None) -> Any:
        """The typed value of a row."""
        if self.of is None:
            return values[0] if values else found
        return self.of(*values, found) if self.side is not None else self.of(*values)


def tell(kind: Kind, value: Any, language: str) -> str:
    """The value as a reader of the page sees it; "" for none."""
    if value is None or value == "":
        return ""
    match kind:
        case Kind.MONEY:
            return format_money(value.amount, value.currency, language)
        case Kind.NUMBER:
            number = Decimal(str(value))
            return format_number(number, language, max(0, -_exponent(number)))
        case Kind.PERCENT:
            return percent_text(Decimal(value))
        case Kind.DAY | Kind.MOMENT:
            day = day_of(value)
            return dates.day(day, year=abs((day - timezone.localdate()).days) >= NEAR)
        case Kind.STARS:
            return "★" * int(value)
        case Kind.YES_NO:
            return _("Yes") if value else _("No")
    return str(value)


def _exponent(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def plain(kind: Kind, value: Any) -> str:
    """The value as text for another program: a point as decimal sign, ISO 8601 dates where the
    reader is; "" for none."""
    if value is None or value == "":
        return ""
    match kind:
        case Kind.MONEY:
            return f"{value.amount:.2f}"
        case Kind.NUMBER | Kind.PERCENT:
            number = Decimal(str(value)).normalize()
            return f"{number:f}"
        case Kind.STARS:
            return str(int(value))
        case Kind.DAY:
            return day_of(value).isoformat()
        case Kind.MOMENT:
            return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
        case Kind.YES_NO:
            return _("Yes") if value else _("No")
    return harmless(str(value))


def day_of(value: dt.date | dt.datetime) -> dt.date:
    """The day where the reader is."""
    return timezone.localdate(value) if isinstance(value, dt.datetime) else value


#: What makes a spreadsheet take a text for a formula, wide forms of the signs included
#: (OWASP, CSV injection).
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """A text that no spreadsheet calculates: an apostrophe stands before what might be a formula.

    White space at the front does not hide one: some programs trim it.
    """
    return f"'{text}" if text.startswith(DANGEROUS) or text.lstrip().startswith(DANGEROUS) else text
