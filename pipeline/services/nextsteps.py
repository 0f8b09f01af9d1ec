"""What one tap does to a next step: done and on to the following one, put off, set anew."""

from __future__ import annotations

import datetime as dt
import enum
import zoneinfo
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.calendar import calendar
from core.errors import NotFound, Refused
from crm.organisation import organisation
from pipeline.models import Activity, ActivityType
from pipeline.services.activities import complete_activity, plan_activity, update_activity
from pipeline.workdays import Later, later_than, same_hour

if TYPE_CHECKING:
    from crm.models import User


class Chained(enum.Enum):
    """That the next step is the one that comes after a step of its type."""

    CHAINED = "chained"


CHAINED = Chained.CHAINED


@dataclass(frozen=True, slots=True)
class Finished:
    """A completed step, and the one that was planned with it."""

    activity: Activity
    following: Activity | None


def finish_activity(
    *,
    activity: int,
    by: User | None,
    outcome: str = Activity.Outcome.DONE,
    feedback: str = "",
    at: dt.datetime | None = None,
    then: Later | dt.date | Chained | None = None,
    then_type: int | None = None,
    then_summary: str | None = None,
    expected_version: int | None = None,
) -> Finished:
    """Complete a step and, under the same cause, plan the next one on the same record.

    `then` is a day, or how much later than today. The next step is of the same type, with the same
    words, for the same person, unless said otherwise; at the same hour when this one had one.
    With CHAINED it is of the type that comes after this one, in its usual words and days; without
    any `then` that one is planned where the type says that it comes by itself. A step that was
    called off has no such consequence.
    """
    with transaction.atomic():
        done = complete_activity(
            activity=activity,
            by=by,
            outcome=outcome,
            feedback=feedback,
            at=at,
            expected_version=expected_version,
        )
        if then is CHAINED or (then is None and _chains_by_itself(done)):
            return Finished(done, _plan_chained(done, by))
        if then is None:
            return Finished(done, None)
        person = done.assignee
        following = plan_activity(
            by=by,
            type=done.type_id if then_type is None else then_type,
            summary=done.summary if then_summary is None else then_summary,
            **_same_place(done),
            **_due(done, _day(then, today_of(person))),
        )
    return Finished(done, following)


def following_type(kind: ActivityType) -> ActivityType | None:
    """The type that comes after a type, while it is in use. Read with `next_type`."""
    following = kind.next_type
    return following if following is not None and following.is_active else None


def chained_day(activity: Activity, following: ActivityType, today: dt.date) -> dt.date:
    """When a step of type `following` is due after `activity`, done `today` where its assignee
    lives: the usual days later than today or than the day on which that one was due. It is not
    overdue from its beginning."""
    base = today
    if following.counted_from == ActivityType.Counted.DUE:
        base = timezone.localdate(activity.due_at, zone_of(activity.assignee))
    return max(base + dt.timedelta(days=following.default_days), today)


def _chains_by_itself(done: Activity) -> bool:
    return (
        done.outcome != Activity.Outcome.CANCELLED
        and done.type.chaining == ActivityType.Chaining.PLAN
        and following_type(done.type) is not None
    )


def _plan_chained(done: Activity, by: User | None) -> Activity:
    following = following_type(done.type)
    if following is None:
        raise Refused(_("Nothing comes after “%s”.") % done.type)
    day = chained_day(done, following, today_of(done.assignee))
    return plan_activity(by=by, type=following.pk, due_on=day, **_same_place(done))


def _same_place(done: Activity) -> dict[str, Any]:
    """On the record of a step, for its assignee."""
    person = done.assignee
    return {
        "assignee": person.pk if person is not None and person.is_active else None,
        "lead": done.lead_id,
        "contact": done.contact_id,
        "company": done.company_id,
    }


def snooze_activity(
    *, activity: int, by: User | None, later: Later, expected_version: int | None = None
) -> Activity:
    """Put a step off, counted from the day that it is due, or from today when that is past."""
    with transaction.atomic():
        # Read before `update_activity` locks it; the version says whether it is still the same.
        found = Activity.objects.select_related("assignee").filter(pk=activity).first()
        if found is None:
            raise NotFound(_("There is no such activity."))
        values = _due(found, later_than(first_day(found), later, calendar()))
        version = found.version if expected_version is None else expected_version
        return _set_due(activity, values, by, version)


def reschedule_activity(
    *,
    activity: int,
    by: User | None,
    due_on: dt.date | None = None,
    due_at: dt.datetime | None = None,
    expected_version: int | None = None,
) -> Activity:
    """Set when a step is due: at an instant, or on a day, any time."""
    if due_on is None and due_at is None:
        message = _("Say the day on which it is due.")
        raise Refused(message, {"due_on": [message]})
    return _set_due(activity, {"due_on": due_on, "due_at": due_at}, by, expected_version)


def _set_due(
    activity: int, values: dict[str, Any], by: User | None, expected_version: int | None
) -> Activity:
    with transaction.atomic():
        chosen = update_activity(
            activity=activity, values=values, by=by, expected_version=expected_version
        )
        if chosen.done_at is not None:
            raise Refused(_("This activity is completed already."))
    return chosen


def first_day(activity: Activity) -> dt.date:
    """The day from which putting a step off is counted, where its assignee lives."""
    zone = zone_of(activity.assignee)
    return max(timezone.localdate(activity.due_at, zone), today_of(activity.assignee))


def today_of(person: User | None) -> dt.date:
    """Today where a person lives."""
    return timezone.localdate(timezone=zone_of(person))


def zone_of(person: User | None) -> zoneinfo.ZoneInfo:
    """Where a person lives; where the house stands for nobody."""
    return zoneinfo.ZoneInfo(person.time_zone if person is not None else organisation().time_zone)


def _day(then: Later | dt.date, today: dt.date) -> dt.date:
    return later_than(today, then, calendar()) if isinstance(then, Later) else then


def _due(activity: Activity, day: dt.date) -> dict[str, Any]:
    """`day`, at the hour of a step that has one."""
    if activity.all_day:
        return {"due_on": day}
    return {"due_at": same_hour(activity.due_at, day, zone_of(activity.assignee))}
