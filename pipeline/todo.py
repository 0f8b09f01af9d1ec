"""Next steps as they are printed: what, with whom, when in words, and what one tap offers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import ngettext, pgettext

from core import dates
from core.calendar import calendar
from crm.models import User
from pipeline.models import Activity, ActivityType
from pipeline.services.nextsteps import (
    CHAINED,
    chained_day,
    first_day,
    following_type,
    today_of,
    zone_of,
)
from pipeline.words import Due, due_text
from pipeline.workdays import Later, later_than

#: What may come of a call, and of anything else, beside that it is done.
CALL = (Activity.Outcome.REACHED, Activity.Outcome.VOICEMAIL, Activity.Outcome.NO_ANSWER)
OTHER = (Activity.Outcome.NO_ANSWER, Activity.Outcome.CANCELLED)


@dataclass(frozen=True, slots=True)
class Choice:
    """A chip: what it sends, its words, and what they mean exactly."""

    value: str
    label: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Whom:
    """Who is to be called: a name, the phone as it is written, and as it is dialled."""

    name: str = ""
    phone: str = ""
    dial: str = ""

    @property
    def whatsapp(self) -> str:
        """The number as wa.me takes it: its digits, where it is an international one."""
        digits = self.dial.removeprefix("+")
        return digits if self.dial.startswith("+") and digits.isdecimal() else ""


@dataclass(frozen=True, slots=True)
class Planned:
    """A planned step, ready to print."""

    pk: int
    version: int
    icon: str
    title: str
    note: str
    due: Due
    when: str
    distance: str
    whom: Whom
    assignee: str
    can_change: bool
    outcomes: Sequence[Choice]
    then: Sequence[Choice]
    by_itself: str
    snooze: Sequence[Choice]
    due_on: str
    due_time: str
    done_url: str
    snooze_url: str
    due_url: str
    url: str


class Planner:
    """Makes planned steps printable, in one language at one moment."""

    def __init__(self, now: dt.datetime) -> None:
        self.now, self.today = now, timezone.localdate(now)
        self.call = [Choice(str(each), str(each.label)) for each in CALL]
        self.other = [Choice(str(each), str(each.label)) for each in OTHER]
        self.offers: dict[dt.date, tuple[list[Choice], list[Choice]]] = {}
        self.done, self.snooze, self.due, self.page = (
            reverse(name, args=[0])
            for name in ("activity-done", "activity-snooze", "activity-due", "activity")
        )

    def of(self, activity: Activity, whom: Whom, *, can_change: bool) -> Planned:
        """A step, read with its type and assignee."""
        due = due_of(activity, self.now)
        local, key = local_due(activity), str(activity.pk)
        is_call = activity.type.icon.startswith("phone")
        return Planned(
            pk=activity.pk,
            version=activity.version,
            icon=activity.type.icon,
            title=str(activity),
            note=activity.note,
            due=due,
            when=when_text(local, activity.all_day, self.today),
            distance=distance_text(local.date(), due, self.today),
            whom=whom,
            assignee=str(activity.assignee) if activity.assignee_id else "",
            can_change=can_change,
            outcomes=self.call if is_call else self.other,
            then=[*self._suggested(activity), *self._offer(today_of(activity.assignee))[0]],
            by_itself=self._by_itself(activity),
            snooze=self._offer(first_day(activity))[1],
            due_on=local.date().isoformat(),
            due_time="" if activity.all_day else local.strftime("%H:%M"),
            done_url=self.done.replace("0", key),
            snooze_url=self.snooze.replace("0", key),
            due_url=self.due.replace("0", key),
            url=self.page.replace("0", key),
        )

    def _suggested(self, activity: Activity) -> list[Choice]:
        """What comes after a step of this type, where that is a suggestion."""
        if activity.type.chaining != ActivityType.Chaining.SUGGEST:
            return []
        return [Choice(CHAINED.value, *words) for words in self._chained(activity)]

    def _by_itself(self, activity: Activity) -> str:
        """What is planned by itself once the step is done, in words."""
        if activity.type.chaining != ActivityType.Chaining.PLAN:
            return ""
        return "".join(f"{label}, {day}" for label, day in self._chained(activity))

    def _chained(self, activity: Activity) -> list[tuple[str, str]]:
        following = following_type(activity.type)
        if following is None:
            return []
        day = chained_day(activity, following, today_of(activity.assignee))
        return [(following.default_summary or following.name, long_day(day, self.today))]

    def _offer(self, day: dt.date) -> tuple[list[Choice], list[Choice]]:
        """What "then next" and "snooze" offer when they are counted from `day`."""
        if day not in self.offers:
            self.offers[day] = _offer(day, self.today)
        return self.offers[day]


def _offer(day: dt.date, today: dt.date) -> tuple[list[Choice], list[Choice]]:
    house = calendar()
    days = {later: later_than(day, later, house) for later in Later}
    exact = {later: long_day(found, today) for later, found in days.items()}
    next_day = days[Later.NEXT_DAY]
    words = {
        Later.NEXT_DAY: (
            pgettext("due", "tomorrow")
            if next_day == today + dt.timedelta(days=1)
            else formats.date_format(next_day, "l")
        ),
        Later.THREE_DAYS: pgettext("due, short", "+3 d"),
        Later.NEXT_WEEK: pgettext("due", "next week"),
    }
    then = [Choice(str(later), words[later], exact[later]) for later in Later]
    return then, [Choice(str(later), exact[later]) for later in Later]


def long_day(day: dt.date, today: dt.date) -> str:
    """A day with its weekday: "Friday 27 Nov"."""
    near = abs((day - today).days) < 300
    return f"{formats.date_format(day, 'l')} {dates.day(day, year=not near)}"


def when_text(local: dt.datetime, all_day: bool, today: dt.date) -> str:
    """When exactly: "Friday 27 Nov, 10:00"."""
    day = long_day(local.date(), today)
    return day if all_day else f"{day}, {formats.date_format(local, 'H:i')}"


def distance_text(day: dt.date, due: Due, today: dt.date) -> str:
    """How far away: "in 3 days", "tomorrow", "2 d late"."""
    days = (day - today).days
    if due.state == "over":
        return due.words
    if days <= 0:
        return pgettext("due", "today")
    if days == 1:
        return pgettext("due", "tomorrow")
    return ngettext("in %(days)d day", "in %(days)d days", days) % {"days": days}


def viewer_may_change(activity: Activity, user: User, lead_changeable: bool) -> bool:
    """Whether `user`, who sees a step's lead, may complete the step."""
    return bool(
        user.is_manager
        or lead_changeable
        or activity.assignee_id is None
        or activity.assignee_id == user.pk
    )


def local_due(activity: Activity) -> dt.datetime:
    """When a step is due: its day where the assignee lives, an hour where the reader is."""
    zone = zone_of(activity.assignee) if activity.all_day and activity.assignee_id else None
    return timezone.localtime(activity.due_at, zone)


def due_of(activity: Activity, now: dt.datetime) -> Due:
    """How urgent a step is, by the calendar of its assignee when it is for a whole day."""
    zone = zone_of(activity.assignee) if activity.all_day and activity.assignee_id else None
    return due_text(activity.due_at, activity.all_day, now, zone)


def step_text(activity: Activity) -> str:
    """A step and when it is due, for a message: "Call Nora, tomorrow"."""
    now = timezone.now()
    due = due_of(activity, now)
    distance = distance_text(local_due(activity).date(), due, timezone.localdate(now))
    return f"{activity}, {distance}"
