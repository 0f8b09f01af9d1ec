"""How often the expected close of a lead was put off. The only writer of `close_pushed`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.db.models import F

from core.ledger.store import Entry
from core.ledger.tables import Action
from pipeline.models import Lead
from pipeline.past import is_push


def follow(entries: Sequence[Entry]) -> None:
    """Count the changes that put a close off to a later day."""
    pushed = Counter(
        entry.record_id
        for entry in entries
        if entry.action == Action.UPDATED and is_push(entry.diff)
    )
    leads_by_count: dict[int, list[int]] = {}
    for lead, count in pushed.items():
        leads_by_count.setdefault(count, []).append(lead)
    for count, leads in leads_by_count.items():
        Lead.objects.filter(pk__in=leads).update(close_pushed=F("close_pushed") + count)
