"""A person's activities as a calendar (RFC 5545), and a meeting as its guests get it (RFC 5546)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone
from icalendar import Calendar, Event, vCalAddress, vText

from crm.mails import sender_domain
from messaging.models import SentInvitation
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
    calendar = _calendar("PUBLISH")
    calendar.add("x-wr-calname", f"Relance · {user}")
    for step in steps.for_list().order_by("due_at", "id")[:MOST]:
        calendar.add_component(_event(step))
    return bytes(calendar.to_ical())


def _event(step: Activity) -> Event:
    event = Event()
    record = step.lead or step.contact or step.company
    event.add("uid", _uid(step.pk))
    event.add("dtstamp", step.updated_at.astimezone(dt.UTC).replace(microsecond=0))
    event.add("sequence", step.version)
    event.add("summary", f"{step} · {record}" if str(record) not in str(step) else str(step))
    event["description"] = vText(settings.SITE_URL + step.get_absolute_url())
    event.add("url", settings.SITE_URL + step.get_absolute_url())
    if step.place:
        event.add("location", step.place)
    cancelled = step.outcome == Activity.Outcome.CANCELLED
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    day = step.due_at.astimezone(zone_of(step.assignee)).date() if step.all_day else None
    _set_time(event, day, step.due_at, step.duration)
    return event


def _calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Relance//Activities//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    return calendar


def _uid(activity: int) -> str:
    """What an activity is called in every calendar."""
    return f"activity-{activity}@{sender_domain()}"


def _set_time(event: Event, day: dt.date | None, at: dt.datetime, minutes: int | None) -> None:
    """Set when it is: a whole day, which leaves one free for others, or from a moment on."""
    if day is not None:
        event.add("dtstart", day)
        event.add("dtend", day + dt.timedelta(days=1))
        event.add("transp", "TRANSPARENT")
        return
    start = at.astimezone(dt.UTC).replace(second=0, microsecond=0)
    event.add("dtstart", start)
    event.add("dtend", start + (dt.timedelta(minutes=minutes) if minutes else USUAL))


def meeting_for_guest(sent: SentInvitation) -> tuple[str, bytes]:
    """The method and the iCalendar stream with which a guest's calendar takes a meeting in, moves
    it, or takes it out. It names the guest alone: guests do not learn each other's addresses."""
    told: dict[str, Any] = sent.content
    method = "CANCEL" if sent.cancelled else "REQUEST"
    event = Event()
    event.add("uid", _uid(sent.activity_id))
    event.add("dtstamp", timezone.now().replace(microsecond=0))
    event.add("sequence", sent.sequence)
    event.add("summary", told["title"])
    if told["message"]:
        event["description"] = vText(told["message"])
    if told["place"]:
        event.add("location", told["place"])
    event.add("status", "CANCELLED" if sent.cancelled else "CONFIRMED")
    day = dt.date.fromisoformat(told["day"]) if told["day"] else None
    _set_time(event, day, dt.datetime.fromisoformat(told["start"]), told["minutes"])
    organiser = told["organiser"]
    if organiser:
        event["organizer"] = _address(organiser["email"], cn=vText(organiser["name"]))
    attendee = _address(sent.email, role=vText("REQ-PARTICIPANT"), rsvp=vText("TRUE"))
    attendee.params["partstat"] = vText("NEEDS-ACTION")
    event.add("attendee", attendee, encode=False)
    calendar = _calendar(method)
    calendar.add_component(event)
    return method, bytes(calendar.to_ical())


def _address(email: str, **params: vText) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    for name, value in params.items():
        address.params[name] = value
    return address
