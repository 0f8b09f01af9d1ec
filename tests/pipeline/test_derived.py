"""What is derived from leads (visits, spans, sums, dates) follows them, and can be rebuilt."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Count, Sum
from django.db.models.deletion import ProtectedError
from django.utils import timezone

from core.errors import Refused
from core.ledger.causes import because
from core.ledger.tables import Kind
from core.services.undoing import undo_cause
from pipeline.models import Lead, LeadSpan, LostReason, Stage, StageTotal, StageVisit
from pipeline.services import rebuilding, totals
from pipeline.services.assignment import assign_leads
from pipeline.services.closing import lose_leads, reopen_lead, win_leads
from pipeline.services.leads import (
    LeadDraft,
    Step,
    archive_leads,
    create_leads,
    delete_leads,
    unarchive_leads,
    update_leads,
)
from pipeline.services.moves import move_leads
from tests.conftest import Cast
from tests.core.samples import (
    all_but_the_ledger,
    assert_ledger_tells_all,
    assert_pipeline_tells_all,
    assert_same,
)
from tests.factories import arranging, make_lead

pytestmark = pytest.mark.django_db


def spans(lead: Lead) -> list[tuple[Any, ...]]:
    rows = LeadSpan.objects.filter(lead=lead).order_by("starts_at", "id")
    return [(row.stage_id, row.status, row.amount, row.probability) for row in rows]


@pytest.mark.parametrize("seed", range(4))
def test_bulk_deeds_at_random_keep_everything_in_step(
    cast: Cast, stages: list[Stage], seed: int
) -> None:
    rng, by = random.Random(seed), cast.manager
    reason = LostReason.objects.order_by("pk")[0].pk
    for _ in range(12):
        make_lead(by=cast.rep, owner=cast.rep.pk, expected_revenue=rng.choice([None, 0, 100]))
    for _deed in range(25):
        known = list(Lead.objects.values_list("pk", flat=True))
        some = rng.sample(known, min(4, len(known)))
        amount = rng.choice([None, 5, Decimal("12.34")])
        deeds: list[Any] = [
            lambda some=some: move_leads(leads=some, stage=rng.choice(stages).pk, by=by),
            lambda some=some: win_leads(leads=some, by=by),
            lambda some=some: lose_leads(leads=some, reason=reason, by=by),
            lambda some=some: reopen_lead(lead=some[0], by=by),
            lambda some=some: assign_leads(leads=some, owner=rng.choice([None, by.pk]), by=by),
            lambda some=some: archive_leads(leads=some, by=by),
            lambda some=some: unarchive_leads(leads=some, by=by),
            lambda some=some: delete_leads(leads=some[:1], by=by),
            lambda some=some, amount=amount: update_leads(
                leads=some, values={"expected_revenue": amount, "probability_manual": None}, by=by
            ),
            lambda some=some: update_leads(leads=some, values={"probability_manual": 33}, by=by),
            lambda: create_leads(drafts=[LeadDraft(values={"title": "N"})] * 2, by=by),
        ]
        try:
            with because(Kind.BULK_EDIT):
                rng.choice(deeds)()
        except Refused:
            continue
    assert_ledger_tells_all()
    assert_pipeline_tells_all()


def test_a_span_ends_when_something_shown_changes_and_not_else(
    cast: Cast, stages: list[Stage]
) -> None:
    lead = make_lead(by=cast.rep, expected_revenue=10)
    new = (stages[0].pk, "open", Decimal(10), Decimal(stages[0].probability))
    with because(Kind.PERSON):
        update_leads(leads=[lead.pk], values={"pain": "much"}, by=None)
        assert spans(lead) == [new]
        update_leads(leads=[lead.pk], values={"expected_revenue": 20}, by=None)
        win_leads(leads=[lead.pk], by=None)
    assert spans(lead) == [
        new,
        (stages[0].pk, "open", Decimal(20), Decimal(stages[0].probability)),
        (stages[4].pk, "won", Decimal(20), Decimal(100)),
    ]
    rows = list(LeadSpan.objects.filter(lead=lead).order_by("starts_at"))
    assert [row.ends_at for row in rows] == [*(row.starts_at for row in rows[1:]), None]


def test_the_spans_of_a_day_are_the_board_of_that_day(cast: Cast, stages: list[Stage]) -> None:
    start = timezone.now() - dt.timedelta(days=60)
    drafts = [
        LeadDraft(
            values={"title": f"L{n}", "expected_revenue": 10 * n},
            steps=[
                Step(start + dt.timedelta(days=n), stages[0]),
                Step(start + dt.timedelta(days=n + 20), stages[2]),
                Step(start + dt.timedelta(days=n + 40), stages[4], "won"),
            ],
        )
        for n in range(10)
    ]
    with because(Kind.IMPORT):
        create_leads(drafts=drafts, by=cast.manager)
    day = start + dt.timedelta(days=25, hours=1)
    held = LeadSpan.objects.filter(starts_at__lte=day).exclude(ends_at__lte=day)
    found = {
        row["stage"]: (row["n"], row["sum"])
        for row in held.values("stage").annotate(n=Count("pk"), sum=Sum("amount"))
    }
    assert found == {
        stages[2].pk: (6, sum(10 * n for n in range(6))),
        stages[0].pk: (4, sum(10 * n for n in range(6, 10))),
    }
    assert_pipeline_tells_all()


def test_a_stages_new_probability_reaches_its_open_leads(cast: Cast, stages: list[Stage]) -> None:
    plain, by_hand, lost = (make_lead(by=cast.rep, expected_revenue=100) for _ in range(3))
    with because(Kind.PERSON):
        update_leads(leads=[by_hand.pk], values={"probability_manual": 77}, by=None)
        lose_leads(leads=[lost.pk], reason=LostReason.objects.all()[0].pk, by=None)
    before = all_but_the_ledger()
    with because(Kind.PERSON) as cause:
        stage = Stage.objects.get(pk=stages[0].pk)
        stage.probability = 42
        stage.save()
    chances = dict(Lead.objects.values_list("pk", "probability"))
    assert chances == {plain.pk: 42, by_hand.pk: 77, lost.pk: 0}
    assert spans(plain)[-1][3] == 42
    assert_pipeline_tells_all()
    undo_cause(cause=cause.id, by=None)
    assert dict(Lead.objects.values_list("pk", "probability"))[plain.pk] == stages[0].probability
    assert_same(before, all_but_the_ledger())
    assert_pipeline_tells_all()


def test_folding_the_sums_changes_none(cast: Cast, stages: list[Stage]) -> None:
    leads = [make_lead(by=cast.rep, expected_revenue=n).pk for n in range(6)]
    with because(Kind.BULK_EDIT):
        move_leads(leads=leads[:3], stage=stages[1].pk, by=None)
        delete_leads(leads=leads[5:], by=None)
    before = {key: values for key, values in totals.kept().items() if any(values)}
    assert totals.fold() > 0
    assert {key: values for key, values in totals.kept().items() if any(values)} == before
    assert StageTotal.objects.count() == len(before)
    assert totals.fold() == 0
    assert totals.differences() == []


def test_a_wrong_sum_is_found_and_mended(cast: Cast) -> None:
    make_lead(by=cast.rep, expected_revenue=10)
    totals.fold()
    StageTotal.objects.update(count=7)
    (difference,) = totals.differences()
    assert "7" in difference
    totals.rebuild_all()
    assert totals.differences() == []


def test_what_was_damaged_is_rebuilt_from_the_ledger(cast: Cast, stages: list[Stage]) -> None:
    leads = [make_lead(by=cast.rep, expected_revenue=n) for n in range(3)]
    with because(Kind.PERSON):
        move_leads(leads=[lead.pk for lead in leads], stage=stages[2].pk, by=None)
    before = all_but_the_ledger()
    StageVisit.objects.filter(lead=leads[0]).delete()
    LeadSpan.objects.filter(lead=leads[1]).delete()
    Lead.objects.update(stage_entered_at=None, touched_at=None)
    rebuilding.rebuild_leads([lead.pk for lead in leads])
    assert_same(before, all_but_the_ledger())
    assert_pipeline_tells_all()


def test_rebuilding_twice_is_rebuilding_once(cast: Cast, stages: list[Stage]) -> None:
    leads = [make_lead(by=cast.rep).pk for _ in range(3)]
    with because(Kind.PERSON):
        win_leads(leads=leads[:2], by=None)
        reopen_lead(lead=leads[0], by=None)
    before = all_but_the_ledger()
    for _turn in range(2):
        rebuilding.rebuild_leads(leads)
        assert_same(before, all_but_the_ledger())


def test_deleting_a_stage_in_use_is_refused_and_its_past_keeps_its_name(
    cast: Cast, stages: list[Stage]
) -> None:
    lead = make_lead(by=cast.rep)
    with arranging():
        extra = Stage.objects.create(pipeline=lead.pipeline, name="Extra", sequence=15)
    with because(Kind.PERSON):
        move_leads(leads=[lead.pk], stage=extra.pk, by=None)
        with pytest.raises(ProtectedError):
            extra.delete()
        move_leads(leads=[lead.pk], stage=stages[2].pk, by=None)
        key = extra.pk
        extra.delete()
    assert StageVisit.objects.filter(lead=lead, stage=key).exists()
    assert LeadSpan.objects.filter(lead=lead, stage=key).exists()
    assert totals.differences() == []
