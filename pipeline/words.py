"""Times on a lead in words, short enough for a card: ages, dues, closing dates."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from core import dates
from pipeline.models import Stage


def days_text(days: int) -> str:
    """An age in days: "today", "4 d"."""
    return pgettext("age", "today") if days <= 0 else _("%(days)d d") % {"days": days}


def expected_days(stage: Stage) -> str:
    """How long a lead should stay in a stage: "3–7 days"; "" where nothing is expected."""
    low, high = stage.days_min, stage.days_max
    if low is None and high is None:
        return ""
    if high is None:
        return ngettext("from %(days)d day", "from %(days)d days", low or 0) % {"days": low}
    if low is None:
        return ngettext("up to %(days)d day", "up to %(days)d days", high) % {"days": high}
    return ngettext("%(low)d–%(high)d day", "%(low)d–%(high)d days", high) % {
        "low": low,
        "high": high,
    }


def day_text(day: dt.date, today: dt.date) -> str:
    """A day, without its year when it is near: "15 Jan", "15 Jan 2028"."""
    near = abs((day - today).days) < 300
    return dates.day(day, year=not near)


def age_in_days(since: dt.datetime | None, now: dt.datetime) -> int:
    """Whole days, by the calendar where the person is, between an instant and now."""
    if since is None:
        return 0
    return (timezone.localdate(now) - timezone.localdate(since)).days


@dataclass(frozen=True, slots=True)
class Due:
    """A next step's due time: a state (over, today, plan), an icon and words."""

    state: str
    icon: str
    words: str


def due_text(
    due_at: dt.datetime, all_day: bool, now: dt.datetime, zone: dt.tzinfo | None = None
) -> Due:
    """How urgent a step is: "2 d late", "15:00", "tomorrow", "Thu", "28 Nov"; by the clocks of
    `zone`, else where the reader is."""
    local, today = timezone.localtime(due_at, zone), timezone.localdate(now, zone)
    days = (local.date() - today).days
    if due_at < now and days < 0:
        return Due("over", "alert-circle", _("%(days)d d late") % {"days": -days})
    if due_at < now and not all_day:
        return Due("over", "alert-circle", _("since %(time)s") % {"time": _time(local)})
    if days <= 0:
        return Due("today", "clock", pgettext("due", "today") if all_day else _time(local))
    if days == 1:
        return Due("plan", "calendar", pgettext("due", "tomorrow"))
    if days < 7:
        weekday = formats.date_format(local, "D")
        return Due("plan", "calendar", weekday if all_day else f"{weekday} {_time(local)}")
    return Due("plan", "calendar", day_text(local.date(), today))


def _time(moment: dt.datetime) -> str:
    return f"{moment:%H:%M}"
