"""Tomorrow, in three days, next week: always a day on which somebody works."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    assert later_than(day, Later.NEXT_DAY) == next_day
    assert later_than(day, Later.THREE_DAYS) == three
    assert later_than(day, Later.NEXT_WEEK) == dt.date(2026, 11, week)


@given(st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)), st.sampled_from(Later))
def test_it_is_later_and_never_on_a_weekend(day: dt.date, later: Later) -> None:
    found = later_than(day, later)
    assert day < found <= day + dt.timedelta(days=7)
    assert found.weekday() < 5
    assert working_day(found) == found


def test_the_hour_stays_when_the_clocks_change() -> None:
    paris = zoneinfo.ZoneInfo("Europe/Paris")
    friday = dt.datetime(2026, 10, 23, 10, 30, tzinfo=paris)
    after = same_hour(friday.astimezone(dt.UTC), dt.date(2026, 10, 26), paris)
    assert after == dt.datetime(2026, 10, 26, 9, 30, tzinfo=dt.UTC)
    assert after.astimezone(paris).time() == friday.time()
