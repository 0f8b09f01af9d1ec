"""A person's activities as a calendar (RFC 5545)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.conf import settings
from icalendar import Calendar, Event, vText

from crm.mails import sender_domain
from pipeline.models import Activity
from pipeline.services.nextsteps import zone_of

if TYPE_CHECKING:
    from crm.models import User

#: How far back the calendar goes, how much it holds at most, and how long a step without a length
#: of its own takes there.
BACK, MOST, USUAL = dt.timedelta(days=60), 2000, dt.timedelta(minutes=30)


def calendar_of(user: User, now: dt.datetime) -> bytes:
    """The steps of a person as an iCalendar stream, the same bytes as long as nothing changed.

    Moments are in UTC, so no zone need be told; a step for any time of a day is an event of that
    day where its assignee lives. One that was called off says so, one that was deleted is gone.
    """
    steps = Activity.objects.visible_to(user).filter(assignee=user, due_at__gt=now - BACK)
    calendar = Calendar()
    calendar.add("prodid", "-//Relance//Activities//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"Relance · {user}")
    for step in steps.for_list().order_by("due_at", "id")[:MOST]:
        calendar.add_component(_event(step))
    return bytes(calendar.to_ical())


def _event(step: Activity) -> Event:
    event = Event()
    record = step.lead or step.contact or step.company
    event.add("uid", f"activity-{step.pk}@{sender_domain()}")
    event.add("dtstamp", step.updated_at.astimezone(dt.UTC).replace(microsecond=0))
    event.add("sequence", step.version)
    event.add("summary", f"{step} · {record}" if str(record) not in str(step) else str(step))
    event["description"] = vText(settings.SITE_URL + step.get_absolute_url())
    event.add("url", settings.SITE_URL + step.get_absolute_url())
    if step.place:
        event.add("location", step.place)
    cancelled = step.outcome == Activity.Outcome.CANCELLED
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    if step.all_day:
        day = step.due_at.astimezone(zone_of(step.assignee)).date()
        event.add("dtstart", day)
        event.add("dtend", day + dt.timedelta(days=1))
        event.add("transp", "TRANSPARENT")
    else:
        start = step.due_at.astimezone(dt.UTC).replace(second=0, microsecond=0)
        event.add("dtstart", start)
        event.add(
            "dtend", start + (dt.timedelta(minutes=step.duration) if step.duration else USUAL)
        )
    return event
