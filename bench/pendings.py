"""Dispatchers and workers that are killed while changes flow: is each change handled exactly once?

    python -m bench.pendings [CHANGES] [KILLS]

Four processes, each a dispatcher and a worker of two consumers, run against a database of their
own beside that of DATABASE_URL (PostgreSQL). While changes are written, one of them after the
other is killed by SIGKILL and started anew. The first consumer only inserts; the second one's
work fails at the first try for every 17th change, and at the first two for every 97th. Both note
what they handled, and in which order, in a table that would hold a double as well.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PROCESSES = 4
RECORDS = 1000
LEASE = dt.timedelta(seconds=3)
DEADLINE = 600
NOTES = "bench_note"


@dataclass(slots=True)
class Figures:
    """What a run came to. `doubles`, `lost` and `disorder` are what must be 0."""

    changes: int
    kills: int
    seconds: float
    per_second: float
    failures: int
    doubles: int
    lost: int
    disorder: int
    given_up: int


def consumers() -> dict[str, Any]:
    """The work tables of the two consumers, by name."""
    from django.apps import apps

    from core.ledger.work import WorkRow

    found = apps.all_models.get("bench") or {}
    if not found:
        for name in ("Sure", "Shaky"):
            meta = type("Meta", (WorkRow.Meta,), {"app_label": "bench", "abstract": False})
            type(name, (WorkRow,), {"Meta": meta, "__module__": __name__})
        found = apps.all_models["bench"]
    return {"sure": found["sure"], "shaky": found["shaky"]}


def register() -> list[Callable[[], None]]:
    """Register both consumers; return what takes the registrations back."""
    from core.ledger.dispatch import Handed, register_consumer

    def taker(name: str, model: Any) -> Callable[[Sequence[Handed]], None]:
        def take(changes: Sequence[Handed]) -> None:
            model.objects.bulk_create(
                model(
                    key=f"{name}:{change.change_id}",
                    record_type=change.record_type,
                    record_id=change.record_id,
                )
                for change in changes
            )

        return take

    return [register_consumer(name, taker(name, model)) for name, model in consumers().items()]


def note(name: str, rows: Sequence[Any]) -> None:
    """Note which changes a consumer handles, in the transaction that takes the work away."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {NOTES} (consumer, change, record) VALUES (%s, %s, %s)",
            [
                (name, int(row.key.partition(":")[2]), f"{row.record_type}:{row.record_id}")
                for row in rows
            ],
        )


def handle_sure(rows: Sequence[Any]) -> None:
    """Work that never fails."""
    note("sure", rows)


def handle_shaky(rows: Sequence[Any]) -> None:
    """Work that fails at the first try for some changes, and at the second for some of them."""
    note("shaky", rows)
    for row in rows:
        change = int(row.key.partition(":")[2])
        if (row.attempts == 1 and change % 17 == 0) or (row.attempts <= 2 and change % 97 == 0):
            raise ValueError(f"change {change} does not want to be handled yet")


def serve() -> None:
    """One process: hand out and work until killed."""
    from core.ledger.dispatch import hand_out
    from core.ledger.work import work

    register()
    models = consumers()
    while True:
        done = hand_out(batch=200)
        done += work(models["sure"], handle_sure, limit=100, lease=LEASE)
        done += work(models["shaky"], handle_shaky, limit=100, lease=LEASE)
        if not done:
            time.sleep(0.05)


def create_tables() -> None:
    """The tables of the consumers, and that of their notes."""
    from django.db import connection

    with connection.schema_editor() as editor:
        for model in consumers().values():
            editor.create_model(model)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {NOTES} (id bigserial PRIMARY KEY, consumer text, change bigint,"
            " record text)"
        )


def drop_tables() -> None:
    """Take the tables away again."""
    from django.db import connection

    with connection.schema_editor() as editor:
        for model in consumers().values():
            editor.delete_model(model)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {NOTES}")


