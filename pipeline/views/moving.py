"""Moving, winning, losing and reopening a lead: from its page, its menu, or by dragging."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.answers import go_to, next_address, posted, put_errors, say, with_toast, written_cause
from core.errors import Conflict, NotAllowed, Refused
from core.numbers import key_in
from core.requests import Request
from crm.models import User
from pipeline.forms import LoseForm, MoveForm
from pipeline.leadpage import may_change, visible_lead
from pipeline.models import Lead
from pipeline.services.closing import lose_lead, reopen_lead, win_lead
from pipeline.services.moves import move_lead, tick_criterion
from pipeline.views.board import moved_cards
from pipeline.views.leads import dialog
from pipeline.views.parts import answer as answer_part


def changeable(user: User, pk: int) -> Lead:
    """A lead for a form that changes it."""
    lead = visible_lead(user, pk)
    if not may_change(user, lead):
        raise NotAllowed(_("You can see this lead, but not change it."))
    return lead


def done(request: Request, lead: Lead, text: str, *, came_from: int) -> HttpResponse:
    """The answer to a change of place: for a board its cards and heads, else the lead's page."""
    undo = written_cause()
    if request.htmx and "board" in request.POST:
        answer = moved_cards(request, lead, stages={came_from, lead.stage_id})
        return with_toast(answer, text, undo=undo)
    say(request, text, undo=undo)
    return go_to(request, next_address(request, lead.get_absolute_url()))


def dragged(request: Request, pk: int) -> HttpResponse | None:
    """Put a lead where its card was dropped; None when its stage asks for more first."""
    came_from = Lead.objects.filter(pk=pk).values_list("stage_id", flat=True).first() or 0
    try:
        lead = move_lead(
            lead=pk,
            stage=key_in(request.POST, "stage") or 0,
            by=request.user,
            above=key_in(request.POST, "above"),
            below=key_in(request.POST, "below"),
            expected_version=key_in(request.POST, "version"),
        )
    except Refused as refused:
        if refused.fields:
            return None
        raise
    return done(request, lead, moved(lead), came_from=came_from)


def moved(lead: Lead) -> str:
    """Where a lead is now."""
    return _("“%(lead)s” is in %(stage)s.") % {"lead": lead.title, "stage": lead.stage.name}


def move(request: Request, pk: int) -> HttpResponse:
    """Ask where a lead goes, or put it there."""
    if "dragged" in request.POST and (answer := dragged(request, pk)) is not None:
        return answer
    lead = changeable(request.user, pk)
    wanted = request.GET.get("stage", "")
    form = MoveForm(posted(request), user=request.user, lead=lead, wanted=wanted)
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        target, came_from = form.cleaned_data["stage"], lead.stage_id
        below = form.cleaned_data["below"]
        if form.cleaned_data["place"] == "bottom":
            last = Lead.objects.neighbours(target.pk).exclude(pk=pk).last()
            below = last.pk if last else None
        try:
            with transaction.atomic():
                if form.cleaned_data.get("criterion"):
                    tick_criterion(lead=pk, stage=lead.stage_id, by=request.user)
                lead = move_lead(
                    lead=pk,
                    stage=target.pk,
                    by=request.user,
                    above=form.cleaned_data["above"],
                    below=below,
                    fields=form.values(),
                    expected_version=form.cleaned_data["version"],
                )
        except (Refused, Conflict) as refused:
            status = put_errors(form, refused)
        else:
            return done(request, lead, moved(lead), came_from=came_from)
    return dialog(request, "pipeline/move.html", {"form": form, "lead": lead}, status=status)


@require_POST
def win(request: Request, pk: int) -> HttpResponse:
    """Win a lead."""
    came_from = visible_lead(request.user, pk).stage_id
    lead = win_lead(lead=pk, by=request.user, expected_version=key_in(request.POST, "version"))
    return done(request, lead, _("“%s” is won.") % lead.title, came_from=came_from)


def lose(request: Request, pk: int) -> HttpResponse:
    """Ask why a lead is lost, then lose it."""
    lead = changeable(request.user, pk)
    form = LoseForm(posted(request), initial={"version": lead.version})
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            lost = lose_lead(
                lead=pk,
                reason=form.cleaned_data["reason"].pk,
                note=form.cleaned_data["note"],
                by=request.user,
                expected_version=form.cleaned_data["version"],
            )
        except (Refused, Conflict) as refused:
            status = put_errors(form, refused)
        else:
            text = _("“%s” is lost.") % lost.title
            return done(request, lost, text, came_from=lead.stage_id)
    return dialog(request, "pipeline/lose.html", {"form": form, "lead": lead}, status=status)


@require_POST
def reopen(request: Request, pk: int) -> HttpResponse:
    """Open a won or lost lead again."""
    came_from = visible_lead(request.user, pk).stage_id
    lead = reopen_lead(lead=pk, by=request.user, expected_version=key_in(request.POST, "version"))
    return done(request, lead, _("“%s” is open again.") % lead.title, came_from=came_from)


@require_POST
def tick(request: Request, pk: int) -> HttpResponse:
    """Say that the exit criterion of a stage is met, or that it is not."""
    stage = key_in(request.POST, "stage") or 0
    met = "met" in request.POST
    tick_criterion(lead=pk, stage=stage, by=request.user, met=met)
    text = _("The exit criterion is met.") if met else _("The exit criterion is not met.")
    return answer_part(request, pk, text)
