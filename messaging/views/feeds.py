"""The calendar feed: its address in the profile, and what calendars read from it."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from core.answers import say
from core.requests import Request
from messaging.calendars import calendar_of
from messaging.services.feeds import make_feed, owner_of, revoke_feed

#: How often an address is read from one place within the window, in seconds.
READS, WINDOW = 60, 3600
#: For so long a calendar need not ask again, in seconds.
FRESH = 300


@require_POST
@sensitive_variables("secret")
def change(request: Request) -> HttpResponse:
    """Make or renew the address, which is shown this once; or revoke it."""
    if "revoke" in request.POST:
        revoke_feed(user=request.user)
        say(request, _("The address of your calendar is void."))
        return redirect("profile")
    secret = make_feed(user=request.user)
    context = {"address": settings.SITE_URL + reverse("calendar-feed", args=[secret])}
    answer = render(request, "messaging/feed.html", context)
    patch_cache_control(answer, no_store=True, private=True)
    return answer


@login_not_required
@require_safe
@sensitive_variables("secret")
def read(request: HttpRequest, secret: str) -> HttpResponse:
    """The calendar behind an address. Asked too often it says when to come again."""
    if _too_often(request, secret):
        return HttpResponse(status=429, headers={"Retry-After": str(WINDOW)})
    user = owner_of(secret)
    if user is None:
        raise Http404
    with translation.override(user.language):
        stream = calendar_of(user, timezone.now())
    etag = f'"{hashlib.sha256(stream).hexdigest()[:32]}"'
    answer: HttpResponse = HttpResponse(stream, content_type="text/calendar; charset=utf-8")
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        answer = HttpResponseNotModified()
    answer["ETag"] = etag
    patch_cache_control(answer, private=True, max_age=FRESH)
    return answer


def _too_often(request: HttpRequest, secret: str) -> bool:
    told = f"{secret}|{request.META.get('REMOTE_ADDR', '')}"
    key = f"feed:{hashlib.sha256(told.encode()).hexdigest()}"
    if cache.add(key, 1, WINDOW):
        return False
    try:
        return int(cache.incr(key)) > READS
    except ValueError:  # it ran out in between
        return False
