"""Reading the ledger: a record's changes, its state at a past moment, and what of it still counts.

Two pasts are told apart. `state_at` gives the record as it truly stood at a moment. `effective`
gives its history without what was undone: what visits, spans and other derived rows are built on.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any

from django.db import models

from core.ledger.schema import Diff, Schema, schema_of
from core.ledger.tables import Action, Change, Kind, Undo

#: The pseudo-field under which creation and deletion of a record count.
EXISTS = ""
#: Records whose changes are read at once.
BATCH = 2000


@dataclass(frozen=True, slots=True)
class Past:
    """A change as history needs it."""

    id: int
    cause_id: uuid.UUID
    kind: str
    record_id: int
    action: str
    diff: Diff
    at: dt.datetime


def changes_of(record_type: str, record_id: int) -> models.QuerySet[Change]:
    """The changes of a record, newest first, with cause and actor."""
    return (
        Change.objects.filter(record_type=record_type, record_id=record_id)
        .select_related("cause__actor")
        .order_by("-id")
    )


def last_change(record_type: str, record_id: int) -> Change | None:
    """The newest change of a record."""
    return changes_of(record_type, record_id).first()


def state_at(
    model: type[models.Model], record_id: int, moment: dt.datetime
) -> dict[str, Any] | None:
    """The tracked fields of a record as they stood at `moment`; None while it did not exist.

    Values are Python values by field name; sets of records are sorted lists of ids, custom fields
    a dict under the name of their column.
    """
    changes = Change.objects.filter(
        record_type=model._meta.label_lower, record_id=record_id, at__lte=moment
    ).order_by("id")
    return fold(schema_of(model), changes.values_list("action", "diff"))


def fold(schema: Schema, changes: Iterable[tuple[str, Diff]]) -> dict[str, Any] | None:
    """The state after these changes, in the shape of `state_at`."""
    state: dict[str, Any] | None = None
    sets: dict[str, set[int]] = defaultdict(set)
    for action, diff in changes:
        if action == Action.DELETED:
            state, sets = None, defaultdict(set)
            continue
        if action == Action.CREATED:
            state = {column.name: column.blank for column in schema.tracked}
            if schema.custom:
                state[schema.custom] = {}
        if state is None:
            continue
        for key, change in diff.items():
            if isinstance(change, dict):
                sets[key] |= set(change.get("add", ()))
                sets[key] -= set(change.get("remove", ()))
                state[key] = sorted(sets[key])
            elif schema.custom and key.startswith(f"{schema.custom}."):
                custom = key.removeprefix(f"{schema.custom}.")
                if change[1] is None:
                    state[schema.custom].pop(custom, None)
                else:
                    state[schema.custom][custom] = change[1]
            elif (column := schema.by_name.get(key)) is not None and column.tracked:
                state[key] = column.blank if change[1] is None else column.decode(change[1])
    return state


def touched_keys(change: Past | Change) -> list[str]:
    """The keys under which a change counts: its fields, each member of its sets, or existence."""
    if change.action != Action.UPDATED:
        return [EXISTS]
    keys = []
    for field, values in change.diff.items():
        if isinstance(values, dict):
            keys += [
                f"{field}:{member}" for word in ("add", "remove") for member in values.get(word, ())
            ]
        else:
            keys.append(field)
    return keys


class Reversals:
    """Which undo causes undid which causes, and hence which changes no longer count.

    A change of cause c counts as reversed on a field when some undo of c changed that field of
    that record, and that undo is not itself reversed there.
    """

    def __init__(self, causes: Iterable[uuid.UUID]) -> None:
        self.undos: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
        known: set[uuid.UUID] = set()
        pending = set(causes)
        while pending:
            known |= pending
            found: set[uuid.UUID] = set()
            for part in batched(pending, 5000):
                for undone, undo in Undo.objects.filter(undone__in=part).values_list(
                    "undone", "cause"
                ):
                    self.undos[undone].append(undo)
                    found.add(undo)
            pending = found - known

    def reversed(self, cause: uuid.UUID, key: str, touched: Mapping[uuid.UUID, set[str]]) -> bool:
        """Whether what `cause` did under `key` of a record was undone; `touched` maps each cause
        to the keys of that record which it changed."""
        return any(
            key in touched.get(undo, ()) and not self.reversed(undo, key, touched)
            for undo in self.undos.get(cause, ())
        )


def read_changes(record_type: str, ids: Sequence[int]) -> dict[int, list[Past]]:
    """All changes of some records, oldest first."""
    found: dict[int, list[Past]] = {record_id: [] for record_id in ids}
    for part in batched(ids, BATCH):
        rows = (
            Change.objects.filter(record_type=record_type, record_id__in=part)
            .order_by("id")
            .values_list("id", "cause_id", "cause__kind", "record_id", "action", "diff", "at")
        )
        for row in rows.iterator(chunk_size=5000):
            past = Past(*row)
            found[past.record_id].append(past)
    return found


def effective(record_type: str, ids: Sequence[int]) -> dict[int, list[Past]]:
    """The changes of some records that still count, oldest first, without what was undone.

    Changes made by undos are left out; those that were undone lose the undone fields. A record
    that does not exist any more has no effective changes.
    """
    by_record = read_changes(record_type, ids)
    reversals = Reversals({past.cause_id for group in by_record.values() for past in group})
    return {record_id: _effective(group, reversals) for record_id, group in by_record.items()}


def _effective(changes: Sequence[Past], reversals: Reversals) -> list[Past]:
    if not changes or changes[-1].action == Action.DELETED:
        return []
    if not any(reversals.undos.get(past.cause_id) for past in changes):
        kept = [past for past in changes if past.kind != Kind.UNDO]
    else:
        touched: dict[uuid.UUID, set[str]] = defaultdict(set)
        for past in changes:
            touched[past.cause_id].update(touched_keys(past))
        kept = []
        for past in changes:
            if past.kind == Kind.UNDO:
                continue
            left = without_reversed(past, reversals, touched)
            if left is not None:
                kept.append(left)
    # What came before a deletion that stands (and a creation after it) is another life.
    for place in range(len(kept) - 1, -1, -1):
        if kept[place].action == Action.DELETED:
            return kept[place + 1 :]
    return kept


def without_reversed(
    past: Past, reversals: Reversals, touched: Mapping[uuid.UUID, set[str]]
) -> Past | None:
    """What is left of a change without what was undone of it; None if nothing is."""
    if not reversals.undos.get(past.cause_id):
        return past
    if past.action != Action.UPDATED:
        return None if reversals.reversed(past.cause_id, EXISTS, touched) else past
    diff: Diff = {}
    for field, values in past.diff.items():
        if isinstance(values, dict):
            left = {
                word: [
                    member
                    for member in members
                    if not reversals.reversed(past.cause_id, f"{field}:{member}", touched)
                ]
                for word, members in values.items()
            }
            if any(left.values()):
                diff[field] = left
        elif not reversals.reversed(past.cause_id, field, touched):
            diff[field] = values
    if not diff:
        return None
    return Past(past.id, past.cause_id, past.kind, past.record_id, past.action, diff, past.at)
