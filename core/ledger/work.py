"""Work that waits as rows: leased, done in parallel, in order for each record, never lost.

A consumer inserts work rows with a unique key in the transaction that takes the pendings away; so
each change is handed over exactly once. A worker leases rows by a conditional update, does each in
a transaction that also takes the row away, and lets go of what failed with a growing delay.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

from django.db import InterfaceError, OperationalError, connections, models, transaction
from django.db.models.functions import Now
from django.utils import timezone

logger = logging.getLogger(__name__)

LEASE = dt.timedelta(minutes=5)
MAX_ATTEMPTS = 12


class WorkQuerySet(models.QuerySet[Any]):
    """Taking and giving back work."""

    def due(self, now: dt.datetime) -> Self:
        """Rows that nobody holds, that have not failed for good, oldest of their record first."""
        earlier = self.model._default_manager.filter(
            record_type=models.OuterRef("record_type"),
            record_id=models.OuterRef("record_id"),
            pk__lt=models.OuterRef("pk"),
            failed_at__isnull=True,
        )
        return self.filter(
            models.Q(leased_until__isnull=True) | models.Q(leased_until__lt=now),
            models.Q(not_before__isnull=True) | models.Q(not_before__lte=now),
            ~models.Exists(earlier),
            failed_at__isnull=True,
        )

    def lease(self, limit: int, *, lease: dt.timedelta = LEASE) -> list[Any]:
        """Take up to `limit` due rows for `lease`; other workers take others.

        A row whose lease ran out was being done when its worker died. It may have been the
        reason: it is taken alone, and given up after MAX_ATTEMPTS such deaths.
        """
        now = timezone.now()
        with transaction.atomic(using=self.db):
            due = self.due(now).order_by("pk")
            if connections[self.db].vendor == "postgresql":
                due = due.select_for_update(skip_locked=True, of=("self",))
            rows = list(due[:limit])
            orphans = [row for row in rows if row.leased_until is not None]
            if orphans:
                self._give_up([row.pk for row in orphans if row.attempts >= MAX_ATTEMPTS], now)
                rows = [row for row in orphans if row.attempts < MAX_ATTEMPTS][:1] or [
                    row for row in rows if row.leased_until is None
                ]
            if rows:
                self.model._default_manager.using(self.db).filter(
                    pk__in=[row.pk for row in rows]
                ).update(leased_until=now + lease, attempts=models.F("attempts") + 1)
        for row in rows:
            row.leased_until = now + lease
            row.attempts += 1
        return rows

    def _give_up(self, keys: Sequence[int], now: dt.datetime) -> None:
        if keys:
            logger.error("Work given up, since its workers died: %s %s", self.model.__name__, keys)
            self.model._default_manager.using(self.db).filter(pk__in=keys).update(
                leased_until=None, failed_at=now, last_error="Each worker that took it died."
            )


class WorkRow(models.Model):
    """Something to be done because of a change. `key` makes handing it over twice impossible."""

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=120, unique=True)
    record_type = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    created_at = models.DateTimeField(db_default=Now())
    not_before = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    last_error = models.TextField(default="", db_default="")
    failed_at = models.DateTimeField(null=True)

    objects = models.Manager.from_queryset(WorkQuerySet)()

    class Meta:
        abstract = True
        indexes = [
            models.Index(fields=["record_type", "record_id", "id"], name="%(class)s_by_record"),
        ]

    def __str__(self) -> str:
        return self.key


def work(
    model: type[WorkRow],
    do: Callable[[Sequence[Any]], None],
    *,
    limit: int = 500,
    lease: dt.timedelta = LEASE,
    retry: type[Exception] | tuple[type[Exception], ...] = Exception,
) -> int:
    """Lease up to `limit` rows of `model` for `lease` and do them; return how many were taken: as
    long as it is not 0, there may be more.

    `do(rows)` runs in the transaction that deletes the rows. When a batch fails, its rows are
    tried one by one, so that one bad row holds up no other; a row that fails keeps its error,
    waits 2^attempts seconds, and is given up (`failed_at`) after MAX_ATTEMPTS. A database that is
    away or busy is no row's fault: then none is given up.
    """
    rows = model._default_manager.lease(limit, lease=lease)  # type: ignore[attr-defined]
    if not rows:
        return 0
    try:
        _do(model, do, rows)
    except retry:
        for row in rows:
            _do_one(model, do, row, retry)
    return len(rows)


def deliver(
    model: type[WorkRow],
    send: Callable[[Any], None],
    *,
    limit: int = 10,
    lease: dt.timedelta = LEASE,
    blameless: tuple[type[Exception], ...] = (),
) -> int:
    """Like `work`, for what leaves the building: each row is done outside a transaction, so that
    nothing is locked while another machine answers, and goes once it is done.

    A worker that dies in between leaves the row to another one: at least once, so `send(row)`
    gives what it sends a key that stays. Errors that are `blameless` are tried for ever.
    """
    rows = model._default_manager.lease(limit, lease=lease)  # type: ignore[attr-defined]
    for row in rows:
        try:
            send(row)
        except Exception as error:
            _put_back(model, row, error, blameless)
        else:
            model._default_manager.filter(pk=row.pk, leased_until=row.leased_until).delete()
    return len(rows)


def _do(model: type[WorkRow], do: Callable[[Sequence[Any]], None], rows: Sequence[Any]) -> None:
    with transaction.atomic():
        mine = [row.pk for row in _held(model, rows)]
        held = [row for row in rows if row.pk in set(mine)]
        if held:
            do(held)
            model._default_manager.filter(pk__in=mine).delete()


def _held(model: type[WorkRow], rows: Iterable[Any]) -> list[Any]:
    """Those of `rows` whose lease is still ours: another worker may have taken over."""
    leases = {row.pk: row.leased_until for row in rows}
    found = model._default_manager.filter(pk__in=leases).order_by("pk").select_for_update()
    return [row for row in found if row.leased_until == leases[row.pk]]


def _do_one(
    model: type[WorkRow],
    do: Callable[[Sequence[Any]], None],
    row: Any,
    retry: type[Exception] | tuple[type[Exception], ...],
) -> None:
    try:
        _do(model, do, [row])
    except retry as error:
        _put_back(model, row, error)


def _put_back(
    model: type[WorkRow], row: Any, error: Exception, blameless: tuple[type[Exception], ...] = ()
) -> None:
    """Let go of a row that failed, to be tried later or given up."""
    now = timezone.now()
    its_fault = not isinstance(error, (OperationalError, InterfaceError, *blameless))
    model._default_manager.filter(pk=row.pk, leased_until=row.leased_until).update(
        leased_until=None,
        not_before=now + dt.timedelta(seconds=min(2 ** min(row.attempts, 12), 3600)),
        last_error=f"{type(error).__name__}: {error}"[:2000],
        failed_at=now if row.attempts >= MAX_ATTEMPTS and its_fault else None,
    )
