"""What is done to many records at once: to which, what is asked, and what is said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import models
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.errors import NotFound, Refused
from core.money import format_number
from core.numbers import keys_in

#: So many records are changed at once: one cause, one transaction, one Undo.
MOST = 10_000
#: The longest filter that is read with a selection.
LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that is done to several records.

    `form(data, user=…, **about)` asks for what is needed, `do(ids, form, by)` does it to all or to
    none. `asks(n)`, `says(n)` and `button()` are words for before, after, and for doing it, with
    the number as `%(n)s`; `note()` says what else follows. What `is_for_seen` is done to all that a
    person sees; other deeds to what they may change.
    """

    name: str
    icon: str
    label: Callable[[], str]
    form: Callable[..., Any]
    do: Callable[[list[int], Any, Any], Any]
    asks: Callable[[int], str]
    says: Callable[[int], str]
    button: Callable[[], str]
    note: Callable[[], str] | None = None
    is_grave: bool = False
    is_for_seen: bool = False


@dataclass(frozen=True, slots=True)
class Opening:
    """A page that is opened for several records; `opens(ids)` tells its address."""

    name: str
    icon: str
    label: Callable[[], str]
    opens: Callable[[Sequence[int]], str]
    is_grave: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A part of a form for many records that is ticked to be changed, with its fields."""

    name: str
    label: str
    fields: list[forms.BoundField]
    on: bool


@dataclass(frozen=True, slots=True)
class Selection:
    """What a person selected on a list: some rows, or all that its filter shows."""

    rows: tuple[int, ...]
    is_all: bool
    filter: QueryDict

    @classmethod
    def read(cls, data: QueryDict) -> Selection:
        """The selection that a list sends: `rows`, `all`, and the list's own query as `filter`."""
        text = ",".join(data.getlist("rows"))
        return cls(
            rows=tuple(dict.fromkeys(keys_in({"rows": text}, "rows", MOST + 1))),
            is_all="all" in data,
            filter=QueryDict(data.get("filter", "").removeprefix("?")[:LONGEST]),
        )

    def hidden(self) -> list[tuple[str, str]]:
        """The selection as fields of a form."""
        rows = ("all", "1") if self.is_all else ("rows", ",".join(map(str, self.rows)))
        return [rows, ("filter", self.filter.urlencode())]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The records that are meant, and those of them that the person may change."""

    ids: list[int]
    changeable: list[int]

    def open_to(self, deed: Deed) -> list[int]:
        """The records to which a deed may be done."""
        return self.ids if deed.is_for_seen else self.changeable


def choose(records: models.QuerySet[Any], user: Any, rows: Sequence[int] | None = None) -> Chosen:
    """All of `records`, which the person sees, or those of `rows`, in their order.

    Raises Refused for none and for too many, NotFound where one of `rows` is not to be seen.
    """
    wanted = None if rows is None else list(dict.fromkeys(rows))
    if wanted is not None:
        if len(wanted) > MOST:
            raise Refused(too_many())
        records = records.filter(pk__in=wanted).order_by()
    found = list(records.values_list("pk", flat=True)[: MOST + 1])
    if wanted is not None and len(found) < len(wanted):
        raise NotFound(_("There is no such record."))
    if not (found if wanted is None else wanted):
        raise Refused(_("Select something first."))
    if len(found) > MOST:
        raise Refused(too_many())
    changeable: Any = records.changeable_by(user).order_by()  # type: ignore[attr-defined]
    may = set(changeable.values_list("pk", flat=True))
    ids = found if wanted is None else wanted
    return Chosen(ids, [key for key in ids if key in may])


def too_many() -> str:
    """Says how many may be changed at once."""
    return _("At most %(n)s are changed at once. Narrow the filter.") % {"n": shown(MOST)}


def shown(number: int) -> str:
    """A number as the reader writes it."""
    return format_number(number, get_language() or "en")
