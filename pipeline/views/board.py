"""The board: columns with their true counts and sums, and the cards in them."""

from __future__ import annotations

from collections.abc import Collection

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.numbers import key_in
from core.requests import Request
from crm.models import User
from pipeline.boardpage import BoardFilter, board_page, column_cards, columns_after_move
from pipeline.models import Lead, Pipeline

LOST_PAGE = 50


def visible_pipeline(user: User, pk: int) -> Pipeline:
    """A pipeline in use that the person sees."""
    found: Pipeline | None = Pipeline.objects.visible_to(user).active().filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such pipeline."))
    return found


def start(request: Request) -> HttpResponse:
    """Where the day begins."""
    return redirect("boards")


def boards(request: Request) -> HttpResponse:
    """The first board that the person has."""
    first = Pipeline.objects.visible_to(request.user).active().first()
    if first is None:
        return render(request, "pipeline/no_board.html")
    return redirect("board", first.pk)


def board(request: Request, pk: int) -> HttpResponse:
    """A pipeline as columns of cards."""
    pipelines = list(Pipeline.objects.visible_to(request.user).active())
    pipeline = next((found for found in pipelines if found.pk == pk), None)
    if pipeline is None:
        raise NotFound(_("There is no such pipeline."))
    wanted = BoardFilter.read(request.GET)
    context = {
        "page": board_page(request.user, pipeline, wanted),
        "pipeline": pipeline,
        "pipelines": pipelines,
        "wanted": wanted,
    }
    return render(request, "pipeline/board.html", context)


def more(request: Request, pk: int, stage: int) -> HttpResponse:
    """The next cards of a column, below the card that the page names."""
    pipeline = visible_pipeline(request.user, pk)
    wanted = BoardFilter.read(request.GET)
    after, left = request.GET.get("after", ""), key_in(request.GET, "left") or 1
    context = {
        "column": column_cards(request.user, pipeline, stage, wanted, after=after, left=left),
        "pipeline": pipeline,
        "wanted": wanted,
    }
    return render(request, "pipeline/board.html#cards", context)


def moved_cards(request: Request, lead: Lead, *, stages: Collection[int]) -> HttpResponse:
    """What a board changes after a lead moved: its card and the heads of the columns concerned."""
    wanted = BoardFilter.read_query(request.POST.get("board", ""))
    context = {
        "columns": columns_after_move(request.user, lead, wanted, stages),
        "pipeline": lead.pipeline,
        "wanted": wanted,
    }
    return render(request, "pipeline/board.html#moved", context)


def lost(request: Request, pk: int) -> HttpResponse:
    """The lost leads of a pipeline with their reasons, the latest first."""
    pipeline = visible_pipeline(request.user, pk)
    wanted = BoardFilter.read(request.GET)
    leads = wanted.apply(Lead.objects.visible_to(request.user), request.user)
    leads = leads.active().lost().filter(pipeline=pipeline).for_list()
    page = Paginator(leads.order_by("-closed_at", "-id"), LOST_PAGE).get_page(
        request.GET.get("page")
    )
    context = {"pipeline": pipeline, "page": page, "wanted": wanted}
    return render(request, "pipeline/lost.html", context)
