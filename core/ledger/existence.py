"""The part of an undo that is about existence: created records go, deleted ones come back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import batched
from typing import Any

from django.db import IntegrityError, models, transaction

from core.ledger import derivations
from core.ledger.codes import existing, relations_to, set_code
from core.ledger.deleting import delete_records
from core.ledger.history import Past
from core.ledger.links import Link
from core.ledger.report import Kept, UndoReport
from core.ledger.schema import Schema, is_tracked, schema_of
from core.ledger.store import Entry
from core.ledger.tables import Action
from core.ledger.writing import record

BATCH = 2000


class Existence:
    """Deletes what was created and brings back what was deleted, for one undo."""

    def __init__(self, report: UndoReport, using: str) -> None:
        self.report = report
        self.using = using

    def delete(self, created: dict[Any, set[int]], touched: dict[Any, set[int]]) -> None:
        """Delete created records, by model, but those that others touched (`touched`), those on
        which something hangs that stays, and those that these need; the kept ones are listed."""
        going = {
            model: existing(model, ids, self.using) - touched.get(model, set())
            for model, ids in created.items()
        }
        reasons = {
            (model, record_id): "changed"
            for model, ids in touched.items()
            for record_id in existing(model, ids, self.using)
        }
        while held := self._held_back(created, going):
            for (model, record_id), reason in held.items():
                reasons[model, record_id] = reason
                going[model].discard(record_id)
        for model in in_order_of_dependence([m for m, ids in going.items() if ids]):
            for part in batched(sorted(going[model]), BATCH):
                rows = list(model._base_manager.using(self.using).filter(pk__in=part))
                self.report.reverted += len(rows)
                delete_records(rows, self.using)
        self._list_kept(reasons)

    def _held_back(
        self, created: dict[Any, set[int]], going: dict[Any, set[int]]
    ) -> dict[tuple[Any, int], str]:
        """Records to be deleted on which something hangs that is not to be deleted: "needed" where
        that is a created record which is kept, "used" otherwise."""
        held: dict[tuple[Any, int], str] = {}
        for model, ids in going.items():
            if not ids:
                continue
            for relation in relations_to(model):
                name = relation.field.name
                holder: Any = relation.related_model
                if derivations.is_derived(holder) or relation.on_delete is models.DO_NOTHING:
                    continue
                owner, column = holder, "pk"
                if issubclass(holder, Link):
                    if name == holder.ledger_parent:
                        continue  # a set goes with the record that holds it
                    owner, column = holder.link_parent(), holder.link_attnames()[0]
                for part in batched(sorted(ids), BATCH):
                    rows = holder._base_manager.using(self.using).filter(**{f"{name}__in": part})
                    for key, target in rows.values_list(column, name):
                        if key not in going.get(owner, ()):
                            reason = "needed" if key in created.get(owner, ()) else "used"
                            held.setdefault((model, target), reason)
        return held

    def _list_kept(self, reasons: dict[tuple[Any, int], str]) -> None:
        by_model: dict[Any, list[int]] = defaultdict(list)
        for model, record_id in reasons:
            by_model[model].append(record_id)
        for model, ids in by_model.items():
            titles = {row.pk: str(row) for row in model._base_manager.filter(pk__in=ids)}
            for record_id in sorted(ids):
                reason = reasons[model, record_id]
                item = Kept(
                    f"{model._meta.label_lower}:{record_id}", titles.get(record_id, ""), reason
                )
                (self.report.needed if reason == "needed" else self.report.kept).append(item)

    def restore(self, deleted: dict[Any, dict[int, Past]]) -> None:
        """Bring deleted records back under their ids, those first to which others have keys."""
        chosen = [model for model, pasts in deleted.items() if pasts]
        for model in reversed(in_order_of_dependence(chosen)):
            pasts = deleted[model]
            missing = sorted(set(pasts) - existing(model, pasts, self.using))
            for part in batched(missing, BATCH):
                self._restore_part(model, [pasts[record_id] for record_id in part])

    def _restore_part(self, model: Any, pasts: Sequence[Past]) -> None:
        schema = schema_of(model)
        rows = []
        for past in pasts:
            row = model(pk=past.record_id)
            for column in schema.columns:
                # What is not in the old row was empty there, whatever a new record begins with.
                if column.field.null or column.blank == "":
                    setattr(row, column.attname, column.blank)
            for name, (old, _) in past.diff.items():
                if name == "version":
                    row.version = old
                else:
                    set_code(schema, row, name, old)
            rows.append(row)
        rows = self._with_parents(model, schema, rows)
        derivations.prepare(model._meta.label_lower, rows)
        versions = {row.pk: getattr(row, "version", 0) for row in rows}
        try:
            with transaction.atomic(using=self.using):
                self._insert(model, rows)
        except IntegrityError:
            for row in rows:
                row._state.adding, row.version = True, versions.get(row.pk, 0)
                derivations.prepare(model._meta.label_lower, [row])
                try:
                    with transaction.atomic(using=self.using):
                        self._insert(model, [row])
                except IntegrityError:
                    self.report.list_gone(model, row.pk, "", str(row))

    def _with_parents(self, model: Any, schema: Schema, rows: Sequence[Any]) -> list[Any]:
        """Rows whose needed records are there; the others stay deleted, and are listed."""
        left = list(rows)
        mine = {row.pk for row in rows}
        for column in schema.columns:
            if not column.field.is_relation:
                continue
            wanted = {getattr(row, column.attname) for row in left} - {None}
            there = existing(column.field.related_model, wanted, self.using)
            if column.field.related_model is model:
                there |= mine
            staying = []
            for row in left:
                target = getattr(row, column.attname)
                if target is None or target in there:
                    staying.append(row)
                    continue
                self.report.list_gone(model, row.pk, column.name, target)
                if column.field.null:
                    setattr(row, column.attname, None)
                    staying.append(row)
            left = staying
        return left

    def _insert(self, model: Any, rows: Sequence[Any]) -> None:
        if is_tracked(model):
            model._base_manager.using(self.using).bulk_create(rows)
        else:
            models.QuerySet.bulk_create(model._base_manager.using(self.using).all(), rows)
            schema = schema_of(model)
            record(
                [
                    Entry(
                        model,
                        row.pk,
                        Action.CREATED,
                        schema.created_diff(row.__dict__),
                        after=row.__dict__,
                    )
                    for row in rows
                ],
                self.using,
            )
        self.report.reverted += len(rows)


def in_order_of_dependence(chosen: Sequence[Any]) -> list[Any]:
    """Models such that one comes before those that it has keys to."""
    left, ordered = list(chosen), []
    while left:
        for model in left:
            others = [other for other in left if other is not model]
            pointed = {
                field.related_model
                for other in others
                for field in other._meta.concrete_fields
                if field.is_relation
            }
            if model not in pointed:
                break
        else:
            model = left[0]
        ordered.append(model)
        left.remove(model)
    return ordered
