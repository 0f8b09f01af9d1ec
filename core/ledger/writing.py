"""Tracked writes: rows under lock, the difference to them into the ledger, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from itertools import batched
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connections, models, router, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, OutsideCause, Unguarded
from core.ledger import derivations
from core.ledger.bulk import COPY_FROM, insert_rows, reserve_ids
from core.ledger.causes import required_cause
from core.ledger.memory import (
    changed_attnames,
    forget_other,
    merge_custom,
    remember,
    remember_only,
    set_keys,
    settle,
)
from core.ledger.schema import Diff, Schema, schema_of
from core.ledger.store import Entry, insert_changes, refresh_generated, update_rows
from core.ledger.tables import Action

if TYPE_CHECKING:
    from datetime import datetime

    from core.ledger.tracked import Tracked

Record = TypeVar("Record", bound="Tracked")

#: Rows in one statement of a bulk write.
BATCH = 1000
#: Rows under lock that are written together: what follows from a change is a dozen statements, so
#: that larger parts keep a bulk edit near one statement a thousand rows.
TOGETHER = 10_000


def record(entries: Sequence[Entry], using: str) -> None:
    """Write entries into the ledger and let what derives from them follow. Inside a transaction."""
    if entries:
        insert_changes(required_cause(), entries, using)
        derivations.follow(entries)
        from core.ledger.dispatch import wake

        wake(using)


def lock[Record: "Tracked"](
    queryset: models.QuerySet[Record], *, wait: bool = True
) -> list[Record]:
    """The records of `queryset`, read under a row lock in the order of their keys.

    Inside a transaction. What is read is what stands in the row until the transaction ends, so
    `save_locked` may take its old values from there. Without `wait`, what others hold is left out.
    """
    connection = connections[queryset.db]
    if connection.vendor == "postgresql":
        queryset = queryset.select_for_update(of=("self",), no_key=True, skip_locked=not wait)
    return list(queryset.order_by("pk"))


def save_locked[Record: "Tracked"](
    instances: Sequence[Record], *, at: Sequence[datetime | None] | None = None
) -> list[Record]:
    """Write the changed values of records read by `lock`, as one change each; return the changed.

    `at` gives for each record the moment from which its change holds (None: now). Should a row
    have changed since it was read, nothing is written and Conflict is raised.
    """
    if not instances:
        return []
    model = type(instances[0])
    using = router.db_for_write(model)
    schema = schema_of(model)
    by_columns: dict[tuple[str, ...], list[Record]] = {}
    entries: list[Entry] = []
    now = timezone.now()
    for place, instance in enumerate(instances):
        attnames = changed_attnames(instance)
        if not attnames:
            continue
        set_keys(instance)
        settle(instance, schema)
        attnames = changed_attnames(instance)
        diff = schema.updated_diff(instance.__dict__["_ledger_row"], instance.__dict__, attnames)
        if not diff:
            _write_untracked(instance, attnames, using)
            continue
        instance.updated_at = now
        moment = at[place] if at else None
        entries.append(
            Entry(
                model,
                instance.pk,
                Action.UPDATED,
                diff,
                moment,
                instance.__dict__["_ledger_row"],
                instance.__dict__,
            )
        )
        key = tuple(dict.fromkeys([*attnames, "updated_at"]))
        by_columns.setdefault(key, []).append(instance)
    if not entries:
        return []
    required_cause()
    written: list[Record] = []
    with transaction.atomic(using=using, savepoint=False):
        for columns, group in by_columns.items():
            for chunk in batched(group, TOGETHER):
                _update_chunk(schema, columns, chunk, using)
                written.extend(chunk)
        for instance in written:
            instance.version += 1
        for part in batched(entries, TOGETHER):
            record(part, using)
    for instance in written:
        remember(instance)
    return written


def _update_chunk(
    schema: Schema, columns: Sequence[str], chunk: Sequence[Tracked], using: str
) -> None:
    if len(chunk) == 1:
        # One UPDATE … RETURNING brings back what the database computes.
        instance = chunk[0]
        model = type(instance)
        fields = [field for field in model._meta.concrete_fields if field.attname in columns]
        version = model._meta.get_field("version")
        values = [(field, None, getattr(instance, field.attname)) for field in fields]
        values.append((version, None, instance.version + 1))
        generated = [field for field in model._meta.concrete_fields if field.generated]
        rows: Any = model._base_manager.using(using)
        result = rows.filter(pk=instance.pk, version=instance.version)._update(
            values, returning_fields=generated or [version]
        )
        if not result:
            raise Conflict(_("Somebody else changed this record meanwhile."))
        if generated:
            for field, value in zip(generated, result[0], strict=True):
                instance.__dict__[field.attname] = value
        return
    model = type(chunk[0])
    met = update_rows(
        model,
        columns,
        [(i.pk, i.version, [i.__dict__[name] for name in columns]) for i in chunk],
        using,
    )
    if met != len(chunk):
        raise Conflict(_("Somebody else changed one of these records meanwhile."))
    refresh_generated(chunk, schema.generated, using)


def _write_untracked(instance: Tracked, attnames: Sequence[str], using: str) -> None:
    """Write machine columns and secrets, which make no change and need no cause."""
    model = type(instance)
    fields = [field for field in model._meta.concrete_fields if field.attname in attnames]
    rows: Any = model._base_manager.using(using)
    rows.filter(pk=instance.pk)._update(
        [(field, None, getattr(instance, field.attname)) for field in fields]
    )
    remember_only(instance, attnames)


def save_one(instance: Tracked, update_fields: Collection[str] | None, using: str) -> None:
    """Save a record that is in the database: the row is locked and read, the difference logged.

    Only values that this instance changed are written; the others are taken from the row.
    """
    model, schema = type(instance), schema_of(type(instance))
    if instance.pk is None:
        raise Conflict(_("This record was deleted meanwhile."))
    if instance.pk != instance.__dict__.get("_ledger_row", {}).get(model._meta.pk.attname):
        raise Unguarded(f"The key of {model._meta.label} {instance.pk} is not that of its row.")
    attnames = changed_attnames(instance, update_fields)
    if not attnames:
        return
    if not any(
        name == schema.custom or (name in schema.by_attname and schema.by_attname[name].tracked)
        for name in attnames
    ):
        _write_untracked(instance, attnames, using)
        return
    required_cause()
    with transaction.atomic(using=using):
        rows = lock(model._base_manager.using(using).filter(pk=instance.pk))
        if not rows:
            raise Conflict(_("This record was deleted meanwhile."))
        row = rows[0]
        for name in attnames:
            if name == schema.custom:
                merge_custom(instance, row, name)
            else:
                setattr(row, name, instance.__dict__[name])
        save_locked([row])
    kept = {
        field.attname: instance.__dict__[field.attname]
        for field in model._meta.concrete_fields
        if update_fields is not None
        and field.attname in instance.__dict__
        and field.attname in changed_attnames(instance)
        and field.attname not in attnames
    }
    for field in model._meta.concrete_fields:
        value = row.__dict__[field.attname]
        if field.is_relation and field.attname not in kept:
            forget_other(instance, field, value)
        instance.__dict__[field.attname] = value
    instance.__dict__["_ledger_row"] = row.__dict__["_ledger_row"]
    instance.__dict__.update(kept)


def log_created(
    instances: Sequence[Tracked], using: str, at: Sequence[datetime | None] | None = None
) -> None:
    """Write the creation of records that were just inserted."""
    if not instances:
        return
    model = type(instances[0])
    schema = schema_of(model)
    entries = [
        Entry(
            model,
            instance.pk,
            Action.CREATED,
            schema.created_diff(instance.__dict__),
            at[place] if at else None,
            None,
            instance.__dict__,
        )
        for place, instance in enumerate(instances)
    ]
    for part in batched(entries, BATCH):
        record(part, using)
    for instance in instances:
        remember(instance)


def insert_dated[Record: "Tracked"](
    model: type[Record],
    instances: Sequence[Record],
    histories: Sequence[Sequence[tuple[datetime, Mapping[str, Any]]]],
) -> None:
    """Insert records that arrive with a dated past, each as its creation and its later changes.

    For each record its history holds `(moment, {attname: value})`: the first moment is that of its
    creation, with the values that held then and not now; each further one gives the values from
    then on. What the last one leaves must be what stands in the record.
    """
    using = router.db_for_write(model)
    schema = schema_of(model)
    now = timezone.now()
    for instance, history in zip(instances, histories, strict=True):
        set_keys(instance)
        settle(instance, schema)
        instance.version = max(len(history), 1)
        instance.updated_at = now
    required_cause()
    with transaction.atomic(using=using, savepoint=False):
        _insert(model, instances, using)
        entries: list[Entry] = []
        for instance, history in zip(instances, histories, strict=True):
            final = instance.__dict__
            if not history:
                diff = schema.created_diff(final)
                entries.append(Entry(model, instance.pk, Action.CREATED, diff, None, None, final))
                continue
            before: Mapping[str, Any] | None = None
            for moment, values in history:
                after = {**(before or final), **values}
                if before is None:
                    action, diff = Action.CREATED, schema.created_diff(after)
                else:
                    action, diff = Action.UPDATED, schema.updated_diff(before, after, values)
                entries.append(Entry(model, instance.pk, action, diff, moment, before, after))
                before = after
        for part in batched(entries, BATCH * 2):
            record(part, using)
    for instance in instances:
        remember(instance)


def _insert[Record: "Tracked"](
    model: type[Record], instances: Sequence[Record], using: str
) -> None:
    """Insert new records; a few with what the database computes, many without."""
    if len(instances) < COPY_FROM:
        queryset = model._base_manager.using(using).all()
        models.QuerySet.bulk_create(queryset, instances)
        return
    ids = reserve_ids(model, len(instances), using)
    attnames = [f.attname for f in model._meta.concrete_fields if not f.generated]
    for instance, record_id in zip(instances, ids, strict=True):
        instance.pk = record_id
        instance._state.adding = False
        instance._state.db = using
    rows = ([instance.__dict__[name] for name in attnames] for instance in instances)
    insert_rows(model, attnames, rows, using)


def update_all[Record: "Tracked"](queryset: models.QuerySet[Record], values: dict[str, Any]) -> int:
    """What `queryset.update(**values)` means for tracked records: lock, diff, write, log."""
    model = queryset.model
    schema = schema_of(model)
    attnames = {}
    for name, value in values.items():
        field = model._meta.get_field(name)
        if field.name == "version" or getattr(field, "primary_key", False):
            raise Unguarded(f"{field.name} of {model._meta.label} is the ledger's to write.")
        attnames[field.attname] = value.pk if isinstance(value, models.Model) else value  # type: ignore[union-attr]
    plain = all(
        name != schema.custom
        and not (name in schema.by_attname and schema.by_attname[name].tracked)
        for name in attnames
    )
    if plain:
        return int(models.QuerySet.update(queryset, **values))
    if any(hasattr(value, "resolve_expression") for value in attnames.values()):
        raise Unguarded("The ledger needs values, not expressions: read the records, then save.")
    if queryset.query.is_sliced:
        raise TypeError("Cannot update a query once a slice has been taken.")
    required_cause()
    count = 0
    with transaction.atomic(using=queryset.db):
        for chunk in _by_key(queryset):
            for instance in chunk:
                for name, value in attnames.items():
                    setattr(instance, name, deepcopy(value))
            save_locked(chunk)
            count += len(chunk)
    return count


def _by_key[Record: "Tracked"](queryset: models.QuerySet[Record]) -> Iterator[list[Record]]:
    """The records of `queryset` under lock, a batch at a time; the set is fixed at the start."""
    keys = list(queryset.order_by("pk").values_list("pk", flat=True))
    for part in batched(keys, BATCH):
        yield lock(queryset.model._base_manager.using(queryset.db).filter(pk__in=part))


def update_given[Record: "Tracked"](
    queryset: models.QuerySet[Record], instances: Iterable[Record], names: Sequence[str]
) -> int:
    """What `bulk_update` means for tracked records: the named fields, old values from the row."""
    given = {instance.pk: instance for instance in instances}
    if any(pk is None for pk in given):
        raise ValueError("All bulk_update() objects must have a primary key set.")
    required_cause()
    attnames = [queryset.model._meta.get_field(name).attname for name in names]  # type: ignore[union-attr]
    count = 0
    with transaction.atomic(using=queryset.db):
        for part in batched(sorted(given), BATCH):
            rows = lock(queryset.model._base_manager.using(queryset.db).filter(pk__in=part))
            for row in rows:
                for attname in attnames:
                    setattr(row, attname, given[row.pk].__dict__[attname])
            save_locked(rows)
            count += len(rows)
            for row in rows:
                instance = given[row.pk]
                fresh = [*attnames, "version", "updated_at"]
                for attname in fresh:
                    instance.__dict__[attname] = row.__dict__[attname]
                remember_only(instance, fresh)
    return count


def emit_pending(model: type[models.Model], diffs: Sequence[tuple[int, Diff]], using: str) -> None:
    """Announce new values of a machine column, which make no change: `(record id, diff)` each."""
    from core.ledger.dispatch import wake
    from core.ledger.tables import Pending

    Pending.objects.using(using).bulk_create(
        Pending(record_type=model._meta.label_lower, record_id=record_id, diff=diff)
        for record_id, diff in diffs
    )
    wake(using)


__all__ = ["OutsideCause", "emit_pending", "lock", "record", "save_locked"]
