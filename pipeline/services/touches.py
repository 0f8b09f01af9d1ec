"""When a person of ours or of the customer last touched a lead. The only writer of `touched_at`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from core.ledger.causes import current_cause
from core.ledger.memory import is_changed
from core.ledger.store import Entry
from core.ledger.tables import TOUCHING, Action
from core.ledger.writing import save_locked
from pipeline.models import Lead


def save_leads(leads: Sequence[Lead], moment: dt.datetime) -> list[Lead]:
    """Save locked leads as one change each at `moment`, touched if a person is behind the cause;
    return those that changed."""
    cause = current_cause()
    if cause is not None and cause.kind in TOUCHING:
        for lead in leads:
            if is_changed(lead):
                lead.touched_at = moment
    return save_locked(leads, at=[moment] * len(leads))


def follow(entries: Sequence[Entry]) -> None:
    """Touch leads whose change did not already carry the moment (sets, cascades)."""
    cause = current_cause()
    if cause is None or cause.kind not in TOUCHING:
        return
    missed: dict[dt.datetime, list[int]] = {}
    for entry in entries:
        carried = entry.after is not None and entry.after.get("touched_at") == entry.at
        if entry.action != Action.DELETED and not carried and entry.at is not None:
            missed.setdefault(entry.at, []).append(entry.record_id)
    for moment, leads in missed.items():
        Lead.objects.filter(pk__in=leads).update(touched_at=moment)
