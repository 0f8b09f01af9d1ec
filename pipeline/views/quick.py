"""One line of words that makes a next step: read while one types, planned on Enter."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core.numbers import key_in
from core.requests import Request
from pipeline.leadpage import visible_lead
from pipeline.quickentry import LONGEST, plan_words, understand
from pipeline.todo import step_text
from pipeline.views.parts import answer, here_of, place_of


def quick(request: Request) -> HttpResponse:
    """Read a line of words, and plan the step that it means once it has no problem."""
    fields = request.POST if request.method == "POST" else request.GET
    words = fields.get("words", "").replace("\0", " ").strip()[:LONGEST]
    key = key_in(fields, "lead")
    lead = visible_lead(request.user, key) if key else None
    understood = understand(words, user=request.user, lead=lead, chosen=fields.get("subject", ""))
    refused = request.method == "POST" and bool(understood.problem)
    if request.method == "POST" and not refused:
        activity = plan_words(understood, by=request.user)
        return answer(request, activity.lead_id, _("Planned: %s.") % step_text(activity))
    context: dict[str, Any] = {
        "words": words,
        "understood": understood,
        "refused": refused,
        "lead": lead,
        "place": place_of(request),
        "here": here_of(request, reverse("day")),
    }
    name = "pipeline/quick.html" + ("#reading" if request.htmx else "")
    answered = render(request, name, context, status=422 if refused else 200)
    if request.htmx and refused:
        answered["HX-Retarget"], answered["HX-Reswap"] = "#quick-read", "innerHTML"
    return answered
