"""Writing notes, and changing and deleting one's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.ledger.writing import lock, save_locked
from messaging.models import Note
from messaging.services.files import attach, kept
from messaging.services.mentions import follow_mentions
from messaging.subjects import hold_subject

if TYPE_CHECKING:
    from crm.models import User

#: Characters of a note at most.
LONGEST = 20_000


def write_note(
    *,
    body: str,
    by: User | None,
    lead: int | None = None,
    contact: int | None = None,
    company: int | None = None,
    files: Sequence[Any] = (),
) -> Note:
    """Write a note, with files, on a lead, contact or company that the person sees."""
    given = {
        name: key
        for name, key in (("lead", lead), ("contact", contact), ("company", company))
        if key is not None
    }
    if len(given) != 1:
        raise Refused(_("A note is on a lead, a contact or a company."))
    text = _checked(body)
    with kept(files) as named, transaction.atomic():
        kind, key = next(iter(given.items()))
        subject = hold_subject(kind, key, by)
        note = Note(author=by, body=text, **{kind: subject})
        note.save()
        attach(named, by=by, where={kind: subject, "note": note})
        follow_mentions(note, by)
    return note


def update_note(*, note: int, body: str, by: User, expected_version: int | None = None) -> Note:
    """Change one's own note; the version before stays in the ledger."""
    text = _checked(body)
    with transaction.atomic():
        found = _lock(note, by)
        if found.author_id != by.pk:
            raise NotAllowed(_("Only who wrote a note may change it."))
        if expected_version is not None and found.version != expected_version:
            raise Conflict(_("This note was changed meanwhile."))
        if text != found.body:
            found.body, found.edited_at = text, timezone.now()
            save_locked([found])
            follow_mentions(found, by)
    return found


def delete_note(*, note: int, by: User, expected_version: int | None = None) -> Note:
    """Delete a note; undoing brings it back."""
    with transaction.atomic():
        found = _lock(note, by)
        if not Note.objects.changeable_by(by).filter(pk=note).exists():
            raise NotAllowed(_("Only who wrote a note may delete it."))
        if expected_version is not None and found.version != expected_version:
            raise Conflict(_("This note was changed meanwhile."))
        Note.objects.filter(pk=note).delete()
    return found


def _checked(body: str) -> str:
    text = str(body).replace("\r\n", "\n").replace("\x00", "").strip()
    if not text:
        message = _("Write something.")
        raise Refused(message, {"body": [message]})
    if len(text) > LONGEST:
        message = _("At most %s characters.") % LONGEST
        raise Refused(message, {"body": [message]})
    return text


def _lock(note: int, by: User) -> Note:
    found: list[Note] = lock(Note.objects.filter(pk=note).visible_to(by))
    if not found:
        raise NotFound(_("There is no such note."))
    return found[0]
