"""Deleting with a memory: the whole tree is collected first, and every row of it is logged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connections, models, transaction
from django.db.models.deletion import Collector

from core.errors import Unguarded
from core.ledger import derivations
from core.ledger.causes import required_cause
from core.ledger.links import count_versions
from core.ledger.schema import codec_of, is_tracked, schema_of
from core.ledger.store import Entry
from core.ledger.tables import Action


class LedgerCollector(Collector):
    """Django's collector without its short cuts: each row is read before it goes."""

    def can_fast_delete(self, objs: Any, from_field: Any = None) -> bool:
        """Nothing goes unread."""
        return False


def delete_records(records: Sequence[Any], using: str) -> tuple[int, dict[str, int]]:
    """Delete records and what cascades from them; log each row removed or emptied of a key.

    Rows of untracked models are logged whole as well, so that an undo can bring them back; rows
    that are derived are not, since they are rebuilt.
    """
    if not records:
        return 0, {}
    required_cause()
    # Django's delete takes care of nothing that the ledger must see: it is told what to do here.
    from core.ledger.writing import record

    with transaction.atomic(using=using):
        collector = LedgerCollector(using=using, origin=records[0])
        collector.collect(records)
        entries: list[Entry] = []
        emptied = _emptied(collector, entries)
        collector.sort()
        for model, instances in collector.data.items():
            _removed(model, instances, collector, entries, using)
        result = collector.delete()
        for model, keys in emptied.items():
            count_versions(model, sorted(keys), using)
        _after(entries, using)
        record(entries, using)
    return result


def _emptied(collector: Collector, entries: list[Entry]) -> dict[Any, list[int]]:
    """Log the keys that deleting sets to null (or a default) on rows that stay."""
    emptied: dict[Any, list[int]] = {}
    current: dict[tuple[Any, int], dict[str, Any]] = {}
    doomed = {(model, instance.pk) for model, group in collector.data.items() for instance in group}
    updates: dict[Any, Any] = collector.field_updates
    for (field, value), groups in updates.items():
        model = field.model
        if derivations.is_derived(model):
            continue
        # Evaluated here, so that the collector updates by key.
        keys = [instance.pk for group in groups for instance in list(group)]
        staying = [key for key in keys if (model, key) not in doomed]
        target = getattr(value, "pk", value)
        encode, _ = codec_of(field)
        code = None if target is None else encode(target)
        for read in _rows(model, staying, collector.using):
            row = current.get((model, read["id"]), read)
            diff = {field.name: [encode(row[field.attname]), code]}
            after = current[model, row["id"]] = {**row, field.attname: target}
            entries.append(Entry(model, row["id"], Action.UPDATED, diff, before=row, after=after))
        if is_tracked(model):
            emptied.setdefault(model, []).extend(staying)
    return emptied


def _rows(model: Any, keys: Sequence[int], using: str) -> list[dict[str, Any]]:
    """Whole rows, under lock, as they are before anything happens to them."""
    rows = model._base_manager.using(using).filter(pk__in=keys).order_by("pk")
    if connections[using].vendor == "postgresql":
        rows = rows.select_for_update()
    return list(rows.values())


def _removed(
    model: Any, instances: Iterable[Any], collector: Collector, entries: list[Entry], using: str
) -> None:
    """Log the rows of `model` that go. Children come before their parents."""
    if derivations.is_derived(model):
        return
    rows = _rows(model, [instance.pk for instance in instances], using)
    if hasattr(model, "ledger_parent"):
        entries[0:0] = model.link_entries(rows, "remove")
        return
    if not is_tracked(model) and not isinstance(model._meta.pk, models.BigAutoField):
        raise Unguarded(f"{model._meta.label} has no numeric key: its rows cannot be logged.")
    schema = schema_of(model)
    key = model._meta.pk.attname
    entries += [
        Entry(model, row[key], Action.DELETED, schema.deleted_diff(row), before=row) for row in rows
    ]


def _after(entries: Sequence[Entry], using: str) -> None:
    """Count the change of links on records that stay (their rows were not otherwise written)."""
    gone = {(e.model, e.record_id) for e in entries if e.action == Action.DELETED}
    by_model: dict[Any, set[int]] = {}
    for entry in entries:
        linked = any(isinstance(change, dict) for change in entry.diff.values())
        if linked and (entry.model, entry.record_id) not in gone:
            by_model.setdefault(entry.model, set()).add(entry.record_id)
    for model, keys in by_model.items():
        count_versions(model, sorted(keys), using)
