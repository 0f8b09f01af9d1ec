"""What relative dates, persons and negations become when a condition is bound."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.calendar import USUAL
from core.conditions import ConditionError, bind, check_references, parse
from core.conditions.closed import Either, Every, Leaf, OneOf, Related, Within
from tests.conftest import Cast

PARIS = ZoneInfo("Europe/Paris")
#: A Tuesday, half past three in the morning in Paris.
NOW = dt.datetime(2026, 11, 24, 2, 30, tzinfo=dt.UTC)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def closed(
    tree: dict[str, Any], *, now: dt.datetime = NOW, zone: dt.tzinfo = PARIS, user: Any = None
) -> Any:
    found = bind(tree, "pipeline.lead", now=now, zone=zone, user=user, calendar=USUAL)
    return found.node


def span(field: str, operator: str, value: Any, **options: Any) -> tuple[Any, Any, bool, bool]:
    test = closed({"field": field, "op": operator, "value": value}, **options).test
    assert isinstance(test, Within)
    return test.low, test.high, test.low_in, test.high_in


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("today", "2026-11-23T23:00", "2026-11-24T23:00"),
        ("yesterday", "2026-11-22T23:00", "2026-11-23T23:00"),
        ("this_week", "2026-11-22T23:00", "2026-11-29T23:00"),
        ("last_week", "2026-11-15T23:00", "2026-11-22T23:00"),
        ("this_month", "2026-10-31T23:00", "2026-11-30T23:00"),
        ("next_month", "2026-11-30T23:00", "2026-12-31T23:00"),
        ("last_month", "2026-09-30T22:00", "2026-10-31T23:00"),
        ("this_quarter", "2026-09-30T22:00", "2026-12-31T23:00"),
        ("last_quarter", "2026-06-30T22:00", "2026-09-30T22:00"),
        ("next_year", "2026-12-31T23:00", "2027-12-31T23:00"),
        ("last_7_days", "2026-11-17T23:00", "2026-11-24T23:00"),
        ("next_7_days", "2026-11-23T23:00", "2026-11-30T23:00"),
        ({"days": -7}, "2026-11-16T23:00", "2026-11-17T23:00"),
        ({"weeks": 1}, "2026-11-29T23:00", "2026-12-06T23:00"),
        ({"months": -13}, "2025-09-30T22:00", "2025-10-31T23:00"),
        ("2026-11-24", "2026-11-23T23:00", "2026-11-24T23:00"),
    ],
)
def test_a_period_is_a_half_open_span_in_the_zone_of_the_person(
    value: Any, low: str, high: str
) -> None:
    assert span("created_at", "=", value) == (utc(low), utc(high), True, False)


def test_a_week_starts_on_monday_on_a_monday_and_on_a_sunday() -> None:
    for day in ("2026-11-23T12:00", "2026-11-29T12:00"):
        low, high, _low_in, _high_in = span("expected_close", "=", "this_week", now=utc(day))
        assert (low, high) == (dt.date(2026, 11, 23), dt.date(2026, 11, 30))


def test_today_is_the_day_of_the_person_not_of_the_server() -> None:
    late = utc("2026-11-24T02:30")
    new_york = ZoneInfo("America/New_York")
    low, _high, _low_in, _high_in = span("expected_close", "=", "today", now=late, zone=new_york)
    assert low == dt.date(2026, 11, 23)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Paris", "2026-03-29", 23),
        ("Europe/Paris", "2026-10-25", 25),
        ("Europe/Paris", "2026-10-26", 24),
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Asia/Beirut", "2026-03-29", 23),
        ("America/Havana", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
    ],
)
def test_a_day_is_as_long_as_its_clocks_say(zone: str, day: str, hours: float) -> None:
    low, high, _low_in, _high_in = span("created_at", "=", day, zone=ZoneInfo(zone))
    assert high - low == dt.timedelta(hours=hours)


def test_a_day_whose_midnight_is_skipped_starts_where_the_gap_ends() -> None:
    low, _high, _low_in, _high_in = span(
        "created_at", "=", "2026-03-29", zone=ZoneInfo("Asia/Beirut")
    )
    assert low == utc("2026-03-28T22:00")


def test_before_and_after_a_day_leave_the_whole_day_out() -> None:
    start, end = utc("2026-11-16T23:00"), utc("2026-11-17T23:00")
    week_ago = {"days": -7}
    assert span("created_at", "<", week_ago) == (None, start, True, False)
    assert span("created_at", "<=", week_ago) == (None, end, True, False)
    assert span("created_at", ">=", week_ago) == (start, None, True, False)
    assert span("created_at", ">", week_ago) == (end, None, True, False)
    assert span("created_at", "between", [week_ago, "today"]) == (
        start,
        utc("2026-11-24T23:00"),
        True,
        False,
    )


def test_an_instant_is_met_exactly() -> None:
    instant = utc("2026-11-24T01:30")
    assert span("created_at", "=", "2026-11-24T02:30") == (instant, instant, True, True)
    assert span("created_at", "=", "2026-11-24T01:30:00+00:00") == (instant, instant, True, True)
    assert span("created_at", ">", {"hours": -1}) == (instant, None, False, False)
    assert span("created_at", "<=", "now") == (None, NOW, True, True)


@pytest.mark.parametrize(
    ("operator", "value", "low", "high"),
    [
        ("=", 0, "2026-11-23T23:00", "2026-11-24T23:00"),
        (">", 14, None, "2026-11-09T23:00"),
        (">=", 14, None, "2026-11-10T23:00"),
        ("<", 1, "2026-11-23T23:00", None),
        ("<=", 1, "2026-11-22T23:00", None),
        ("between", [3, 7], "2026-11-16T23:00", "2026-11-21T23:00"),
    ],
)
def test_days_since_count_calendar_days(
    operator: str, value: Any, low: str | None, high: str | None
) -> None:
    found = span("days_in_stage", operator, value)
    assert found[:2] == (low and utc(low), high and utc(high))
    assert found[2:] == (True, False)


def test_not_goes_down_to_the_leaves_and_turns_groups_round() -> None:
    node = closed(
        {
            "not": {
                "all": [
                    {"field": "title", "op": "!=", "value": "A"},
                    {"any": [{"field": "score", "op": ">", "value": 3}, {"not": {"all": []}}]},
                    {"none": "activities", "where": {"field": "done_at", "op": "is empty"}},
                ]
            }
        }
    )
    assert isinstance(node, Either)
    title, group, related = node.nodes
    assert isinstance(title, Leaf) and title.test == OneOf(("a",)) and not title.negated
    assert isinstance(group, Every) and isinstance(group.nodes[0], Leaf) and group.nodes[0].negated
    assert group.nodes[1] == Every(())
    assert isinstance(related, Related) and not related.negated


def test_me_and_my_teams_become_ids(cast: Cast) -> None:
    me = closed({"field": "owner", "op": "=", "value": "me"}, user=cast.rep)
    assert me.test == OneOf((cast.rep.pk,))
    mates = closed({"field": "owner", "op": "in", "value": ["my_teams"]}, user=cast.rep)
    assert set(mates.test.values) == {cast.rep.pk, cast.mate.pk, cast.leader.pk}
    teams = closed({"field": "team", "op": "in", "value": ["my_teams"]}, user=cast.leader)
    assert teams.test == OneOf((cast.team.pk,))
    nobody = closed({"field": "team", "op": "=", "value": "my_teams"}, user=cast.follower)
    assert nobody.test == OneOf(())


def test_me_without_a_person_is_an_error_that_names_the_field() -> None:
    with pytest.raises(ConditionError, match="owner: “me” means nothing without a person"):
        closed({"field": "owner", "op": "=", "value": "me"})


def test_a_record_that_is_gone_is_named_before_a_condition_is_saved(cast: Cast) -> None:
    tree = parse({"field": "team", "op": "in", "value": [cast.team.pk, 999_999]}, "pipeline.lead")
    with pytest.raises(ConditionError, match="team: there is no record 999999"):
        check_references(tree)
    check_references(parse({"field": "owner", "op": "=", "value": cast.rep.pk}, "pipeline.lead"))
