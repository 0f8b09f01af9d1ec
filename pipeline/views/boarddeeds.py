"""What is done on a board beside moving a card: quick leads, several at once, looks, news."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from core.answers import next_address, posted, put_errors, with_toast, written_cause
from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.numbers import key_in, keys_in
from core.requests import Request
from crm.services.preferences import set_preference
from pipeline.boardforms import (
    BulkAssignForm,
    BulkDeleteForm,
    BulkLoseForm,
    BulkMoveForm,
    BulkTagForm,
    NarrowingForm,
)
from pipeline.boardnews import read_news
from pipeline.boardpage import columns_after
from pipeline.boardview import DENSITIES
from pipeline.columnfaces import number_text
from pipeline.models import Lead, Stage
from pipeline.narrowing import Narrowing
from pipeline.services.assignment import assign_leads
from pipeline.services.closing import lose_leads
from pipeline.services.leads import LeadDraft, create_lead, delete_leads
from pipeline.services.moves import move_leads
from pipeline.services.sets import set_tags
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
    return answer(
        request, pk, [lead.pk], _("“%s” is created.") % lead.title, stages=[lead.stage_id]
    )


def answer(
    request: Request,
    pk: int,
    leads: Sequence[int],
    text: str,
    *,
    stages: Sequence[int] | None = None,
) -> HttpResponse:
    """What a board changes after something was done to leads, with a toast."""
    columns = columns_after(view_of(request, pk), leads, stages)
    response = render(request, "pipeline/board.html#moved", {"columns": columns})
    return with_toast(response, text, undo=written_cause())


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that is done to several leads: its form, its doing, and words for before and
    after."""

    form: Any
    do: Callable[[list[int], dict[str, Any], Any], Any]
    asks: Callable[[int], str]
    says: Callable[[int], str]
    button: Callable[[], str]


def _move(leads: list[int], values: dict[str, Any], by: Any) -> None:
    move_leads(leads=leads, stage=values["stage"].pk, by=by)


def _assign(leads: list[int], values: dict[str, Any], by: Any) -> None:
    assign_leads(leads=leads, owner=values["owner"].pk if values["owner"] else None, by=by)


def _tag(leads: list[int], values: dict[str, Any], by: Any) -> None:
    if not (values["add"] or values["remove"]):
        raise Refused(_("Choose a tag."))
    set_tags(
        leads=leads,
        by=by,
        add=[tag.pk for tag in values["add"]],
        remove=[tag.pk for tag in values["remove"]],
    )


def _lose(leads: list[int], values: dict[str, Any], by: Any) -> None:
    lose_leads(leads=leads, reason=values["reason"].pk, note=values["note"], by=by)


def _delete(leads: list[int], values: dict[str, Any], by: Any) -> None:
    delete_leads(leads=leads, by=by)


DEEDS = {
    "move": Deed(
        BulkMoveForm,
        _move,
        lambda n: ngettext("Move %(n)s lead", "Move %(n)s leads", n),
        lambda n: ngettext("%(n)s lead moved.", "%(n)s leads moved.", n),
        lambda: _("Move"),
    ),
    "assign": Deed(
        BulkAssignForm,
        _assign,
        lambda n: ngettext("Who gets %(n)s lead?", "Who gets %(n)s leads?", n),
        lambda n: ngettext("%(n)s lead assigned.", "%(n)s leads assigned.", n),
        lambda: _("Assign"),
    ),
    "tag": Deed(
        BulkTagForm,
        _tag,
        lambda n: ngettext("Tags of %(n)s lead", "Tags of %(n)s leads", n),
        lambda n: ngettext("Tags of %(n)s lead changed.", "Tags of %(n)s leads changed.", n),
        lambda: _("Save"),
    ),
    "lose": Deed(
        BulkLoseForm,
        _lose,
        lambda n: ngettext("Why is %(n)s lead lost?", "Why are %(n)s leads lost?", n),
        lambda n: ngettext("%(n)s lead is lost.", "%(n)s leads are lost.", n),
        lambda: _("Lost"),
    ),
    "delete": Deed(
        BulkDeleteForm,
        _delete,
        lambda n: ngettext("Delete %(n)s lead?", "Delete %(n)s leads?", n),
        lambda n: ngettext("%(n)s lead deleted.", "%(n)s leads deleted.", n),
        lambda: _("Delete"),
    ),
}


def bulk(request: Request, pk: int, deed: str) -> HttpResponse:
    """Ask what is to be done to several leads, and do it to all of them or none."""
    view = view_of(request, pk)
    wanted = DEEDS.get(deed)
    if wanted is None:
        raise NotFound(_("There is no such page."))
    leads = keys_in(request.POST or request.GET, "leads", MOST)
    if not leads:
        raise Refused(_("Select leads first."))
    seen = Lead.objects.visible_to(request.user).filter(pk__in=leads)
    if seen.count() < len(set(leads)):
        raise NotFound(_("There is no such lead."))
    if seen.changeable_by(request.user).count() < len(set(leads)):
        raise NotAllowed(_("You may not change all of these leads."))
    form = wanted.form(posted(request), user=request.user, pipeline=view.pipeline)
    status = 422 if form.errors else 200
    count = {"n": number_text(len(leads))}
    if request.method == "POST" and form.is_valid():
        try:
            wanted.do(leads, form.cleaned_data, request.user)
        except (Refused, Conflict) as refused:
            status = put_errors(form, refused)
        else:
            return answer(request, pk, leads, wanted.says(len(leads)) % count)
    context = {
        "form": form,
        "pipeline": view.pipeline,
        "deed": deed,
        "heading": wanted.asks(len(leads)) % count,
        "button": wanted.button(),
        "leads": ",".join(map(str, leads)),
    }
    return dialog(request, "pipeline/bulk.html", context, status=status)


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
    context = {"form": form, "to": to, "kept": kept}
    return dialog(request, "pipeline/narrow.html", context)
