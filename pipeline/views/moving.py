"""Moving, winning, losing and reopening a lead: from its page, its menu, or by dragging."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from core import dates
from core.answers import go_to, next_address, posted, put_errors, say, with_toast, written_cause
from core.errors import Conflict, NotAllowed, Refused
from core.ledger.causes import required_cause
from core.numbers import key_in, keys_in
from core.requests import Request
from crm.models import User
from pipeline.boardview import lanes_named
from pipeline.forms import LoseForm, MoveForm
from pipeline.leadpage import may_change, visible_lead
from pipeline.models import Lead, Stage
from pipeline.services.closing import lose_lead, reopen_lead, win_lead
from pipeline.services.moves import move_lead, move_leads, tick_criterion
from pipeline.views.board import moved_cards
from pipeline.views.leads import dialog
from pipeline.views.parts import answer as answer_part


def changeable(user: User, pk: int) -> Lead:
    """A lead for a form that changes it."""
    lead = visible_lead(user, pk)
    if not may_change(user, lead):
        raise NotAllowed(_("You can see this lead, but not change it."))
    return lead


def done(
    request: Request, lead: Lead, text: str, *, came_from: Stage | None = None
) -> HttpResponse:
    """The answer to a change of place: for a board its cards and heads; else the lead's page."""
    undo = written_cause()
    if request.htmx and "board" in request.POST:
        stages = {lead.stage_id} | ({came_from.pk} if came_from else set())
        answer = moved_cards(request, [lead], stages=stages)
        return with_offer(answer, lead, text, undo=undo, came_from=came_from)
    say(request, text, undo=undo)
    return go_to(request, next_address(request, lead.get_absolute_url()))


def with_offer(
    answer: HttpResponse, lead: Lead, text: str, *, undo: UUID | None, came_from: Stage | None
) -> HttpResponse:
    """An answer with a toast in which the exit criterion of the stage that was left can be
    ticked."""
    offer = offered_criterion(lead, came_from)
    act = f"{reverse('lead-tick', args=[lead.pk])}?offered={came_from.pk}" if came_from else ""
    return with_toast(answer, text, undo=undo, act=act if offer else "", act_text=offer)


def dragged(request: Request, pk: int) -> HttpResponse | None:
    """Put leads where their cards were dropped; None when the stage asks for more first.

    The page shows the move already: the answer says no more than that it is saved. What else it
    changed comes with the board's news.
    """
    leads = list(dict.fromkeys([pk, *keys_in(request.POST, "with")]))
    stage = key_in(request.POST, "stage") or 0
    try:
        moved_leads = move_leads(
            leads=leads,
            stage=stage,
            by=request.user,
            above=key_in(request.POST, "above"),
            below=key_in(request.POST, "below"),
            fields=lane_fields(request),
            expected_stage=key_in(request.POST, "from"),
        )
    except Refused as refused:
        if refused.fields and len(leads) == 1:
            return None
        raise
    except Conflict:
        # Sent again because the answer was lost: it stands where it was to go.
        found = Lead.objects.filter(pk=pk, stage=stage).select_related("stage")
        lead = found.first() if "again" in request.POST else None
        if lead is None:
            raise
        return with_toast(HttpResponse(status=204), moved(lead))
    undo = required_cause().id
    if len(moved_leads) == 1:
        lead = moved_leads[0]
        answer = HttpResponse(status=204)
        return with_offer(answer, lead, moved(lead), undo=undo, came_from=lead.came_from)
    words = {"n": len(moved_leads), "stage": moved_leads[0].stage.name}
    text = ngettext(
        "%(n)s lead is in %(stage)s.", "%(n)s leads are in %(stage)s.", len(moved_leads)
    )
    return with_toast(HttpResponse(status=204), text % words, undo=undo)


def lane_fields(request: Request) -> dict[str, Any]:
    """What a lead takes over from the lane in which it was dropped."""
    lane = request.POST.get("lane", "")
    kind = lanes_named(request.POST.get("lanes", "")) if lane else None
    return kind.fields(lane) if kind is not None else {}


def offered_criterion(lead: Lead, left: Stage | None) -> str:
    """The exit criterion of the stage that a lead left forward without its tick, in words."""
    if (
        left is None
        or not left.exit_criterion
        or left.pipeline_id != lead.stage.pipeline_id
        or left.sequence >= lead.stage.sequence
        or lead.criterion_met
    ):
        return ""
    return _("Tick: %s") % left.exit_criterion


def moved(lead: Lead) -> str:
    """Where a lead is now."""
    return _("“%(lead)s” is in %(stage)s.") % {"lead": lead.title, "stage": lead.stage.name}


def move(request: Request, pk: int) -> HttpResponse:
    """Ask where a lead goes, or put it there."""
    if "dragged" in request.POST and (answer := dragged(request, pk)) is not None:
        return answer
    lead = changeable(request.user, pk)
    wanted = request.GET.get("stage", "")
    form = MoveForm(
        posted(request),
        user=request.user,
        lead=lead,
        wanted=wanted,
        elsewhere="elsewhere" in request.GET,
    )
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        target = form.cleaned_data["stage"]
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
                    fields={**lane_fields(request), **form.values()},
                    expected_version=form.cleaned_data["version"],
                )
        except (Refused, Conflict) as refused:
            status = put_errors(form, refused)
        else:
            return done(request, lead, moved(lead), came_from=lead.came_from)
    context = {"form": form, "lead": lead, "next": next_address(request, "")}
    if "lane" in request.POST:
        context["lane"] = {name: request.POST.get(name, "") for name in ("lanes", "lane")}
    return dialog(request, "pipeline/move.html", context, status=status)


@require_POST
def win(request: Request, pk: int) -> HttpResponse:
    """Win a lead."""
    came_from = visible_lead(request.user, pk).stage
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
                again_on=form.cleaned_data["again_on"],
                by=request.user,
                expected_version=form.cleaned_data["version"],
            )
        except (Refused, Conflict) as refused:
            status = put_errors(form, refused)
        else:
            text = _("“%s” is lost.") % lost.title
            if form.cleaned_data["again_on"] is not None:
                words = {"lead": lost.title, "day": dates.day(form.cleaned_data["again_on"])}
                text = _("“%(lead)s” is lost; contact again on %(day)s.") % words
            return done(request, lost, text, came_from=lead.stage)
    return dialog(request, "pipeline/lose.html", {"form": form, "lead": lead}, status=status)


@require_POST
def reopen(request: Request, pk: int) -> HttpResponse:
    """Open a won or lost lead again."""
    came_from = visible_lead(request.user, pk).stage
    lead = reopen_lead(lead=pk, by=request.user, expected_version=key_in(request.POST, "version"))
    return done(request, lead, _("“%s” is open again.") % lead.title, came_from=came_from)


@require_POST
def tick(request: Request, pk: int) -> HttpResponse:
    """Say that the exit criterion of a stage is met, or that it is not."""
    offered = key_in(request.GET, "offered")
    stage = offered or key_in(request.POST, "stage") or 0
    met = bool(offered) or "met" in request.POST
    tick_criterion(lead=pk, stage=stage, by=request.user, met=met)
    if offered and request.htmx:
        return with_toast(HttpResponse(status=204), _("Ticked."), undo=written_cause())
    text = _("The exit criterion is met.") if met else _("The exit criterion is not met.")
    return answer_part(request, pk, text)
