"""Notifications: their page, with filters; opening one marks it as read."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.answers import say
from core.errors import NotFound
from core.numbers import key_in
from core.requests import Request
from messaging.models import Notification
from messaging.noticelist import printed
from messaging.services.notifying import mark_read

PAGE = 30


def index(request: Request) -> HttpResponse:
    """What the person was told, newest first: all, what is unread, or one kind."""
    only = request.GET.get("only", "")
    rows = Notification.objects.of(request.user).in_app()
    if only == "unread":
        rows = rows.unread()
    elif only in Notification.Kind.values:
        rows = rows.filter(kind=only)
    else:
        only = ""
    before = key_in(request.GET, "before")
    if before:
        rows = rows.filter(pk__lt=before)
    found = list(rows.for_list().order_by("-id")[: PAGE + 1])
    address = reverse("notifications")
    more = ""
    if len(found) > PAGE:
        more = f"{address}?{urlencode({'only': only, 'before': found[PAGE - 1].pk})}"
    choices = [("", _("All")), ("unread", _("Unread")), *Notification.Kind.choices]
    context = {
        "told": printed(found[:PAGE], request.user),
        "filters": [
            (label, f"{address}?only={name}" if name else address, name == only)
            for name, label in choices
        ],
        "more_url": more,
        "has_unread": Notification.objects.of(request.user).in_app().unread().exists(),
    }
    return render(request, "messaging/notifications.html", context)


def _mine(request: Request, pk: int) -> Notification:
    found: Notification | None = (
        Notification.objects.of(request.user).in_app().for_list().filter(pk=pk).first()
    )
    if found is None:
        raise NotFound(_("There is no such notification."))
    return found


@require_POST
def open_one(request: Request, pk: int) -> HttpResponse:
    """Mark one as read, and go to what it is about."""
    found = _mine(request, pk)
    mark_read(by=request.user, pk=pk)
    return redirect(printed([found], request.user)[0].url)


@require_POST
def read_one(request: Request, pk: int) -> HttpResponse:
    """Mark one as read, or as unread again."""
    _mine(request, pk)
    mark_read(by=request.user, pk=pk, read=request.POST.get("read") != "no")
    return redirect("notifications")


@require_POST
def read_all(request: Request) -> HttpResponse:
    """Mark all as read."""
    mark_read(by=request.user)
    say(request, _("All are marked as read."))
    return redirect("notifications")
