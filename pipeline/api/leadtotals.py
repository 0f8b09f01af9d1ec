"""Counts and sums over leads, in one query whatever their number."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

CENT = Decimal("0.01")
SUMMED = ("count", "without_amount", "expected_revenue", "weighted_revenue")


def totals_of(leads: QuerySet[Any]) -> dict[str, Any]:
    """Totals by status and currency, and by stage as well; money as text, empty sums as 0.00."""
    groups = (
        leads.order_by()
        .values(
            "status",
            "currency",
            "pipeline_id",
            "pipeline__name",
            "stage_id",
            "stage__name",
            "stage__sequence",
        )
        .annotate(
            count=Count("pk"),
            without_amount=Count("pk", filter=Q(expected_revenue__isnull=True)),
            sum=Sum("expected_revenue"),
            percents=Sum(F("expected_revenue") * F("probability")),
        )
        .order_by("pipeline_id", "stage__sequence", "stage_id", "status", "currency")
    )
    by_stage = [_group(row) for row in groups]
    by_status: dict[tuple[str, str], dict[str, Any]] = {}
    for group in by_stage:
        key = (group["status"], group["currency"])
        total = by_status.setdefault(
            key, {"status": key[0], "currency": key[1], **dict.fromkeys(SUMMED, 0)}
        )
        for name in SUMMED:
            total[name] += group[name]
    return {
        "count": sum(group["count"] for group in by_stage),
        "by_status": [_as_text(by_status[key]) for key in sorted(by_status)],
        "by_stage": [_as_text(group) for group in by_stage],
    }


def _group(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "status": row["status"],
        "pipeline": {"id": row["pipeline_id"], "name": row["pipeline__name"]},
        "stage": {"id": row["stage_id"], "name": row["stage__name"]},
        "currency": row["currency"],
        "count": row["count"],
        "without_amount": row["without_amount"],
        "expected_revenue": Decimal(row["sum"] or 0),
        "weighted_revenue": Decimal(row["percents"] or 0) / 100,
    }


def _as_text(group: dict[str, Any]) -> dict[str, Any]:
    money = ("expected_revenue", "weighted_revenue")
    return {**group, **{name: str(Decimal(group[name]).quantize(CENT)) for name in money}}
