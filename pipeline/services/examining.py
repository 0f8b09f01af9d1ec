"""What the doctor examines of the pipeline: visits, spans and machine columns, sums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import batched
from typing import Any

from core.examinations import register_examination
from pipeline.models import Activity, Lead, LeadSpan, StageVisit
from pipeline.past import Shown
from pipeline.services import rebuilding, totals

BATCH = 2000


def register() -> None:
    """Tell the doctor."""
    register_examination("leads and their past", look_at_leads, mend=mend_leads)
    register_examination(
        "sums of the board", lambda: iter(totals.differences()), mend=totals.rebuild_all
    )


def look_at_leads() -> Iterator[str]:
    """Leads whose visits, spans or machine columns are not what the ledger says."""
    keys = Lead.objects.order_by("pk").values_list("pk", flat=True)
    for part in batched(keys.iterator(chunk_size=BATCH), BATCH):
        yield from _look_at(list(part))


def mend_leads() -> None:
    """Make visits, spans and machine columns of all leads anew."""
    keys = list(Lead.objects.order_by("pk").values_list("pk", flat=True))
    rebuilding.rebuild_leads(keys)


def _look_at(ids: list[int]) -> Iterator[str]:
    visits: dict[int, list[Any]] = defaultdict(list)
    for visit in StageVisit.objects.filter(lead__in=ids).order_by("entered_at", "id"):
        visits[visit.lead_id].append((visit.stage_id, visit.entered_at, visit.left_at))
    spans: dict[int, list[Any]] = defaultdict(list)
    for span in LeadSpan.objects.filter(lead__in=ids).order_by("starts_at", "id"):
        spans[span.lead_id].append((_shown(span), span.starts_at, span.ends_at))
    due: dict[int, Any] = {}
    done: dict[int, Any] = {}
    for activity in Activity.objects.filter(lead__in=ids).values("lead", "due_at", "done_at"):
        lead = activity["lead"]
        if activity["done_at"] is None:
            due[lead] = min(filter(None, (due.get(lead), activity["due_at"])))
        else:
            done[lead] = max(filter(None, (done.get(lead), activity["done_at"])))
    rows = Lead.objects.in_bulk(ids)
    for lead, story in rebuilding.stories(ids).items():
        row = rows.get(lead)
        if row is None:
            continue
        told_visits = [(v.stage, v.entered_at, v.left_at) for v in story.visits]
        told_spans = [(s.shown, s.starts_at, s.ends_at) for s in story.spans]
        pairs: list[tuple[str, Any, Any]] = [
            ("visits", told_visits, visits[lead]),
            ("spans", told_spans, spans[lead]),
            ("stage_entered_at", story.stage_entered_at, row.stage_entered_at),
            ("probability_stage", story.probability_stage, row.probability_stage),
            ("close_pushed", story.close_pushed, row.close_pushed),
            ("touched_at", story.touched_at, row.touched_at),
            ("next_activity_at", due.get(lead), row.next_activity_at),
            ("last_activity_at", done.get(lead), row.last_activity_at),
        ]
        for name, told, found in pairs:
            if told != found:
                yield f"lead {lead}: {name} should be {told}, is {found}"


def _shown(span: LeadSpan) -> Shown:
    return Shown(
        span.pipeline_id,
        span.stage_id,
        span.status,
        span.owner_id,
        span.team_id,
        span.amount,
        span.currency,
        span.probability,
        span.archived,
    )
