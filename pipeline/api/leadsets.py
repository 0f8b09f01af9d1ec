"""The sets that are shown with leads: tags, collaborators, followers, and the main contact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Value

from core.api.fields import Reference, References
from pipeline.models import Lead, LeadCollaborator, LeadContact, LeadFollower, LeadTag

SETS = ("tags", "collaborators", "followers", "main_contact")


def attach_sets(leads: Sequence[Lead]) -> None:
    """Read the sets of all `leads` in one query and keep them on each, as `shown_sets`."""
    shown: dict[int, dict[str, list[tuple[int, str]]]] = {
        lead.pk: {name: [] for name in SETS} for lead in leads
    }
    if shown:
        for lead, name, key, text in _rows(list(shown)):
            shown[lead][name].append((key, text))
    for lead in leads:
        sets = shown[lead.pk]
        for items in sets.values():
            items.sort(key=lambda item: (item[1].casefold(), item[0]))
        lead.shown_sets = sets  # type: ignore[attr-defined]


def _rows(ids: list[int]) -> Any:
    def rows(links: Any, name: str, child: str) -> Any:
        return (
            links.filter(lead__in=ids)
            .order_by()
            .values_list("lead_id", Value(name), f"{child}_id", f"{child}__name")
        )

    return rows(LeadTag.objects.all(), "tags", "tag").union(
        rows(LeadCollaborator.objects.all(), "collaborators", "user"),
        rows(LeadFollower.objects.all(), "followers", "user"),
        rows(LeadContact.objects.filter(is_main=True), "main_contact", "contact"),
        all=True,
    )


class LeadSet(References):
    """A set on a lead, presented from what `attach_sets` has read."""

    def get_attribute(self, instance: Any) -> Any:
        """The pairs of id and name."""
        return instance.shown_sets[self.field_name]


class MainContact(Reference):
    """The main contact of a lead, presented from what `attach_sets` has read."""

    def get_attribute(self, instance: Any) -> Any:
        """The pair of id and name, or None."""
        found = instance.shown_sets["main_contact"]
        return found[0] if found else None

    def to_representation(self, value: Any) -> dict[str, Any]:
        """The id and the contact's name."""
        return {"id": value[0], "name": value[1]}
