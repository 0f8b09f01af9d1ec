"""When a next step is due, said as people say it: tomorrow, in three days, next week. Pure."""

from __future__ import annotations

import datetime as dt
import zoneinfo

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.calendar import Calendar

SATURDAY = 5


class Later(models.TextChoices):
    """How much later than a day something is due; always a working day."""

    NEXT_DAY = "next_day", _("Next working day")
    THREE_DAYS = "three_days", _("In three days")
    NEXT_WEEK = "next_week", _("Next week")


def working_day(day: dt.date) -> dt.date:
    """That day, or the Monday after it when it is on a weekend."""
    return day + dt.timedelta(days=max(7 - day.weekday(), 0) if day.weekday() >= SATURDAY else 0)


def next_week(day: dt.date, calendar: Calendar) -> dt.date:
    """The first working day of the week after that of a day."""
    return working_day(calendar.week_of(day) + dt.timedelta(weeks=1))


def later_than(day: dt.date, later: Later, calendar: Calendar) -> dt.date:
    """The working day that `later` means when it is said on `day`.

    Three days are counted by the calendar and end on a Monday when they end on a weekend; next
    week begins on its first working day.
    """
    match later:
        case Later.NEXT_DAY:
            return working_day(day + dt.timedelta(days=1))
        case Later.THREE_DAYS:
            return working_day(day + dt.timedelta(days=3))
        case Later.NEXT_WEEK:
            return next_week(day, calendar)


def same_hour(moment: dt.datetime, day: dt.date, zone: zoneinfo.ZoneInfo) -> dt.datetime:
    """`day` at the hour that `moment` has on the clocks of `zone`; an hour that the change to
    summer time skips is the one after it (PEP 495)."""
    hour = moment.astimezone(zone).time()
    return dt.datetime.combine(day, hour, zone).astimezone(dt.UTC)


def working_days(first: dt.date, last: dt.date) -> int:
    """How many days from `first` to `last`, both included, are on no weekend."""
    days = (last - first).days + 1
    if days <= 0:
        return 0
    weeks, rest = divmod(days, 7)
    return 5 * weeks + sum((first.weekday() + day) % 7 < SATURDAY for day in range(rest))
