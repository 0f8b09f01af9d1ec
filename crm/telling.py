"""What changes of contacts and companies did, in words."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from core.ledger.tables import Action
from core.ledger.words import Told

#: What a new point has anyhow: it is told by its value.
TOLD = ("contact", "company", "kind", "label", "value")


def phrase(told: Told) -> tuple[str, Collection[str]] | None:
    """ "added nora@gmail.com (private)", and the fields that this covers."""
    change = told.change
    if change.record_type != "crm.contactpoint":
        return None
    lines = {line.field: line for line in told.lines}
    place = 0 if change.action == Action.DELETED else 1
    said = {name: (line.old, line.new)[place] for name, line in lines.items()}
    if change.action == Action.UPDATED:
        return _("changed “%(value)s”") % {"value": told.record}, ()
    words = {"value": said.get("value", ""), "label": said.get("label", "")}
    if change.action == Action.DELETED:
        return _("removed “%(value)s” (%(label)s)") % words, TOLD
    return _("added “%(value)s” (%(label)s)") % words, TOLD
