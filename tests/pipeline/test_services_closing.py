"""Winning, losing and reopening: what each means for a lead, and what is refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from core.errors import NotAllowed, NotFound, Refused
from core.ledger.causes import because
from core.ledger.tables import Kind
from pipeline.models import Lead, LostReason, Pipeline, Stage, StageVisit
from pipeline.services.closing import lose_lead, lose_leads, reopen_lead, win_lead, win_leads
from pipeline.services.moves import move_lead, tick_criterion
from tests.conftest import Cast
from tests.core.samples import assert_ledger_tells_all, assert_pipeline_tells_all
from tests.factories import arranging, make_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(cast: Cast) -> Lead:
    return make_lead(by=cast.rep, owner=cast.rep.pk, team=cast.team.pk, expected_revenue=100)


def row(lead: Lead) -> Lead:
    return Lead.objects.get(pk=lead.pk)


def move(lead: Lead, stage: Stage, by: Any = None, **options: Any) -> Lead:
    with because(Kind.PERSON, by=by):
        return move_lead(lead=lead.pk, stage=stage.pk, by=by, **options)


def win(lead: Lead, **options: Any) -> Lead:
    with because(Kind.PERSON):
        return win_lead(lead=lead.pk, **{"by": None, **options})


def lose(lead: Lead, **options: Any) -> Lead:
    reason = LostReason.objects.order_by("pk")[0].pk
    with because(Kind.PERSON):
        return lose_lead(lead=lead.pk, **{"by": None, "reason": reason, **options})


def reopen(lead: Lead, **options: Any) -> Lead:
    with because(Kind.PERSON):
        return reopen_lead(lead=lead.pk, **{"by": None, **options})


def column(stage: Stage) -> list[int]:
    cards = Lead.objects.filter(stage=stage).order_by("position")
    return list(cards.values_list("pk", flat=True))


def test_winning_sets_date_probability_and_kind(lead: Lead, stages: list[Stage]) -> None:
    win(lead)
    after = row(lead)
    assert (after.stage, after.status, after.probability) == (stages[4], "won", 100)
    assert after.closed_at == after.stage_entered_at == after.converted_at
    assert_pipeline_tells_all()


def test_moving_into_a_won_stage_wins_and_out_of_it_reopens(
    lead: Lead, stages: list[Stage]
) -> None:
    move(lead, stages[4])
    assert (row(lead).status, row(lead).probability) == ("won", 100)
    move(lead, stages[3])
    after = row(lead)
    assert (after.status, after.closed_at) == ("open", None)
    assert after.probability == stages[3].probability
    assert_pipeline_tells_all()


def test_from_won_to_won_the_closing_date_stays(lead: Lead) -> None:
    with arranging():
        second = Stage.objects.create(
            pipeline=lead.pipeline, name="Delivered", kind="won", sequence=90, probability=100
        )
    at = timezone.now() - dt.timedelta(days=3)
    win(lead, at=at)
    assert row(lead).closed_at == at
    move(lead, second)
    assert (row(lead).stage, row(lead).closed_at) == (second, at)
    win(lead)
    win(lead, at=timezone.now())
    assert row(lead).closed_at == at
    assert_pipeline_tells_all()


def test_winning_takes_the_next_won_stage_of_the_team(lead: Lead, cast: Cast) -> None:
    with arranging():
        own = Pipeline.objects.create(name="Sequences", sequence=50)
        stages = {
            (sequence, kind, team): Stage.objects.create(
                pipeline=own, name=f"S{sequence}", sequence=sequence, kind=kind, probability=10
            )
            for sequence, kind, team in [
                (1, "open", True),
                (3, "open", False),
                (5, "open", True),
                (30, "won", False),
                (70, "won", True),
            ]
        }
        for (_, _, team), stage in stages.items():
            if team:
                stage.teams.add(cast.team)
    move(lead, stages[1, "open", True])
    win(lead)
    assert row(lead).stage == stages[30, "won", False]
    assert row(lead).probability == 100
    stranger = make_lead(by=cast.manager, team=cast.others.pk, stage=stages[3, "open", False])
    win(stranger)
    assert row(stranger).stage == stages[30, "won", False]
    with pytest.raises(Refused):
        win(stranger, stage=stages[5, "open", True].pk)


def test_winning_needs_a_won_stage(lead: Lead, stages: list[Stage]) -> None:
    with pytest.raises(Refused) as refusal:
        win(lead, stage=stages[1].pk)
    assert "stage" in refusal.value.fields
    with arranging():
        Stage.objects.filter(kind="won").update(is_active=False)
    with pytest.raises(Refused):
        win(lead)


def test_losing_needs_a_reason_keeps_the_stage_and_is_countable(
    lead: Lead, stages: list[Stage]
) -> None:
    move(lead, stages[2])
    for reason in (None, 999_999):
        with pytest.raises(Refused) as refusal:
            lose(lead, reason=reason)
        assert "reason" in refusal.value.fields
    lose(lead, note="  Too dear  ")
    after = row(lead)
    assert (after.status, after.stage, after.probability) == ("lost", stages[2], 0)
    assert after.closed_at is not None and after.archived_at is None
    assert (after.lost_note, after.lost_reason) == ("Too dear", LostReason.objects.all()[0])
    assert not StageVisit.objects.filter(lead=lead, left_at__isnull=True).exists()
    assert_pipeline_tells_all()


def test_another_reason_keeps_the_closing_date(lead: Lead) -> None:
    lose(lead)
    date = row(lead).closed_at
    other = LostReason.objects.order_by("-pk")[0]
    lose(lead, reason=other.pk)
    assert (row(lead).lost_reason, row(lead).closed_at) == (other, date)
    assert_pipeline_tells_all()


def test_a_won_lead_is_reopened_before_it_is_lost(lead: Lead) -> None:
    win(lead)
    with pytest.raises(Refused):
        lose(lead)


def test_nothing_closes_in_the_future(lead: Lead) -> None:
    for close in (win, lose):
        with pytest.raises(Refused) as refusal:
            close(lead, at=timezone.now() + dt.timedelta(days=1))
        assert "at" in refusal.value.fields


def test_reopening_a_lost_lead_clears_the_loss_and_starts_its_stage_anew(
    lead: Lead, stages: list[Stage]
) -> None:
    move(lead, stages[2])
    lose(lead, note="x")
    reopen(lead)
    after = row(lead)
    assert (after.status, after.stage, after.closed_at) == ("open", stages[2], None)
    assert (after.lost_reason, after.lost_note) == (None, "")
    assert after.probability == stages[2].probability
    visits = StageVisit.objects.filter(lead=lead, stage=stages[2]).order_by("pk")
    assert [visit.left_at is None for visit in visits] == [False, True]
    assert_pipeline_tells_all()


def test_reopening_a_won_lead_returns_to_the_open_stage_it_was_last_in(
    lead: Lead, stages: list[Stage]
) -> None:
    move(lead, stages[3])
    win(lead)
    reopen(lead)
    assert (row(lead).stage, row(lead).closed_at) == (stages[3], None)
    win(lead)
    reopen(lead, stage=stages[1].pk)
    assert row(lead).stage == stages[1]
    with pytest.raises(Refused):
        reopen(lead)
    win(lead)
    with pytest.raises(Refused) as refusal:
        reopen(lead, stage=stages[4].pk)
    assert "stage" in refusal.value.fields
    assert_pipeline_tells_all()


def test_many_are_won_and_lost_at_once(cast: Cast, stages: list[Stage]) -> None:
    leads = [make_lead(by=cast.rep, stage=stages[n % 3], expected_revenue=n) for n in range(9)]
    with because(Kind.BULK_EDIT):
        win_leads(leads=[lead.pk for lead in leads[:4]], by=cast.manager)
        reason = LostReason.objects.order_by("pk")[0].pk
        lose_leads(leads=[lead.pk for lead in leads[4:]], reason=reason, by=cast.manager)
        with pytest.raises(Refused):
            lose_leads(leads=[lead.pk for lead in leads], reason=reason, by=cast.manager)
    assert (Lead.objects.won().count(), Lead.objects.lost().count()) == (4, 5)
    assert len(column(stages[4])) == 4
    assert_ledger_tells_all()
    assert_pipeline_tells_all()


@pytest.mark.parametrize("deed", ["move", "win", "lose", "reopen", "tick"])
def test_who_may_move_and_close(cast: Cast, stages: list[Stage], deed: str) -> None:
    reason = LostReason.objects.order_by("pk")[0].pk
    answers = {}
    for part, by in cast.people().items():
        lead = make_lead(by=cast.manager, owner=cast.rep.pk, team=cast.team.pk)
        with because(Kind.PERSON):
            lead.followers.add(cast.follower)
        if deed == "reopen":
            lose(lead)
        try:
            with because(Kind.PERSON, by=by):
                if deed == "move":
                    move_lead(lead=lead.pk, stage=stages[1].pk, by=by)
                elif deed == "win":
                    win_lead(lead=lead.pk, by=by)
                elif deed == "lose":
                    lose_lead(lead=lead.pk, reason=reason, by=by)
                elif deed == "reopen":
                    reopen_lead(lead=lead.pk, by=by)
                else:
                    tick_criterion(lead=lead.pk, stage=stages[0].pk, by=by)
            answers[part] = "done"
        except (NotFound, NotAllowed) as error:
            answers[part] = type(error).__name__
    assert answers == {
        "rep": "done",
        "mate": "NotAllowed",
        "leader": "done",
        "manager": "done",
        "stranger": "NotFound",
        "follower": "NotAllowed",
        "admin": "done",
    }
