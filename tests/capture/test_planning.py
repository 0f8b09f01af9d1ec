"""What the stage, status and date columns of a row say together."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.history import history_of
from capture.stages import KnownStage, StageBook, Status, status_of

NAMES = ["New", "Qualified", "Proposal", "Negotiation", "Won"]
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def book(names: list[str] = NAMES) -> StageBook:
    return StageBook(
        [KnownStage(place, name, place == len(names)) for place, name in enumerate(names, 1)]
    )


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Prospecting", "New"),
        ("Engaging", "Qualified"),
        ("Qualification", "Qualified"),
        ("qualifié", "Qualified"),
        ("Proposition", "Proposal"),
        ("Proposal/Price Quote", "Proposal"),
        ("Value Proposition", "Proposal"),
        ("Negotiation/Review", "Negotiation"),
        ("NEGOTIATION", "Negotiation"),
        ("Contract sent (Sales Pipeline)", "Negotiation"),
        ("Closed Won", "Won"),
        ("closedwon", "Won"),
        ("Gagné", "Won"),
        ("Open - Not Contacted", "New"),
    ],
)
def test_stages_are_found_by_name_and_by_what_others_call_them(said: str, found: str) -> None:
    stage = book().find(said)
    assert isinstance(stage, KnownStage)
    assert stage.name == found


def test_lost_is_no_stage_and_the_unknown_is_nothing() -> None:
    assert book().find("Closed Lost") is Status.LOST
    assert book().find("Perdu") is Status.LOST
    assert book().find("Fermentation") is None


def test_a_name_of_the_pipelines_own_comes_before_synonyms() -> None:
    stages = book(["Contact made", "Demo", "Closed"])
    assert stages.find("demo") == stages.stages[1]
    assert stages.find("Prospecting") == stages.stages[0]


def test_words_of_a_status_column() -> None:
    assert [status_of(word) for word in ("Open", "Won", "Lost", "perdue", "huh")] == [
        Status.OPEN,
        Status.WON,
        Status.LOST,
        Status.LOST,
        None,
    ]


def course(
    values: dict[str, Any], stage: str, status: Status = Status.OPEN
) -> list[tuple[str, str, str]]:
    stages = book()
    found = next(known for known in stages.stages if known.name == stage)
    points = history_of(values, found, status, stages, zone=dt.UTC, now=NOW)
    names = {known.id: known.name for known in stages.stages}
    return [(point.at.date().isoformat(), names[point.stage], point.status) for point in points]


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def test_no_date_makes_no_past() -> None:
    assert course({}, "New") == []


def test_an_engage_and_a_close_date_are_two_points() -> None:
    values = {"entered:Engaging": day("2017-01-05"), "close_date": day("2017-03-01")}
    assert course(values, "Won", Status.WON) == [
        ("2017-01-05", "Qualified", "open"),
        ("2017-03-01", "Won", "won"),
    ]
    assert course(values, "Qualified", Status.LOST) == [
        ("2017-01-05", "Qualified", "open"),
        ("2017-03-01", "Qualified", "lost"),
    ]


def test_the_close_date_of_an_open_lead_is_no_past() -> None:
    assert course({"close_date": day("2017-03-01")}, "Qualified") == []


def test_created_and_last_stage_change_begin_in_the_first_stage() -> None:
    values = {"created_at": day("2025-01-01"), "stage_entered_at": day("2025-02-01")}
    assert course(values, "Proposal") == [
        ("2025-01-01", "New", "open"),
        ("2025-02-01", "Proposal", "open"),
    ]


def test_created_alone_has_stood_where_it_stands() -> None:
    assert course({"created_at": day("2025-01-01")}, "Proposal") == [
        ("2025-01-01", "Proposal", "open")
    ]


def test_a_deal_recorded_after_its_close_begins_with_it() -> None:
    values = {"created_at": day("2025-05-01"), "close_date": day("2025-02-01")}
    assert course(values, "Won", Status.WON) == [
        ("2025-02-01", "New", "open"),
        ("2025-02-01", "Won", "won"),
    ]


def test_no_point_lies_in_the_future() -> None:
    values = {"created_at": day("2026-01-01"), "close_date": day("2031-01-01")}
    assert course(values, "Won", Status.WON)[-1] == ("2026-03-01", "Won", "won")


dates = st.one_of(st.none(), st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)))
NAMED = [
    "created_at",
    "stage_entered_at",
    "close_date",
    "won_at",
    "lost_at",
    "entered:Engaging",
    "entered:Proposal",
    "entered:Negotiation",
]


@given(
    st.fixed_dictionaries(dict.fromkeys(NAMED, dates)),
    st.sampled_from(NAMES),
    st.sampled_from(list(Status)),
)
def test_any_dates_make_a_past_that_ends_where_the_lead_stands(
    values: dict[str, dt.date | None], name: str, status: Status
) -> None:
    stages = book()
    stage = next(known for known in stages.stages if known.name == name)
    if stage.is_won != (status is Status.WON):
        return
    given_values = {field: value for field, value in values.items() if value is not None}
    points = history_of(given_values, stage, status, stages, zone=dt.UTC, now=NOW)
    if not points:
        return
    assert [point.at for point in points] == sorted(point.at for point in points)
    assert points[-1].at <= NOW
    assert (points[-1].stage, points[-1].status) == (stage.id, status)
    assert all(point.status is Status.OPEN for point in points[:-1])
    for earlier, later in itertools.pairwise(points):
        assert earlier.stage != later.stage or later.status is not Status.OPEN
