"""What an instance remembers of its row, and so what it changed since it was read."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from core.errors import Unguarded
from core.ledger.schema import Schema, schema_of

if TYPE_CHECKING:
    from core.ledger.tracked import Tracked


def remember(instance: Tracked) -> None:
    """Keep the values of `instance` as those of its row."""
    row = dict(instance.__dict__)
    row.pop("_state", None)
    row.pop("_ledger_row", None)
    for name in type(instance).ledger_json_fields():
        if isinstance(row.get(name), dict | list):
            row[name] = deepcopy(row[name])
    instance.__dict__["_ledger_row"] = row


def remember_only(instance: Tracked, attnames: Iterable[str]) -> None:
    """Keep the values of these columns as those of the row; what else was changed stays changed."""
    known = instance.__dict__.get("_ledger_row", {})
    fresh = {name: deepcopy(instance.__dict__[name]) for name in attnames}
    instance.__dict__["_ledger_row"] = {**known, **fresh}


def set_keys(instance: Tracked) -> None:
    """Let a record that keeps folded keys of its own values make them anew."""
    make = getattr(instance, "set_keys", None)
    if make is not None:
        make()


def settle(instance: Tracked, schema: Schema) -> None:
    """Round decimals to their columns, so that row and ledger hold the same number."""
    values = instance.__dict__
    for column in schema.decimals:
        value = values.get(column.attname)
        if value is not None and not hasattr(value, "resolve_expression"):
            values[column.attname] = column.decode(column.encode(value))


def prepare_new(instance: Tracked) -> None:
    """Make a record ready for its first row: keys, rounded decimals, version."""
    set_keys(instance)
    settle(instance, schema_of(type(instance)))
    instance.version += 1
    instance.updated_at = timezone.now()


def changed_attnames(instance: Tracked, only: Collection[str] | None = None) -> list[str]:
    """The columns in which `instance` differs from the row it was read from."""
    row = instance.__dict__.get("_ledger_row", {})
    values = instance.__dict__
    changed = []
    for field in type(instance)._meta.concrete_fields:
        if field.generated or field.primary_key or field.name == "version":
            continue
        attname = field.attname
        if attname not in values:
            continue
        if only is not None and field.name not in only and attname not in only:
            continue
        if attname not in row and instance._state.fetch_mode.track_peers:  # type: ignore[attr-defined]
            raise Unguarded(
                f"{field.name} was fetched for peers or set here, nobody can tell: read the record"
                " whole to save it."
            )
        if attname not in row or row[attname] != values[attname]:
            if hasattr(values[attname], "resolve_expression"):
                raise Unguarded(
                    f"{field.name} is computed by the database; the ledger needs the value itself."
                )
            changed.append(attname)
    return changed


def is_changed(instance: Tracked) -> bool:
    """Whether saving `instance` would make a change in the ledger."""
    schema = schema_of(type(instance))
    attnames = changed_attnames(instance)
    row = instance.__dict__.get("_ledger_row", {})
    return bool(attnames and schema.updated_diff(row, instance.__dict__, attnames))


def merge_custom(instance: Tracked, row: Tracked, name: str) -> None:
    """Set those keys of a custom column that this instance changed; others' keys stay."""
    known = instance.__dict__.get("_ledger_row", {}).get(name)
    wanted = instance.__dict__[name]
    if not isinstance(known, dict) or not isinstance(wanted, dict):
        setattr(row, name, wanted)
        return
    values = dict(row.__dict__[name] or {})
    for key in [*known, *wanted]:
        if key not in wanted:
            values.pop(key, None)
        elif key not in known or known[key] != wanted[key]:
            values[key] = wanted[key]
    setattr(row, name, values)


def forget_other(instance: Tracked, field: Any, value: Any) -> None:
    """Drop a related record that `instance` holds in memory, if the row names another one."""
    if field.is_cached(instance):
        held = field.get_cached_value(instance)
        if getattr(held, field.target_field.attname, None) != value:
            field.delete_cached_value(instance)
