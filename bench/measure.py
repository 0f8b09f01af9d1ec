"""Measures one database of one size, in a process of its own; prints figures as JSON lines."""

from __future__ import annotations

import datetime as dt
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

REPEATS = 15


def tell(name: str, value: float, unit: str, budget: float | None = None, note: str = "") -> None:
    """Print a figure; `budget` is the most (for rates: the least) that it may be."""
    print(json.dumps([name, round(value, 2), unit, budget, note]), flush=True)


def speed() -> None:
    """Print how fast the machine is just now: what other figures are read against."""
    began = time.process_time()
    total = 0
    for number in range(1_000_000):
        total += number * number
    tell("this machine: a million additions", (time.process_time() - began) * 1000, "ms")


class Clock:
    """Adds up the time that statements take in the database, and counts them."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.queries = 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Run a statement and keep its time."""
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds += time.perf_counter() - began
            if sql.lstrip(" (\n").split(" ", 1)[0].upper() in {
                "SELECT",
                "INSERT",
                "UPDATE",
                "DELETE",
                "WITH",
            }:
                self.queries += 1


@contextmanager
def clocked() -> Iterator[Clock]:
    """Watch the statements of the block."""
    from django.db import connection

    clock = Clock()
    with connection.execute_wrapper(clock):
        yield clock


def p95_of(work: Callable[[], Any], repeats: int = 100) -> float:
    """Milliseconds that 95 of 100 runs stay under, after a warm-up."""
    work()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.quantiles(times, n=20)[-1]


def median_of(work: Callable[[], Any], repeats: int = REPEATS) -> tuple[float, float, int]:
    """Milliseconds in all, milliseconds in the database, and queries: medians after a warm-up."""
    work()
    whole, inside, queries = [], [], []
    for _ in range(repeats):
        with clocked() as clock:
            began = time.perf_counter()
            work()
            whole.append((time.perf_counter() - began) * 1000)
        inside.append(clock.seconds * 1000)
        queries.append(clock.queries)
    return statistics.median(whole), statistics.median(inside), int(statistics.median(queries))


def seed(leads: int) -> None:
    """Fill the database and tell how fast; then let the database settle."""
    from django.core.management import call_command
    from django.db import connection

    began = time.perf_counter()
    call_command("seed", leads=leads, users=20, seed=1, months=24, verbosity=0)
    tell("seed", leads / (time.perf_counter() - began), "leads/s", 5000, "at least")
    with connection.cursor() as cursor:
        # A server's autovacuum comes by after so many new rows; here it may be off.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def board() -> None:
    """The whole board of a manager, the own board of a rep, and the board of a past day."""
    from django.utils import timezone

    from crm.models import User
    from pipeline.board import read_board, read_board_as_of
    from pipeline.models import Lead, Pipeline

    manager, pipeline = User.objects.get(email="manager@demo.example"), Pipeline.objects.first()
    assert pipeline is not None
    _, inside, queries = median_of(lambda: read_board(user=manager, pipeline=pipeline))
    tell("board, all owners: database", inside, "ms", 45, f"{queries} queries")
    rep = User.objects.get(email="rep@demo.example")
    own = Lead.objects.filter(owner=rep)
    _, inside, queries = median_of(
        lambda: read_board(user=rep, pipeline=pipeline, leads=own), repeats=5
    )
    tell(
        "board, a rep's own: database", inside, "ms", None, f"{queries} queries, {own.count()} own"
    )
    past = timezone.now() - dt.timedelta(days=180)
    _, inside, queries = median_of(
        lambda: read_board_as_of(user=manager, pipeline=pipeline, moment=past), repeats=5
    )
    tell("board as of 180 days ago: database", inside, "ms", 300, f"{queries} queries")


