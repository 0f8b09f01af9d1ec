"""Months and quarters: where they begin and end, and what they are called. Pure."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

#: Months of each.
_LENGTH = {"month": 1, "quarter": 3}


class Period(models.TextChoices):
    """How long what is to be reached runs."""

    MONTH = "month", gettext_lazy("Month")
    QUARTER = "quarter", gettext_lazy("Quarter")


def begins(period: str, day: dt.date) -> dt.date:
    """The first day of the period that a day is in."""
    length = _LENGTH[period]
    return day.replace(month=(day.month - 1) // length * length + 1, day=1)


def after(period: str, start: dt.date, count: int = 1) -> dt.date:
    """The first day of the period that comes `count` after the one beginning on `start`."""
    months = start.year * 12 + start.month - 1 + count * _LENGTH[period]
    return dt.date(months // 12, months % 12 + 1, 1)


def last_day(period: str, start: dt.date) -> dt.date:
    """The last day of the period that begins on `start`."""
    return after(period, start) - dt.timedelta(days=1)


def of_year(period: str, year: int) -> list[dt.date]:
    """The first days of the periods of a year."""
    return [dt.date(year, month, 1) for month in range(1, 13, _LENGTH[period])]


def short_name(period: str, start: dt.date) -> str:
    """A period within its year: "Jan", "Q1"."""
    if period == Period.QUARTER:
        return _("Q%(number)s") % {"number": (start.month + 2) // 3}
    return str(formats.date_format(start, "M"))


def full_name(period: str, start: dt.date) -> str:
    """A period with its year: "January 2027", "Q1 2027"."""
    if period == Period.QUARTER:
        return f"{short_name(period, start)} {start.year}"
    return str(formats.date_format(start, "F Y"))
