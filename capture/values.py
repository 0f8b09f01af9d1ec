"""What the cells of a file say: amounts, dates, yes and no, nothing.

How a file writes its amounts and dates is decided from all its cells at once (`Evidence`), since
one cell alone can be read in two ways: 1.234 and 03/04/2025. A cell that cannot be read raises
`BadValue` with words for the person who made the file.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

#: Money has at most this many digits, two of them behind the point.
DIGITS, PLACES = 15, 2
#: The longest name of a tag.
NAME_LIMIT = 60
_NOTHING = frozenset({"", "-", "--", "—", "n/a", "#n/a", "null", "none", "(none)", "nil"})
#: The empty reference of one vendor's weekly export.
_NO_REFERENCE = frozenset({"000000000000000AAA", "000000000000000", "000"})
_YES = frozenset({"1", "true", "yes", "y", "t", "x", "on", "oui", "o", "vrai"})
_NO = frozenset({"0", "false", "no", "n", "f", "off", "non", "faux"})


class BadValue(ValueError):
    """A cell that cannot be read; the text says why."""


@dataclass(slots=True)
class Evidence:
    """What the cells of a file tell about how it writes amounts and dates."""

    comma: int = 0
    point: int = 0
    day_first: int = 0
    month_first: int = 0
    unclear_dates: int = 0

    def see_amount(self, cell: str) -> None:
        """Take an amount into account."""
        text = _bare_amount(cell)
        if _PLAIN.fullmatch(text):
            return
        last_point, last_comma = text.rfind("."), text.rfind(",")
        if last_point >= 0 and last_comma >= 0:
            if last_point > last_comma:
                self.point += 1
            else:
                self.comma += 1
        elif text.count(",") > 1:
            self.point += 1
        elif text.count(".") > 1:
            self.comma += 1
        elif last_comma >= 0:
            self._see_one(len(text) - last_comma - 1, last_comma, "comma")
        elif last_point >= 0:
            self._see_one(len(text) - last_point - 1, last_point, "point")

    def _see_one(self, behind: int, before: int, mark: str) -> None:
        if behind != 3 or not 1 <= before <= 4:
            setattr(self, mark, getattr(self, mark) + 1)

    def see_date(self, cell: str) -> None:
        """Take a date into account."""
        found = _NUMERIC_DATE.match(cell.strip())
        if not found or len(found["a"]) == 4:
            return
        first, second = int(found["a"]), int(found["b"])
        if first > 12 >= second:
            self.day_first += 1
        elif second > 12 >= first:
            self.month_first += 1
        elif first != second:
            self.unclear_dates += 1

    @property
    def decimal_comma(self) -> bool:
        """Whether the comma stands before the cents."""
        return self.comma > self.point


def is_nothing(cell: str) -> bool:
    """Whether a cell holds a word for nothing."""
    return cell.strip().casefold() in _NOTHING


def read_reference(cell: str) -> str:
    """The id of another record; "" where a vendor writes zeros for none."""
    text = cell.strip()
    return "" if text in _NO_REFERENCE else text


_PLAIN = re.compile(r"\d+")
_AMOUNT = re.compile(r"\d+(\.\d+)?(e[+-]?\d{1,2})?", re.IGNORECASE)
_SPACES = dict.fromkeys(map(ord, " \u00a0\u202f\u2009'’"), None)
_CURRENCY_BEFORE = re.compile(r"^(?:[A-Za-z]{1,3}\$?|[^\w\s.,()'’+\-−])\s*(?=[\d(.+\-−])")
_CURRENCY_AFTER = re.compile(r"(?<=[\d).])\s*(?:[A-Za-z]{2,4}|[^\w\s.,()'’\-−%])$")


def _bare_amount(cell: str) -> str:
    """An amount without currency, spaces and sign."""
    text = unicodedata.normalize("NFKC", cell).strip().lstrip("+-−(").rstrip(")-−")
    text = _CURRENCY_AFTER.sub("", _CURRENCY_BEFORE.sub("", text))
    return text.translate(_SPACES).lstrip("+-−(").rstrip(")-−")


def read_amount(cell: str, evidence: Evidence) -> Decimal:
    """An amount of money in cents: at least 0, at most 15 digits.

    Understands currency marks, spaces, apostrophes, points or commas between thousands, and
    accountants' parentheses. “1.234” is read as the other cells of the file suggest, and as
    thousands when none has cents.
    """
    if _PLAIN.fullmatch(cell) and cell.isascii():  # the usual case, quickly
        if len(cell) <= DIGITS - PLACES:
            return Decimal(cell).quantize(_CENT)
        raise BadValue(_("“%(text)s” has more than 15 digits.") % {"text": shown(cell)})
    text = unicodedata.normalize("NFKC", cell).strip()
    negative = text.startswith(("-", "−", "(")) or text.endswith(("-", "−"))
    bare = _bare_amount(cell)
    negative = negative or bool(re.search(r"[-−(]\s*[\d.,]", text))
    bare = _with_point(bare, evidence, cell)
    if not bare.isascii() or not _AMOUNT.fullmatch(bare):
        raise BadValue(_("“%(text)s” is not an amount.") % {"text": shown(cell)})
    try:
        value = Decimal(bare)
    except InvalidOperation:
        raise BadValue(_("“%(text)s” is not an amount.") % {"text": shown(cell)}) from None
    if negative and value:
        raise BadValue(_("“%(text)s” is negative.") % {"text": shown(cell)})
    if value >= _TOO_MUCH:
        raise BadValue(_("“%(text)s” has more than 15 digits.") % {"text": shown(cell)})
    value = value.quantize(_CENT)
    if value >= _TOO_MUCH:
        raise BadValue(_("“%(text)s” has more than 15 digits.") % {"text": shown(cell)})
    return value


_CENT = Decimal(1).scaleb(-PLACES)
_TOO_MUCH = Decimal(10) ** (DIGITS - PLACES)


def _with_point(text: str, evidence: Evidence, cell: str) -> str:
    """The amount with a point before its cents and nothing between thousands."""
    points, commas = text.count("."), text.count(",")
    if not points and not commas:
        return text
    if points and commas:
        thousands, mark = (",", ".") if text.rfind(".") > text.rfind(",") else (".", ",")
        return _grouped(text, thousands).replace(mark, ".")
    sign = "." if points else ","
    if points + commas > 1:
        return _grouped(text, sign)
    behind = len(text) - text.rfind(sign) - 1
    if behind != 3 or not 1 <= text.rfind(sign) <= 4:
        return text.replace(",", ".")
    if text.startswith("0"):
        return text.replace(",", ".")
    if evidence.comma == evidence.point:  # no cents anywhere: three digits are thousands
        return text.replace(sign, "")
    before_cents = "," if evidence.decimal_comma else "."
    return text.replace(",", ".") if sign == before_cents else text.replace(sign, "")


def _grouped(text: str, mark: str) -> str:
    """Take the marks between thousands out; they must stand before groups of three digits."""
    whole = text.split("." if mark == "," else ",", maxsplit=1)[0]
    head, *groups = whole.split(mark)
    # Indian grouping (12,34,567) has pairs before the last group.
    if not head or not groups or len(groups[-1]) != 3 or any(len(g) not in (2, 3) for g in groups):
        return "?"
    return text.replace(mark, "")


def read_number(cell: str) -> int:
    """A whole number from 0 to 2,147,483,647, such as a head count."""
    text = cell.strip().translate(_SPACES)
    if re.fullmatch(r"\d{1,3}([.,]\d{3})+", text):
        text = re.sub("[.,]", "", text)
    text = re.sub(r"[.,]0+$", "", text)
    if not _PLAIN.fullmatch(text) or not text.isascii() or int(text[:12]) > 2_147_483_647:
        raise BadValue(_("“%(text)s” is not a whole number.") % {"text": shown(cell)})
    return int(text)


def read_yes_no(cell: str) -> bool:
    """Yes or no, in the words of either language."""
    word = cell.strip().casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise BadValue(_("“%(text)s” is neither yes nor no.") % {"text": shown(cell)})


def read_names(cell: str) -> list[str]:
    """Several names in one cell, each of at most 60 characters."""
    parts = cell.split(";") if ";" in cell else cell.split(",")
    names = list(dict.fromkeys(part.strip() for part in parts if part.strip()))
    for name in names:
        if len(name) > NAME_LIMIT:
            raise BadValue(_("“%(text)s” is too long for a name.") % {"text": shown(name)})
    return names


def split_several(cell: str, is_one: Callable[[str], Any]) -> list[str]:
    """The addresses or numbers in one cell, parted by “;” or “,”, each once: as one text where a
    part of it is none."""
    parts = [part.strip() for part in re.split("[;,]", cell) if part.strip()]
    if len(parts) > 1 and all(is_one(part) for part in parts):
        return list(dict.fromkeys(parts))
    return [cell]


def read_website(cell: str) -> str:
    """A web address, with https:// where no protocol is said."""
    address = cell.strip()
    if "://" not in address:
        address = f"https://{address}"
    try:
        _check_address(address)
    except ValidationError:
        raise BadValue(_("“%(text)s” is not a web address.") % {"text": shown(cell)}) from None
    return address


