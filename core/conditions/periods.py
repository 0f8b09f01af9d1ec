"""Days, weeks, months … counted from now, as half-open spans in a person's time zone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core.calendar import USUAL, Calendar
from core.conditions.errors import ConditionError

#: Units that begin in the month in which the house's year does.
FISCAL = {"fiscal_quarters": 3, "fiscal_years": 12}
#: Calendar units: a whole day, week, month, quarter or year away from the current.
CALENDAR = ("days", "weeks", "months", "quarters", "years", *FISCAL)
#: Units of the clock: an instant away from now.
CLOCK = ("hours", "minutes")
#: The furthest that a relative date may reach, in years.
FURTHEST = 100
_PER_YEAR = {
    "days": 366,
    "weeks": 53,
    "months": 12,
    "quarters": 4,
    "years": 1,
    "fiscal_quarters": 4,
    "fiscal_years": 1,
    "hours": 366 * 24,
    "minutes": 366 * 24 * 60,
}

#: Names of calendar units: how they are written in a condition.
NAMED: dict[str, tuple[str, int]] = {
    "yesterday": ("days", -1),
    "today": ("days", 0),
    "tomorrow": ("days", 1),
    **{
        f"{word}_{unit}": (f"{unit}s", step)
        for unit in ("week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year")
        for word, step in (("last", -1), ("this", 0), ("next", 1))
    },
}
#: Runs of days that end or begin with today.
RUNS: dict[str, int] = {
    f"{word}_{count}_days": sign * count
    for word, sign in (("last", -1), ("next", 1))
    for count in (7, 14, 30, 60, 90, 180, 365)
}
FIRST_YEAR, LAST_YEAR = 1900, 2200


@dataclass(frozen=True, slots=True)
class Relative:
    """So many units from now: `Relative("days", -7)`."""

    unit: str
    amount: int

    def as_json(self) -> Any:
        """As it is written in a condition."""
        return {self.unit: self.amount}


@dataclass(frozen=True, slots=True)
class Named:
    """A period with a name: "this_month"."""

    name: str

    def as_json(self) -> Any:
        """As it is written in a condition."""
        return self.name


@dataclass(frozen=True, slots=True)
class Days:
    """The days from `first` up to but not including `until`."""

    first: dt.date
    until: dt.date


def read(value: Any, path: str) -> Relative | Named | dt.date | dt.datetime:
    """A date as a condition writes it: ISO 8601, {"days": -7}, or a name."""
    if isinstance(value, dict) and len(value) == 1:
        unit, amount = next(iter(value.items()))
        if unit in _PER_YEAR and isinstance(amount, int) and not isinstance(amount, bool):
            if abs(amount) > _PER_YEAR[unit] * FURTHEST:
                raise ConditionError(_("That is more than a hundred years away."), path)
            return Relative(unit, amount)
    if isinstance(value, str):
        if value in NAMED or value in RUNS or value == "now":
            return Named(value)
        found = _iso(value)
        if found is not None:
            if not FIRST_YEAR <= found.year <= LAST_YEAR:
                raise ConditionError(_("The year is before 1900 or after 2200."), path)
            return found
    raise ConditionError(
        _('“%(value)s” is no date: write 2026-03-31, {"days": -7} or a name such as "this_month".')
        % {"value": str(value)[:60]},
        path,
    )


def _iso(text: str) -> dt.date | dt.datetime | None:
    try:
        if len(text) == 10:
            return dt.date.fromisoformat(text)
        return dt.datetime.fromisoformat(text) if len(text) > 10 else None
    except ValueError:
        return None


def _month(day: dt.date, amount: int, size: int, begins: int) -> dt.date:
    """The first day of the month that is `amount` units of `size` months from the start of the unit
    in which `day` lies; units are counted from the month `begins`."""
    months = day.year * 12 + day.month - begins
    count = (months // size + amount) * size + begins - 1
    return dt.date(count // 12, count % 12 + 1, 1)


def needs_calendar(value: Any) -> bool:
    """Whether it depends on when the weeks and years of the house begin."""
    named = isinstance(value, Named) and value.name in NAMED
    unit = NAMED[value.name][0] if named else getattr(value, "unit", "")
    return unit == "weeks" or unit in FISCAL


def days_of(value: Relative | Named | dt.date, today: dt.date, calendar: Calendar = USUAL) -> Days:
    """The days that a value means, seen from `today`, in a house with this calendar."""
    if isinstance(value, dt.date):
        return Days(value, value + dt.timedelta(days=1))
    if isinstance(value, Named):
        if value.name in RUNS:
            count = RUNS[value.name]
            if count < 0:
                return Days(today + dt.timedelta(days=count + 1), today + dt.timedelta(days=1))
            return Days(today, today + dt.timedelta(days=count))
        unit, amount = NAMED[value.name]
    else:
        unit, amount = value.unit, value.amount
    if unit == "days":
        first = today + dt.timedelta(days=amount)
        return Days(first, first + dt.timedelta(days=1))
    if unit == "weeks":
        first = calendar.week_of(today) + dt.timedelta(weeks=amount)
        return Days(first, first + dt.timedelta(weeks=1))
    begins = calendar.fiscal_month if unit in FISCAL else 1
    size = {"months": 1, "quarters": 3, "years": 12, **FISCAL}[unit]
    return Days(
        _month(today, amount, size, begins),
        _month(today, amount + 1, size, begins),
    )


def instant_of(
    value: Relative | Named | dt.datetime, now: dt.datetime, zone: dt.tzinfo
) -> dt.datetime | None:
    """The instant that a value means; None when it means days."""
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            value = value.replace(tzinfo=zone)
        return value.astimezone(dt.UTC)
    if isinstance(value, Relative) and value.unit in CLOCK:
        return now.astimezone(dt.UTC) + dt.timedelta(**{value.unit: value.amount})
    if isinstance(value, Named) and value.name == "now":
        return now.astimezone(dt.UTC)
    return None


def start_of(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    """The first instant of a day in a zone; where the clocks skip midnight, the end of the gap."""
    return dt.datetime.combine(day, dt.time(), tzinfo=zone).astimezone(dt.UTC)
