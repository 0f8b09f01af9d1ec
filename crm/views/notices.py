"""The bell: what is new for a person. Opening it marks what it shows as seen."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from core.navigation import counts_for
from core.notices import MOST, count_new, latest, places
from core.requests import Request
from crm.models import User
from crm.services.preferences import set_preference

#: For who has never opened the bell, this many days are new.
AT_FIRST = 7


@dataclass(frozen=True, slots=True)
class Bell:
    """The number on the bell, and the same in words."""

    count: int

    @property
    def shown(self) -> str:
        """The number; a plus says that there are more."""
        return f"{self.count}+" if self.count >= MOST else str(self.count)

    @property
    def words(self) -> str:
        """What a screen reader says."""
        if not self.count:
            return gettext("Notifications: nothing new")
        return ngettext("Notifications: %(n)s new", "Notifications: %(n)s new", self.count) % {
            "n": self.shown
        }


def last_seen(user: User, now: dt.datetime) -> dt.datetime:
    """Until when the person has seen their notices."""
    kept = user.preferences.get("notices_seen")
    found = parse_datetime(kept) if isinstance(kept, str) else None
    return found or now - dt.timedelta(days=AT_FIRST)


def bell(request: Request) -> HttpResponse:
    """The bell and the counts of the navigation: asked for by the page once it stands."""
    now = timezone.now()
    context = {
        "bell": Bell(count_new(request.user, last_seen(request.user, now))),
        "counts": counts_for(request.user),
    }
    return render(request, "crm/notices.html#bell", context)


def notices(request: Request) -> HttpResponse:
    """What happened to the person's records these days; a page, or what the bell opens."""
    now = timezone.now()
    seen = last_seen(request.user, now)
    found = latest(request.user, seen, now)
    context = {
        "notices": [replace(notice, is_new=notice.at > seen) for notice in found],
        "until": now.isoformat(),
        "places": places(),
        "has_new": any(notice.at > seen for notice in found),
    }
    name = "crm/notices.html" + ("#list" if request.htmx else "")
    return render(request, name, context)


@require_POST
def seen(request: Request) -> HttpResponse:
    """Keep until when the notices were seen: never later than now, never earlier than before."""
    now = timezone.now()
    try:
        until = parse_datetime(request.POST.get("until", ""))
    except ValueError:
        until = None
    if until is not None and until.tzinfo is not None:
        known = max(min(until, now), last_seen(request.user, now))
        set_preference(user=request.user, name="notices_seen", value=known.isoformat())
    if request.htmx:
        return HttpResponse(status=204)
    return redirect("notices")
