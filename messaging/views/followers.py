"""Following a lead, or following it no longer."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.answers import go_to, say
from core.requests import Request
from messaging.subjects import in_sight
from pipeline.services.sets import follow_lead
from pipeline.views.parts import answer


@require_POST
def follow(request: Request, pk: int) -> HttpResponse:
    """Follow a lead; who loses sight of it by unfollowing is led to what they see."""
    following = request.POST.get("follow") != "no"
    follow_lead(lead=pk, by=request.user, following=following)
    text = _("You follow this lead.") if following else _("You no longer follow this lead.")
    if in_sight("lead", request.user).filter(pk=pk).exists():
        return answer(request, pk, text)
    say(request, text)
    return go_to(request, "/")
