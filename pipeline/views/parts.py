"""How an action on a lead is answered: by the part of the page that it was done in, drawn anew.

A form says in `place` where it stands: on the lead's page, in the panel beside a board, or in one's
day. Without JavaScript the page that it names in `next` is opened again.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from core.answers import next_address, say, with_toast, written_cause
from core.errors import Conflict, NotAllowed, Refused
from core.requests import Request
from pipeline.leadpage import LeadPage, read_lead_page
from pipeline.models import Lead
from pipeline.neighbours import Neighbours, is_walked, read_neighbours
from pipeline.peopleforms import ROLES
from pipeline.stepforms import PlanForm

PAGE, PANEL, DAY = "page", "panel", "day"


def place_of(request: Request) -> str:
    """Where a request comes from."""
    wanted = request.POST.get("place") or request.GET.get("place") or PAGE
    return wanted if wanted in (PAGE, PANEL, DAY) else PAGE


def here_of(request: Request, otherwise: str) -> str:
    """The address of the page that a part stands on."""
    return next_address(request, otherwise)


def lead_context(request: Request, page: LeadPage, here: str, place: str) -> dict[str, Any]:
    """What the templates of a lead's page and of its panel need."""
    neighbours: Neighbours | None = None
    if place == PAGE:
        neighbours = read_neighbours(request.user, page.lead, here)
    return {
        "page": page,
        "lead": page.lead,
        "here": here,
        "place": place,
        "neighbours": neighbours,
        "roles": ROLES,
        "page_url": page_address(page.lead, here),
        "plan": plan_form(request) if not page.steps else None,
    }


def opened_at(request: Request) -> str:
    """The address of a lead's page with where one came from: as it says itself, else as the
    browser tells of a link on a board or a list (it tells no other site)."""
    here = request.get_full_path()
    parts = urlsplit(request.headers.get("referer", ""))
    if "from" in request.GET or parts.netloc != request.get_host() or not is_walked(parts.path):
        return here
    came_from = parts.path + (f"?{parts.query}" if parts.query else "")
    return f"{request.path}?{urlencode({'from': came_from})}"


def page_address(lead: Lead, here: str) -> str:
    """The page of a lead, opened from the board at the address `here`."""
    parts = urlsplit(here)
    query = [pair for pair in parse_qsl(parts.query) if pair[0] != "lead"]
    came_from = parts.path + (f"?{urlencode(query)}" if query else "")
    return f"{lead.get_absolute_url()}?{urlencode({'from': came_from})}"


def plan_form(request: Request, data: Any = None) -> PlanForm:
    """The form of a next step; it is one's own unless said otherwise."""
    return PlanForm(data, initial={"assignee": request.user.pk}, auto_id="plan_%s")


def lead_part(request: Request, pk: int, *, status: int = 200) -> HttpResponse:
    """The page of a lead or its panel, as a fragment."""
    place, here = place_of(request), here_of(request, reverse("lead", args=[pk]))
    page = read_lead_page(request.user, pk, brief=place == PANEL)
    name = "pipeline/lead_panel.html#panel" if place == PANEL else "pipeline/lead.html#body"
    return render(request, name, lead_context(request, page, here, place), status=status)


def answer(
    request: Request, lead: int | None, text: Any, *, undo: UUID | None = None, back: str = ""
) -> HttpResponse:
    """Tell what was done, and draw the part that it was done in anew."""
    undo = undo or written_cause()
    if not request.htmx:
        say(request, text, undo=undo)
        return redirect(next_address(request, back or _page_of(lead)))
    return with_toast(_part(request, lead), text, undo=undo)


def answer_refusal(
    request: Request, lead: int | None, error: Refused | Conflict | NotAllowed
) -> HttpResponse:
    """Say why something was not done; the part is drawn anew, since it may be out of date."""
    if not request.htmx:
        raise error
    texts = [text for texts in getattr(error, "fields", {}).values() for text in texts]
    text = " ".join(dict.fromkeys([error.message, *texts]))
    return with_toast(_part(request, lead), text, kind="error")


def _part(request: Request, lead: int | None) -> HttpResponse:
    if lead is None or place_of(request) == DAY:
        from pipeline.views.day import day_part

        return day_part(request)
    return lead_part(request, lead)


def _page_of(lead: int | None) -> str:
    return reverse("day") if lead is None else reverse("lead", args=[lead])
