"""The mails in which colleagues are told, at once and in the morning; and guests of a meeting."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils import timezone, translation

from crm.mails import compose, compose_to
from crm.models import User
from messaging.calendars import meeting_for_guest
from messaging.links import DoneLink, answer_url, done_url, stop_url
from messaging.models import Digest, Notification, SentInvitation
from messaging.noticelist import Told, printed
from pipeline.day import Row, read_day

#: What a part of the morning mail shows at most.
MOST = 15


@dataclass(frozen=True, slots=True)
class Step:
    """A step in the morning mail."""

    row: Row
    url: str
    done_url: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the morning mail: its steps, and how many more there are."""

    title: str
    steps: Sequence[Step]
    more: int


def stop_headers(user: User, what: str) -> dict[str, str]:
    """How a mailbox ends such mails by itself (RFC 2369, RFC 8058)."""
    return {
        "List-Unsubscribe": f"<{stop_url(user, what)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def settings_url() -> str:
    """The page on which people say how they want to be told."""
    return settings.SITE_URL + reverse("notification-settings")


def told_mail(found: Notification, user: User) -> EmailMultiAlternatives:
    """The mail of one notification."""
    with translation.override(user.language), timezone.override(zoneinfo.ZoneInfo(user.time_zone)):
        told = printed([found], user)[0]
    context = {
        "told": told,
        "kind": found.get_kind_display,  # type: ignore[attr-defined]
        "link": settings.SITE_URL + told.url,
        "settings_url": settings_url(),
    }
    return compose("told", user, str(found.pk), context, stop_headers(user, found.kind))


def digest_mail(digest: Digest) -> EmailMultiAlternatives | None:
    """The mail of a morning; None where it has nothing to tell."""
    user = digest.user
    with translation.override(user.language), timezone.override(zoneinfo.ZoneInfo(user.time_zone)):
        day = read_day(user, user)
        parts = [
            _part(part.title, part.rows, part.count, digest)
            for part in day.parts
            if part.name in ("over", "today") and part.count
        ]
        news = _news(digest)
    if not parts and not news:
        return None
    context = {
        "parts": parts,
        "news": news[:MOST],
        "news_more": max(len(news) - MOST, 0),
        "day": digest.day,
        "day_url": settings.SITE_URL + reverse("day"),
        "news_url": settings.SITE_URL + reverse("notifications"),
        "settings_url": settings_url(),
        "count": sum(len(part.steps) + part.more for part in parts),
    }
    headers = stop_headers(user, "digest")
    return compose("digest", user, f"{user.pk}.{digest.day}", context, headers)


def _part(title: str, rows: Sequence[Row], count: int, digest: Digest) -> Part:
    steps = [
        Step(
            row,
            settings.SITE_URL + row.url,
            done_url(DoneLink(digest.user_id, digest.pk, row.step.pk)),
        )
        for row in rows[:MOST]
    ]
    return Part(title, steps, count - len(steps))


def _news(digest: Digest) -> list[Told]:
    """What happened since the last one, newest first, what was read meanwhile left out."""
    mine = Notification.objects.of(digest.user).filter(digest=digest, read_at__isnull=True)
    return printed(list(mine.for_list().order_by("-id")), digest.user)


def guest_mail(sent: SentInvitation) -> EmailMultiAlternatives:
    """The mail that asks a guest to a meeting, tells of its change, or calls it off."""
    told = sent.content
    start = dt.datetime.fromisoformat(told["start"])
    organiser = told["organiser"]
    context = {
        "told": told,
        "start": start,
        "end": start + dt.timedelta(minutes=told["minutes"]) if told["minutes"] else None,
        "day": dt.date.fromisoformat(told["day"]) if told["day"] else None,
        "cancelled": sent.cancelled,
        "changed": sent.sequence > 0 and not sent.cancelled,
        "answer_url": answer_url(told["guest"], sent.email),
    }
    with translation.override(told["language"]), timezone.override(zoneinfo.ZoneInfo(told["zone"])):
        mail = compose_to(sent.email, "invited", f"{sent.pk}.{sent.sequence}", context)
    if organiser:
        mail.from_email = formataddr((organiser["name"], parseaddr(mail.from_email)[1]))
        mail.reply_to = [organiser["email"]]
    method, calendar = meeting_for_guest(sent)
    mail.attach_alternative(calendar.decode(), f"text/calendar; method={method}")
    mail.attach("invitation.ics", calendar, "application/ics")
    return mail
