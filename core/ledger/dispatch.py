"""Handing changes out: pendings go, in the order of their ids, to consumers that apps registered.

A consumer only inserts its own work rows. The pendings are deleted in the transaction in which
all consumers have done so; a dispatcher that dies half-way leaves everything as it was. One
dispatcher works at a time: the others leave at once, and the one that works looks again after it
has let go, so that no pending is overlooked.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from core.ledger.schema import Diff
from core.ledger.tables import Change, Pending

logger = logging.getLogger(__name__)

BATCH = 1000
#: The advisory lock of the dispatcher: "RELA" in ASCII.
LOCK = 0x52454C41


@dataclass(frozen=True, slots=True)
class Handed:
    """A change as a consumer gets it. `pending_id` makes a unique key; a machine column has no
    change, hence no `change_id`, no cause, and counts as quiet for nobody."""

    pending_id: int
    change_id: int | None
    record_type: str
    record_id: int
    action: str
    diff: Diff
    at: dt.datetime | None
    cause_id: uuid.UUID | None
    kind: str
    depth: int
    quiet: bool


Take = Callable[[Sequence[Handed]], None]


@dataclass(frozen=True, slots=True)
class Consumer:
    """`take` inserts work rows; `then` is called on commit; `hears_quiet`: quiet causes too."""

    name: str
    take: Take
    then: Callable[[], Any] | None = None
    hears_quiet: bool = False


_consumers: dict[str, Consumer] = {}


def register_consumer(
    name: str, take: Take, *, then: Callable[[], Any] | None = None, hears_quiet: bool = False
) -> Callable[[], None]:
    """Have changes handed to `take`; return a function that takes the registration back."""
    _consumers[name] = Consumer(name, take, then, hears_quiet)

    def unregister() -> None:
        _consumers.pop(name, None)

    return unregister


def wake(using: str = DEFAULT_DB_ALIAS) -> None:
    """Wake the dispatcher once when this transaction commits."""
    connection = connections[using]
    if not any(waiting[1] is _poke for waiting in connection.run_on_commit):
        transaction.on_commit(_poke, using=using, robust=True)


def _poke() -> None:
    from core.tasks import send_hand_out

    send_hand_out()


def hand_out(batch: int = BATCH, using: str = DEFAULT_DB_ALIAS) -> int:
    """Hand out everything that is pending; return how many pendings were handed out."""
    total = 0
    while True:
        done = _hand_out_batch(batch, using)
        if done is None:
            return total
        total += done
        if done == 0 and not Pending.objects.using(using).exists():
            return total


def _hand_out_batch(batch: int, using: str) -> int | None:
    """Hand out one batch; None when another dispatcher is at work."""
    with transaction.atomic(using=using):
        if not _take_lock(using):
            return None
        pendings = list(
            Pending.objects.using(using).select_related("change__cause").order_by("id")[:batch]
        )
        if not pendings:
            return 0
        handed = [_handed(pending) for pending in pendings]
        for consumer in list(_consumers.values()):
            mine = handed if consumer.hears_quiet else [item for item in handed if not item.quiet]
            if mine:
                consumer.take(mine)
                if consumer.then is not None:
                    transaction.on_commit(consumer.then, using=using, robust=True)
        Pending.objects.using(using).filter(pk__in=[pending.pk for pending in pendings]).delete()
    return len(pendings)


def _take_lock(using: str) -> bool:
    """The dispatcher's lock, held to the end of the transaction; SQLite has one writer anyway."""
    if connections[using].vendor != "postgresql":
        return True
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _handed(pending: Pending) -> Handed:
    change: Change | None = pending.change
    if change is None:
        return Handed(
            pending.pk,
            None,
            pending.record_type,
            pending.record_id or 0,
            "updated",
            pending.diff or {},
            None,
            None,
            "system",
            0,
            False,
        )
    return Handed(
        pending.pk,
        change.pk,
        change.record_type,
        change.record_id,
        change.action,
        change.diff,
        change.at,
        change.cause_id,
        change.cause.kind,
        change.cause.depth,
        change.cause.quiet,
    )
