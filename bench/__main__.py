"""`python -m bench`: the budgets of the design, measured and printed.

`--sizes 10000,100000,1000000`, `--databases sqlite,postgresql` (SQLite stops at 100,000),
`--import 100000` rows of the import (0: none), `--keep` leaves the databases.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.databases import database

#: Where the time of the first size is kept, to be compared with the last.
BOARD = "board, all owners: database"


def run(module: str, argument: str, url: str, folder: str) -> list[str]:
    """Run a part in its own process on a database; what it printed, by line."""
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "RELANCE_VAR": folder,
    }
    command = [sys.executable, "-m", module, argument]
    answer = subprocess.run(command, env=environment, text=True, stdout=subprocess.PIPE, check=True)
    return answer.stdout.splitlines()


def show(title: str, figure: list[Any]) -> None:
    """Print one figure beside its budget."""
    name, value, unit, budget, note = figure
    verdict = ""
    if budget is not None:
        good = value >= budget if note.startswith("at least") else value <= budget
        verdict = f"(budget {budget:g}) {'ok' if good else 'OVER'}"
    print(f"{title:<22} {name:<38} {value:>10,.2f} {unit:<8} {verdict:<20} {note}", flush=True)


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--import", dest="rows", type=int, default=100_000)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",") if size]
    with tempfile.TemporaryDirectory() as folder:
        for kind in options.databases.split(","):
            boards: list[float] = []
            for size in sizes:
                if kind == "sqlite" and size > 100_000:
                    continue
                name = f"relance_bench_{size}"
                with database(kind, name, Path(folder), keep=options.keep) as url:
                    for line in run("bench.measure", str(size), url, folder):
                        if not line.startswith("["):
                            continue
                        figure = json.loads(line)
                        show(f"{kind} {size:,}", figure)
                        if figure[0] == BOARD:
                            boards.append(figure[1])
            if len(boards) > 1:
                ratio = ["board, largest to smallest size", boards[-1] / boards[0], "×", 2, ""]
                show(kind, ratio)
            if options.rows:
                with database(kind, "relance_bench_import", Path(folder)) as url:
                    subprocess.run(
                        [sys.executable, "manage.py", "migrate", "-v0"],
                        env={**os.environ, "DATABASE_URL": url, "RELANCE_VAR": folder},
                        check=True,
                    )
                    for line in run("bench.import_file", str(options.rows), url, folder):
                        print(f"{kind:<22} {line}", flush=True)


if __name__ == "__main__":
    main()
