"""How days and moments are written on a page, in the reader's language."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from django.utils import formats, timezone
from django.utils.translation import get_language, pgettext


def day(value: dt.date | dt.datetime | None, *, year: bool = True) -> str:
    """A day where the reader is: "15 Jan 2027", in French "15 janv. 2027"; "" for none."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        value = timezone.localdate(value)
    return _day(value, year, get_language())


@lru_cache(maxsize=4096)
def _day(value: dt.date, year: bool, _language: str | None) -> str:
    # Translators: letters of Django's date format, for a day and its short month.
    pattern = pgettext("date format", "j M")
    return formats.date_format(value, f"{pattern} Y" if year else pattern)


def moment(value: dt.datetime | None) -> str:
    """A day and its time where the reader is: "15 Jan 2027 09:30"; "" for none."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    return f"{day(local)} {formats.date_format(local, 'H:i')}"


def tomorrow(now: dt.datetime) -> dt.datetime:
    """The first instant of tomorrow where the reader is."""
    day_after = timezone.localdate(now) + dt.timedelta(days=1)
    return timezone.make_aware(dt.datetime.combine(day_after, dt.time()))


def next_month(value: dt.date) -> dt.date:
    """The first day of the month after that of a day."""
    return (value.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
