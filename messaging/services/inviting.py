"""Inviting people to a meeting: who is asked, what they read, what they answer.

What is written here is what the meeting is to be; `sending` tells the guests of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound, Refused
from core.ledger.causes import because
from core.ledger.tables import Kind
from core.ledger.writing import lock, save_locked
from crm.models import Contact
from crm.services.rights import locked_for_change
from messaging.models import Guest, Invitation
from pipeline.models import Activity

if TYPE_CHECKING:
    from crm.models import User

#: Guests of a meeting at most, and characters of its message.
MOST, LONGEST = 50, 5_000


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody to invite: an address, how they are called, and which contact they are."""

    email: str
    name: str = ""
    contact: int | None = None


def invite(
    *,
    activity: int,
    guests: Sequence[Asked],
    by: User,
    title: str = "",
    message: str = "",
    instead: bool = False,
) -> Invitation:
    """Ask people to a meeting that has an hour, and set what they read of it.

    Who is asked already stays as they are; with `instead`, who is not among `guests` is not asked
    any more. Without a title it is the activity's type: its own words are for colleagues.
    """
    wanted = _checked(guests)
    with transaction.atomic():
        step = locked_for_change(Activity, [activity], by)[0]
        _require_ahead(step)
        invitation = _invitation_of(step, by, title, message)
        there = {guest.email: guest for guest in lock(Guest.objects.filter(invitation=invitation))}
        if instead:
            for email in there.keys() - wanted.keys():
                there.pop(email).delete()
        if len(there.keys() | wanted.keys()) > MOST:
            raise Refused(_("At most %s guests.") % MOST, {"more": [_("Too many guests.")]})
        if not there and not wanted and not instead:
            raise Refused(_("Say whom to invite."), {"people": [_("Say whom to invite.")]})
        contacts = _visible([asked.contact for asked in wanted.values() if asked.contact], by)
        for email, asked in wanted.items():
            if email in there:
                continue
            if asked.contact and asked.contact not in contacts:
                raise NotFound(_("There is no such contact."))
            Guest(
                invitation=invitation,
                email=email,
                name=asked.name.strip()[:200],
                contact_id=asked.contact,
            ).save()
    return invitation


def withdraw_guest(*, guest: int, by: User) -> Guest:
    """Invite somebody no longer."""
    with transaction.atomic():
        found = locked_for_change(Guest, [guest], by)[0]
        Guest.objects.filter(pk=guest).delete()
    return found


def answer_invitation(*, guest: int, email: str, answer: str) -> Guest:
    """Note what a guest says, from the link of their mail and without a login."""
    if answer not in Guest.Answer.values:
        raise Refused(_("Say whether you come."))
    with transaction.atomic():
        found = lock(Guest.objects.filter(pk=guest, email=email))
        if not found:
            raise NotFound(_("There is no such invitation."))
        one: Guest = found[0]
        _require_ahead(one.invitation.activity)
        with because(Kind.FORM, label=str(one), reference=f"invitation:{guest}"):
            one.answer, one.answered_at = answer, timezone.now()
            save_locked([one])
    return one


def is_over(activity: Activity, now: dt.datetime) -> bool:
    """Whether it is too late to tell anybody of a meeting."""
    return activity.due_at <= now


def _require_ahead(step: Activity) -> None:
    if step.done_at is not None:
        raise Refused(_("This activity is completed already."))
    if is_over(step, timezone.now()):
        raise Refused(_("This meeting is over."))
    if step.all_day:
        raise Refused(_("Set the hour first: guests want to know it."))


def _invitation_of(step: Activity, by: User, title: str, message: str) -> Invitation:
    title, message = " ".join(title.split()), message.replace("\r\n", "\n").strip()
    if len(title) > 200:
        raise Refused(_("The title is too long."), {"title": [_("At most %s characters.") % 200]})
    if len(message) > LONGEST:
        words = _("At most %s characters.") % LONGEST
        raise Refused(words, {"message": [words]})
    found = lock(Invitation.objects.filter(activity=step))
    if found:
        invitation: Invitation = found[0]
        invitation.title, invitation.message = title or invitation.title, message
        save_locked([invitation])
        return invitation
    invitation = Invitation(
        activity=step, title=title or str(step.type), message=message, organiser=by
    )
    invitation.save()
    return invitation


def _checked(guests: Sequence[Asked]) -> dict[str, Asked]:
    found: dict[str, Asked] = {}
    for asked in guests:
        email = asked.email.strip().lower()
        try:
            validate_email(email)
        except ValidationError:
            text = _("“%s” is not an e-mail address.") % asked.email.strip()[:100]
            raise Refused(text, {"more": [text]}) from None
        found.setdefault(email, asked)
    return found


def _visible(contacts: Sequence[int], by: User) -> set[int]:
    rows = Contact.objects.visible_to(by).filter(pk__in=contacts)
    return set(rows.values_list("pk", flat=True))
