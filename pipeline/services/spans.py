"""The only writer of LeadSpan: what a board shows of a lead, and from when to when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection

from core.ledger.bulk import insert_rows
from core.ledger.store import Entry
from core.ledger.tables import Action
from pipeline.models import LeadSpan
from pipeline.past import Span, shown_of


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
    """For `(lead, row before, after, moment)`: where the rows differ, a span ends, one begins."""
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
    insert_spans(
        (lead, span)
        for lead, spans in stories.items()
        for span in spans
        if span.ends_at is None or span.ends_at > span.starts_at
    )


COLUMNS = (
    "lead_id",
    "starts_at",
    "ends_at",
    "pipeline_id",
    "stage_id",
    "status",
    "owner_id",
    "team_id",
    "amount",
    "currency",
    "probability",
    "archived",
)


def insert_spans(spans: Iterable[tuple[int, Span]]) -> None:
    """Insert spans of leads."""
    insert_rows(LeadSpan, COLUMNS, (_row(lead, span) for lead, span in spans), "default")


def _row(lead: int, span: Span) -> tuple[Any, ...]:
    shown = span.shown
    return (
        lead,
        span.starts_at,
        span.ends_at,
        shown.pipeline,
        shown.stage,
        shown.status,
        shown.owner,
        shown.team,
        shown.amount,
        shown.currency,
        shown.probability,
        shown.archived,
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
