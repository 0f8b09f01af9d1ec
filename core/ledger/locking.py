"""In which order rows are locked: the same for everybody, so that nobody waits in a circle.

Records to which others have keys come before those others (a lead before its activities), and
within a table the keys ascend. Services lock a lead before what hangs on it; an undo, which
touches many kinds of records, locks all of them here before it writes the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import batched
from typing import Any

from django.db import IntegrityError, OperationalError, connections, models

from core.ledger.existence import in_order_of_dependence
from core.ledger.schema import is_tracked, tracked_models

BATCH = 2000


@cache
def _places() -> dict[Any, int]:
    """Each tracked model's place in the order of locks."""
    known = sorted(tracked_models(), key=lambda model: model._meta.label)
    return {model: place for place, model in enumerate(reversed(in_order_of_dependence(known)))}


def owners_of(model: Any) -> list[Any]:
    """The keys of `model` to tracked records whose part its own are: they go with them."""
    return [
        field
        for field in model._meta.concrete_fields
        if field.is_relation
        and field.remote_field.on_delete is models.CASCADE
        and is_tracked(field.related_model)
    ]


def lock_in_order(records: Mapping[Any, Iterable[int]], using: str) -> None:
    """Lock these rows, by model, to the end of the transaction. SQLite has one writer anyway."""
    if connections[using].vendor != "postgresql":
        return
    places = _places()
    for model in sorted((model for model in records if model in places), key=places.__getitem__):
        for part in batched(sorted(records[model]), BATCH):
            rows = model._base_manager.using(using).filter(pk__in=part).order_by("pk")
            list(rows.select_for_update(no_key=True).values_list("pk", flat=True))


def take_turn(number: int, using: str) -> None:
    """Wait until nobody else holds the advisory lock `number`; hold it to the transaction's end."""
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def is_deadlock(error: OperationalError) -> bool:
    """Whether PostgreSQL broke up a circle of waiting: what came after the savepoint is free."""
    return getattr(error.__cause__, "sqlstate", None) == "40P01"


def is_busy(error: OperationalError) -> bool:
    """Whether somebody else held what was wanted for too long: a lock, or SQLite's file."""
    state = getattr(error.__cause__, "sqlstate", "") or ""
    return state in ("55P03", "40P01", "40001") or "database is locked" in str(error)


def is_contention(error: Exception) -> bool:
    """Whether others were in the way: the database is busy, or what a key names was deleted before
    this transaction could commit (SQLSTATE 23503; SQLite has one writer at a time)."""
    if isinstance(error, IntegrityError):
        return getattr(error.__cause__, "sqlstate", None) == "23503"
    return isinstance(error, OperationalError) and is_busy(error)
