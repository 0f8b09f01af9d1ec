"""Putting “Start here” away, and bringing it back."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.answers import say, with_toast
from core.requests import Request
from crm.services.preferences import set_preference
from crm.starting import AWAY, FINISHED, PREFERENCE


@require_POST
def start_here(request: Request) -> HttpResponse:
    """Keep what a person wants of the list: away, finished, or back again."""
    wanted = request.POST.get("state", "")
    state = wanted if wanted in (AWAY, FINISHED) else None
    set_preference(user=request.user, name=PREFERENCE, value=state)
    if request.htmx and state is None:
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("day")})
    if request.htmx:
        answer = HttpResponse("")
        if state == FINISHED:
            return HttpResponse(status=204)
        return with_toast(
            answer, _("“Start here” is put away."), act=reverse("start-here"), act_text=_("Undo")
        )
    if state == AWAY:
        say(request, _("“Start here” is put away. The search brings it back."))
    return redirect("day")
