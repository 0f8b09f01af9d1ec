"""Tomorrow, in three days, next week: always a day on which somebody works."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calendar import USUAL, Calendar
from pipeline.workdays import Later, later_than, same_hour, working_day

MONDAY = dt.date(2026, 11, 23)
DAYS = [MONDAY + dt.timedelta(days=number) for number in range(7)]


@pytest.mark.parametrize(
    ("day", "next_day", "three", "week"),
    [
        (DAYS[0], DAYS[1], DAYS[3], 30),
        (DAYS[1], DAYS[2], DAYS[4], 30),
        (DAYS[3], DAYS[4], dt.date(2026, 11, 30), 30),
        (DAYS[4], dt.date(2026, 11, 30), dt.date(2026, 11, 30), 30),
        (DAYS[6], dt.date(2026, 11, 30), dt.date(2026, 12, 2), 30),
    ],
)
def test_what_is_put_off_lands_on_a_working_day(
    day: dt.date, next_day: dt.date, three: dt.date, week: int
) -> None:
    assert later_than(day, Later.NEXT_DAY, USUAL) == next_day
    assert later_than(day, Later.THREE_DAYS, USUAL) == three
    assert later_than(day, Later.NEXT_WEEK, USUAL) == dt.date(2026, 11, week)


@pytest.mark.parametrize(
    ("first", "day", "week"),
    [
        # Weeks from Sunday: the one after Saturday begins the day after, its work on Monday.
        (6, DAYS[5], dt.date(2026, 11, 30)),
        (6, DAYS[6], dt.date(2026, 12, 7)),
        (6, DAYS[2], dt.date(2026, 11, 30)),
        (5, DAYS[5], dt.date(2026, 12, 7)),
        (2, DAYS[2], dt.date(2026, 12, 2)),
    ],
)
def test_next_week_is_that_of_the_house(first: int, day: dt.date, week: dt.date) -> None:
    assert later_than(day, Later.NEXT_WEEK, Calendar(first)) == week


@given(
    st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)),
    st.sampled_from(Later),
    st.sampled_from([None, *range(7)]),
)
def test_it_is_later_and_never_on_a_weekend(day: dt.date, later: Later, first: int | None) -> None:
    found = later_than(day, later, Calendar(first))
    # A week from Saturday or Sunday on has its first working day up to two days later.
    assert day < found <= day + dt.timedelta(days=9 if first in (5, 6) else 7)
    assert found.weekday() < 5
    assert working_day(found) == found


def test_the_hour_stays_when_the_clocks_change() -> None:
    paris = zoneinfo.ZoneInfo("Europe/Paris")
    friday = dt.datetime(2026, 10, 23, 10, 30, tzinfo=paris)
    after = same_hour(friday.astimezone(dt.UTC), dt.date(2026, 10, 26), paris)
    assert after == dt.datetime(2026, 10, 26, 9, 30, tzinfo=dt.UTC)
    assert after.astimezone(paris).time() == friday.time()
