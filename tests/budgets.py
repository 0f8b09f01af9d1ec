"""Query budgets: how many queries a page or endpoint takes, against a committed file.

A query is a SELECT, INSERT, UPDATE or DELETE; BEGIN, COMMIT and SAVEPOINT do not count. To accept
new figures after a wanted change, run the tests once with `RELANCE_QUERY_COUNTS=write` and commit
`query_counts.json`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

COUNTS = Path(__file__).parent / "query_counts.json"
COUNTED = re.compile(r"^[\s(]*(?:--.*\n)*\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)


@contextmanager
def counting_queries(into: list[str]) -> Iterator[None]:
    """Collect the SQL of what counts as a query inside the block."""
    with CaptureQueriesContext(connection) as caught:
        yield
    into.extend(q["sql"] for q in caught.captured_queries if COUNTED.match(q["sql"]))


class QueryBudget:
    """Measures the same work at two sizes and compares with the committed figures."""

    def __init__(self, name: str) -> None:
        self.name = f"{name} [{connection.vendor}]"
        self.found: dict[str, int] = {}
        self.sql: dict[str, list[str]] = {}

    @contextmanager
    def at(self, size: str) -> Iterator[None]:
        """Measure the block as the figure of `size`: "small" or "large"."""
        sql: list[str] = []
        with counting_queries(sql):
            yield
        self.found[size] = len(sql)
        self.sql[size] = sql

    def check(self) -> None:
        """Fail when the figures are not the committed ones, or grow with the number of records."""
        assert set(self.found) == {"small", "large"}, "measure at both sizes"
        committed = json.loads(COUNTS.read_text()) if COUNTS.exists() else {}
        if os.environ.get("RELANCE_QUERY_COUNTS") == "write":
            committed[self.name] = self.found
            COUNTS.write_text(json.dumps(committed, indent=1, sort_keys=True) + "\n")
        listing = "\n".join(self.sql["large"])
        assert self.found["small"] == self.found["large"], f"queries grow with size:\n{listing}"
        assert self.found == committed.get(self.name), f"{self.name} took:\n{listing}"


@pytest.fixture
def query_budget(db: None) -> Iterator[Callable[[str], QueryBudget]]:
    """`budget = query_budget("lead list")`, then `with budget.at("small")` and `.at("large")`.

    The comparison with the committed file happens when the test ends.
    """
    # What SQLite can do is asked of it once by each process; that is no query of a page.
    assert connection.features.supports_json_field
    opened: list[QueryBudget] = []

    def budget(name: str) -> QueryBudget:
        opened.append(QueryBudget(name))
        return opened[-1]

    yield budget
    for measured in opened:
        measured.check()