class Crew:
    """The processes that serve; one is killed now and then, and another takes its place."""

    def __init__(self, rng: random.Random) -> None:
        from django.conf import settings

        self.rng = rng
        self.kills = 0
        found = settings.DATABASES["default"]
        address = f"{found['USER']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"
        self.environment = {
            **os.environ,
            "DATABASE_URL": f"postgres://{address}",
            "PGPASSWORD": str(found.get("PASSWORD") or ""),
            "DJANGO_SETTINGS_MODULE": os.environ.get(
                "DJANGO_SETTINGS_MODULE", "config.settings.test"
            ),
        }
        self.members = [self._start() for _ in range(PROCESSES)]

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "bench.pendings", "serve"]
        return subprocess.Popen(command, cwd=ROOT, env=self.environment)

    def kill_one(self) -> None:
        """Kill a process at some point of what it is doing."""
        place = self.rng.randrange(len(self.members))
        time.sleep(self.rng.random() / 10)
        self.members[place].send_signal(signal.SIGKILL)
        self.members[place].wait()
        self.kills += 1
        self.members[place] = self._start()

    def check(self) -> None:
        """Raise if a process ended by itself."""
        for member in self.members:
            if member.poll() is not None:
                raise RuntimeError(f"A process ended by itself with {member.returncode}.")

    def stop(self) -> None:
        """End all."""
        for member in self.members:
            member.kill()
            member.wait()


def run(changes: int, kills: int, seed: int = 1) -> Figures:
    """Write `changes` changes while processes are killed `kills` times; wait until all is done."""
    from core.ledger.causes import because
    from core.ledger.tables import Change, Kind
    from crm.models import Company

    rng = random.Random(seed)
    records = min(RECORDS, changes // 4)
    with because(Kind.SYSTEM):
        Company.objects.bulk_create([Company(name=f"Company {n}") for n in range(records)])
    keys = list(Company.objects.order_by("pk").values_list("pk", flat=True))
    crew = Crew(rng)
    begin = time.monotonic()
    try:
        written, step = Change.objects.count(), 0
        while written < changes:
            part = rng.sample(keys, min(100, changes - written))
            with because(Kind.SYSTEM, label=f"Step {step}"):
                Company.objects.filter(pk__in=part).update(city=f"City {step}")
            written, step = written + len(part), step + 1
            while crew.kills < kills and crew.kills < written * kills // changes:
                crew.kill_one()
        while crew.kills < kills:
            crew.kill_one()
        _wait(crew, begin)
        seconds = time.monotonic() - begin
    finally:
        crew.stop()
    return _figures(set(Change.objects.values_list("pk", flat=True)), crew.kills, seconds)


def _wait(crew: Crew, begin: float) -> None:
    """Until nothing is pending and no work is left but what was given up."""
    from core.ledger.tables import Pending

    while time.monotonic() < begin + DEADLINE:
        crew.check()
        waiting = Pending.objects.exists() or any(
            model.objects.filter(failed_at__isnull=True).exists() for model in consumers().values()
        )
        if not waiting:
            return
        time.sleep(0.1)


def _figures(known: set[int], kills: int, seconds: float) -> Figures:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT consumer, change, record FROM {NOTES} ORDER BY id")
        notes = cursor.fetchall()
    handled = Counter((consumer, change) for consumer, change, _ in notes)
    last: dict[tuple[str, str], int] = {}
    disorder = 0
    for consumer, change, record in notes:
        disorder += change < last.get((consumer, record), 0)
        last[consumer, record] = change
    names = consumers()
    return Figures(
        changes=len(known),
        kills=kills,
        seconds=round(seconds, 1),
        per_second=round(len(known) / seconds, 1),
        failures=sum((change % 17 == 0) + (change % 97 == 0) for change in known),
        doubles=sum(count - 1 for count in handled.values()),
        lost=sum((name, change) not in handled for name in names for change in known),
        disorder=disorder,
        given_up=sum(model.objects.count() for model in names.values()),
    )


def main(arguments: Sequence[str]) -> int:
    """Make a database, run in it, print the figures; 0 when nothing was doubled, lost or mixed."""
    import django
    from django.db import connection

    django.setup()
    if arguments[:1] == ["serve"]:
        serve()
    if connection.vendor != "postgresql":
        print("This needs PostgreSQL: SQLite has one writer at a time.")
        return 2
    changes = int(arguments[0]) if arguments else 20_000
    kills = int(arguments[1]) if len(arguments) > 1 else 20
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        create_tables()
        figures = run(changes, kills)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    print(json.dumps(asdict(figures)))
    return int(bool(figures.doubles or figures.lost or figures.disorder or figures.given_up))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    sys.exit(main(sys.argv[1:]))
