"""Planning next steps and completing them. The only writer of a lead's `next_activity_at` and
`last_activity_at`."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max, Min, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.ledger.store import Entry
from core.ledger.writing import lock, save_locked
from crm.models import Company, Contact
from crm.models import User as UserModel
from crm.organisation import organisation
from pipeline.models import Activity, ActivityType, Lead

if TYPE_CHECKING:
    from crm.models import User

SUBJECTS: dict[str, Any] = {"lead": Lead, "contact": Contact, "company": Company}
EDITABLE = (
    *("type", "summary", "note", "due_at", "due_on", "assignee"),
    *("duration", "place", "reminder", "remind_at"),
)

#: The minutes that a step takes at most: a day.
LONGEST = 1440


def end_of_day(day: dt.date, user: User | None) -> dt.datetime:
    """The last instant of a day where the user lives: when a step for that day becomes overdue."""
    zone = zoneinfo.ZoneInfo(_zone(user))
    midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone)
    return midnight.astimezone(dt.UTC) - dt.timedelta(microseconds=1)


def plan_activity(
    *,
    by: User | None,
    type: int,
    due_at: dt.datetime | None = None,
    due_on: dt.date | None = None,
    summary: str = "",
    note: str = "",
    assignee: int | None = None,
    lead: int | None = None,
    contact: int | None = None,
    company: int | None = None,
    duration: int | None = None,
    place: str = "",
    reminder: str = "",
    remind_at: dt.datetime | None = None,
) -> Activity:
    """Plan a step on a lead, contact or company that the person sees.

    Due at an instant, or on a day of the assignee's; without either, after the type's usual days.
    Without an assignee it is the person's own.
    """
    with transaction.atomic():
        kind = _type(type)
        values: dict[str, Any] = {"lead": lead, "contact": contact, "company": company}
        given = {name: key for name, key in values.items() if key is not None}
        if len(given) != 1:
            raise Refused(_("An activity is on a lead, a contact or a company."))
        name, key = next(iter(given.items()))
        _check_subject(name, key, by)
        person = by if assignee is None else _assignee(assignee)
        activity = Activity(
            type=kind,
            summary=_text(summary or kind.default_summary, "summary", 200),
            note=note.strip(),
            assignee=person,
            duration=_minutes(duration),
            place=_text(place, "place", 200),
            **{f"{name}_id": key},
        )
        _set_reminder(activity, reminder, remind_at)
        if due_at is None and due_on is None:
            today = timezone.localdate(timezone=zoneinfo.ZoneInfo(_zone(person)))
            due_on = today + dt.timedelta(days=kind.default_days)
        _set_due(activity, due_at, due_on)
        activity.save()
    return activity


def update_activity(
    *,
    activity: int,
    values: Mapping[str, Any],
    by: User | None,
    expected_version: int | None = None,
) -> Activity:
    """Change what a step is, when it is due, and whose it is."""
    with transaction.atomic():
        chosen = _lock(activity, by, expected_version)
        unknown = [name for name in values if name not in EDITABLE]
        if unknown:
            raise Refused(
                _("Some values cannot be kept."),
                {name: [_("“%s” cannot be set on an activity.") % name] for name in unknown},
            )
        if "type" in values:
            chosen.type = _type(values["type"])
        if "summary" in values:
            chosen.summary = _text(values["summary"], "summary", 200)
        if "note" in values:
            chosen.note = str(values["note"]).strip()
        if "assignee" in values:
            key = values["assignee"]
            chosen.assignee = None if key is None else _assignee(key)
        if "duration" in values:
            chosen.duration = _minutes(values["duration"])
        if "place" in values:
            chosen.place = _text(values["place"], "place", 200)
        if "reminder" in values or "remind_at" in values:
            moment = values.get("remind_at", chosen.remind_at)
            _set_reminder(chosen, values.get("reminder", chosen.reminder), moment)
        if values.get("due_at") is not None or values.get("due_on") is not None:
            _set_due(chosen, values.get("due_at"), values.get("due_on"))
        save_locked([chosen])
    return chosen


def complete_activity(
    *,
    activity: int,
    by: User | None,
    outcome: str = Activity.Outcome.DONE,
    feedback: str = "",
    at: dt.datetime | None = None,
    expected_version: int | None = None,
) -> Activity:
    """Complete a step with what came of it. Once done, it stays done: it is reopened first."""
    with transaction.atomic():
        chosen = _lock(activity, by, expected_version)
        if chosen.done_at is not None:
            raise Refused(_("This activity is completed already."))
        if outcome not in Activity.Outcome.values:
            message = _("“%s” is not an outcome.") % outcome
            raise Refused(message, {"outcome": [message]})
        chosen.done_at = at or timezone.now()
        chosen.outcome = outcome
        chosen.feedback = feedback.strip()
        save_locked([chosen])
    return chosen


def reopen_activity(
    *, activity: int, by: User | None, expected_version: int | None = None
) -> Activity:
    """Take back that a step was completed."""
    with transaction.atomic():
        chosen = _lock(activity, by, expected_version)
        chosen.done_at, chosen.outcome, chosen.feedback = None, "", ""
        save_locked([chosen])
    return chosen


def delete_activity(*, activity: int, by: User | None, expected_version: int | None = None) -> None:
    """Delete a step."""
    with transaction.atomic():
        _lock(activity, by, expected_version).delete()


def _lock(activity: int, by: User | None, expected_version: int | None) -> Activity:
    """A step under lock, for `by` to change. Its lead is locked first, as by all who write both."""
    activities = Activity.objects.filter(pk=activity)
    lock(Lead.objects.filter(pk__in=activities.values("lead")))
    seen = activities if by is None else activities.visible_to(by)
    found: list[Activity] = lock(seen)
    if not found:
        raise NotFound(_("There is no such activity."))
    if by is not None and not activities.changeable_by(by).exists():
        raise NotAllowed(_("You can see this activity, but not change it."))
    if expected_version is not None and found[0].version != expected_version:
        raise Conflict(_("Somebody else changed this activity meanwhile."))
    return found[0]


def _check_subject(name: str, key: int, by: User | None) -> None:
    records = SUBJECTS[name].objects.filter(pk=key)
    if by is not None:
        records = records.visible_to(by)
    # Under lock: nobody deletes it while the step is being planned.
    if not lock(records):
        raise NotFound(_("There is no such record."))


def _type(key: Any) -> ActivityType:
    found = ActivityType.objects.filter(pk=getattr(key, "pk", key), is_active=True).first()
    if found is None:
        message = _("There is no such activity type.")
        raise Refused(message, {"type": [message]})
    return found


def _assignee(key: Any) -> User:
    found: User | None = UserModel.objects.active().filter(pk=getattr(key, "pk", key)).first()
    if found is None:
        message = _("There is no such active user.")
        raise Refused(message, {"assignee": [message]})
    return found


def _text(text: str, name: str, length: int) -> str:
    text = str(text).strip()
    if len(text) > length:
        message = _("At most %s characters.") % length
        raise Refused(message, {name: [message]})
    return text


def _minutes(minutes: int | None) -> int | None:
    """How long something takes; between a minute and a day."""
    if minutes is not None and not 1 <= minutes <= LONGEST:
        message = _("Between a minute and a day.")
        raise Refused(message, {"duration": [message]})
    return minutes


def _set_reminder(activity: Activity, reminder: str, at: dt.datetime | None) -> None:
    """Set when to remind; a moment without a choice is the chosen one."""
    if at is not None and not reminder:
        reminder = Activity.Reminder.CHOSEN
    if reminder and reminder not in Activity.Reminder.values:
        message = _("“%s” is not a reminder.") % reminder
        raise Refused(message, {"reminder": [message]})
    if reminder != Activity.Reminder.CHOSEN:
        at = None
    elif at is None:
        message = _("Say when to remind.")
        raise Refused(message, {"remind_at": [message]})
    elif timezone.is_naive(at):
        message = _("A moment needs its time zone.")
        raise Refused(message, {"remind_at": [message]})
    activity.reminder, activity.remind_at = reminder, at


def _zone(user: User | None) -> str:
    return user.time_zone if user is not None else organisation().time_zone


def _set_due(activity: Activity, due_at: dt.datetime | None, due_on: dt.date | None) -> None:
    if due_at is not None and due_on is not None:
        message = _("Give a day or a moment, not both.")
        raise Refused(message, {"due_at": [message]})
    if due_at is not None:
        if timezone.is_naive(due_at):
            message = _("A moment needs its time zone.")
            raise Refused(message, {"due_at": [message]})
        activity.due_at, activity.all_day = due_at, False
    elif due_on is not None:
        activity.due_at, activity.all_day = end_of_day(due_on, activity.assignee), True


def follow(entries: Sequence[Entry]) -> None:
    """Bring the leads of changed activities up to date."""
    leads = {
        row["lead_id"]
        for entry in entries
        for row in (entry.before, entry.after)
        if row is not None and row.get("lead_id") is not None
    }
    if leads:
        refresh_leads(sorted(leads))


def refresh_leads(leads: Sequence[int]) -> None:
    """Set when the next step of leads is due and when the last one was done, in one statement."""
    of_lead = Activity.objects.filter(lead=OuterRef("pk")).order_by().values("lead")
    following = of_lead.filter(done_at__isnull=True).annotate(due=Min("due_at")).values("due")
    last = of_lead.filter(done_at__isnull=False).annotate(done=Max("done_at")).values("done")
    Lead.objects.filter(pk__in=leads).update(
        next_activity_at=Subquery(following), last_activity_at=Subquery(last)
    )
