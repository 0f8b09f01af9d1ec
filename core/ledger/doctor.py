"""Proving the ledger: each old value is the previous new one, and the last stands in the row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import Exists, OuterRef

from core.ledger.codes import codes_of, links_of, members_of
from core.ledger.schema import Schema, is_tracked, model_of, schema_of, tracked_models
from core.ledger.tables import Action, Change

BATCH = 2000


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the ledger does not hold together."""

    record: str
    change: int | None
    field: str
    expected: Any
    found: Any

    def __str__(self) -> str:
        where = f"change {self.change}" if self.change else "row"
        return f"{self.record} {where}: {self.field} is {self.found!r}, not {self.expected!r}"


def check_chain(record_type: str | None = None) -> Iterator[Break]:
    """Every break in the chains of all records (of one type), in the order of their keys."""
    changes = Change.objects.order_by("record_type", "record_id", "id")
    if record_type is not None:
        changes = changes.filter(record_type=record_type)
    rows = changes.values_list("record_type", "record_id", "id", "action", "diff")
    by_type = groupby(rows.iterator(chunk_size=5000), key=lambda row: row[0])
    for label, group in by_type:
        try:
            model: Any = model_of(label)
        except LookupError:
            continue  # a record type of an app that is gone keeps its history
        yield from _check_type(model, label, group)
    for tracked in tracked_models():
        if record_type in (None, tracked._meta.label_lower):
            yield from _unknown(tracked)


def _unknown(model: Any) -> Iterator[Break]:
    """Rows that no change of the ledger ever spoke of."""
    label = model._meta.label_lower
    told = Change.objects.filter(record_type=label, record_id=OuterRef("pk"))
    rows = model._base_manager.filter(~Exists(told)).order_by("pk").values_list("pk", flat=True)
    for record_id in rows.iterator(chunk_size=5000):
        yield Break(f"{label}:{record_id}", None, "existence", False, True)


def _check_type(model: Any, label: str, rows: Iterator[Any]) -> Iterator[Break]:
    schema = schema_of(model)
    states: dict[int, dict[str, Any] | None] = {}
    for record_id, group in groupby(rows, key=lambda row: row[1]):
        state: dict[str, Any] | None = None
        for _, _, change, action, diff in group:
            name = f"{label}:{record_id}"
            found, state = _check_change(schema, state, action, diff)
            yield from (Break(name, change, *problem) for problem in found)
        states[record_id] = state
        if len(states) >= BATCH:
            yield from _check_rows(model, schema, states)
            states.clear()
    yield from _check_rows(model, schema, states)


def _check_change(
    schema: Schema, state: dict[str, Any] | None, action: str, diff: dict[str, Any]
) -> tuple[list[tuple[str, Any, Any]], dict[str, Any] | None]:
    """Problems of one change after `state`, and the state after it."""
    problems: list[tuple[str, Any, Any]] = []
    if action == Action.CREATED:
        if state is not None:
            problems.append(("existence", None, "created twice"))
        return problems, {key: change[1] for key, change in diff.items()}
    if state is None:
        return [("existence", "created", action)], None
    for key, change in diff.items():
        if isinstance(change, dict):
            members = state.setdefault(key, set())
            twice = members & set(change.get("add", ()))
            gone = set(change.get("remove", ())) - members
            if twice or gone:
                problems.append((key, sorted(members), change))
            members |= set(change.get("add", ()))
            members -= set(change.get("remove", ()))
            continue
        if not _follows(schema, key):
            continue
        if _blank(state.get(key)) != _blank(change[0]):
            problems.append((key, state.get(key), change[0]))
        state[key] = change[1]
    if action == Action.DELETED:
        left = {
            key
            for key, value in state.items()
            if not isinstance(value, set) and _blank(value) is not None and key not in diff
        }
        problems += [(key, state[key], None) for key in sorted(left)]
        return problems, None
    return problems, state


def _follows(schema: Schema, key: str) -> bool:
    """Whether a key of a diff is tracked: the whole old row of a deletion holds more."""
    if schema.custom and key.startswith(f"{schema.custom}."):
        return True
    column = schema.by_name.get(key)
    return column is not None and column.tracked


def _blank(value: Any) -> Any:
    return None if value == "" else value


def _check_rows(
    model: Any, schema: Schema, states: dict[int, dict[str, Any] | None]
) -> Iterator[Break]:
    """Compare what the ledger says of records with their rows."""
    label = schema.record_type
    rows = {row.pk: row for row in model._base_manager.filter(pk__in=list(states))}
    held = members_of(links_of(model), rows, "default")
    for record_id, state in states.items():
        name, row = f"{label}:{record_id}", rows.get(record_id)
        if (row is None) != (state is None):
            yield Break(name, None, "existence", state is not None, row is not None)
        if row is None or state is None or not is_tracked(model):
            continue
        codes = codes_of(schema, row)
        for key in sorted({*codes, *(key for key in state if not isinstance(state[key], set))}):
            if _blank(codes.get(key)) != _blank(state.get(key)):
                yield Break(name, None, key, state.get(key), codes.get(key))
        for key, members in held.items():
            if members.get(record_id, set()) != state.get(key, set()):
                found = sorted(members.get(record_id, set()))
                yield Break(name, None, key, sorted(state.get(key, set())), found)