def calls() -> None:
    """Create and move through the API, all that a client waits for, in this process."""
    from django.test import Client
    from django.test.utils import override_settings

    from core.ledger.causes import because
    from core.ledger.tables import Kind
    from core.models import ApiToken
    from crm.models import User
    from pipeline.models import Stage

    owner = User.objects.get(email="manager@demo.example")
    secret = ApiToken.new_secret()
    with because(Kind.SYSTEM, label="Benchmark"):
        ApiToken.objects.create(
            owner=owner,
            name="bench",
            digest=ApiToken.digest_of(secret),
            hint=secret[:8],
            scopes=["read", "write"],
        )
    stages = list(Stage.objects.filter(kind="open").in_order().values_list("pk", flat=True))
    client = Client(headers={"authorization": f"Bearer {secret}"})
    made: list[int] = []

    def post(path: str, body: dict[str, Any]) -> Any:
        answer = client.post(path, json.dumps(body), content_type="application/json")
        assert answer.status_code in (200, 201), answer.content
        return answer.json()

    def create() -> None:
        made.append(post("/api/v1/leads/", {"title": "Bench", "expected_revenue": "100.00"})["id"])

    turns = iter(range(10_000))

    def move() -> None:
        turn = next(turns)
        post(f"/api/v1/leads/{made[turn % len(made)]}/move/", {"stage": stages[(turn + 1) % 4]})

    with override_settings(ALLOWED_HOSTS=["*"], SECURE_SSL_REDIRECT=False):
        whole, _, queries = median_of(create, repeats=30)
        tell("create a lead over REST", whole, "ms", 20, f"{queries} queries")
        whole, _, queries = median_of(move, repeats=30)
        tell("move a lead over REST", whole, "ms", 25, f"{queries} queries")


def searches() -> None:
    """Text search in the list of leads, all that a browser waits for, in this process."""
    from django.db.models import Count
    from django.test import Client
    from django.test.utils import override_settings

    from crm.models import Tag, User
    from pipeline.models import Lead, LeadTag

    tags = LeadTag.objects.values("tag").annotate(n=Count("id")).order_by("-n")[:2]
    common = [Tag.objects.get(pk=row["tag"]).name for row in tags]
    middle = Lead.objects.filter(pk__gte=Lead.objects.count() // 2).exclude(email="").first()
    assert middle is not None
    texts = {
        "an e-mail address": middle.email,
        "a common word": common[0],
        "two common words": " ".join(common),
        "a miss": "qzxvwk",
        "two letters": middle.title[:2],
    }
    # Each page is asked for anew: a budget of 60 ms at 1,000,000 leads, 30 ms below.
    budget = 60 if Lead.objects.count() > 200_000 else 30
    for part in ("manager", "rep"):
        client = Client()
        client.force_login(User.objects.get(email=f"{part}@demo.example"))
        with override_settings(ALLOWED_HOSTS=["*"], SECURE_SSL_REDIRECT=False):
            for name, text in texts.items():

                def find(text: str = text, client: Client = client) -> None:
                    assert client.get("/leads/", {"q": text}).status_code == 200

                whole, inside, queries = median_of(find, repeats=9)
                note = f"{queries} queries, {inside:.1f} ms of them"
                tell(f"list search, {part}, {name}", whole, "ms", budget, note)


def ledger() -> None:
    """How large a change is, with its indexes."""
    from django.db import connection

    from core.models import Change

    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s)", [Change._meta.db_table])
        size = cursor.fetchone()[0]
    tell("a change with its indexes", size / Change.objects.count(), "bytes")


def main() -> None:
    """Measure the database of DATABASE_URL, filled with as many leads as the argument says."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
    call_command("migrate", verbosity=0)
    seed(int(sys.argv[1]))
    from bench.boards import board_pages
    from bench.bulk import bulk
    from bench.duplicates import duplicates
    from bench.pages import pages

    for part in (
        speed,
        board,
        calls,
        searches,
        pages,
        ledger,
        board_pages,
        duplicates,
        bulk,
        speed,
    ):
        part()


if __name__ == "__main__":
    main()
