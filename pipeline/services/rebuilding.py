"""Making anew what is derived from leads: after an undo, and when a doctor finds a difference."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from itertools import batched

from django.db import transaction
from django.utils import timezone

from core.ledger.history import Past, effective
from core.ledger.store import Entry, update_rows
from core.ledger.tables import Action
from core.ledger.writing import lock
from pipeline.models import Lead, LeadSpan, Stage, StageVisit
from pipeline.past import Probabilities, Story, tell
from pipeline.services import activities, moves, spans, totals

BATCH = 2000
MACHINE = ("stage_entered_at", "probability_stage", "touched_at", "close_pushed")


def rebuild_leads(ids: Sequence[int]) -> None:
    """Write visits, spans and machine columns of leads anew from what counts of their history.

    The sums of the board follow the weight that changes with them.
    """
    probabilities = stage_probabilities()
    for part in batched(sorted(ids), BATCH):
        with transaction.atomic():
            _rebuild(list(part), probabilities)


def stories(ids: Sequence[int]) -> dict[int, Story]:
    """What visits, spans and machine columns of leads should be, told from the ledger."""
    probabilities = stage_probabilities()
    now = timezone.now()
    return {
        lead: tell(changes, probabilities, now)
        for lead, changes in effective("pipeline.lead", ids).items()
    }


def stage_probabilities() -> Probabilities:
    """What each stage said of its chances over time, without what was undone."""
    found: dict[int, list[tuple[dt.datetime, Decimal]]] = {}
    for stage, changes in effective("pipeline.stage", _all_stages()).items():
        found[stage] = [
            (past.at, _probability(past))
            for past in changes
            if past.action == Action.CREATED or "probability" in past.diff
        ]
    return found


def _all_stages() -> list[int]:
    return list(Stage.objects.values_list("pk", flat=True))


def _probability(past: Past) -> Decimal:
    change = past.diff.get("probability")
    return Decimal(change[1]) if change is not None and change[1] is not None else Decimal(0)


def _rebuild(ids: Sequence[int], probabilities: Probabilities) -> None:
    leads = lock(Lead.objects.filter(pk__in=ids))
    now = timezone.now()
    told = {
        lead: tell(changes, probabilities, now)
        for lead, changes in effective("pipeline.lead", ids).items()
    }
    StageVisit.objects.filter(lead__in=ids).delete()
    LeadSpan.objects.filter(lead__in=ids).delete()
    standing = [(lead, told[lead.pk]) for lead in leads if told[lead.pk].visits]
    moves.insert_visits((lead.pk, visit) for lead, story in standing for visit in story.visits)
    spans.insert_spans((lead.pk, span) for lead, story in standing for span in story.spans)
    rows, weights = [], []
    for lead, story in standing:
        values = [
            story.stage_entered_at,
            story.probability_stage,
            story.touched_at,
            story.close_pushed,
        ]
        if values != [getattr(lead, name) for name in MACHINE]:
            before = dict(lead.__dict__)
            rows.append((lead.pk, None, values))
            weights.append((before, {**before, "probability_stage": story.probability_stage}))
    update_rows(Lead, MACHINE, rows, "default", counting=False)
    totals.append(weights)
    activities.refresh_leads([lead.pk for lead in leads])


def follow_stages(entries: Sequence[Entry]) -> None:
    """A stage's own probability changed: its open leads take it over, with spans and sums."""
    for entry in entries:
        if entry.action != Action.UPDATED or "probability" not in entry.diff:
            continue
        if entry.after is None or entry.at is None:
            continue
        value = Decimal(entry.after["probability"])
        open_leads = Lead.objects.filter(stage=entry.record_id, status=Lead.Status.OPEN)
        keys = list(open_leads.order_by("pk").values_list("pk", flat=True))
        for part in batched(keys, BATCH):
            _take_over(lock(open_leads.filter(pk__in=part)), value, entry.at)


def _take_over(leads: Sequence[Lead], value: Decimal, moment: dt.datetime) -> None:
    pairs = []
    for lead in leads:
        before = dict(lead.__dict__)
        pairs.append((lead.pk, before, {**before, "probability_stage": value}, moment))
    update_rows(
        Lead,
        ["probability_stage"],
        [(lead.pk, None, [value]) for lead in leads],
        "default",
        counting=False,
    )
    spans.write_spans(pairs)
    totals.append((before, after) for _, before, after, _ in pairs)


def rebuild_stages(ids: Sequence[int]) -> None:
    """After an undo changed stages back: their leads are rebuilt."""
    rebuild_leads(list(Lead.objects.filter(stage__in=ids).values_list("pk", flat=True)))


def rebuild_activities(ids: Sequence[int]) -> None:
    """After an undo changed activities back: their leads follow them already."""
    leads = Lead.objects.filter(activities__in=ids).values_list("pk", flat=True)
    activities.refresh_leads(sorted(set(leads)))
