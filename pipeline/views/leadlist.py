"""The list of leads, and its file. The filter is that of the board."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from core.bulk import Deed, Opening, Selection, choose
from core.errors import Refused
from core.lists import address
from core.requests import Request
from core.views.bulk import bulk_on_list, deed_named
from core.views.cells import register_editor
from core.views.conditions import register_built
from core.views.lists import Chip, Frame, Menu, Told, asked_of, export_list, show_list
from crm.savedviews import first_address, read_menu
from pipeline import duplicatelines
from pipeline.bulk import DEEDS
from pipeline.cells import CELLS
from pipeline.dateview import ways
from pipeline.lists import LEADS
from pipeline.models import Lead, Pipeline
from pipeline.narrowing import IN_SIGHT, Narrowing
from pipeline.querysets import LeadQuerySet

#: Parts of the filter that have a chip or a menu of their own.
ON_CHIPS = (
    *IN_SIGHT,
    ("status", "open"),
    ("status", "won"),
    ("status", "lost"),
    ("archived", "true"),
)


#: What is offered for selected leads: on a list, also to make one of them.
ON_LIST: dict[str, Deed | Opening] = {
    **{name: deed for name, deed in DEEDS.items() if name != "delete"},
    "merge": duplicatelines.LEADS.merging(),
    "delete": DEEDS["delete"],
}


def index(request: Request) -> HttpResponse:
    """The list; without a query the view that opens first."""
    if first := first_address(request, LEADS.name):
        return redirect(first)
    narrowing = Narrowing.read(request.GET, request.user)
    # The latest changes and what words find are few leads of many; another order looks at all.
    few = bool(narrowing.text) or request.GET.get("sort", LEADS.sort) == LEADS.sort
    leads = narrowing.apply(Lead.objects.visible_to(request.user, singly=few))
    return show_list(request, LEADS, leads, _frame(request, narrowing))


def export(request: Request) -> HttpResponseBase:
    """The list as a file."""
    narrowing = Narrowing.read(asked_of(request), request.user)
    leads = narrowing.apply(Lead.objects.visible_to(request.user))
    return export_list(request, LEADS, leads, narrowing.problems)


def bulk(request: Request, deed: str) -> HttpResponse:
    """Ask what is to be done to the selected leads, and do it to all of them or none."""
    wanted = deed_named(ON_LIST, deed)
    selection = Selection.read(request.POST or request.GET)
    leads = Lead.objects.visible_to(request.user)
    if selection.is_all:
        narrowing = Narrowing.read(selection.filter, request.user)
        if narrowing.problems:
            raise Refused(" ".join(narrowing.problems))
        leads = narrowing.apply(leads).in_column_order()
    return bulk_on_list(
        request,
        wanted,
        choose(leads, request.user, None if selection.is_all else selection.rows),
        selection,
        list_url=reverse("leads"),
        about={"pipeline": None},
    )


def built_leads(request: Request, query: QueryDict) -> LeadQuerySet:
    """The leads that the query of a list or board shows, for the form of its condition."""
    return Narrowing.read(query, request.user).apply(Lead.objects.visible_to(request.user))


register_editor(LEADS, CELLS)
register_built(LEADS.name, "pipeline.lead", built_leads)


def _deeds(narrowing: Narrowing) -> list[Deed | Opening]:
    """What may be done to selected leads: those of the archive are brought back."""
    gone = "unarchive" if narrowing.values.get("archived") != "true" else "archive"
    return [deed for deed in ON_LIST.values() if deed.name != gone]


def _frame(request: Request, narrowing: Narrowing) -> Frame:
    pipelines = list(Pipeline.objects.visible_to(request.user).active())
    query, wanted = request.GET, narrowing.values.get("pipeline", "")
    is_one = wanted in {str(pipeline.pk) for pipeline in pipelines}
    chips_apart = [*ON_CHIPS, *([("pipeline", wanted)] if is_one else [])]
    return Frame(
        title=_("Leads"),
        icon="list",
        find_label=_("Find in leads"),
        new_url=reverse("lead-new"),
        new_label=_("New lead"),
        empty_text=_("No leads yet. Make one, or import a file with those that you have."),
        counted=lambda n, shown: ngettext("%(n)s lead", "%(n)s leads", n) % {"n": shown},
        text=narrowing.text,
        is_narrowed=bool(narrowing),
        chips=_chips(query, narrowing),
        told=[
            Told(part.words, address(query, after=None, **{part.name: None}))
            for part in narrowing.told(apart_from=chips_apart)
        ],
        ways=ways(narrowing, LEADS.name),
        menus=[_states(query, narrowing), *_pipelines(query, pipelines, wanted)],
        problems=narrowing.problems,
        deeds=_deeds(narrowing),
        views=lambda shown: read_menu(
            request.user, LEADS.name, query, path=request.path, query=shown
        ),
        filter_url=reverse("lead-narrow") + address(query, after=None, to=request.path),
    )


def _chips(query: QueryDict, narrowing: Narrowing) -> list[Chip]:
    """Whose leads, and what is wrong with them."""
    return [
        Chip(choice.label, address(query, after=None, **choice.changes), choice.current)
        for choice in narrowing.choices()
    ]


def _states(query: QueryDict, narrowing: Narrowing) -> Menu:
    """Open, won, lost, or put away."""
    status, archived = narrowing.values.get("status", ""), narrowing.values.get("archived", "")
    choices = [
        (_("Any state"), "", ""),
        (_("Open"), "open", ""),
        (_("Won"), "won", ""),
        (_("Lost"), "lost", ""),
        (pgettext("records", "Archived"), "", "true"),
    ]
    current = next(
        (label for label, *values in choices if values == [status, archived]), _("Several states")
    )
    return Menu(
        current,
        [
            Chip(label, address(query, after=None, status=s, archived=a), label == current)
            for label, s, a in choices
        ],
    )


def _pipelines(query: QueryDict, pipelines: Sequence[Pipeline], wanted: str) -> list[Menu]:
    """All pipelines or one, where there are several."""
    if len(pipelines) < 2:
        return []
    names = {str(pipeline.pk): pipeline.name for pipeline in pipelines}
    every = Chip(_("All pipelines"), address(query, after=None, pipeline=None, stage=None))
    return [
        Menu(
            names.get(wanted) or every.label,
            [
                every,
                *(
                    Chip(
                        name,
                        address(query, after=None, pipeline=key, stage=None),
                        key == wanted,
                    )
                    for key, name in names.items()
                ),
            ],
        )
    ]
