"""Next steps: plan one, say what came of it, put it off, set when it is due."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.answers import posted, put_errors, say, written_cause
from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.panels import panels_of
from core.requests import Request
from crm.models import User
from pipeline.leadpage import visible_lead
from pipeline.models import Activity
from pipeline.services.activities import delete_activity, plan_activity, update_activity
from pipeline.services.nextsteps import finish_activity, reschedule_activity, snooze_activity
from pipeline.stepforms import DoneForm, DueForm, EditForm, SnoozeForm
from pipeline.todo import Planner, Whom, step_text
from pipeline.views.leads import dialog
from pipeline.views.parts import answer, answer_refusal, here_of, place_of, plan_form


@dataclass(frozen=True, slots=True)
class StepPage:
    """What panels on the page of a step read from."""

    activity: Activity
    user: User
    can_change: bool


def plan(request: Request, pk: int) -> HttpResponse:
    """Ask for the next step on a lead, and plan it."""
    lead = visible_lead(request.user, pk)
    form = plan_form(request, posted(request))
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            activity = plan_activity(
                lead=pk,
                type=chosen["type"].pk,
                summary=chosen["summary"],
                assignee=(chosen["assignee"] or request.user).pk,
                reminder=chosen["reminder"],
                by=request.user,
                **form.due(),
            )
        except Refused as refused:
            status = put_errors(form, refused)
        else:
            return answer(request, pk, _("Planned: %s.") % step_text(activity))
    context = {
        "form": form,
        "lead": lead,
        "place": place_of(request),
        "here": here_of(request, lead.get_absolute_url()),
    }
    name = "pipeline/lead_plan.html" + ("#form" if request.htmx else "")
    answered = render(request, name, context, status=status)
    if request.htmx and request.method == "POST":
        answered["HX-Retarget"] = f'[data-plan="{pk}"]'
        answered["HX-Reswap"] = "outerHTML"
    return answered


def visible_step(user: User, pk: int) -> Activity:
    """A step with the record that it is on; NotFound when it is out of sight."""
    activity: Activity | None = Activity.objects.visible_to(user).for_list().filter(pk=pk).first()
    if activity is None:
        raise NotFound(_("There is no such activity."))
    return activity


def _do(request: Request, activity: Activity) -> HttpResponse:
    """What one does about a step, as a fragment for a row that had no room for it."""
    step = Planner(timezone.now()).of(activity, Whom(), can_change=True)
    here = here_of(request, reverse("day"))
    context = {"step": step, "place": place_of(request), "here": here}
    return render(request, "pipeline/lead_do.html", context)


def finish(request: Request, pk: int) -> HttpResponse:
    """Ask what came of a step; complete it, and plan the next one if asked."""
    activity = visible_step(request.user, pk)
    if request.htmx and request.method != "POST" and "place" in request.GET:
        return _do(request, activity)
    form = DoneForm(posted(request), initial={"version": activity.version})
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            done = finish_activity(activity=pk, by=request.user, **form.deed())
        except (Refused, Conflict, NotAllowed) as refused:
            if "place" in request.POST:
                return answer_refusal(request, activity.lead_id, refused)
            status = put_errors(form, refused) if not isinstance(refused, NotAllowed) else 403
        else:
            if done.following is None:
                text = _("Done: %s.") % activity
            else:
                words = {"done": activity, "next": step_text(done.following)}
                text = _("Done: %(done)s. Next: %(next)s.") % words
            return answer(request, activity.lead_id, text)
    return dialog(
        request, "pipeline/finish.html", {"form": form, "activity": activity}, status=status
    )


def edit(request: Request, pk: int) -> HttpResponse:
    """Change anything about a step; what floors above know of it stands below."""
    activity = visible_step(request.user, pk)
    form = EditForm.of(activity, posted(request))
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            saved = update_activity(
                activity=pk,
                values=form.values(),
                by=request.user,
                expected_version=form.cleaned_data["version"],
            )
        except (Refused, Conflict) as refused:
            status = put_errors(form, refused)
        else:
            say(request, _("Saved: %s.") % step_text(saved), undo=written_cause())
            return redirect("activity", pk=pk)
    may = Activity.objects.changeable_by(request.user).filter(pk=pk).exists()
    page = StepPage(activity, request.user, may)
    context = {
        "form": form,
        "page": page,
        "activity": activity,
        "record": activity.lead or activity.contact or activity.company,
        "panels": panels_of("activity", page),
    }
    return render(request, "pipeline/activity.html", context, status=status)


@require_POST
def delete(request: Request, pk: int) -> HttpResponse:
    """Delete a step."""
    activity = visible_step(request.user, pk)
    delete_activity(activity=pk, by=request.user)
    return answer(request, activity.lead_id, _("Deleted: %s.") % activity)


@require_POST
def snooze(request: Request, pk: int) -> HttpResponse:
    """Put a step off."""
    activity = visible_step(request.user, pk)
    form = SnoozeForm(request.POST)
    try:
        if not form.is_valid():
            raise Refused(_("Choose until when."))
        chosen = form.cleaned_data
        put_off = snooze_activity(
            activity=pk,
            by=request.user,
            later=chosen["later"],
            expected_version=chosen["version"],
        )
    except (Refused, Conflict, NotAllowed) as refused:
        return answer_refusal(request, activity.lead_id, refused)
    return answer(request, activity.lead_id, _("Put off: %s.") % step_text(put_off))


@require_POST
def reschedule(request: Request, pk: int) -> HttpResponse:
    """Set when a step is due."""
    activity = visible_step(request.user, pk)
    form = DueForm(request.POST)
    try:
        if not form.is_valid():
            raise Refused(_("Say the day on which it is due."), form.errors)
        moved = reschedule_activity(
            activity=pk,
            by=request.user,
            expected_version=form.cleaned_data["version"],
            **form.due(),
        )
    except (Refused, Conflict, NotAllowed) as refused:
        return answer_refusal(request, activity.lead_id, refused)
    return answer(request, activity.lead_id, _("Rescheduled: %s.") % step_text(moved))
