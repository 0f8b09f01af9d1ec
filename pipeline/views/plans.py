"""Launching a plan on a lead: which, from which day, with a look at the days beforehand."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import ngettext

from core.answers import go_to, posted, put_errors, say, written_cause
from core.errors import NotFound, Refused
from core.requests import Request
from crm.models import User
from pipeline.leadpage import visible_lead
from pipeline.models import Lead
from pipeline.planforms import BulkLaunchForm, LaunchForm
from pipeline.services.plans import Drafted, days_in_common, draft, launch_plan, steps_of
from pipeline.views.leads import dialog
from pipeline.views.parts import here_of


def launch(request: Request, pk: int) -> HttpResponse:
    """Show what a plan would do on a lead; do it."""
    lead = visible_lead(request.user, pk)
    here = here_of(request, lead.get_absolute_url())
    if request.htmx and "read" in request.GET:
        form = LaunchForm(request.GET)
        seen = {"drafted": _drafted(form, lead, request.user)}
        return render(request, "pipeline/lead_launch.html#preview", seen)
    form = LaunchForm(posted(request))
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            made = launch_plan(
                plan=chosen["plan"].pk,
                leads=[pk],
                base_on=chosen["base_on"],
                asked=chosen["asked"].pk if chosen["asked"] else None,
                by=request.user,
            )
        except (Refused, NotFound) as refused:
            if isinstance(refused, NotFound):
                raise
            status = put_errors(form, refused)
        else:
            words = ngettext("%(n)d step planned.", "%(n)d steps planned.", len(made))
            say(request, words % {"n": len(made)}, undo=written_cause())
            return go_to(request, here)
    context: dict[str, Any] = {
        "form": form,
        "lead": lead,
        "here": here,
        "drafted": _drafted(form, lead, request.user),
        "plans": form.fields["plan"].queryset.exists(),  # type: ignore[attr-defined]
    }
    return dialog(request, "pipeline/lead_launch.html", context, status=status)


def preview(request: Request) -> HttpResponse:
    """Show what a plan would do on each of several leads."""
    form = BulkLaunchForm(request.GET, user=request.user, pipeline=None)
    form.is_valid()
    plan, day = form.cleaned_data.get("plan"), form.cleaned_data.get("base_on")
    asked = form.cleaned_data.get("asked")
    days = [] if plan is None or day is None else days_in_common(plan, day, request.user, asked)
    return render(request, "pipeline/lead_launch.html#preview", {"drafted": days})


def _drafted(form: LaunchForm, lead: Lead, user: User) -> list[Drafted]:
    """The steps as they would be planned, as far as the form says."""
    values: dict[str, Any] = {}
    if form.is_bound:
        form.is_valid()
        values = form.cleaned_data
    plan = values.get("plan") or (None if form.is_bound else form.fields["plan"].queryset.first())  # type: ignore[attr-defined]
    day = values.get("base_on") or (None if form.is_bound else timezone.localdate())
    if plan is None or day is None:
        return []
    owner = lead.owner if lead.owner and lead.owner.is_active else None
    return draft(steps=steps_of(plan), base_on=day, owner=owner, by=user, asked=values.get("asked"))
