"""The names of what leads refer to, and their sets: read for all leads of a page in one statement.

Joining a dozen tables costs the planner more than reading the lead; so the leads come alone, and
the names after them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from core.api.fields import Reference, References
from pipeline.models import Lead, LeadCollaborator, LeadContact, LeadFollower, LeadTag

#: Keys to other records, and the column that names such a record.
REFERENCES = {
    "company": "name",
    "owner": "name",
    "team": "name",
    "pipeline": "name",
    "stage": "name",
    "lost_reason": "name",
    "product": "name",
    "source": "name",
    "medium": "name",
    "campaign": "name",
    "first_touch": "landing_url",
    "last_touch": "landing_url",
}
#: Sets: their rows, the key to a member, and what else a row must be.
SETS: dict[str, tuple[Any, str, str]] = {
    "tags": (LeadTag, "tag", ""),
    "collaborators": (LeadCollaborator, "user", ""),
    "followers": (LeadFollower, "user", ""),
    "main_contact": (LeadContact, "contact", " AND link.is_main"),
}
Pair = tuple[int, str]


def attach_names(leads: Sequence[Lead]) -> None:
    """Keep on each lead, as `shown`, the pairs of id and name that its presentation reads."""
    names: dict[tuple[str, int], str] = {}
    sets: dict[tuple[str, int], list[Pair]] = {}
    for field, lead_id, key, name in _rows(leads):
        if lead_id:
            sets.setdefault((field, lead_id), []).append((key, name))
        else:
            names[field, key] = name
    for lead in leads:
        shown: dict[str, Any] = {}
        for field in REFERENCES:
            key = getattr(lead, f"{field}_id")
            shown[field] = None if key is None else (key, names.get((field, key), ""))
        for field in SETS:
            pairs = sets.get((field, lead.pk), [])
            shown[field] = sorted(pairs, key=lambda pair: (pair[1].casefold(), pair[0]))
        main = shown["main_contact"]
        shown["main_contact"] = main[0] if main else None
        lead.shown = shown  # type: ignore[attr-defined]


def _rows(leads: Sequence[Lead]) -> list[tuple[str, int, int, str]]:
    """`(field, lead or 0, id, name)` of everything that the leads refer to."""
    if not leads:
        return []
    parts, parameters = [], []
    for sql, ids in _parts(leads):
        parts.append(sql)
        parameters.extend(ids)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), parameters)
        return list(cursor.fetchall())


def _parts(leads: Sequence[Lead]) -> Iterator[tuple[str, list[int]]]:
    quote = connection.ops.quote_name
    for field, column in REFERENCES.items():
        ids = sorted({getattr(lead, f"{field}_id") for lead in leads} - {None})
        if ids:
            model: Any = Lead._meta.get_field(field).related_model
            yield (
                f"SELECT '{field}', 0, id, {quote(column)} FROM {quote(model._meta.db_table)}"
                f" WHERE id IN ({_places(ids)})",
                ids,
            )
    ids = [lead.pk for lead in leads]
    for field, (link, child, condition) in SETS.items():
        member = link._meta.get_field(child).related_model._meta.db_table
        yield (
            f"SELECT '{field}', link.lead_id, member.id, member.name"
            f" FROM {quote(link._meta.db_table)} AS link"
            f" JOIN {quote(member)} AS member ON member.id = link.{child}_id"
            f" WHERE link.lead_id IN ({_places(ids)}){condition}",
            ids,
        )


def _places(ids: Sequence[int]) -> str:
    return ", ".join(["%s"] * len(ids))


class LeadReference(Reference):
    """A reference of a lead, presented from what `attach_names` has read."""

    def get_attribute(self, instance: Any) -> Any:
        """The pair of id and name, or None."""
        return instance.shown[self.field_name]

    def to_representation(self, value: Any) -> dict[str, Any]:
        """The id and the name."""
        return {"id": value[0], "name": value[1]}


class LeadSet(References):
    """A set on a lead, presented from what `attach_names` has read, by name."""

    def get_attribute(self, instance: Any) -> Any:
        """The pairs of id and name."""
        return instance.shown[self.field_name]
