"""Measures the board as a browser asks for it: the whole page, a dragged card, eight at once."""

from __future__ import annotations

import multiprocessing
import time
from typing import Any

from bench.measure import median_of, tell

#: So many clients ask for boards side by side, for so many seconds.
CLIENTS, SECONDS = 8, 5


def _client(email: str) -> Any:
    """Somebody's browser, logged in."""
    from django.test import Client

    from crm.models import User

    client = Client()
    client.force_login(User.objects.get(email=email))
    return client


def board_pages() -> None:
    """The page of a board, of all and of one's own, under a condition; moving a card; eight."""
    from django.test.utils import override_settings
    from django.urls import reverse

    from crm.models import User
    from pipeline.models import Pipeline

    pipeline = Pipeline.objects.order_by("sequence", "pk")[0]
    address = reverse("board", args=[pipeline.pk])
    few = few_leads(User.objects.get(email="mate@demo.example"))
    where = '{"field":"expected_revenue","op":">=","value":20000}'
    with override_settings(ALLOWED_HOSTS=["*"], SECURE_SSL_REDIRECT=False, DEBUG=False):
        manager = _client("manager@demo.example")
        for name, client, query, budget in [
            ("board page, all owners", manager, "", 45),
            ("board page, all won leads too", manager, "?won=all", None),
            (f"board page, own {few} leads", _client("mate@demo.example"), "?owner=me", 45),
            ("bars of next steps", manager, "steps/", None),
        ]:
            whole, inside, queries = median_of(lambda: client.get(address + query))  # noqa: B023
            tell(name, whole, "ms", budget, f"{queries} queries, {inside:.1f} ms of them")
        work = f"{address}?where={where}"
        _, inside, queries = median_of(lambda: manager.get(work), repeats=5)
        tell("board under a condition: database", inside, "ms", 150, f"{queries} queries")
        _move(manager, address, pipeline)
        rate = _side_by_side(address)
        tell("boards per second, 8 clients", rate, "/s", 30, "at least")


def few_leads(person: Any, most: int = 200) -> int:
    """Leave a person `most` open leads of their own; the others go to a colleague."""
    from django.db import connection

    from crm.models import User
    from pipeline.models import Lead

    own = Lead.objects.filter(owner=person, status="open").order_by("pk")
    kept = list(own.values_list("pk", flat=True)[:most])
    other = User.objects.exclude(pk=person.pk).filter(is_active=True).latest("pk")
    keys = ",".join(map(str, kept)) or "0"
    # What is measured is reading: the ledger is not asked.
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Lead._meta.db_table} SET owner_id = %s"
            f" WHERE owner_id = %s AND id NOT IN ({keys})",
            [other.pk, person.pk],
        )
        # The index forgets the leads that went, as autovacuum would have it do by and by.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return len(kept)


def _move(client: Any, address: str, pipeline: Any) -> None:
    from pipeline.models import Lead, Stage

    stages = list(Stage.objects.filter(pipeline=pipeline, kind="open").in_order())[:4]
    leads = list(Lead.objects.open().filter(pipeline=pipeline, archived_at=None)[:30])
    turns = iter(range(10_000))
    headers = {"HX-Request": "true"}

    def drag() -> None:
        turn = next(turns)
        lead, stage = leads[turn % len(leads)], stages[turn % len(stages)]
        fields = {"stage": stage.pk, "dragged": "yes", "board": "", "pipeline": pipeline.pk}
        answer = client.post(f"/leads/{lead.pk}/move/", fields, headers=headers)
        assert answer.status_code == 204, answer.content

    whole, _, queries = median_of(drag, repeats=30)
    tell("move a card on the board", whole, "ms", 25, f"{queries} queries")


def _side_by_side(address: str) -> float:
    context = multiprocessing.get_context("spawn")
    with context.Pool(CLIENTS) as pool:
        counts = pool.map(_ask, [address] * CLIENTS)
    return sum(counts) / SECONDS


def _ask(address: str) -> int:
    import django

    django.setup()
    from django.test.utils import override_settings

    with override_settings(ALLOWED_HOSTS=["*"], SECURE_SSL_REDIRECT=False, DEBUG=False):
        client = _client("manager@demo.example")
        client.get(address)
        until, count = time.monotonic() + SECONDS, 0
        while time.monotonic() < until:
            assert client.get(address).status_code == 200
            count += 1
    return count
