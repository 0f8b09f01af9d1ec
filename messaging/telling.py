"""What a change of what is said did, in words."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from core.ledger.tables import Action
from core.ledger.words import Told

COVERED = ("lead", "contact", "company", "author", "created_at", "edited_at")
COVERED_OF_FILE = ("lead", "contact", "company", "author", "created_at", "note", "content")


def phrase(told: Told) -> tuple[str, Collection[str]] | None:
    """ "wrote a note", "edited a note", "deleted a note"."""
    if told.change.record_type == "messaging.file":
        return _of_file(told)
    if told.change.record_type != "messaging.note":
        return None
    words = {
        Action.CREATED: _("wrote a note"),
        Action.UPDATED: _("edited a note"),
        Action.DELETED: _("deleted a note"),
    }
    return words[Action(told.change.action)], COVERED


def _of_file(told: Told) -> tuple[str, Collection[str]]:
    """ "added a file"; its name is among the values."""
    words = {
        Action.CREATED: _("added a file"),
        Action.UPDATED: _("changed a file"),
        Action.DELETED: _("deleted a file"),
    }
    return words[Action(told.change.action)], COVERED_OF_FILE
