"""Reminders: each open activity waits as a row for its moment, and its assignee is told once.

The rows follow the activities behind the dispatcher of the ledger. A row that fell behind does no
harm: when its moment comes, what stands by then decides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from core.ledger.dispatch import Handed
from core.ledger.work import work
from messaging.channels import reminder_of
from messaging.models import Notification, ReminderWork
from messaging.services.notifying import for_person, keep
from pipeline.models import Activity
from pipeline.services.nextsteps import zone_of

if TYPE_CHECKING:
    from crm.models import User

RECORD = "pipeline.activity"
#: What of an activity moves its reminder.
WATCHED = frozenset({"due_at", "all_day", "assignee", "done_at", "reminder", "remind_at"})
BEFORE = {
    Activity.Reminder.DUE: dt.timedelta(0),
    Activity.Reminder.MINUTES: dt.timedelta(minutes=10),
    Activity.Reminder.HOUR: dt.timedelta(hours=1),
    Activity.Reminder.DAY: dt.timedelta(days=1),
}
#: When a step for any time of a day counts as due, on the clocks of its assignee.
MORNING = dt.time(9)
#: A reminder whose moment passed this long ago while nothing worked is still told.
LATE = dt.timedelta(days=1)


def moment_of(activity: Activity) -> dt.datetime | None:
    """When the assignee of an open activity is to be reminded of it.

    A step for a whole day counts from nine in the morning of that day, and is reminded of only
    where it says so itself: the morning mail tells of it anyway. "A day before" is the same hour
    on the clocks of the assignee, also across the change to summer time.
    """
    person = activity.assignee
    if activity.done_at is not None or person is None or not person.is_active:
        return None
    if activity.reminder == Activity.Reminder.CHOSEN:
        return activity.remind_at
    if not activity.reminder and activity.all_day:
        return None
    reminder = Activity.Reminder(activity.reminder or reminder_of(person))
    if reminder == Activity.Reminder.NONE:
        return None
    zone = zone_of(person)
    due = activity.due_at.astimezone(zone)
    if activity.all_day:
        due = dt.datetime.combine(due.date(), MORNING, zone)
        if reminder != Activity.Reminder.DAY:
            return due.astimezone(dt.UTC)
    if reminder == Activity.Reminder.DAY:
        return (due - BEFORE[reminder]).astimezone(dt.UTC)
    return due.astimezone(dt.UTC) - BEFORE[reminder]


def take(changes: Sequence[Handed]) -> None:
    """Have the reminders of changed activities wait for their new moments."""
    since: dict[int, dt.datetime] = {}
    for change in changes:
        if change.record_type != RECORD or change.at is None:
            continue
        if change.action != "updated" or WATCHED & set(change.diff):
            since[change.record_id] = max(change.at, timezone.now() - LATE)
    if since:
        place(since)


def place(since: dict[int, dt.datetime]) -> None:
    """Bring the waiting rows of activities up to date. A moment that is past when the activity
    takes it, at `since`, is none."""
    ReminderWork.objects.filter(record_type=RECORD, record_id__in=since).delete()
    found = Activity.objects.select_related("assignee").filter(pk__in=since, done_at__isnull=True)
    rows = []
    for activity in found:
        at = moment_of(activity)
        if at is not None and activity.assignee_id is not None and at > since[activity.pk]:
            rows.append(
                ReminderWork(
                    key=_key(activity, at),
                    record_type=RECORD,
                    record_id=activity.pk,
                    not_before=at,
                )
            )
    ReminderWork.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)


def place_of(user: User) -> None:
    """Bring the reminders of a person's activities up to date, after a change of their wish."""
    mine = Activity.objects.filter(assignee=user, done_at__isnull=True, reminder="", all_day=False)
    keys: Iterable[int] = mine.filter(due_at__gt=timezone.now()).values_list("pk", flat=True)
    place(dict.fromkeys(keys, timezone.now()))


def remind(limit: int = 100) -> int:
    """Tell of what has come due; returns how many rows were taken."""
    return work(ReminderWork, _remind, limit=limit)


def _remind(rows: Sequence[ReminderWork]) -> None:
    found = (
        Activity.objects.select_related("assignee", "lead", "contact", "company")
        .filter(pk__in=[row.record_id for row in rows])
        .in_bulk()
    )
    told: list[Notification] = []
    for row in rows:
        activity = found.get(row.record_id)
        at = moment_of(activity) if activity is not None else None
        if activity is None or at is None or row.key != _key(activity, at):
            continue
        one = for_person(activity.assignee, Notification.Kind.REMINDER, **_where(activity, at))
        told += [one] if one is not None else []
    keep(told)


def _where(activity: Activity, at: dt.datetime) -> dict[str, Any]:
    where = {name: getattr(activity, name) for name in ("lead", "contact", "company")}
    return where | {"activity": activity, "remind_at": at}


def _key(activity: Activity, at: dt.datetime) -> str:
    return f"remind:{activity.pk}:{activity.assignee_id}:{at.timestamp()}"
