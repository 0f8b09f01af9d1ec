"""The board: columns with their true counts and sums, and the cards in them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.core.paginator import Paginator
from django.db.models import Subquery
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.ledger.tables import Change
from core.numbers import key_in
from core.requests import Request
from crm.leadfields import lead_fields
from crm.models import User
from crm.models.people import Role
from crm.savedviews import first_address, read_menu
from pipeline.boardpage import board_page, column_cards, columns_after, steps_of
from pipeline.boardview import BoardView, density_names, lanes_of, won_periods
from pipeline.dateview import ways
from pipeline.models import Lead, Pipeline

LOST_PAGE = 50


def visible_pipeline(user: User, pk: int) -> Pipeline:
    """A pipeline in use that the person sees."""
    pipelines = Pipeline.objects.visible_to(user).active().annotate(lead_fields=lead_fields())
    found: Pipeline | None = pipelines.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such pipeline."))
    return found


def view_of(request: Request, pk: int) -> BoardView:
    """How the person looks at a board: in the address of a GET, in the field `board` of a POST."""
    pipeline = visible_pipeline(request.user, pk)
    if request.method == "POST":
        return BoardView.read_query(request.POST.get("board", ""), request.user, pipeline)
    return BoardView.read(request.GET, request.user, pipeline)


def start(request: Request) -> HttpResponse:
    """Where the day begins: with what is due, or for who leads with the whole board."""
    leads = request.user.role == Role.LEADER or request.user.is_manager
    return redirect("boards" if leads else "day")


def boards(request: Request) -> HttpResponse:
    """The first board that the person has, narrowed as the address says."""
    first = Pipeline.objects.visible_to(request.user).active().first()
    if first is None:
        return render(request, "pipeline/no_board.html")
    query = request.GET.urlencode()
    return redirect(reverse("board", args=[first.pk]) + (f"?{query}" if query else ""))


def board(request: Request, pk: int) -> HttpResponse:
    """A pipeline as columns of cards; without a query as the view that opens first."""
    if first := first_address(request, "board"):
        return redirect(first)
    # The newest change and the custom fields come along with the pipelines: two queries less.
    newest = Change.objects.order_by("-pk").values("pk")[:1]
    found = Pipeline.objects.visible_to(request.user).active().annotate(newest=Subquery(newest))
    pipelines = list(found.annotate(lead_fields=lead_fields()))
    pipeline = next((found for found in pipelines if found.pk == pk), None)
    if pipeline is None:
        raise NotFound(_("There is no such pipeline."))
    view = BoardView.read(request.GET, request.user, pipeline)
    context = {
        "page": board_page(view, pipeline.newest or 0),
        "pipeline": pipeline,
        "ways": ways(view.narrowing, "board", pipeline.pk),
        "pipelines": pipelines,
        "view": view,
        "won_choices": [(key, name, view.address(won=key)) for key, name in won_periods().items()],
        "lane_choices": [
            ("", _("None"), view.address(lanes="")),
            *(
                (kind.name, kind.label, view.address(lanes=kind.name))
                for kind in lanes_of(pipeline).values()
            ),
        ],
        "views": read_menu(
            request.user, "board", request.GET, path=request.path, query=view.query(view="")
        ),
        "density_choices": density_names().items(),
    }
    return render(request, "pipeline/board.html", context)


def more(request: Request, pk: int, stage: int) -> HttpResponse:
    """The next cards of a column, below the card that the page names."""
    view = view_of(request, pk)
    column = column_cards(
        view,
        stage,
        after=request.GET.get("after", ""),
        left=key_in(request.GET, "left") or 1,
        lane=request.GET.get("lane", ""),
    )
    return render(request, "pipeline/board.html#cards", {"column": column})


def steps(request: Request, pk: int) -> HttpResponse:
    """The bars of next steps, for a board that shows everything and did not count them."""
    bars, chip = steps_of(view_of(request, pk))
    return render(request, "pipeline/board.html#bars", {"bars": bars, "chip": chip})


def moved_cards(
    request: Request, leads: Sequence[Lead], *, stages: Collection[int]
) -> HttpResponse:
    """What a board changes after leads moved: their cards and the heads of these columns."""
    asked = key_in(request.POST, "pipeline")
    pipeline = leads[0].stage.pipeline
    if asked and asked != pipeline.pk:
        pipeline = visible_pipeline(request.user, asked)
    view = BoardView.read_query(request.POST.get("board", ""), request.user, pipeline)
    columns = columns_after(view, [lead.pk for lead in leads], stages)
    return render(request, "pipeline/board.html#moved", {"columns": columns})


def lost(request: Request, pk: int) -> HttpResponse:
    """The lost leads of a pipeline with their reasons, the latest first."""
    view = view_of(request, pk)
    leads = view.narrowing.apply(Lead.objects.visible_to(request.user))
    leads = leads.active().lost().filter(pipeline=view.pipeline).for_list()
    page = Paginator(leads.order_by("-closed_at", "-id"), LOST_PAGE).get_page(
        request.GET.get("page")
    )
    context = {"pipeline": view.pipeline, "page": page}
    return render(request, "pipeline/lost.html", context)
