"""Measures the pages that salespeople open all day: a lead with its timeline, and one's own day."""

from __future__ import annotations

from typing import Any

from bench.measure import median_of, p95_of, tell


def pages() -> None:
    """A lead's page as a manager and as a rep open it, from a board too; its panel; a rep's day."""
    from django.test import Client
    from django.test.utils import override_settings
    from django.urls import reverse

    from crm.models import User
    from pipeline.models import Lead

    people = {name: User.objects.get(email=f"{name}@demo.example") for name in ("manager", "rep")}
    planned = Lead.objects.open().filter(owner=people["rep"], next_activity_at__isnull=False)
    lead = planned.order_by("-pk").first()
    assert lead is not None
    page = lead.get_absolute_url()
    board = reverse("board", args=[lead.pipeline_id])
    htmx = {"HX-Request": "true"}
    visits = [
        ("open a lead page, manager", "manager", page, {}, 40),
        ("open a lead page, rep", "rep", page, {}, 40),
        ("open a lead page from the board, rep", "rep", f"{page}?from={board}", {}, None),
        ("open a lead beside the board, rep", "rep", f"{page}panel/", htmx, None),
        ("my day, rep", "rep", reverse("day"), {}, 60),
    ]
    with override_settings(ALLOWED_HOSTS=["*"], SECURE_SSL_REDIRECT=False, DEBUG=False):
        for name, who, address, headers, budget in visits:
            client = Client(headers=headers)
            client.force_login(people[who])
            assert client.get(address).status_code == 200
            whole, inside, queries = median_of(lambda: client.get(address))  # noqa: B023
            tell(name, whole, "ms", budget, f"{queries} queries, {inside:.1f} ms of them")
        _slowest(people["rep"], page, board)


def _slowest(rep: Any, page: str, board: str) -> None:
    """What 95 of 100 requests of the pages of a salesperson's day stay under."""
    from django.test import Client
    from django.urls import reverse

    client = Client()
    client.force_login(rep)
    for name, address in [
        ("list of leads", reverse("leads")),
        ("board", board),
        ("lead page", page),
        ("my day", reverse("day")),
    ]:
        tell(f"{name}, rep: p95", p95_of(lambda: client.get(address)), "ms", 150)  # noqa: B023
