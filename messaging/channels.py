"""How a person is told of each kind of thing: in the app, by mail at once, in the morning mail.

Kept among the person's preferences, which are nobody's business but theirs. Pure: no query.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging.models import Notification
from pipeline.models import Activity

if TYPE_CHECKING:
    from crm.models import User

Kind = Notification.Kind


class Channel(models.TextChoices):
    """A way to a person."""

    APP = "app", _("In the app")
    MAIL = "mail", _("By mail")
    DIGEST = "digest", _("In the morning mail")


APP, MAIL, DIGEST = Channel.APP, Channel.MAIL, Channel.DIGEST

#: What people are told and how, unless they say otherwise.
DEFAULTS: Mapping[Kind, frozenset[Channel]] = {
    Kind.ASSIGNED: frozenset({APP, MAIL}),
    Kind.MENTION: frozenset({APP, MAIL}),
    Kind.REMINDER: frozenset({APP}),
    Kind.ANSWER: frozenset({APP, DIGEST}),
    Kind.NOTE: frozenset({APP, DIGEST}),
    Kind.DONE: frozenset({APP, DIGEST}),
    Kind.CLOSED: frozenset({APP, DIGEST}),
    Kind.STAGE: frozenset({APP}),
    Kind.FOLLOWER: frozenset({APP}),
}
#: Nobody can be given work without being told; a reminder on the morning after is none.
ALWAYS = frozenset({(Kind.ASSIGNED, APP)})
NEVER = frozenset({(Kind.REMINDER, DIGEST)})

#: When to remind of a step that is due at an hour and does not say it itself.
REMINDER = Activity.Reminder.MINUTES
#: The morning mail: whether it is sent, and from which hour of the person's day on.
DIGEST_ON, DIGEST_HOUR = True, 7


def channels_of(user: User, kind: Kind | str) -> frozenset[Channel]:
    """How a person is told of a kind."""
    kind = Kind(kind)
    told = user.preferences.get("told")
    kept: Any = told.get(str(kind)) if isinstance(told, dict) else None
    found = DEFAULTS[kind]
    if isinstance(kept, list):
        found = frozenset(Channel(name) for name in kept if name in Channel.values)
    return cleaned(kind, found)


def cleaned(kind: Kind, channels: Iterable[Channel]) -> frozenset[Channel]:
    """The channels of a kind with what is always, and without what is never."""
    always = {channel for each, channel in ALWAYS if each == kind}
    never = {channel for each, channel in NEVER if each == kind}
    return frozenset((set(channels) | always) - never)


def reminder_of(user: User) -> Activity.Reminder:
    """When a person is reminded of steps at an hour that do not say it themselves."""
    kept = user.preferences.get("reminder")
    known = kept in Activity.Reminder.values and kept != Activity.Reminder.CHOSEN
    return Activity.Reminder(kept) if known else REMINDER


def digest_hour(user: User) -> int | None:
    """From which hour on a person gets the morning mail; None is never."""
    kept = user.preferences.get("digest")
    if not isinstance(kept, dict):
        return DIGEST_HOUR if DIGEST_ON else None
    if not kept.get("on", DIGEST_ON):
        return None
    hour = kept.get("hour")
    return hour if isinstance(hour, int) and 0 <= hour <= 23 else DIGEST_HOUR
