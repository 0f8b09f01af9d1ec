"""Entries of a history page: who did what, when, for which cause, and whether it can be undone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Min, Q
from django.utils.translation import gettext as _

from core.ledger.tables import Action, Cause, Change, Kind, Undo
from core.ledger.words import Line, Names, Told, tell

ICONS = {
    Kind.PERSON: "user",
    Kind.RULE: "bolt",
    Kind.IMPORT: "table-import",
    Kind.BULK_EDIT: "list",
    Kind.MERGE: "arrows-right-left",
    Kind.API_KEY: "key",
    Kind.FORM: "world",
    Kind.MAIL: "mail",
    Kind.CHAT: "message",
    Kind.CALL: "phone",
    Kind.SYSTEM: "settings",
    Kind.UNDO: "arrow-back-up",
}
#: What the machine keeps beside what people change.
HIDDEN = frozenset({"position"})

#: Says in a few words what a change did and which of its fields that covers; None leaves it to
#: the next, and at last to the lines.
Phrase = Callable[[Told], tuple[str, Collection[str]] | None]

_phrases: list[Phrase] = []


def register_phrase(phrase: Phrase) -> None:
    """Let an app say what changes of its records did."""
    if phrase not in _phrases:
        _phrases.append(phrase)


@dataclass(frozen=True, slots=True)
class Entry:
    """A change for reading."""

    change_id: int
    icon: str
    who: str
    phrase: str
    record: str
    kind_of_record: str
    lines: tuple[Line, ...]
    at: dt.datetime
    cause: Cause
    created: bool
    can_undo: bool
    undone: bool
    #: It was undone, or is an undo, that left something alone.
    in_part: bool = False
    record_type: str = ""


def who_did(cause: Cause) -> str:
    """The person or the thing behind a cause."""
    if cause.actor is not None:
        return str(cause.actor)
    return cause.label or str(cause.get_kind_display())  # type: ignore[attr-defined]


def undone_among(causes: Iterable[UUID]) -> set[UUID]:
    """Which of these causes were wholly undone by one that was not undone itself."""
    found = Undo.objects.filter(undone__in=set(causes), is_complete=True)
    undos = list(found.values_list("undone", "cause"))
    if not undos:
        return set()
    again = undone_among([undo for _undone, undo in undos])
    return {undone for undone, undo in undos if undo not in again}


def undone_or_in_part(causes: Iterable[UUID]) -> tuple[set[UUID], set[UUID]]:
    """Which of these causes were wholly undone; and which in part only, or are undos that left
    something alone."""
    wanted = set(causes)
    rows = list(
        Undo.objects.filter(
            Q(undone__in=wanted) | Q(cause__in=wanted, is_complete=False)
        ).values_list("undone", "cause", "is_complete")
    )
    whole = [(undone, undo) for undone, undo, complete in rows if complete]
    again = undone_among([undo for _undone, undo in whole]) if whole else set()
    undone = {cause for cause, undo in whole if undo not in again}
    left = {key for *pair, complete in rows if not complete for key in pair}
    return undone, (left & wanted) - undone


#: Causes that may touch very many records: offered only to who did them, and to managers.
LARGE = frozenset({Kind.IMPORT, Kind.BULK_EDIT, Kind.MERGE, Kind.UNDO})


def entries(
    changes: Sequence[Change], user: Any, *, offer_undo: bool = False, known: Names | None = None
) -> list[Entry]:
    """The changes for reading, in their order; `known` are names that need not be read.

    With `offer_undo` each offers Undo to `user`, who may change the record that they are of; the
    service, which looks at all that a cause touched, has the last word.
    """
    undone, in_part = undone_or_in_part(change.cause_id for change in changes)
    return [_entry(told, user, offer_undo, undone, in_part) for told in tell(changes, known)]


def _entry(told: Told, user: Any, offer_undo: bool, undone: set[UUID], in_part: set[UUID]) -> Entry:
    change = told.change
    cause = change.cause
    mine = user.is_manager or cause.actor_id == user.pk or cause.kind not in LARGE
    said, covered = say_what(told)
    return Entry(
        change_id=change.pk,
        icon=ICONS.get(Kind(cause.kind), "history"),
        who=who_did(cause),
        phrase=said,
        record=told.record,
        kind_of_record=told.kind_of_record,
        lines=tuple(
            line for line in told.lines if line.field not in HIDDEN and line.field not in covered
        ),
        at=change.at,
        cause=cause,
        created=change.action == Action.CREATED,
        can_undo=offer_undo and mine and cause.pk not in undone,
        undone=cause.pk in undone,
        in_part=cause.pk in in_part,
        record_type=change.record_type,
    )


def say_what(told: Told) -> tuple[str, Collection[str]]:
    """What a change did, in a few words, and the fields that these words cover."""
    for phrase in _phrases:
        said = phrase(told)
        if said is not None:
            return said
    words = {
        Action.CREATED: _("created it"),
        Action.UPDATED: _("changed it"),
        Action.DELETED: _("deleted it"),
    }
    return words[Action(told.change.action)], ()


def what_of(causes: Iterable[UUID]) -> dict[UUID, str]:
    """For each cause its first change in words: "Lead “Fleet”: moved New → Qualified"."""
    firsts = (
        Change.objects.filter(cause__in=list(causes))
        .order_by()
        .values("cause")
        .annotate(first=Min("id"))
        .values_list("first", flat=True)
    )
    changes = list(Change.objects.filter(pk__in=list(firsts)))
    return {
        told.change.cause_id: _("%(kind)s “%(name)s”: %(what)s")
        % {"kind": told.kind_of_record, "name": told.record, "what": say_what(told)[0]}
        for told in tell(changes)
    }