_check_address = URLValidator(schemes=["http", "https"])


def shown(cell: str) -> str:
    """A cell as it stands in a message."""
    text = " ".join(cell.replace("\0", "␀").split())
    return text if len(text) <= 60 else f"{text[:59]}…"


_TIME = (
    r"(?:[T ,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d+))?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?)?$"
)
_NUMERIC_DATE = re.compile(r"(?P<a>\d{1,4})(?P<sep>[-/.])(?P<b>\d{1,2})(?P=sep)(?P<c>\d{2,4})\b")
_NUMERIC = re.compile(
    r"^(?P<a>\d{1,4})(?P<sep>[-/.])(?P<b>\d{1,2})(?P=sep)(?P<c>\d{1,4})" + _TIME, re.ASCII
)
_COMPACT = re.compile(r"^(?P<a>\d{4})(?P<b>\d{2})(?P<c>\d{2})$", re.ASCII)
_WORDED = re.compile(
    r"^(?:[^\W\d]+\.?,? )?(?:(?P<day>\d{1,2})(?:st|nd|rd|th|er)?[ -](?P<month>[^\W\d]+)\.?,?[ -]"
    r"|(?P<month2>[^\W\d]+)\.? (?P<day2>\d{1,2})(?:st|nd|rd|th)?,? )(?P<year>\d{2,4})" + _TIME,
    re.IGNORECASE,
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january janv janvier",
            "feb february fev fevr fevrier",
            "mar march mars",
            "apr april avr avril",
            "may mai",
            "jun june juin",
            "jul july juil juillet",
            "aug august aou aout",
            "sep sept september septembre",
            "oct october octobre",
            "nov november novembre",
            "dec december decembre",
        ),
        start=1,
    )
    for name in names.split()
}


