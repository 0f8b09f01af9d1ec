"""Seeding by the command, for tests."""

from __future__ import annotations

import datetime as dt
import json
from io import StringIO
from typing import Any

from django.core.management import call_command

NOW = dt.datetime(2026, 11, 24, 9, 30, tzinfo=dt.UTC)


def seed(**options: Any) -> dict[str, Any]:
    """Seed by the command; what it said."""
    said = StringIO()
    options = {"leads": 300, "users": 20, "seed": 7, "months": 12, **options}
    call_command("seed", json=True, stdout=said, **options)
    found: dict[str, Any] = json.loads(said.getvalue().splitlines()[-1])
    return found
