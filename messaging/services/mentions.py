"""People and teams who are named in notes. The only writer of NoteMention."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.ledger.store import Entry
from crm.models import Team
from crm.models import User as UserModel
from messaging.models import Note, NoteMention
from messaging.naming import by_name, find_named, find_unknown
from messaging.subjects import in_sight
from pipeline.models import LeadFollower
from pipeline.services.access import lock_leads

if TYPE_CHECKING:
    from crm.models import User

#: A person or a team: ("user", 5).
Target = tuple[str, int]


def known_names() -> dict[str, Target]:
    """Who can be mentioned: people by name and by e-mail, teams by name."""
    named: list[tuple[str, Target]] = []
    people = UserModel.objects.active().order_by("pk")
    for key, name, email in people.values_list("pk", "name", "email"):
        named += [(name, ("user", key)), (email, ("user", key))]
    teams = Team.objects.filter(is_active=True).order_by("pk")
    named += [(name, ("team", key)) for key, name in teams.values_list("pk", "name")]
    return by_name(named)


def follow(entries: Sequence[Entry]) -> None:
    """Keep the rows of notes whose text was written or changed."""
    texts = {
        entry.record_id: str(entry.after["body"])
        for entry in entries
        if entry.after is not None and "body" in entry.diff
    }
    _write(texts)


def rebuild(notes: Sequence[int]) -> None:
    """Make the rows of notes anew."""
    _write(dict(Note.objects.filter(pk__in=notes).values_list("pk", "body")))


def _write(texts: dict[int, str]) -> None:
    """Bring the rows of notes up to their texts; a mention that stays keeps its row."""
    if not texts:
        return
    kept: dict[tuple[int, Target], int] = {}
    for row in NoteMention.objects.filter(note__in=texts):
        for kind, key in (("user", row.user_id), ("team", row.team_id)):
            if key is not None:
                kept[row.note_id, (kind, key)] = row.pk
    known = known_names() if any("@" in text for text in texts.values()) else {}
    wanted = {
        (note, target): written
        for note, text in texts.items()
        for written, target in find_named(text, known)
    }
    gone = [key for place, key in kept.items() if place not in wanted]
    if gone:
        NoteMention.objects.filter(pk__in=gone).delete()
    NoteMention.objects.bulk_create(
        NoteMention(note_id=note, text=written, **{f"{target[0]}_id": target[1]})
        for (note, target), written in wanted.items()
        if (note, target) not in kept
    )


def nobody_in(text: str) -> list[str]:
    """What a text names behind an @ that is the name of nobody."""
    return find_unknown(text, known_names()) if "@" in text else []


def people_of(mentions: Iterable[NoteMention]) -> list[User]:
    """The active people behind mentions: those named, the members and leaders of teams named."""
    users = [row.user_id for row in mentions if row.user_id is not None]
    teams = [row.team_id for row in mentions if row.team_id is not None]
    if not users and not teams:
        return []
    found = UserModel.objects.active().filter(
        Q(pk__in=users)
        | Q(led_teams__in=teams)
        | Q(memberships__team__in=teams, memberships__is_active=True)
    )
    return list(found.distinct().order_by("name", "pk"))


def sees(user: Any, note: Any) -> bool:
    """Whether a person sees the record that `note` (or a notification) is on."""
    for kind in ("lead", "contact", "company"):
        key = getattr(note, f"{kind}_id")
        if key is not None:
            return bool(in_sight(kind, user).filter(pk=key).exists())
    return False


def follow_mentions(note: Note, by: User | None) -> None:
    """Make those whom a note on a lead names, and who see it, its followers."""
    if note.lead_id is None:
        return
    author = by.pk if by is not None else None
    seeing = [
        person.pk
        for person in people_of(note.mentions.all())
        if person.pk != author and sees(person, note)
    ]
    _add_followers(note.lead_id, seeing)


def _add_followers(lead: int, people: Sequence[int]) -> None:
    already = set(LeadFollower.objects.filter(lead=lead).values_list("user", flat=True))
    LeadFollower.objects.bulk_create(
        LeadFollower(lead_id=lead, user_id=person) for person in people if person not in already
    )


def without_sight(note: Note) -> list[User]:
    """Whom a note names and who do not see the record that it is on."""
    return [person for person in people_of(note.mentions.all()) if not sees(person, note)]


def give_access(*, note: int, by: User) -> list[User]:
    """Make those whom a note names but who do not see its lead its followers; returns them.

    Whoever may change the lead may do so.
    """
    with transaction.atomic():
        found: Note | None = Note.objects.visible_to(by).filter(pk=note).first()
        if found is None or found.lead_id is None:
            raise NotFound(_("There is no such note."))
        lock_leads([found.lead_id], by=by)
        people = without_sight(found)
        _add_followers(found.lead_id, [person.pk for person in people])
    return people
