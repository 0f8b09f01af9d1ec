"""Notifications as they are printed, on their page and in the bell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core.notices import MOST, Notice
from core.telling import Entry, entries
from messaging.models import Notification
from pipeline.todo import local_due, when_text

if TYPE_CHECKING:
    from crm.models import User

ICONS = {
    Notification.Kind.MENTION: "message",
    Notification.Kind.NOTE: "note",
    Notification.Kind.FOLLOWER: "eye",
    Notification.Kind.DONE: "check",
    Notification.Kind.STAGE: "arrows-move",
    Notification.Kind.CLOSED: "flag",
    Notification.Kind.ASSIGNED: "user",
    Notification.Kind.ANSWER: "mail",
    Notification.Kind.REMINDER: "clock",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A notification, ready to print."""

    pk: int
    icon: str
    title: str
    what: str
    quote: str
    at: dt.datetime
    url: str
    cause: Any
    is_read: bool


def printed(found: Sequence[Notification], user: User) -> list[Told]:
    """Notifications in words."""
    changes = [row.change for row in found if row.change is not None]
    told = {entry.change_id: entry for entry in entries(changes, user)}
    return [_printed(row, told.get(row.change_id or 0)) for row in found]


def _printed(row: Notification, entry: Entry | None) -> Told:
    record: Any = row.lead or row.contact or row.company
    url = record.get_absolute_url()
    if row.kind == Notification.Kind.ANSWER and row.activity is not None:
        url = f"{row.activity.get_absolute_url()}#invitation"
    if entry is not None:
        what = _("%(who)s: %(what)s") % {"who": entry.who, "what": _what(row, entry)}
    else:
        what = _reminder(row)
    return Told(
        pk=row.pk,
        icon=ICONS[Notification.Kind(row.kind)],
        title=str(record),
        what=what,
        quote=str(row.note) if row.note is not None else "",
        at=row.created_at,
        url=f"{url}#note-{row.note_id}" if row.note_id is not None else url,
        cause=row.change.cause_id if row.change is not None else None,
        is_read=row.read_at is not None,
    )


def _reminder(row: Notification) -> str:
    """ "Call Nora, Friday 27 Nov, 10:00"."""
    activity = row.activity
    if activity is None:
        return ""
    when = when_text(local_due(activity), activity.all_day, timezone.localdate())
    return _("%(what)s, %(when)s") % {"what": activity, "when": when}


def _what(row: Notification, entry: Entry) -> str:
    if row.kind == Notification.Kind.MENTION:
        return _("mentioned you")
    if row.kind == Notification.Kind.FOLLOWER:
        return _("made you a follower")
    if row.kind == Notification.Kind.ASSIGNED:
        if row.activity is not None:
            return _("gave you: %(what)s") % {"what": row.activity}
        return _("assigned it to you")
    return entry.phrase


class Unread:
    """Notifications that were not read yet, for the bell."""

    def count(self, user: Any, since: dt.datetime) -> int:
        """How many came after `since`."""
        rows = _unread(user, since)
        return len(rows.order_by("-id").values_list("pk")[:MOST])

    def notices(self, user: Any, since: dt.datetime) -> Sequence[Notice]:
        """The newest, those of which the person was told after `since`."""
        rows = _unread(user, since)
        return [
            Notice(
                at=told.at,
                icon=told.icon,
                title=told.title,
                what=" · ".join(part for part in (told.what, told.quote) if part),
                url=told.url,
            )
            for told in printed(list(rows.for_list().order_by("-id")[:MOST]), user)
        ]


def _unread(user: Any, since: dt.datetime) -> Any:
    """What the bell tells; that a lead was given to somebody, the bell knows from the ledger."""
    rows = Notification.objects.of(user).in_app().unread().filter(created_at__gt=since)
    return rows.exclude(kind=Notification.Kind.ASSIGNED, activity__isnull=True)
