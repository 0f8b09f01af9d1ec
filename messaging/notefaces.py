"""Notes as they are printed: on a lead's timeline, on the page of a contact or company."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.ledger.schema import schema_of
from core.ledger.tables import Cause, Change
from core.timeline import Item
from messaging.filefaces import MEGABYTE, FileFace, file_face
from messaging.forms import NoteForm
from messaging.markdown import render
from messaging.models import Note

if TYPE_CHECKING:
    from crm.models import User

NOTE = "messaging.note"
#: Notes shown on the page of a contact or company; a page of its own has the rest.
SHOWN = 10


@dataclass(frozen=True, slots=True)
class NoteFace:
    """A note, ready to print; an address is "" where there is nothing to do."""

    pk: int
    who: str
    at: dt.datetime
    html: SafeString
    edited: bool
    versions_url: str
    edit_url: str
    delete_url: str
    files: Sequence[FileFace]


@dataclass(frozen=True, slots=True)
class Composer:
    """Where a note is written: the address that takes it, the form, and how large a file may be."""

    url: str
    form: NoteForm
    most_bytes: int
    most_mb: int


@dataclass(frozen=True, slots=True)
class Notes:
    """The latest notes on a record, where one more is written, and where older ones are."""

    composer: Composer
    notes: Sequence[NoteFace]
    more_url: str


def composer_of(kind: str, pk: int, form: NoteForm | None = None) -> Composer:
    """The composer of a record ("lead", 5)."""
    return Composer(
        reverse("notes", args=[kind, pk]),
        form or NoteForm(auto_id="note_%s"),
        settings.FILE_SIZE,
        settings.FILE_SIZE // MEGABYTE,
    )


def face_of(note: Note, user: User) -> NoteFace:
    """A note for a person."""
    mine = note.author_id == user.pk
    return NoteFace(
        pk=note.pk,
        who=str(note.author or _("Nobody")),
        at=note.created_at,
        html=render(with_mentions(note)),
        edited=note.edited_at is not None,
        versions_url=reverse("note-versions", args=[note.pk]) if note.edited_at else "",
        edit_url=reverse("note-edit", args=[note.pk]) if mine else "",
        delete_url=reverse("note-delete", args=[note.pk]) if mine or user.is_manager else "",
        files=[file_face(file, user) for file in note.files.all()],
    )


def with_mentions(note: Note) -> str:
    """The text of a note, with whom it names in bold."""
    names = {mention.text for mention in note.mentions.all()}
    if not names:
        return note.body
    found = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.sub(rf"(?<![\w@.*])@({found})(?![\w*])", r"**@\1**", note.body)


def read_notes(
    kind: str, pk: int, user: User, *, size: int = SHOWN, before: str = "", form: Any = None
) -> Notes:
    """A page of the notes on a record that the person sees, newest first, behind a place."""
    found = notes_behind(kind, pk, before, size + 1)
    more = ""
    if len(found) > size:
        more = f"{reverse('notes', args=[kind, pk])}?before={place_of(found[size - 1])}"
    faces = [face_of(note, user) for note in found[:size]]
    return Notes(composer_of(kind, pk, form), faces, more)


def read_timeline(past: Any, before: str, size: int, alone: bool) -> Sequence[Item]:
    """The notes on a lead, for its timeline."""
    notes = notes_behind("lead", past.lead.pk, before, size)
    causes = _causes([note.pk for note in notes])
    return [_item(note, causes.get(note.pk), past.user) for note in notes]


def _item(note: Note, cause: Cause | None, user: User) -> Item:
    return Item(
        key=place_of(note),
        at=note.created_at,
        icon="note",
        who=str(note.author or _("Nobody")),
        phrase=_("wrote a note"),
        cause=cause,
        template="messaging/note.html",
        data=face_of(note, user),
    )


def _causes(notes: Sequence[int]) -> dict[int, Cause]:
    """Why each note was written."""
    if not notes:
        return {}
    changes = Change.objects.filter(record_type=NOTE, record_id__in=notes, action="created")
    return {change.record_id: change.cause for change in changes.select_related("cause__actor")}


def notes_behind(kind: str, pk: int, before: str, size: int) -> list[Note]:
    """At most `size` notes on a record behind a place ("" for the newest on), newest first."""
    notes = Note.objects.on(kind, pk).select_related("author")
    notes = notes.prefetch_related("mentions", "files__content", "files__author")
    notes = notes.newest_first()
    place = _read_place(before)
    return list((notes.before(*place) if place else notes)[:size])


def place_of(note: Note) -> str:
    """The place of a note in the order of time."""
    return f"{note.created_at.astimezone(dt.UTC).replace(tzinfo=None).isoformat()}_{note.pk}"


def _read_place(text: str) -> tuple[dt.datetime, int] | None:
    moment, _line, key = text.partition("_")
    try:
        at = parse_datetime(moment)
    except ValueError:
        return None
    if at is None or at.tzinfo is not None or not key.isascii() or not key.isdigit():
        return None
    return at.replace(tzinfo=dt.UTC), min(int(key), 2**63 - 1)


@dataclass(frozen=True, slots=True)
class Version:
    """A note as it once stood."""

    at: dt.datetime
    who: str
    html: SafeString
    is_current: bool


def versions_of(note: Note) -> list[Version]:
    """Every version of a note, the current one first, from the ledger."""
    changes = (
        Change.objects.filter(record_type=NOTE, record_id=note.pk, diff__has_key="body")
        .select_related("cause__actor")
        .order_by("-id")
    )
    decode = schema_of(Note).by_name["body"].decode
    return [
        Version(
            at=change.at,
            who=str(change.cause.actor or change.cause.label),
            html=render(decode(change.diff["body"][1]) or ""),
            is_current=place == 0,
        )
        for place, change in enumerate(changes)
        if change.diff["body"][1]
    ]
