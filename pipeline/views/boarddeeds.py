"""What is done on a board beside moving a card: quick leads, several at once, looks, news."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.answers import next_address, with_toast, written_cause
from core.bulk import choose
from core.errors import NotFound
from core.numbers import key_in, keys_in
from core.requests import Request
from core.views.bulk import deed_named, do_bulk
from core.views.conditions import build_url
from crm.services.preferences import set_preference
from pipeline.boardforms import NarrowingForm
from pipeline.boardnews import read_news
from pipeline.boardpage import columns_after
from pipeline.boardview import DENSITIES
from pipeline.bulk import DEEDS
from pipeline.currencies import currency_of
from pipeline.models import Lead, Stage
from pipeline.narrowing import Narrowing
from pipeline.services.leads import LeadDraft, create_lead
from pipeline.stagefacts import DAYS, read_stage_facts
from pipeline.views.board import view_of
from pipeline.views.leads import dialog
from pipeline.views.moving import lane_fields

#: So many leads are changed at once from a board.
MOST = 500


@require_POST
def look(request: Request, pk: int) -> HttpResponse:
    """Remember how a person wants the board: its density, which columns are folded."""
    view = view_of(request, pk)
    density = request.POST.get("density")
    if density in DENSITIES:
        set_preference(user=request.user, name="board.density", value=density)
    stage = key_in(request.POST, "fold") or key_in(request.POST, "unfold")
    if stage and Stage.objects.filter(pk=stage, pipeline=view.pipeline).exists():
        folded = view.folded - {stage} | ({stage} if "fold" in request.POST else set())
        known = Stage.objects.filter(pk__in=folded).values_list("pk", flat=True)
        set_preference(user=request.user, name="board.folded", value=sorted(known))
    if request.htmx:
        return HttpResponse(status=204)
    return redirect(next_address(request, view.address()))


@require_POST
def add(request: Request, pk: int) -> HttpResponse:
    """Make a lead at the head of a column from its title alone."""
    view = view_of(request, pk)
    stages = Stage.objects.active().visible_to(request.user).filter(pipeline=view.pipeline)
    stage = stages.filter(pk=key_in(request.POST, "stage")).first()
    if stage is None:
        raise NotFound(_("There is no such stage."))
    values = {"title": request.POST.get("title", "").strip(), **lane_fields(request)}
    lead = create_lead(draft=LeadDraft(values=values, stage=stage), by=request.user)
    text = _("“%s” is created.") % lead.title
    return answer(request, pk, [lead.pk], text, stages=[lead.stage_id], undo=written_cause())


def answer(
    request: Request,
    pk: int,
    leads: Sequence[int],
    text: str,
    *,
    stages: Sequence[int] | None = None,
    undo: UUID | None = None,
) -> HttpResponse:
    """What a board changes after something was done to leads, with a toast that undoes `undo`."""
    columns = columns_after(view_of(request, pk), leads, stages)
    response = render(request, "pipeline/board.html#moved", {"columns": columns})
    return with_toast(response, text, undo=undo)


def bulk(request: Request, pk: int, deed: str) -> HttpResponse:
    """Ask what is to be done to several leads, and do it to all of them or none."""
    view, wanted = view_of(request, pk), deed_named(DEEDS, deed)
    leads = keys_in(request.POST or request.GET, "leads", MOST)
    return do_bulk(
        request,
        wanted,
        choose(Lead.objects.visible_to(request.user), request.user, leads),
        hidden=[("leads", ",".join(map(str, leads)))],
        about={"pipeline": view.pipeline},
        back=view.address(),
        done=lambda ids, text, cause: answer(request, pk, ids, text, undo=cause),
    )


def news(request: Request, pk: int) -> HttpResponse:
    """What changed on the board since the change that the page has seen; 204 for nothing."""
    view = view_of(request, pk)
    found = read_news(key_in(request.GET, "since") or 0)
    if not found.leads:
        response = HttpResponse(status=204)
    elif found.too_many or view.lanes:
        response = HttpResponse(status=205)
    else:
        columns = columns_after(view, found.leads)
        response = render(request, "pipeline/board.html#moved", {"columns": columns})
    response["Relance-Since"] = str(found.since)
    return response


def about_stage(request: Request, pk: int, stage: int) -> HttpResponse:
    """What a stage is for, and how it does."""
    view = view_of(request, pk)
    found = Stage.objects.filter(pk=stage, pipeline=view.pipeline).first()
    if found is None:
        raise NotFound(_("There is no such stage."))
    context = {
        "stage": found,
        "pipeline": view.pipeline,
        "currency": currency_of(view.pipeline),
        "facts": read_stage_facts(request.user, found),
        "days": DAYS,
        "is_folded": found.pk in view.folded,
        "back": view.address(),
    }
    return dialog(request, "pipeline/stage_about.html", context)


def narrow(request: Request) -> HttpResponse:
    """The form of the filter, for the board or list whose address is in `to`."""
    to = request.GET.get("to", "")
    if not url_has_allowed_host_and_scheme(to, allowed_hosts=None) or not to.startswith("/"):
        raise NotFound(_("There is no such page."))
    narrowing = Narrowing.read(request.GET, request.user)
    form = NarrowingForm(narrowing)
    kept = [
        (name, value)
        for name, value in request.GET.items()
        if name not in form.fields and name not in ("to", "after", "page")
    ]
    query = request.GET.copy()
    query.pop("to", None)
    context = {"form": form, "to": to, "kept": kept, "build_url": build_url("leads", to, query)}
    return dialog(request, "pipeline/narrow.html", context)
