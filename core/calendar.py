"""When weeks and business years begin in this house. A floor above says it (`register`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

WEEK = 7


@dataclass(frozen=True, slots=True)
class Calendar:
    """The day on which weeks begin (0 is Monday, as in `date.weekday`) and the month in which the
    fiscal year does (1 is January). Without a day of the house, conditions begin their weeks on
    Monday (ISO 8601), and a grid has the first day of its reader's language."""

    first_weekday: int | None = None
    fiscal_month: int = 1

    def week_of(self, day: dt.date) -> dt.date:
        """The first day of the week in which a day lies."""
        return day - dt.timedelta(days=(day.weekday() - (self.first_weekday or 0)) % WEEK)

    def quarter_of(self, day: dt.date) -> int:
        """The quarter of the fiscal year in which a day lies, from 1 to 4."""
        return (day.month - self.fiscal_month) % 12 // 3 + 1

    def quarter_begins(self, day: dt.date) -> bool:
        """Whether the month of a day is the first of a quarter of the fiscal year."""
        return (day.month - self.fiscal_month) % 3 == 0


#: The calendar of a house that has not said anything.
USUAL = Calendar()

_reader: list[Callable[[], Calendar]] = []


def register(reader: Callable[[], Calendar]) -> None:
    """Have `reader` say when weeks and years begin; a second one replaces the first."""
    _reader[:] = [reader]


def calendar() -> Calendar:
    """When weeks and years begin here and now."""
    return _reader[0]() if _reader else USUAL
