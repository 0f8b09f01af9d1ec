"""Telling people of changes, behind the dispatcher of the ledger and never in a request.

The only writer of Notification, but for `read_at`. Each change is handed over once and each person
told of it once; nobody is told of their own deeds, nor of what they do not see.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone

from core.ledger.dispatch import Handed
from core.ledger.tables import Change, Kind
from core.ledger.work import work
from crm.models import User as UserModel
from messaging.channels import Channel, channels_of
from messaging.models import Guest, Note, NoteMention, Notification, NotificationWork
from messaging.services.mailing import queue_told
from messaging.services.mentions import people_of, sees
from pipeline.models import Activity, Lead, LeadFollower

if TYPE_CHECKING:
    from crm.models import User

#: Older changes are no news: an import brings years of them.
NEWS = dt.timedelta(days=2)
#: Causes of which people are told otherwise: by the page of the import, of the undo, of the bulk.
UNTOLD = frozenset({Kind.IMPORT, Kind.UNDO, Kind.BULK_EDIT, Kind.MERGE})
NoticeKind = Notification.Kind
MENTION, NOTE = NoticeKind.MENTION, NoticeKind.NOTE


def take(changes: Sequence[Handed]) -> None:
    """Insert a work row for each change that people may have to be told of."""
    since = timezone.now() - NEWS
    rows = [
        NotificationWork(
            key=f"notify:{change.pending_id}",
            change_id=change.change_id,
            record_type=change.record_type,
            record_id=change.record_id,
        )
        for change in changes
        if change.change_id is not None and change.at is not None and change.at > since
        if _is_back(change) or not (change.quiet or change.kind in UNTOLD)
        if is_news(change.record_type, change.action, change.diff)
    ]
    NotificationWork.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)


def _is_back(change: Handed) -> bool:
    """Whether a deleted note has come back: what told of it went with it, and is told anew."""
    created = change.record_type == "messaging.note" and change.action == "created"
    return created and change.kind == Kind.UNDO


def is_news(record_type: str, action: str, diff: Any) -> bool:
    """Whether a change is of a kind that is told."""
    if record_type == "messaging.note":
        return action == "created" or (action == "updated" and "body" in diff)
    if record_type == "pipeline.activity":
        return action != "deleted" and bool(_new(diff, "done_at") or _new(diff, "assignee"))
    if record_type == "messaging.guest":
        return action == "updated" and bool(_new(diff, "answer"))
    if record_type != "pipeline.lead":
        return False
    if action == "created":
        return bool(_new(diff, "owner"))
    return action == "updated" and bool({"stage", "status", "followers", "owner"} & set(diff))


def _new(diff: Any, name: str) -> Any:
    """What a change made of a field; None where it left it alone, or empty."""
    value = diff.get(name)
    return value[1] if isinstance(value, list) else None


def wake() -> None:
    """Ask a worker to tell people."""
    from messaging.tasks import send_notify

    send_notify()


def notify(limit: int = 200) -> int:
    """Do work that is due; return how many rows were done."""
    return work(NotificationWork, _notify, limit=limit)


def _notify(rows: Sequence[NotificationWork]) -> None:
    changes = Change.objects.select_related("cause__actor").in_bulk(row.change_id for row in rows)
    found: list[Notification] = []
    for row in rows:
        change = changes.get(row.change_id)
        if change is not None:
            found += _told(change)
    keep(found)


def keep(found: Sequence[Notification]) -> None:
    """Write what people are told of, and put their mails among what waits to be sent."""
    Notification.objects.bulk_create(found, ignore_conflicts=True)
    mailed = [row for row in found if row.by_mail]
    if mailed:
        of_changes = Q(change__in=[row.change_id for row in mailed if row.change_id])
        of_moments = Q(
            activity__in=[row.activity_id for row in mailed if row.remind_at],
            remind_at__in=[row.remind_at for row in mailed if row.remind_at],
        )
        waiting = Notification.objects.filter(of_changes | of_moments, by_mail=True)
        queue_told(waiting.filter(mailed_at__isnull=True).values_list("pk", flat=True))


def _told(change: Change) -> list[Notification]:
    """Whom to tell of a change: everyone at most once, for the strongest reason."""
    if change.record_type == "messaging.note":
        return _of_note(change)
    if change.record_type == "pipeline.activity":
        return _of_activity(change)
    if change.record_type == "messaging.guest":
        return _of_answer(change)
    lead = Lead.objects.filter(pk=change.record_id).first()
    if lead is None:
        return []
    found: list[Notification] = []
    owner = lead.owner
    if owner is not None and owner.is_active and _new(change.diff, "owner") == owner.pk:
        found = _for([owner], NoticeKind.ASSIGNED, change, lead=lead)
    if change.action == "updated":
        if "followers" in change.diff:
            found += _of_followers(change, lead)
        if {"stage", "status"} & set(change.diff):
            kind = NoticeKind.CLOSED if "status" in change.diff else NoticeKind.STAGE
            told = {row.user_id for row in found}
            people = [person for person in followers_of(lead) if person.pk not in told]
            found += _for(people, kind, change, lead=lead)
    return [_beside_the_bell(row) for row in found]


def _beside_the_bell(row: Notification) -> Notification:
    """The bell tells owners by itself what others do with their leads."""
    if (
        row.kind in (NoticeKind.STAGE, NoticeKind.CLOSED)
        and row.lead is not None
        and (row.lead.owner_id == row.user_id)
    ):
        row.in_app = False
    return row


def _of_activity(change: Change) -> list[Notification]:
    activity = (
        Activity.objects.select_related("lead", "contact", "company", "assignee")
        .filter(pk=change.record_id)
        .first()
    )
    if activity is None:
        return []
    where = {name: getattr(activity, name) for name in ("lead", "contact", "company")}
    where["activity"] = activity
    if _new(change.diff, "done_at"):
        lead = activity.lead
        return (
            _for(followers_of(lead), NoticeKind.DONE, change, **where) if lead is not None else []
        )
    person = activity.assignee
    if person is None or not person.is_active or activity.done_at is not None:
        return []
    if _new(change.diff, "assignee") != person.pk:
        return []
    return _for([person], NoticeKind.ASSIGNED, change, **where)


def _of_answer(change: Change) -> list[Notification]:
    """Who invites, and whose meeting it is, are told what a guest says."""
    guest = (
        Guest.objects.select_related("invitation__organiser", "invitation__activity__assignee")
        .filter(pk=change.record_id)
        .first()
    )
    if guest is None:
        return []
    step = guest.invitation.activity
    where = {name: getattr(step, name) for name in ("lead", "contact", "company")}
    people = {
        person.pk: person
        for person in (guest.invitation.organiser, step.assignee)
        if person is not None and person.is_active
    }
    return _for(list(people.values()), NoticeKind.ANSWER, change, activity=step, **where)


def _of_note(change: Change) -> list[Notification]:
    note = (
        Note.objects.select_related("lead", "contact", "company")
        .filter(pk=change.record_id)
        .first()
    )
    if note is None:
        return []
    where = {"lead": note.lead, "contact": note.contact, "company": note.company, "note": note}
    told_before = set(
        Notification.objects.filter(note=note, kind=MENTION).values_list("user", flat=True)
    )
    named = [person for person in people_of(note.mentions.all()) if person.pk not in told_before]
    found = _for(named, MENTION, change, **where)
    if change.action != "created":
        return found
    followers: list[User] = []
    if note.lead is not None:
        followers = followers_of(note.lead)
    else:
        owner = note.subject.owner
        followers = [owner] if owner is not None and owner.is_active else []
    mentioned = {person.pk for person in named}
    rest = [person for person in followers if person.pk not in mentioned]
    return found + _for(rest, NOTE, change, **where)


def _of_followers(change: Change, lead: Lead) -> list[Notification]:
    """Those who were made followers by somebody else, and not just because a note named them."""
    value = change.diff["followers"]
    added = value.get("add", ()) if isinstance(value, dict) else ()
    notes = Change.objects.filter(cause=change.cause_id, record_type="messaging.note")
    named = people_of(NoteMention.objects.filter(note__in=notes.values("record_id")))
    people = UserModel.objects.active().filter(pk__in=added)
    people = people.exclude(pk__in=[person.pk for person in named])
    return _for(list(people), NoticeKind.FOLLOWER, change, lead=lead)


def _for(people: Sequence[Any], kind: str, change: Change, **where: Any) -> list[Notification]:
    """Notifications for those of `people` who did not do it and who see what it is on."""
    return [
        told
        for person in people
        if person.pk != change.cause.actor_id
        if (told := for_person(person, kind, change=change, **where)) is not None
    ]


def for_person(person: User, kind: str, **where: Any) -> Notification | None:
    """A notification by the ways that the person has chosen; None where there is no way, or what
    it is on is out of their sight."""
    ways = channels_of(person, kind)
    told = Notification(
        user=person,
        kind=kind,
        in_app=Channel.APP in ways,
        by_mail=Channel.MAIL in ways,
        in_digest=Channel.DIGEST in ways,
        **where,
    )
    return told if ways and sees(person, told) else None


def followers_of(lead: Lead) -> list[User]:
    """Who is told of a lead: its followers, and by rule its owner and the leader of its team."""
    links = LeadFollower.objects.filter(lead=lead).values("user")
    wanted = Q(pk__in=links) | Q(pk=lead.owner_id)
    if lead.team_id is not None:
        wanted |= Q(led_teams=lead.team_id)
    return list(UserModel.objects.active().filter(wanted).distinct().order_by("name", "pk"))


def mark_read(*, by: User, pk: int | None = None, read: bool = True) -> int:
    """Mark one or all of a person's own notifications as read, or one as unread; returns how
    many changed."""
    rows = Notification.objects.in_app().filter(user=by, read_at__isnull=read)
    if pk is not None:
        rows = rows.filter(pk=pk)
    return rows.update(read_at=timezone.now() if read else None)
