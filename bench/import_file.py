"""How fast a file of leads comes in, with ledger, and how much memory it takes.

    python -m bench.import_file [ROWS]

Runs against the database of DATABASE_URL, which must be migrated; what it brings in stays there,
so that a second run measures an import that finds everything as it is.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

AGENTS, COMPANIES, PRODUCTS = 20, 2_000, 12
STAGES = ["Prospecting"] * 30 + ["Engaging"] * 40 + ["Won"] * 15 + ["Lost"] * 15


def write_files(folder: Path, rows: int, seed: int = 1) -> list[Path]:
    """A file of `rows` opportunities and the files of companies, products and people beside it.

    The shape is that of the seed: 70 % open, 15 % won, 15 % lost over two years, 20 people.
    """
    rng = random.Random(seed)
    agents = [f"Agent {n:02}" for n in range(AGENTS)]
    companies = [f"Company {n:04} Ltd" for n in range(COMPANIES)]
    products = [f"Product {n}" for n in range(PRODUCTS)]
    first = dt.date(2024, 1, 1)

    def opportunity(number: int) -> list[Any]:
        stage = rng.choice(STAGES)
        engaged = first + dt.timedelta(days=rng.randrange(600))
        closed = engaged + dt.timedelta(days=rng.randrange(1, 120))
        done = stage in ("Won", "Lost")
        return [
            f"OPP{number:07}",
            rng.choice(agents),
            rng.choice(products),
            rng.choice(companies),
            stage,
            "" if stage == "Prospecting" else engaged,
            closed if done else "",
            rng.randrange(50, 50_000) if stage != "Prospecting" else "",
        ]

    tables: dict[str, tuple[list[str], Any]] = {
        "sales_pipeline.csv": (
            [
                "opportunity_id",
                "sales_agent",
                "product",
                "account",
                "deal_stage",
                "engage_date",
                "close_date",
                "close_value",
            ],
            (opportunity(number) for number in range(rows)),
        ),
        "accounts.csv": (
            ["account", "sector", "employees", "revenue"],
            ([name, "retail", rng.randrange(5, 9000), rng.randrange(10**6)] for name in companies),
        ),
        "products.csv": (
            ["product", "sales_price"],
            ([name, rng.randrange(50, 30_000)] for name in products),
        ),
        "sales_teams.csv": (
            ["sales_agent", "manager", "regional_office"],
            ([name, f"Manager {n % 4}", f"Region {n % 2}"] for n, name in enumerate(agents)),
        ),
    }
    paths = []
    for name, (headings, lines) in tables.items():
        path = folder / name
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(headings)
            writer.writerows(lines)
        paths.append(path)
    return paths


def measure(rows: int = 100_000, *, rehearsal: bool = False) -> dict[str, Any]:
    """Import `rows` generated rows in a process of their own.

    Returns rows, created, skipped, seconds (wall and processor), rows_per_second and megabytes
    (the highest resident size of that process).
    """
    command = [sys.executable, "-m", "bench.import_file", "--child", str(rows)]
    if rehearsal:
        command.append("--rehearsal")
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    figures: dict[str, Any] = json.loads(output.splitlines()[-1])
    return figures


def _child(rows: int, rehearsal: bool) -> dict[str, Any]:
    import resource
    import time

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    import django

    django.setup()
    from django.db import connection

    from capture.services.imports import GivenFile, Options, import_files

    with tempfile.TemporaryDirectory() as folder:
        paths = write_files(Path(folder), rows)
        began, worked = time.perf_counter(), time.process_time()
        report = import_files(
            files=[GivenFile(path) for path in paths], by=None, options=Options(rehearsal=rehearsal)
        )
        seconds = time.perf_counter() - began
    assert report.rows == rows
    assert not report.errors
    return {
        "database": connection.vendor,
        "rows": rows,
        "created": report.created,
        "skipped": report.skipped,
        "seconds": round(seconds, 2),
        "processor_seconds": round(time.process_time() - worked, 2),
        "rows_per_second": round(rows / seconds),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    """Print the figures of an import, and of a second one of the same file."""
    if "--child" in sys.argv:
        rows = int(sys.argv[sys.argv.index("--child") + 1])
        print(json.dumps(_child(rows, "--rehearsal" in sys.argv)))
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    for title in ("first import", "second import"):
        figures = measure(rows)
        print(
            "{title}, {database}: {rows} rows in {seconds} s ({processor_seconds} s of processor),"
            " {rows_per_second} rows/s, {megabytes} MB, {created} created".format(
                title=title, **figures
            )
        )


if __name__ == "__main__":
    main()
