"""Launching a plan on a lead: which, from which day, with a look at the days beforehand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from core.answers import go_to, posted, put_errors, say, written_cause
from core.errors import NotFound, Refused
from core.forms import Styled
from core.requests import Request
from crm.models import User
from pipeline.leadpage import visible_lead
from pipeline.models import Lead, Plan
from pipeline.services.plans import Drafted, draft, launch_plan, steps_of
from pipeline.stepforms import DayField
from pipeline.views.leads import dialog
from pipeline.views.parts import here_of


class LaunchForm(Styled):
    """Which plan, counted from which day, for whom where a step asks."""

    plan = forms.ModelChoiceField(
        Plan.objects.filter(is_active=True, steps__isnull=False).distinct(),
        label=pgettext_lazy("steps in order", "Plan"),
        empty_label=None,
    )
    base_on = DayField(label=_("Counted from"), initial=timezone.localdate)
    asked = forms.ModelChoiceField(
        User.objects.active(),
        label=_("For whom, where a step asks"),
        required=False,
        empty_label="–",
    )


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
