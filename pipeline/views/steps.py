"""Next steps on a lead: plan one, say what came of it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.answers import go_to, posted, put_errors, say, written_cause
from core.errors import NotFound, Refused
from core.requests import Request
from pipeline.forms import DoneForm, PlanForm
from pipeline.leadpage import visible_lead
from pipeline.models import Activity
from pipeline.services.activities import complete_activity, plan_activity
from pipeline.views.leads import dialog


@require_POST
def plan(request: Request, pk: int) -> HttpResponse:
    """Plan the next step on a lead."""
    lead = visible_lead(request.user, pk)
    form = PlanForm(request.POST)
    if form.is_valid():
        try:
            activity = plan_activity(
                lead=pk,
                type=form.cleaned_data["type"].pk,
                summary=form.cleaned_data["summary"],
                due_on=form.cleaned_data["due_on"],
                assignee=request.user.pk,
                by=request.user,
            )
        except Refused as refused:
            put_errors(form, refused)
        else:
            say(request, _("Planned: %s.") % activity, undo=written_cause())
            return redirect(lead)
    context = {"form": form, "lead": lead}
    return dialog(request, "pipeline/plan.html", context, status=422)


def finish(request: Request, pk: int) -> HttpResponse:
    """Ask what came of a step, and complete it."""
    activity = Activity.objects.visible_to(request.user).for_list().filter(pk=pk).first()
    if activity is None or activity.lead is None:
        raise NotFound(_("There is no such activity."))
    form = DoneForm(posted(request))
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            complete_activity(activity=pk, by=request.user, **form.cleaned_data)
        except Refused as refused:
            status = put_errors(form, refused)
        else:
            say(request, _("Done: %s.") % activity, undo=written_cause())
            return go_to(request, activity.lead.get_absolute_url())
    context = {"form": form, "activity": activity}
    return dialog(request, "pipeline/finish.html", context, status=status)
