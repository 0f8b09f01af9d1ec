"""Moments as texts. Pure: moments are seconds since 1970 (UTC), days are counted from there."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = 86_400
FIRST = dt.date(1970, 1, 1).toordinal()


@lru_cache(maxsize=4_000)
def day_text(day: int) -> str:
    """A day in ISO 8601."""
    return dt.date.fromordinal(FIRST + day).isoformat()


@lru_cache(maxsize=DAY)
def _clock(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"T{hours:02}:{minutes:02}:{seconds:02}+00:00"


def iso(moment: int) -> str:
    """A moment in ISO 8601, as the ledger writes it."""
    day, rest = divmod(moment, DAY)
    return day_text(day) + _clock(rest)


class Days:
    """Days where the people of the company live; today is the day of `now` there."""

    def __init__(self, zone: ZoneInfo, now: int) -> None:
        self.zone = zone
        self.now = now
        local = dt.datetime.fromtimestamp(now, zone).date()
        self.today = local.toordinal() - FIRST
        self.end = lru_cache(maxsize=4_000)(self._end)
        self.at = lru_cache(maxsize=20_000)(self._at)

    def _end(self, day: int) -> str:
        """The last instant of a day, in ISO 8601."""
        instant = dt.datetime.fromtimestamp(self._at(day + 1, 0), dt.UTC)
        return (instant - dt.timedelta(microseconds=1)).isoformat()

    def _at(self, day: int, minutes: int) -> int:
        """So many minutes after midnight of a day."""
        clock = dt.time(minutes // 60, minutes % 60)
        local = dt.datetime.combine(dt.date.fromordinal(FIRST + day), clock, self.zone)
        return int(local.timestamp())


def workday(day: int) -> int:
    """The day, or the Monday after a weekend."""
    weekday = (day + 3) % 7  # 1 January 1970 was a Thursday
    return day + 7 - weekday if weekday > 4 else day
