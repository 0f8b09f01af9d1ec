"""Moving, winning, losing, reopening: what each means for a lead, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.errors import Conflict, NotFound, Refused
from core.ledger.causes import because
from core.ledger.tables import Change, Kind
from crm.models import CustomField
from pipeline.models import CriterionTick, Lead, LostReason, Pipeline, Stage, StageVisit
from pipeline.services.closing import lose_lead, win_lead
from pipeline.services.moves import move_lead, move_leads, tick_criterion
from tests.conftest import Cast
from tests.core.samples import assert_ledger_tells_all, assert_pipeline_tells_all
from tests.factories import arranging, make_lead, make_tag

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


def column(stage: Stage) -> list[int]:
    cards = Lead.objects.filter(stage=stage).order_by("position")
    return list(cards.values_list("pk", flat=True))


def test_a_move_closes_one_visit_and_opens_the_next(lead: Lead, stages: list[Stage]) -> None:
    move(lead, stages[2])
    after = row(lead)
    first, second = StageVisit.objects.filter(lead=lead).order_by("pk")
    assert (first.stage, second.stage) == (stages[0], stages[2])
    assert first.left_at == second.entered_at == after.stage_entered_at
    assert second.left_at is None
    assert (after.probability, after.status) == (Decimal(stages[2].probability), "open")
    assert_ledger_tells_all()
    assert_pipeline_tells_all()


def test_leaving_the_first_stage_makes_an_opportunity_once(lead: Lead, stages: list[Stage]) -> None:
    assert row(lead).kind == "lead"
    move(lead, stages[1])
    first = row(lead)
    assert (first.kind, first.converted_at) == ("opportunity", first.stage_entered_at)
    move(lead, stages[0])
    move(lead, stages[3])
    assert (row(lead).kind, row(lead).converted_at) == ("opportunity", first.converted_at)


def test_places_are_above_below_or_on_top(cast: Cast, stages: list[Stage]) -> None:
    one, two, three = (make_lead(by=cast.rep, stage=stages[1]) for _ in range(3))
    assert column(stages[1]) == [three.pk, two.pk, one.pk]
    new = make_lead(by=cast.rep)
    move(new, stages[1], above=two.pk)
    assert column(stages[1]) == [three.pk, new.pk, two.pk, one.pk]
    move(new, stages[1], below=two.pk)
    assert column(stages[1]) == [three.pk, two.pk, new.pk, one.pk]
    move(new, stages[1], below=one.pk)
    assert column(stages[1]) == [three.pk, two.pk, one.pk, new.pk]
    move(new, stages[1], above=three.pk)
    assert column(stages[1]) == [new.pk, three.pk, two.pk, one.pk]
    move(one, stages[1])
    assert column(stages[1]) == [one.pk, new.pk, three.pk, two.pk]
    move(new, stages[1], below=three.pk, above=two.pk)
    assert column(stages[1]) == [one.pk, three.pk, new.pk, two.pk]


def test_a_neighbour_that_left_meanwhile_is_passed_over(cast: Cast, stages: list[Stage]) -> None:
    one, two = (make_lead(by=cast.rep, stage=stages[1]) for _ in range(2))
    gone = make_lead(by=cast.rep, stage=stages[3])
    new = make_lead(by=cast.rep)
    move(new, stages[1], below=gone.pk, above=one.pk)
    assert column(stages[1]) == [two.pk, new.pk, one.pk]
    move(new, stages[1], below=999_999)
    assert column(stages[1]) == [new.pk, two.pk, one.pk]


def test_several_cards_keep_the_order_they_are_given_in(cast: Cast, stages: list[Stage]) -> None:
    old = make_lead(by=cast.rep, stage=stages[2])
    cards = [make_lead(by=cast.rep, stage=stages[n % 2]) for n in range(5)]
    wanted = [cards[n].pk for n in (3, 0, 4, 1, 2)]
    with because(Kind.BULK_EDIT):
        moved = move_leads(leads=wanted, stage=stages[2].pk, by=cast.manager, below=old.pk)
    assert [lead.pk for lead in moved] == wanted
    assert column(stages[2]) == [old.pk, *wanted]
    assert_pipeline_tells_all()


def test_a_change_of_place_is_no_new_visit(lead: Lead, cast: Cast, stages: list[Stage]) -> None:
    other = make_lead(by=cast.rep)
    since = row(lead).stage_entered_at
    move(lead, stages[0], above=other.pk)
    assert row(lead).stage_entered_at == since
    assert StageVisit.objects.filter(lead=lead).count() == 1
    change = Change.objects.order_by("-pk")[0]
    assert change.diff.keys() == {"position"}


def test_a_move_may_go_to_another_pipeline(lead: Lead) -> None:
    with arranging():
        other = Pipeline.objects.create(name="Other", sequence=20)
        stage = Stage.objects.create(pipeline=other, name="There", probability=15)
    move(lead, stage)
    assert (row(lead).pipeline, row(lead).stage, row(lead).probability) == (other, stage, 15)
    assert_pipeline_tells_all()


@pytest.mark.parametrize("how", ["move", "win"])
def test_what_a_stage_requires_is_asked_by_name(lead: Lead, stages: list[Stage], how: str) -> None:
    target = stages[2] if how == "move" else stages[4]
    with arranging():
        target.required_fields = ["expected_close", "email"]
        target.save()
    with pytest.raises(Refused) as refusal:
        move(lead, target) if how == "move" else win(lead)
    assert set(refusal.value.fields) == {"expected_close", "email"}
    assert row(lead).stage == stages[0]
    if how == "move":
        with pytest.raises(Refused) as refusal:
            move(lead, target, fields={"email": "a@b.example"})
        assert set(refusal.value.fields) == {"expected_close"}
        assert row(lead).email == ""
        move(lead, target, fields={"email": "a@b.example", "expected_close": "2027-01-01"})
        after = row(lead)
        assert (after.stage, after.email) == (target, "a@b.example")
        assert after.version == 2, "all of it is one change"


def test_wrong_fields_of_a_move_are_refused_like_an_edit(lead: Lead, stages: list[Stage]) -> None:
    with pytest.raises(Refused) as refusal:
        move(lead, stages[1], fields={"expected_revenue": -1, "status": "won"})
    assert set(refusal.value.fields) == {"expected_revenue", "status"}


def test_a_new_owner_given_with_a_move_dates_the_assignment(
    lead: Lead, cast: Cast, stages: list[Stage]
) -> None:
    before = row(lead).assigned_at
    move(lead, stages[1], fields={"owner": cast.mate.pk})
    after = row(lead)
    assert after.owner == cast.mate
    assert after.assigned_at == after.stage_entered_at != before


def test_sets_that_a_stage_requires_are_given_with_the_move(
    lead: Lead, stages: list[Stage]
) -> None:
    with arranging():
        Stage.objects.filter(pk=stages[1].pk).update(required_fields=["tags"])
    with pytest.raises(Refused) as refusal:
        move(lead, stages[1])
    assert set(refusal.value.fields) == {"tags"}
    tag = make_tag()
    move(lead, stages[1], fields={"tags": [tag.pk]})
    assert row(lead).stage == stages[1]
    assert list(row(lead).tags.all()) == [tag]
    assert_ledger_tells_all()


def test_custom_fields_that_a_stage_requires_are_given_by_the_name_it_uses(
    lead: Lead, stages: list[Stage]
) -> None:
    with arranging():
        CustomField.objects.create(subject="pipeline.lead", key="size", label="S", type="number")
        Stage.objects.filter(pk=stages[1].pk).update(required_fields=["custom.size"])
    with pytest.raises(Refused) as refusal:
        move(lead, stages[1], fields={"custom.size": "big"})
    assert set(refusal.value.fields) == {"custom.size"}
    move(lead, stages[1], fields={"custom.size": "5"})
    assert row(lead).custom == {"size": 5}


def test_a_required_criterion_is_ticked_first(lead: Lead, stages: list[Stage]) -> None:
    with arranging():
        Stage.objects.filter(pk=stages[0].pk).update(criterion_required=True)
    with pytest.raises(Refused) as refusal:
        move(lead, stages[1])
    assert "criterion" in refusal.value.fields
    with because(Kind.PERSON):
        tick_criterion(lead=lead.pk, stage=stages[0].pk, by=None)
    move(lead, stages[1])
    assert row(lead).stage == stages[1]


def test_a_criterion_is_advice_and_not_asked_backwards(lead: Lead, stages: list[Stage]) -> None:
    move(lead, stages[2])
    with arranging():
        Stage.objects.filter(pk=stages[2].pk).update(criterion_required=True)
    move(lead, stages[1])
    assert row(lead).stage == stages[1]


def test_a_tick_is_set_once_and_taken_back(lead: Lead, stages: list[Stage]) -> None:
    with because(Kind.PERSON):
        for _ in range(2):
            tick_criterion(lead=lead.pk, stage=stages[0].pk, by=None)
        assert CriterionTick.objects.filter(lead=lead).count() == 1
        for _ in range(2):
            tick_criterion(lead=lead.pk, stage=stages[0].pk, by=None, met=False)
        assert not CriterionTick.objects.exists()
        with arranging():
            other = Stage.objects.create(
                pipeline=Pipeline.objects.create(name="Other"), name="There"
            )
        with pytest.raises(NotFound):
            tick_criterion(lead=lead.pk, stage=other.pk, by=None)


def test_a_lost_lead_is_not_moved(lead: Lead, stages: list[Stage]) -> None:
    lose(lead)
    with pytest.raises(Refused):
        move(lead, stages[1])
    with pytest.raises(Refused):
        win(lead)
    assert row(lead).stage == stages[0]


def test_unknown_closed_and_foreign_stages_are_refused(
    lead: Lead, cast: Cast, stages: list[Stage]
) -> None:
    with pytest.raises(NotFound), because(Kind.PERSON):
        move_lead(lead=lead.pk, stage=999_999, by=None)
    with arranging():
        closed = Stage.objects.create(pipeline=lead.pipeline, name="Closed", is_active=False)
        theirs = Stage.objects.create(pipeline=lead.pipeline, name="Theirs")
        theirs.teams.add(cast.others)
    with pytest.raises(NotFound):
        move(lead, closed)
    with pytest.raises(Refused):
        move(lead, theirs, by=cast.manager)
    with arranging():
        theirs.teams.add(cast.team)
    move(lead, theirs, by=cast.manager)
    assert row(lead).stage == theirs


def test_a_stale_move_is_a_conflict_that_tells_where_the_card_is(
    lead: Lead, cast: Cast, stages: list[Stage]
) -> None:
    seen = row(lead).version
    move(lead, stages[2], by=cast.leader)
    with pytest.raises(Conflict, match=r"Lea Leader.*Proposal"):
        move(lead, stages[1], by=cast.rep, expected_version=seen)
    assert row(lead).stage == stages[2]


def test_a_move_takes_a_fixed_number_of_queries(
    lead: Lead, cast: Cast, stages: list[Stage], django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        make_lead(by=cast.rep, stage=stages[1])
    with django_assert_max_num_queries(17), because(Kind.PERSON, by=cast.rep):  # with savepoints
        move_lead(lead=lead.pk, stage=stages[1].pk, by=cast.rep)
