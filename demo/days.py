"""Days and hours where the people of the company live. Pure."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo


class Days:
    """Turns days into instants of one time zone; today is the day of `now` there."""

    def __init__(self, zone: ZoneInfo, now: dt.datetime) -> None:
        self.zone = zone
        self.now = now
        self.today = now.astimezone(zone).date()
        self.end = lru_cache(maxsize=4000)(self._end)

    def _end(self, day: dt.date) -> dt.datetime:
        midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), self.zone)
        return midnight.astimezone(dt.UTC) - dt.timedelta(microseconds=1)

    def of(self, moment: dt.datetime) -> dt.date:
        """The day of an instant."""
        return moment.astimezone(self.zone).date()

    def at(self, day: dt.date, minutes: int) -> dt.datetime:
        """So many minutes after midnight of a day."""
        clock = dt.time(minutes // 60, minutes % 60)
        return dt.datetime.combine(day, clock, self.zone).astimezone(dt.UTC)

    def workday(self, day: dt.date) -> dt.date:
        """The day, or the Monday after a weekend."""
        return day + dt.timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day
