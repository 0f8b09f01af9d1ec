"""The "done" links of the morning mail: opening one shows a page, its button completes the step."""

from __future__ import annotations

import zoneinfo

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache

from core.errors import NotFound, Refused
from core.requests import Request
from messaging.links import read_done
from messaging.services.doing import do_linked, find_linked
from pipeline.todo import local_due, when_text


@login_not_required
@never_cache
def done(request: Request, token: str) -> HttpResponse:
    """Say which step it is, and complete it when the button is pressed. Who holds the link need
    not be logged in, and reads nothing but the step."""
    link = read_done(token)
    try:
        if link is None:
            raise NotFound("")
        found = find_linked(link)
    except NotFound:
        return render(request, "messaging/link_dead.html", status=404)
    zone = zoneinfo.ZoneInfo(found.user.time_zone)
    with translation.override(found.user.language), timezone.override(zone):
        state, status = "ask", 200
        if found.is_done or found.is_used:
            state = "was_done" if found.is_done else "used"
        elif request.method == "POST":
            try:
                do_linked(link)
                state = "done"
            except Refused:
                state, status = "was_done", 409
        activity = found.activity
        when = when_text(local_due(activity), activity.all_day, timezone.localdate())
        context = {"activity": activity, "when": when, "state": state}
        return render(request, "messaging/done.html", context, status=status)
