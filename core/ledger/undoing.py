"""Undoing a cause: values go back, created records go, deleted ones return, the derived is remade.

An undo is itself a cause with changes of its own, so it can be undone as well. It reverses newest
first and touches nothing that others have changed since: that is listed. A created record goes
only if nobody else touched it and nothing hangs on it that stays.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from django.db import IntegrityError, transaction

from core.ledger import derivations
from core.ledger.codes import codes_of, existing, links_of, members_of, set_code
from core.ledger.existence import Existence
from core.ledger.history import Past, Reversals, read_changes, touched_keys, without_reversed
from core.ledger.links import Link
from core.ledger.locking import lock_in_order, owners_of
from core.ledger.report import Conflicting, UndoReport
from core.ledger.reversal import Reversal, reverse
from core.ledger.schema import Schema, model_of, schema_of
from core.ledger.tables import Action, Cause, Change, Kind
from core.ledger.writing import lock, save_locked

BATCH = 2000


def descendants(cause: uuid.UUID) -> list[uuid.UUID]:
    """The causes that this one woke, and those that they woke."""
    found: list[uuid.UUID] = []
    level = [cause]
    while level:
        level = list(Cause.objects.filter(parent__in=level).values_list("pk", flat=True))
        found += level
    return found


@dataclass(slots=True)
class _History:
    """The changes of a record that are to be reversed, and for each key the newest by others."""

    mine: list[Past] = field(default_factory=list)
    later: dict[str, int] = field(default_factory=dict)


def _judge(changes: Sequence[Past], causes: set[uuid.UUID], reversals: Reversals) -> _History:
    """Sort out the history of a record. What was reversed before counts neither way."""
    touched: dict[uuid.UUID, set[str]] = defaultdict(set)
    for past in changes:
        touched[past.cause_id].update(touched_keys(past))
    history = _History()
    for past in changes:
        if past.cause_id in causes:
            left = without_reversed(past, reversals, touched)
            if left is not None:
                history.mine.append(left)
        elif past.kind != Kind.UNDO:
            for key in touched_keys(past):
                if not reversals.reversed(past.cause_id, key, touched):
                    history.later[key] = past.id
    return history


class _CannotReturn(Exception):
    """Deleted records to which something was put back stay deleted after all."""

    def __init__(self, records: dict[Any, set[int]]) -> None:
        self.records = records


class Undoing:
    """One undo at work, inside a transaction and an open cause of kind undo."""

    def __init__(self, causes: Iterable[uuid.UUID], undo: uuid.UUID, using: str) -> None:
        self.causes = set(causes)
        self.undo = undo
        self.using = using
        #: Deleted records that cannot come back, since a name or place is taken by now.
        self.lost: dict[Any, set[int]] = defaultdict(set)
        self._begin()

    def _begin(self) -> None:
        self.report = UndoReport(self.undo)
        self.updated: dict[Any, list[int]] = defaultdict(list)
        #: Created records, with the id of the change that created them.
        self.created: dict[Any, dict[int, int]] = defaultdict(dict)
        self.deleted: dict[Any, dict[int, Past]] = defaultdict(dict)
        #: Deleted records that values written back already refer to.
        self.promised: dict[Any, set[int]] = defaultdict(set)

    def run(self) -> UndoReport:
        """Reverse everything.

        Values go back first, so that nothing refers to created records when these go; deleted
        ones return last, when their names and places are free again. Should one that others wait
        for not come back, all is done anew without it.
        """
        while True:
            self._begin()
            self._sort_out()
            try:
                with transaction.atomic(using=self.using):
                    return self._reverse_all()
            except _CannotReturn as gone:
                for model, ids in gone.records.items():
                    self.lost[model] |= ids

    def _reverse_all(self) -> UndoReport:
        lock_in_order(self._records(), self.using)
        for model, ids in self.updated.items():
            self._reverse(model, ids)
        existence = Existence(self.report, self.using)
        existence.delete(
            {model: set(ids) for model, ids in self.created.items()}, self._touched_by_others()
        )
        existence.restore(self.deleted)
        for model, pasts in self.deleted.items():
            # What the causes changed on a record before they deleted it, and the sets it lost.
            self._reverse(model, sorted(existing(model, pasts, self.using)))
        waiting = {
            model: promised - existing(model, promised, self.using)
            for model, promised in self.promised.items()
        }
        if any(waiting.values()):
            raise _CannotReturn(waiting)
        return self.report

    def _records(self) -> dict[Any, set[int]]:
        """The records that are to be touched, and those that they are part of."""
        found: dict[Any, set[int]] = defaultdict(set)
        for model in {*self.updated, *self.created, *self.deleted}:
            found[model] = {
                *self.updated.get(model, ()),
                *self.created.get(model, ()),
                *self.deleted.get(model, ()),
            }
        for model, ids in list(found.items()):
            pasts = self.deleted.get(model, {}).values()
            for key in owners_of(model):
                owners = {past.diff.get(key.name, [None])[0] for past in pasts}
                rows = model._base_manager.using(self.using)
                for part in batched(sorted(ids), BATCH):
                    owners.update(rows.filter(pk__in=part).values_list(key.attname, flat=True))
                found[key.related_model] |= owners - {None}
        return found

    def _sort_out(self) -> None:
        """Which records the causes created, deleted, or only changed."""
        rows = (
            Change.objects.using(self.using)
            .filter(cause__in=self.causes)
            .order_by("id")
            .values_list("record_type", "record_id", "action", "id")
        )
        first: dict[tuple[str, int], tuple[str, int]] = {}
        last: dict[tuple[str, int], tuple[str, int]] = {}
        for record_type, record_id, action, change in rows.iterator(chunk_size=5000):
            first.setdefault((record_type, record_id), (action, change))
            last[record_type, record_id] = (action, change)
        ends = self._pasts([change for action, change in last.values() if action == "deleted"])
        for (record_type, record_id), (begin, created) in first.items():
            model: Any = model_of(record_type)
            end, change = last[record_type, record_id]
            if begin == Action.CREATED:
                if end != Action.DELETED:
                    self.created[model][record_id] = created
            elif end == Action.DELETED:
                if record_id in self.lost[model]:
                    names = (ends[change].diff.get(name) for name in ("title", "name", "summary"))
                    expected = next((pair[0] for pair in names if pair), None)
                    self.report.list_gone(model, record_id, "", expected)
                else:
                    self.deleted[model][record_id] = ends[change]
            else:
                self.updated[model].append(record_id)

    def _pasts(self, changes: Sequence[int]) -> dict[int, Past]:
        found: dict[int, Past] = {}
        for part in batched(changes, BATCH):
            rows = Change.objects.using(self.using).filter(pk__in=part)
            for row in rows.values_list(
                "id", "cause_id", "cause__kind", "record_id", "action", "diff", "at"
            ):
                found[row[0]] = Past(*row)
        return found

    def _reverse(self, model: Any, ids: Sequence[int]) -> None:
        for part in batched(sorted(ids), BATCH):
            self._reverse_part(model, part)

    def _reverse_part(self, model: Any, ids: Sequence[int]) -> None:
        schema = schema_of(model)
        base = model._base_manager.using(self.using)
        rows = {row.pk: row for row in lock(base.filter(pk__in=ids))}
        sets = links_of(model)
        held = members_of(sets, rows, self.using)
        plans: list[tuple[Any, Reversal]] = []
        for record_id, history in self._histories(model, ids).items():
            row = rows.get(record_id)
            if row is None:
                self.report.list_gone(model, record_id, "", None)
                continue
            current = codes_of(schema, row)
            for name, members in held.items():
                current[name] = members.get(record_id, set())
            plan = reverse(history.mine, current, history.later, schema.together)
            for name, expected, found in plan.conflicts:
                if name in schema.unlisted:
                    continue
                record = f"{schema.record_type}:{record_id}"
                self.report.conflicts.append(Conflicting(record, name, expected, found))
            if not plan.is_empty:
                plans.append((row, plan))
        self._check_keys(model, schema, plans)
        for row, plan in plans:
            for name, code in plan.values.items():
                set_code(schema, row, name, code)
        self._save(model, [row for row, plan in plans if plan.values])
        self._put_members(sets, plans)

    def _histories(self, model: Any, ids: Sequence[int]) -> dict[int, _History]:
        """For each record, what the causes did to it and what others did since."""
        changes = read_changes(model._meta.label_lower, ids)
        reversals = Reversals({past.cause_id for group in changes.values() for past in group})
        return {
            record_id: _judge(group, self.causes, reversals) for record_id, group in changes.items()
        }

    def _touched_by_others(self) -> dict[Any, set[int]]:
        """Created records that others changed since, by a change that still counts."""
        found: dict[Any, set[int]] = defaultdict(set)
        for model, created in self.created.items():
            for part in batched(sorted(created), BATCH):
                strangers = (
                    Change.objects.using(self.using)
                    .filter(record_type=model._meta.label_lower, record_id__in=part)
                    .exclude(cause__in=self.causes)
                    .values_list("record_id", flat=True)
                )
                for record_id, history in self._histories(model, sorted(set(strangers))).items():
                    if any(change > created[record_id] for change in history.later.values()):
                        found[model].add(record_id)
        return found

    def _check_keys(self, model: Any, schema: Schema, plans: list[tuple[Any, Reversal]]) -> None:
        """A value that names a record which is gone is left alone, and listed."""
        for column in schema.tracked:
            if not column.field.is_relation:
                continue
            target: Any = column.field.related_model
            named = (plan.values.get(column.name) for _, plan in plans)
            wanted: set[Any] = {key for key in named if key is not None}
            gone = wanted - existing(target, wanted, self.using)
            self.promised[target] |= gone & set(self.deleted.get(target, ()))
            gone -= set(self.deleted.get(target, ()))
            for row, plan in plans:
                if plan.values.get(column.name) in gone:
                    found = getattr(row, column.attname)
                    self.report.list_gone(model, row.pk, column.name, found)
                    for name in schema.together.get(column.name, frozenset({column.name})):
                        plan.values.pop(name, None)

    def _save(self, model: Any, rows: Sequence[Any]) -> None:
        """Write rows back; where a constraint forbids it together, one by one, listing those."""
        if not rows:
            return
        derivations.prepare(model._meta.label_lower, rows)
        try:
            with transaction.atomic(using=self.using):
                self.report.reverted += len(save_locked(rows))
        except IntegrityError:
            for row in rows:
                derivations.prepare(model._meta.label_lower, [row])
                try:
                    with transaction.atomic(using=self.using):
                        self.report.reverted += len(save_locked([row]))
                except IntegrityError as error:
                    self.report.list_gone(model, row.pk, "", str(error).split("\n")[0])

    def _put_members(self, sets: dict[str, type[Link]], plans: list[tuple[Any, Reversal]]) -> None:
        for name, link in sets.items():
            parent, child = link.link_attnames()
            removed: list[tuple[int, int]] = []
            added: list[tuple[int, int]] = []
            for row, plan in plans:
                for member, put in plan.members.get(name, {}).items():
                    (added if put else removed).append((row.pk, member))
            members = link._meta.get_field(link.ledger_child).related_model
            there = existing(members, {member for _, member in added}, self.using)
            promised = {member for _, member in added} & set(self.deleted.get(members, ()))
            self.promised[members] |= promised - there
            there |= promised
            by_member: dict[int, list[int]] = defaultdict(list)
            for holder, member in removed:
                by_member[member].append(holder)
            for member, holders in by_member.items():
                link._base_manager.using(self.using).filter(
                    **{f"{parent}__in": holders, child: member}
                ).delete()
            fresh = [pair for pair in added if pair[1] in there]
            for holder, member in added:
                if member not in there:
                    self.report.list_gone(link.link_parent(), holder, name, member)
            link._base_manager.using(self.using).bulk_create(
                link(**{parent: holder, child: member}) for holder, member in fresh
            )
            self.report.reverted += len({holder for holder, _ in removed + fresh})
