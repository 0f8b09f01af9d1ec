"""Making, renewing and revoking the address of a person's calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from messaging.models import CalendarFeed

if TYPE_CHECKING:
    from crm.models import User


def make_feed(*, user: User) -> str:
    """Give a person a new key to their calendar, shown this once; an older one is void."""
    secret = CalendarFeed.new_secret()
    values = {"digest": CalendarFeed.digest_of(secret), "created_at": timezone.now()}
    CalendarFeed.objects.update_or_create(user=user, defaults=values)
    return secret


def revoke_feed(*, user: User) -> None:
    """Make the address of a person's calendar void."""
    CalendarFeed.objects.filter(user=user).delete()


def owner_of(secret: str) -> User | None:
    """Whose calendar a key opens; None for a key that is void, or whose owner left."""
    digest = CalendarFeed.digest_of(secret)
    found = CalendarFeed.objects.select_related("user").filter(digest=digest).first()
    return found.user if found is not None and found.user.is_active else None