def read_moment(
    cell: str, evidence: Evidence, *, day_first: bool, zone: dt.tzinfo
) -> dt.date | dt.datetime:
    """A date, or an aware time where the cell has one other than midnight.

    `day_first` decides where no date of the file does; `zone` is that of times without one.
    Years of two digits are those from 1970 to 2069 (POSIX strptime has 1969 to 2068).
    """
    text = cell.strip()
    found = _NUMERIC.match(text) or _COMPACT.match(text)
    if found:
        year, month, day = _ordered(found["a"], found["b"], found["c"], evidence, day_first)
    else:
        found = _WORDED.match(text)
        if not found:
            raise BadValue(_("“%(text)s” is not a date.") % {"text": shown(cell)})
        name = unicodedata.normalize("NFKD", found["month"] or found["month2"]).casefold()
        month = _MONTHS.get("".join(letter for letter in name if letter.isalpha()), 0)
        year, day = _year(found["year"]), int(found["day"] or found["day2"])
    try:
        date = dt.date(year, month, day)
        if year < 1900:
            raise ValueError
        return _with_time(date, found.groupdict(), zone)
    except (ValueError, OverflowError):
        raise BadValue(
            _("“%(text)s” is a date that does not exist.") % {"text": shown(cell)}
        ) from None


def _year(text: str) -> int:
    year = int(text)
    if len(text) > 2:
        return year
    return year + (2000 if year < 70 else 1900)


def _ordered(a: str, b: str, c: str, evidence: Evidence, day_first: bool) -> tuple[int, int, int]:
    if len(a) > 2:
        return _year(a), int(b), int(c)
    if evidence.day_first != evidence.month_first:
        day_first = evidence.day_first > evidence.month_first
    first, second = int(a), int(b)
    if second > 12 >= first:
        day_first = False
    elif first > 12 >= second:
        day_first = True
    return (_year(c), second, first) if day_first else (_year(c), first, second)


def _with_time(
    date: dt.date, parts: dict[str, str | None], zone: dt.tzinfo
) -> dt.date | dt.datetime:
    if not parts.get("hour"):
        return date
    hour, minute = int(parts["hour"] or 0), int(parts["minute"] or 0)
    second = int(parts["second"] or 0)
    half = (parts["half"] or "").casefold()[:1]
    if half and not 1 <= hour <= 12:
        raise ValueError
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    offset = parts["zone"]
    if not (hour or minute or second):
        return date  # a plain date that was exported as midnight
    if offset in ("Z", "UTC"):
        zone = dt.UTC
    elif offset:
        sign = -1 if offset[0] == "-" else 1
        zone = dt.timezone(sign * dt.timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:])))
    return dt.datetime.combine(date, dt.time(hour, minute, second), zone)
