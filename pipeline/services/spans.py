"""The only writer of LeadSpan: what a board shows of a lead, and from when to when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection

from core.ledger.store import Entry
from core.ledger.tables import Action
from pipeline.models import LeadSpan
from pipeline.past import Shown, Span, shown_of


def follow(entries: Sequence[Entry]) -> None:
    """Close and open spans for a batch of changes."""
    write_spans(
        (entry.record_id, entry.before, entry.after, entry.at)
        for entry in entries
        if entry.action != Action.DELETED and entry.at is not None
    )


def write_spans(
    rows: Iterable[tuple[int, Mapping[str, Any] | None, Mapping[str, Any] | None, dt.datetime]],
) -> None:
    """For `(lead, row before, row after, moment)`: a span ends, another begins, where they differ."""
    stories: dict[int, list[Span]] = {}
    closed: dict[int, dt.datetime] = {}
    for lead, before, after, moment in rows:
        if after is None:
            continue
        now = shown_of(after)
        if before is not None and shown_of(before) == now:
            continue
        spans = stories.setdefault(lead, [])
        if spans:
            spans[-1].ends_at = moment
        elif before is not None:
            closed[lead] = moment
        spans.append(Span(now, moment))
    if closed:
        _close(closed)
    LeadSpan.objects.bulk_create(
        [
            as_row(lead, span)
            for lead, spans in stories.items()
            for span in spans
            if span.ends_at is None or span.ends_at > span.starts_at
        ],
        batch_size=2000,
    )


def as_row(lead: int, span: Span) -> LeadSpan:
    """The row of a span."""
    shown: Shown = span.shown
    return LeadSpan(
        lead_id=lead,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        pipeline_id=shown.pipeline,
        stage_id=shown.stage,
        status=shown.status,
        owner_id=shown.owner,
        team_id=shown.team,
        amount=shown.amount,
        currency=shown.currency,
        probability=shown.probability,
        archived=shown.archived,
    )


def _close(closed: Mapping[int, dt.datetime]) -> None:
    """End the open spans of leads at their moments, in one statement."""
    moments = set(closed.values())
    if len(moments) == 1:
        LeadSpan.objects.filter(lead__in=list(closed), ends_at__isnull=True).update(
            ends_at=moments.pop()
        )
        return
    table = LeadSpan._meta.db_table
    adapt = LeadSpan._meta.get_field("ends_at").get_db_prep_save
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"UPDATE {table} AS old SET ends_at = new.moment"
                " FROM unnest(%s::bigint[], %s::timestamptz[]) AS new(lead, moment)"
                " WHERE old.lead_id = new.lead AND old.ends_at IS NULL",
                [list(closed), list(closed.values())],
            )
            return
        cursor.executemany(
            f"UPDATE {table} SET ends_at = %s WHERE lead_id = %s AND ends_at IS NULL",
            [(adapt(moment, connection), lead) for lead, moment in closed.items()],
        )
