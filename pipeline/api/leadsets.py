"""The sets that are shown with leads: tags, collaborators, followers, and the main contact.

They come with the leads' own query, as JSON made by the database: one list costs one query.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Aggregate, F, JSONField, OuterRef, QuerySet, Subquery

from core.api.fields import Reference, References
from pipeline.models import LeadCollaborator, LeadContact, LeadFollower, LeadTag


class Pairs(Aggregate):
    """Rows of a group as a JSON array of `[id, name]`."""

    function = "jsonb_agg"
    name = "Pairs"
    arity = 2

    def __init__(self, key: str, text: str) -> None:
        super().__init__(F(key), F(text), output_field=JSONField())

    def as_sql(self, compiler: Any, connection: Any, **_context: Any) -> Any:
        """PostgreSQL's way."""
        return super().as_sql(
            compiler, connection, template="jsonb_agg(jsonb_build_array(%(expressions)s))"
        )

    def as_sqlite(self, compiler: Any, connection: Any, **_context: Any) -> Any:
        """SQLite's way."""
        return super().as_sql(
            compiler, connection, template="json_group_array(json_array(%(expressions)s))"
        )


def _shown(links: Any, child: str) -> Subquery:
    rows = links.filter(lead=OuterRef("pk")).order_by().values("lead")
    return Subquery(rows.annotate(found=Pairs(f"{child}_id", f"{child}__name")).values("found"))


def with_sets(leads: QuerySet[Any]) -> QuerySet[Any]:
    """The leads with their sets, each as `shown_<name>`: a list of `[id, name]`, or None."""
    return leads.annotate(
        shown_tags=_shown(LeadTag.objects.all(), "tag"),
        shown_collaborators=_shown(LeadCollaborator.objects.all(), "user"),
        shown_followers=_shown(LeadFollower.objects.all(), "user"),
        shown_main_contact=_shown(LeadContact.objects.filter(is_main=True), "contact"),
    )


class LeadSet(References):
    """A set on a lead, presented from what `with_sets` has read, by name."""

    def get_attribute(self, instance: Any) -> Any:
        """The pairs of id and name."""
        pairs = getattr(instance, f"shown_{self.field_name}") or []
        return sorted(pairs, key=lambda pair: (pair[1].casefold(), pair[0]))


class MainContact(Reference):
    """The main contact of a lead, presented from what `with_sets` has read."""

    def get_attribute(self, instance: Any) -> Any:
        """The pair of id and name, or None."""
        pairs = instance.shown_main_contact
        return pairs[0] if pairs else None

    def to_representation(self, value: Any) -> dict[str, Any]:
        """The id and the contact's name."""
        return {"id": value[0], "name": value[1]}
