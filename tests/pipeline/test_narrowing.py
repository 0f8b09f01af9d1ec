"""The filter in an address: the same for board and list, told in words, forgiving."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone

from core.dates import next_month
from crm.models import Source
from pipeline.models import Lead
from pipeline.narrowing import NAMED, PLACED, Narrowing
from tests import factories


def titles(narrowing: Narrowing) -> set[str]:
    """What it lets through."""
    return set(narrowing.apply(Lead.objects.all()).values_list("title", flat=True))


def test_scopes_mean_the_person_and_their_teams(cast: Any, stages: Any) -> None:
    values: dict[str, Any] = {"by": cast.manager, "stage": stages[0]}
    factories.make_lead(**values, title="hers", owner=cast.rep.pk, team=cast.team.pk)
    factories.make_lead(**values, title="ours", owner=cast.mate.pk, team=cast.team.pk)
    factories.make_lead(**values, title="theirs", team=cast.others.pk)
    assert titles(Narrowing.read({"owner": "me"}, cast.rep)) == {"hers"}
    assert titles(Narrowing.read({"team": "mine"}, cast.rep)) == {"hers", "ours"}
    assert titles(Narrowing.read({"team": "mine,none"}, cast.stranger)) == {"theirs"}


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("none", {"none"}),
        ("overdue", {"late"}),
        ("today", {"today"}),
        ("later", {"later"}),
        ("planned", {"today", "later"}),
        ("none,overdue", {"none", "late"}),
    ],
)
def test_next_steps_are_told_apart_by_their_due(
    cast: Any, stages: Any, asked: str, wanted: set[str]
) -> None:
    now = timezone.now()
    midnight = timezone.localtime(now).replace(hour=23, minute=59, second=59, microsecond=0)
    dues = {"none": None, "late": now - dt.timedelta(hours=1), "today": midnight}
    dues["later"] = midnight + dt.timedelta(minutes=1)
    for title, due in dues.items():
        lead = factories.make_lead(by=cast.rep, stage=stages[0], title=title)
        if due is not None:
            factories.make_activity(by=cast.rep, lead=lead, due_at=due)
    assert titles(Narrowing.read({"next_step": asked}, cast.rep)) == wanted


def test_closing_this_month_is_a_calendar_month(cast: Any, stages: Any) -> None:
    first = timezone.localdate().replace(day=1)
    following = next_month(first)
    for title, day in {
        "before": first - dt.timedelta(days=1),
        "first": first,
        "last": following - dt.timedelta(days=1),
        "next": following,
    }.items():
        factories.make_lead(by=cast.rep, stage=stages[0], title=title, expected_close=day)
    assert titles(Narrowing.read({"closing": "this_month"}, cast.rep)) == {"first", "last"}
    assert titles(Narrowing.read({"closing": "next_month"}, cast.rep)) == {"next"}


def test_what_cannot_be_read_is_left_out_and_told(cast: Any, stages: Any) -> None:
    factories.make_lead(by=cast.rep, stage=stages[0], title="there")
    address = QueryDict("owner=nobody&where={broken&stalled=perhaps&kind=lead&foo=bar")
    narrowing = Narrowing.read(address, cast.rep)
    assert dict(narrowing.values) == {"kind": "lead"}
    assert len(narrowing.problems) == 3
    assert any("owner" in problem for problem in narrowing.problems)
    assert titles(narrowing) == {"there"}


def test_its_parts_are_told_in_words_and_taken_out_one_by_one(cast: Any, stages: Any) -> None:
    with factories.arranging():
        source = Source.objects.create(name="Trade fair")
    where = json.dumps({"field": "expected_revenue", "op": ">=", "value": 5000})
    data = {"owner": "me", "source": str(source.pk), "where": where, "stalled": "true"}
    parts = Narrowing.read(data, cast.rep).told(apart_from={("owner", "me")})
    told = {part.name: part for part in parts}
    assert set(told) == {"source", "where", "stalled"}
    assert told["source"].words == "Source: Trade fair"
    assert "5,000" in told["where"].words
    assert "source" not in told["source"].without
    assert "owner=me" in told["source"].without


def test_every_record_that_a_filter_names_can_be_told(cast: Any) -> None:
    for name in NAMED:
        (part,) = Narrowing.read({name: "987654"}, cast.rep).told()
        assert part.words.endswith("?")


def test_a_board_does_not_take_what_it_shows_anyhow(cast: Any) -> None:
    assert not Narrowing.read({"status": "lost", "stage": "1"}, cast.rep, without=PLACED)


def test_own_leads_are_in_sight_of_their_owner_alone(cast: Any) -> None:
    own = factories.make_lead(by=cast.manager, owner=cast.rep.pk)
    other = factories.make_lead(by=cast.manager, owner=cast.stranger.pk)
    mine, all_leads = Lead.objects.owned_by(cast.rep), Lead.objects.all()
    assert set(mine.visible_to(cast.rep)) == {own}
    assert "collaborator" not in str(mine.active().visible_to(cast.rep).query)
    assert set(mine.visible_to(cast.stranger)) == set()
    assert set((mine | all_leads).visible_to(cast.rep)) == {own}
    assert set((all_leads | mine).visible_to(cast.rep)) == {own}
    assert set((mine ^ all_leads).visible_to(cast.rep)) == set()
    assert set((mine ^ all_leads).visible_to(cast.stranger)) == {other}
