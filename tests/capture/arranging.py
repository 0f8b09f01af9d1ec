"""What the tests of imports share: files to import, and pictures of the whole database."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Sum

from capture.report import ImportReport
from capture.services.imports import GivenFile, Options, import_files
from pipeline.models import StageTotal

SAMPLES = Path(__file__).parent / "samples"
REAL = Path(__file__).resolve().parents[3] / "shared" / "data"
OPPORTUNITIES = REAL / "opportunities"
#: The ledger grows with an undo; sums are compared as sums, since deltas are appended to them.
NOT_COMPARED = {"Cause", "Change", "Undo", "Pending", "StageTotal"}

needs_opportunities = pytest.mark.skipif(
    not OPPORTUNITIES.is_dir(), reason="the file of 8,800 opportunities is not beside the project"
)


def run(*paths: Path, by: Any = None, **options: Any) -> ImportReport:
    """Import files as the command does."""
    return import_files(
        files=[GivenFile(path) for path in paths], by=by, options=Options(**options)
    )


def write(folder: Path, text: str, name: str = "leads.csv", encoding: str = "utf-8") -> Path:
    """A file with this text."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def sample(name: str) -> list[Path]:
    """The files of a sample folder."""
    return sorted((SAMPLES / name).glob("*.csv"))


def picture() -> dict[str, Counter[str]]:
    """Every row of every table but the ledger's, and the sums of the board."""
    tables: dict[str, Counter[str]] = {}
    for model in apps.get_models():
        if model._meta.managed and model.__name__ not in NOT_COMPARED:
            rows = model._base_manager.values()
            tables[model._meta.label] = Counter(repr(sorted(row.items())) for row in rows)
    keys = ("pipeline", "stage", "status", "owner", "team", "currency")
    totals = StageTotal.objects.values(*keys).annotate(
        n=Sum("count"), a=Sum("amount"), w=Sum("weighted"), e=Sum("without_amount")
    )
    tables["sums"] = Counter(
        repr([total[key] for key in keys] + [str(total[key].normalize()) for key in "aw"])
        for total in totals
        if total["n"] or total["a"] or total["w"] or total["e"]
    )
    return tables


def differences(before: dict[str, Counter[str]], after: dict[str, Counter[str]]) -> dict[str, Any]:
    """What two pictures do not have in common, by table."""
    return {
        label: {"gone": list(rows - after[label])[:3], "new": list(after[label] - rows)[:3]}
        for label, rows in before.items()
        if rows != after[label]
    }
