"""Measures a bulk edit of 10,000 leads, and taking it back."""

from __future__ import annotations

import time

from bench.measure import clocked, tell

ROWS = 10_000
#: Queries that a bulk edit may take: 30, and one for each thousand rows.
BUDGET = 30 + ROWS // 1000


def bulk() -> None:
    """Set two fields of 10,000 leads through the page, move them, and undo both."""
    from django.db import transaction
    from django.test import Client
    from django.test.utils import override_settings
    from django.urls import reverse

    from core.ledger.causes import because
    from core.ledger.tables import Cause, Kind
    from core.services.undoing import undo_cause
    from crm.models import User
    from pipeline.models import ActivityType, Lead, Plan, PlanStep, Stage

    chosen = Lead.objects.open().active().order_by("pk").values_list("pk", flat=True)
    rows = {"rows": ",".join(map(str, chosen[:ROWS]))}
    manager = User.objects.get(email="manager@demo.example")
    # A stage that asks for nothing, so that every lead may enter it.
    stage = Stage.objects.filter(kind="open", required_fields=[]).in_order().first()
    assert stage is not None
    with because(Kind.SYSTEM, label="bench"), transaction.atomic():
        plan = Plan.objects.create(name=f"Bench {time.time_ns()}")
        for place, kind in enumerate(ActivityType.objects.filter(is_active=True)[:2]):
            PlanStep.objects.create(plan=plan, type=kind, sequence=place)
    deeds = {
        "edit": {
            "set": ["expected_close", "amount"],
            "expected_close": "2031-01-31",
            "expected_revenue": "777",
        },
        "move": {"stage": stage.pk},
        "launch": {"plan": plan.pk, "base_on": "2031-01-31"},
    }
    with override_settings(ALLOWED_HOSTS=["*"], SECURE_SSL_REDIRECT=False, DEBUG=False):
        client = Client()
        client.force_login(manager)
        for deed, fields in deeds.items():
            address = reverse("leads-bulk", args=[deed])
            seconds, queries = _timed(client, address, {**rows, **fields})
            tell(f"{deed} {ROWS:,} leads at once", seconds, "s", 10, f"{queries} queries")
            if deed == "edit":
                tell(f"{deed} {ROWS:,} leads at once: queries", queries, "queries", BUDGET)
            cause = Cause.objects.filter(kind=Kind.BULK_EDIT).latest("started_at")
            with clocked() as clock:
                began = time.perf_counter()
                undo_cause(cause=cause.pk, by=manager)
                seconds = time.perf_counter() - began
            tell(f"undo: {deed} {ROWS:,} leads", seconds, "s", None, f"{clock.queries} queries")


def _timed(client: object, address: str, fields: dict[str, object]) -> tuple[float, int]:
    with clocked() as clock:
        began = time.perf_counter()
        answer = client.post(address, fields)  # type: ignore[attr-defined]
        seconds = time.perf_counter() - began
    assert answer.status_code == 302, answer.content[:2000]
    return seconds, clock.queries
