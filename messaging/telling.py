"""What a change of what is said did, in words."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from core.ledger.tables import Action
from core.ledger.words import Told
from messaging.models import Guest

COVERED = ("lead", "contact", "company", "author", "created_at", "edited_at")
COVERED_OF_GUEST = ("invitation", "answer", "answered_at")
COVERED_OF_INVITATION = ("activity", "organiser", "created_at")
COVERED_OF_FILE = ("lead", "contact", "company", "author", "created_at", "note", "content")


def phrase(told: Told) -> tuple[str, Collection[str]] | None:
    """ "wrote a note", "edited a note", "deleted a note"."""
    if told.change.record_type == "messaging.file":
        return _of_file(told)
    if told.change.record_type == "messaging.guest":
        return _of_guest(told)
    if told.change.record_type == "messaging.invitation":
        return _of_invitation(told)
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


def _of_guest(told: Told) -> tuple[str, Collection[str]]:
    """ "invited Nora Keller", "Accepted": who answers is the cause's label."""
    answer = told.change.diff.get("answer")
    if told.change.action == Action.UPDATED and isinstance(answer, list):
        given = dict(Guest.Answer.choices).get(answer[1])
        return str(given or _("took the answer back")), COVERED_OF_GUEST
    words = {
        Action.CREATED: _("invited a guest"),
        Action.UPDATED: _("changed a guest"),
        Action.DELETED: _("invites a guest no longer"),
    }
    return words[Action(told.change.action)], COVERED_OF_GUEST


def _of_invitation(told: Told) -> tuple[str, Collection[str]]:
    words = {
        Action.CREATED: _("made an invitation"),
        Action.UPDATED: _("changed an invitation"),
        Action.DELETED: _("deleted an invitation"),
    }
    return words[Action(told.change.action)], COVERED_OF_INVITATION
