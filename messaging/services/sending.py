"""Telling guests: what a meeting is to be is compared with what each address was told last, and
what differs is mailed. So a meeting that is moved, called off, deleted, merged or brought back by
an undo needs no code of its own.

The only writer of SentInvitation. The comparison waits until nothing changed for a while: an undo
within that time is told to nobody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from core.ledger.dispatch import Handed
from core.ledger.work import work
from crm.models import Contact
from crm.organisation import organisation
from crm.scrubbing import DOMAIN
from messaging.models import Guest, Invitation, InvitationWork, SentInvitation
from messaging.services.inviting import is_over
from messaging.services.mailing import queue_invitations
from pipeline.models import Activity
from pipeline.services.nextsteps import zone_of

ACTIVITY, INVITATION, GUEST = "pipeline.activity", "messaging.invitation", "messaging.guest"
#: What of an activity its guests are told.
WATCHED = frozenset({"due_at", "all_day", "duration", "place", "outcome", "done_at", "assignee"})
#: How long nothing must have changed: as long as a toast offers Undo, and the same again.
PAUSE = dt.timedelta(seconds=20)


def take(changes: Sequence[Handed]) -> None:
    """Have the guests of changed meetings told, once nothing changes any more."""
    invitations, activities = set(), set()
    of_guests: set[int] = set()
    for change in changes:
        if change.record_type == GUEST and (change.action != "updated" or "email" in change.diff):
            of_guests |= _keys_in(change.diff, "invitation")
            if change.action != "deleted":
                invitations |= _invitation_of(change.record_id)
        elif change.record_type == INVITATION:
            activities |= _keys_in(change.diff, "activity")
            invitations.add(change.record_id)
        elif change.record_type == ACTIVITY and (
            change.action != "updated" or WATCHED & set(change.diff)
        ):
            activities.add(change.record_id)
    if not (invitations or activities or of_guests):
        return
    place(_meetings(activities, invitations | of_guests))


def _keys_in(diff: Any, name: str) -> set[int]:
    """The keys that a change of a whole row names."""
    value = diff.get(name)
    return {key for key in value if key is not None} if isinstance(value, list) else set()


def _invitation_of(guest: int) -> set[int]:
    return set(Guest.objects.filter(pk=guest).values_list("invitation_id", flat=True))


def _meetings(activities: set[int], invitations: set[int]) -> set[int]:
    """Those activities among them to which somebody is or was invited."""
    wanted = Q(activity__in=activities) | Q(pk__in=invitations)
    found = set(Invitation.objects.filter(wanted).values_list("activity_id", flat=True))
    told = SentInvitation.objects.filter(activity_id__in=activities)
    return found | set(told.values_list("activity_id", flat=True))


def place(activities: Iterable[int]) -> None:
    """Have meetings compared once they have rested."""
    keys = sorted(activities)
    InvitationWork.objects.filter(record_type=ACTIVITY, record_id__in=keys).delete()
    at = timezone.now() + PAUSE
    InvitationWork.objects.bulk_create(
        InvitationWork(
            key=f"invite:{key}:{at.timestamp()}", record_type=ACTIVITY, record_id=key, not_before=at
        )
        for key in keys
    )


def tell_guests(limit: int = 100) -> int:
    """Compare meetings that have rested; returns how many."""
    return work(InvitationWork, _compare, limit=limit)


def _compare(rows: Sequence[InvitationWork]) -> None:
    for row in rows:
        _compare_one(row.record_id)


def _compare_one(key: int) -> None:
    now = timezone.now()
    step = Activity.objects.select_related("assignee").filter(pk=key).first()
    called_off = step is None or step.outcome == Activity.Outcome.CANCELLED
    if step is not None and (is_over(step, now) or (step.done_at is not None and not called_off)):
        return
    told = {row.email: row for row in SentInvitation.objects.filter(activity_id=key)}
    wanted = {} if step is None or called_off else _wanted(step)
    changed: list[SentInvitation] = []
    for email, content in wanted.items():
        row = told.get(email)
        if row is None:
            row = SentInvitation.objects.create(activity_id=key, email=email, content=content)
            changed.append(row)
        elif row.cancelled or row.content != content:
            changed.append(_told_anew(row, content=content, cancelled=False))
    for email, row in told.items():
        if email in wanted or row.cancelled or _is_erased(email):
            continue
        if _start(row) > now:
            changed.append(_told_anew(row, cancelled=True))
    queue_invitations((row.pk, row.sequence) for row in changed)


def _told_anew(row: SentInvitation, **values: Any) -> SentInvitation:
    for name, value in values.items():
        setattr(row, name, value)
    row.sequence += 1
    row.save()
    return row


def _is_erased(email: str) -> bool:
    """Whether it is what stands for the address of somebody who was erased: no mail reaches it."""
    return email.endswith(f"@{DOMAIN}")


def _start(row: SentInvitation) -> dt.datetime:
    return dt.datetime.fromisoformat(row.content["start"])


def _wanted(step: Activity) -> dict[str, dict[str, Any]]:
    """What each guest of a meeting is to know, by address. Addresses of those who were erased
    are none."""
    guests = Guest.objects.filter(invitation__activity=step).select_related(
        "invitation__organiser", "contact"
    )
    zone = zone_of(step.assignee)
    return {
        guest.email: {
            "guest": guest.pk,
            "title": guest.invitation.title,
            "message": guest.invitation.message,
            "start": step.due_at.isoformat(),
            "day": str(step.due_at.astimezone(zone).date()) if step.all_day else "",
            "minutes": step.duration,
            "place": step.place,
            "zone": str(zone),
            "language": _language(guest.contact, guest.invitation),
            "organiser": _organiser(guest.invitation),
        }
        for guest in guests
        if not _is_erased(guest.email)
    }


def _organiser(invitation: Invitation) -> dict[str, str]:
    person = invitation.organiser
    return {"name": person.name, "email": person.email} if person is not None else {}


def _language(contact: Contact | None, invitation: Invitation) -> str:
    """The guest's language if it is one of ours, else that of who invites."""
    known = dict(settings.LANGUAGES)
    spoken = (contact.language if contact is not None else "").split("-")[0]
    if spoken in known:
        return spoken
    person = invitation.organiser
    return person.language if person is not None else organisation().language
