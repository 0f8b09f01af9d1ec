"""The guests of a meeting as its page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import Guest, SentInvitation
from messaging.services.inviting import is_over
from messaging.services.sending import PAUSE


@dataclass(frozen=True, slots=True)
class Face:
    """A guest, ready to print."""

    name: str
    email: str
    url: str
    answer: str
    answer_name: str
    note: str
    withdraw_url: str


@dataclass(frozen=True, slots=True)
class Guests:
    """The guests of a meeting, and what can be done about them."""

    faces: Sequence[Face]
    organiser: str
    invite_url: str
    why_not: str
    seconds: int


def read_guests(page: Any) -> Guests | None:
    """Those of the activity of a page; None where nobody is invited and nobody can be."""
    step = page.activity
    guests = list(
        Guest.objects.filter(invitation__activity=step)
        .select_related("contact", "invitation__organiser")
        .order_by("id")
    )
    ahead = step.done_at is None and not is_over(step, timezone.now())
    if not guests and not (ahead and page.can_change):
        return None
    told = {row.email: row for row in SentInvitation.objects.filter(activity_id=step.pk)}
    may = ahead and page.can_change
    organiser = guests[0].invitation.organiser if guests else None
    return Guests(
        faces=[_face(guest, told.get(guest.email), may) for guest in guests],
        organiser=str(organiser) if organiser is not None else "",
        invite_url=reverse("activity-invite", args=[step.pk]) if may and not step.all_day else "",
        why_not=_("Guests can be invited once it has an hour.") if may and step.all_day else "",
        seconds=int(PAUSE.total_seconds()),
    )


def _face(guest: Guest, told: SentInvitation | None, may: bool) -> Face:
    if told is None or told.sent_at is None:
        note = _("is about to be told")
    elif guest.answered_at is not None and guest.answered_at < told.sent_at:
        note = _("answered before the last change")
    else:
        note = ""
    return Face(
        name=str(guest),
        email=guest.email if guest.name else "",
        url=guest.contact.get_absolute_url() if guest.contact is not None else "",
        answer=guest.answer,
        answer_name=guest.get_answer_display() or _("No answer yet"),  # type: ignore[attr-defined]
        note=note,
        withdraw_url=reverse("guest-withdraw", args=[guest.pk]) if may else "",
    )
