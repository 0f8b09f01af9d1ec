"""Rows and machine columns that follow from changes, kept in the same transaction as the change.

An app registers, for a record type, a function that is told of each batch of changes as it is
written, and one that rebuilds what it derives for given records from the ledger alone (after an
undo, and when a doctor asks).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from core.ledger.store import Entry

Follow = Callable[[Sequence["Entry"]], None]
Rebuild = Callable[[Sequence[int]], None]
Prepare = Callable[[Sequence[Any]], None]

_follow: dict[str, list[Follow]] = {}
_rebuild: dict[str, list[Rebuild]] = {}
_prepare: dict[str, list[Prepare]] = {}
_derived: set[str] = set()


def register_derivation(
    record_type: str, *, follow: Follow | None = None, rebuild: Rebuild | None = None
) -> None:
    """Have `follow(entries)` called for changes of `record_type`, `rebuild(ids)` after an undo."""
    if follow is not None:
        _follow.setdefault(record_type, []).append(follow)
    if rebuild is not None:
        _rebuild.setdefault(record_type, []).append(rebuild)


def register_restore(record_type: str, prepare: Prepare) -> None:
    """Have `prepare(records)` mend values that an undo is about to write back, before it does.

    For values that must be unique in their neighbourhood, such as a place in a column.
    """
    _prepare.setdefault(record_type, []).append(prepare)


def register_derived(*record_types: str) -> None:
    """Name models whose rows are derived: they neither hold a record back from being undone,
    nor are they logged or brought back; they are rebuilt."""
    _derived.update(record_types)


def is_derived(model: type[models.Model]) -> bool:
    """Whether the rows of `model` are derived."""
    return model._meta.label_lower in _derived


def follow(entries: Sequence[Entry]) -> None:
    """Tell the derivations of a batch that has just been written."""
    by_type: dict[str, list[Entry]] = {}
    for entry in entries:
        by_type.setdefault(entry.record_type, []).append(entry)
    for record_type, batch in by_type.items():
        for function in _follow.get(record_type, ()):
            function(batch)


def rebuild(record_type: str, ids: Sequence[int]) -> None:
    """Rebuild what is derived from these records."""
    if ids:
        for function in _rebuild.get(record_type, ()):
            function(ids)


def prepare(record_type: str, records: Sequence[models.Model]) -> None:
    """Mend values that an undo is about to write."""
    if records:
        for function in _prepare.get(record_type, ()):
            function(records)
