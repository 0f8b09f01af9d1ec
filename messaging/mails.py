"""The mails in which people are told: at once, and in the morning."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils import timezone, translation

from crm.mails import compose
from crm.models import User
from messaging.links import DoneLink, done_url, stop_url
from messaging.models import Digest, Notification
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
