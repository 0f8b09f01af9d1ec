"""Counts and sums of the board: each change appends its difference, beat folds them together.

The only writer of StageTotal. Rows are never updated in place: two people who move cards never
wait for each other's sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, Q, Sum, Value
from django.db.models.functions import Coalesce

from core.ledger.bulk import insert_rows
from core.ledger.store import Entry
from pipeline.models import Lead, StageTotal
from pipeline.past import Shown, shown_of

Key = tuple[int, int, str, int | None, int | None, str]
Sums = list[Any]  # count, amount, weighted, without amount

GROUP = ("pipeline_id", "stage_id", "status", "owner_id", "team_id", "currency")
SUMS = ("count", "amount", "weighted", "without_amount")
#: The advisory lock of folding: "FOLD" in ASCII.
LOCK = 0x464F4C44


def follow(entries: Sequence[Entry]) -> None:
    """Append what a batch of changes adds to and takes from the sums."""
    append((entry.before, entry.after) for entry in entries)


def append(rows: Iterable[tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]]) -> None:
    """Append the differences between rows of leads before and after."""
    sums: dict[Key, Sums] = {}
    for before, after in rows:
        was = None if before is None else shown_of(before)
        now = None if after is None else shown_of(after)
        if was == now:
            continue
        if was is not None:
            _count(sums, was, -1)
        if now is not None:
            _count(sums, now, 1)
    _insert((key, values) for key, values in sums.items() if any(values))


def _count(sums: dict[Key, Sums], shown: Shown, sign: int) -> None:
    if shown.archived:
        return
    key = (shown.pipeline, shown.stage, shown.status, shown.owner, shown.team, shown.currency)
    values = sums.setdefault(key, [0, Decimal(0), Decimal(0), 0])
    values[0] += sign
    if shown.amount is None:
        values[3] += sign
    else:
        values[1] += sign * shown.amount
        values[2] += sign * shown.amount * shown.probability / 100


def _insert(groups: Iterable[tuple[Key, Sequence[Any]]], *, folded: bool = False) -> None:
    """Insert rows of groups with their count, amount, weighted and number without amount."""
    rows = ((*key, *values, folded) for key, values in groups)
    insert_rows(StageTotal, (*GROUP, *SUMS, "folded"), rows, "default")


def fold() -> int:
    """Fold the appended rows of each group into one; return how many rows went.

    Deltas that are being appended meanwhile are not seen, and are folded next time.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
                if not cursor.fetchone()[0]:
                    return 0
        rows = list(StageTotal.objects.values_list("pk", *GROUP, *SUMS))
        groups: dict[Key, list[tuple[Any, ...]]] = {}
        for row in rows:
            groups.setdefault(row[1:7], []).append(row)
        fresh, old = [], []
        for key, members in groups.items():
            values: Sums = [sum(row[place] for row in members) for place in range(7, 11)]
            if len(members) == 1 and any(values):
                continue
            old += [row[0] for row in members]
            if any(values):
                fresh.append((key, values))
        for start in range(0, len(old), 5000):
            StageTotal.objects.filter(pk__in=old[start : start + 5000]).delete()
        _insert(fresh, folded=True)
    return len(old)


def recount(pipelines: Sequence[int] | None = None) -> dict[Key, tuple[Any, ...]]:
    """The sums counted anew from the leads themselves, by group."""
    leads = Lead.objects.active()
    if pipelines is not None:
        leads = leads.filter(pipeline__in=pipelines)
    zero = Value(Decimal(0))
    rows = leads.values(*GROUP).annotate(
        n=Count("pk"),
        amount=Coalesce(Sum("expected_revenue"), zero),
        weighted=Coalesce(Sum(F("expected_revenue") * F("probability") / Decimal(100)), zero),
        none=Count("pk", filter=Q(expected_revenue__isnull=True)),
    )
    return {
        tuple(row[name] for name in GROUP): (
            row["n"],
            Decimal(row["amount"]).quantize(Decimal("0.01")),
            Decimal(row["weighted"]).quantize(Decimal("0.000001")),
            row["none"],
        )
        for row in rows.order_by()
    }


def kept() -> dict[Key, tuple[Any, ...]]:
    """The sums as they are kept, by group; groups that came to nothing are left out."""
    rows = StageTotal.objects.values(*GROUP).annotate(**{f"s_{name}": Sum(name) for name in SUMS})
    return {
        tuple(row[name] for name in GROUP): (
            row["s_count"],
            Decimal(row["s_amount"]).quantize(Decimal("0.01")),
            Decimal(row["s_weighted"]).quantize(Decimal("0.000001")),
            row["s_without_amount"],
        )
        for row in rows.order_by()
        if row["s_count"] or row["s_without_amount"]
    }


def rebuild_all() -> None:
    """Write the sums anew from a full count. With the table locked, nobody appends meanwhile."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {StageTotal._meta.db_table} IN EXCLUSIVE MODE")
        counted = recount()
        StageTotal.objects.all().delete()
        _insert(counted.items(), folded=True)


def differences() -> list[str]:
    """Groups whose kept sums are not those of a full count, in words for the log."""
    alone = not connection.in_atomic_block
    with transaction.atomic():
        if connection.vendor == "postgresql" and alone:
            with connection.cursor() as cursor:
                # One snapshot for both counts: what others commit meanwhile is in neither.
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        counted, have = recount(), kept()
    return [
        f"{dict(zip(GROUP, key, strict=True))}: kept {have.get(key)}, counted {counted.get(key)}"
        for key in counted.keys() | have.keys()
        if not _same(counted.get(key), have.get(key))
    ]


def _same(one: tuple[Any, ...] | None, other: tuple[Any, ...] | None) -> bool:
    nothing = (0, Decimal(0), Decimal(0), 0)
    one, other = one or nothing, other or nothing
    # The weighted sum is rounded per row when kept, once when counted.
    close = abs(one[2] - other[2]) <= Decimal("0.01") + abs(one[0]) * Decimal("0.000001")
    return bool(close and (one[0], one[1], one[3]) == (other[0], other[1], other[3]))
