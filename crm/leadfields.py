"""Custom fields of leads that come along with another query: boards ask for them on every page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from core.jsonrows import JsonRows, read_rows
from crm.customwords import RECORDS
from crm.models import CustomField

NAMES = ("id", "key", "label", "type", "options", "sequence", "on_cards")


def _records() -> Any:
    return CustomField.objects.filter(subject=CustomField.Subject.LEAD, is_active=True)


def lead_fields() -> JsonRows:
    """The custom fields of leads in use, as an annotation of any query."""
    return JsonRows(_records(), NAMES)


def read_lead_fields(text: str | None) -> Sequence[CustomField]:
    """What the annotation holds, in the order of the settings; without one they are asked for."""
    if text is None:
        return list(_records().order_by("sequence", "id"))
    rows = read_rows(text)
    for row in rows:
        if isinstance(row["options"], str):
            row["options"] = json.loads(row["options"])
    rows.sort(key=lambda row: (row["sequence"], row["id"]))
    return [CustomField(subject=CustomField.Subject.LEAD, **row) for row in rows]


def on_cards(text: str | None) -> list[CustomField]:
    """Of these the fields that cards show: those whose values say all themselves."""
    return [one for one in read_lead_fields(text) if one.on_cards and one.type not in RECORDS]
