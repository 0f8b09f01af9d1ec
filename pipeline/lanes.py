"""A board in lanes: the same columns, cut across by owner or another kind, with sums a lane."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Q, Sum, Window
from django.db.models.functions import RowNumber

from crm.models import User
from crm.querysets import sees_all
from pipeline.board import Board, Column, add_sums, columns_of, on_board
from pipeline.cards import card_rows, make_cards
from pipeline.lanekinds import LaneKind
from pipeline.models import Lead, StageTotal

if TYPE_CHECKING:
    from pipeline.models import Pipeline
    from pipeline.querysets import LeadQuerySet

#: Above so many leads a board is not cut into lanes: it is narrowed first.
MOST = 50_000
#: Cards of a cell that are shown at first.
CELL = 5


@dataclass(slots=True)
class Lane:
    """A row of the board: the leads of one owner, choice …; `key` is None for none."""

    key: Any
    name: str = ""
    count: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)
    cells: dict[int, Column] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LaneBoard:
    """A board with its lanes; the columns carry the sums and no cards."""

    board: Board
    lanes: list[Lane]


def is_too_large(user: User, pipeline: Pipeline, leads: LeadQuerySet | None) -> bool:
    """Whether a board has more leads than lanes can show."""
    if leads is None and sees_all(user):
        totals = StageTotal.objects.filter(pipeline=pipeline, status__in=("open", "won"))
        return (totals.aggregate(n=Sum("count"))["n"] or 0) > MOST
    chosen = on_board(user, pipeline, leads, None).order_by()
    return chosen.values("pk")[: MOST + 1].count() > MOST


def read_lanes(
    *,
    user: User,
    pipeline: Pipeline,
    by: LaneKind,
    leads: LeadQuerySet | None = None,
    won_since: dt.datetime | None = None,
) -> LaneBoard:
    """The board of a person in lanes, `CELL` cards a cell."""
    chosen = on_board(user, pipeline, leads, won_since).annotate(lane=by.column)
    rows = list(
        chosen.order_by()
        .values("lane", "stage", "currency")
        .annotate(
            n=Count("pk"),
            sum=Sum("expected_revenue"),
            weight=Sum(F("expected_revenue") * F("probability")) / Decimal(100),
            without=Count("pk", filter=Q(expected_revenue__isnull=True)),
        )
        .values_list("lane", "stage", "currency", "n", "sum", "weight", "without")
    )
    columns = columns_of(user, pipeline, {row[1] for row in rows})
    add_sums(columns, [row[1:] for row in rows])
    stages = {column.stage.pk: column.stage for column in columns}
    names = by.names(list({by.key(row[0]) for row in rows}))
    lanes = {key: Lane(key, name) for key, name in names.items()}
    for found_key, stage, currency, count, amount, _weight, without in rows:
        lane = lanes[by.key(found_key)]
        lane.count += count
        cell = lane.cells.setdefault(stage, Column(stages[stage]))
        cell.count += count
        if count > without:
            lane.amounts[currency] = (amount or Decimal(0)) + lane.amounts.get(currency, Decimal(0))
    for lane in lanes.values():
        for stage, found in stages.items():
            lane.cells.setdefault(stage, Column(found))
    place = Window(RowNumber(), partition_by=["lane", "stage"], order_by="position")
    first = chosen.annotate(place=place).filter(place__lte=CELL + 1)
    lane_of = {pk: by.key(key) for pk, key in first.values_list("pk", "lane")}
    first_rows = card_rows(Lead.objects.filter(pk__in=lane_of).order_by("stage", "position"), user)
    for card in make_cards(first_rows, stages):
        lanes[lane_of[card.id]].cells[card.stage].cards.append(card)
    for lane in lanes.values():
        for cell in lane.cells.values():
            cell.take(cell.cards, CELL)
    return LaneBoard(Board(pipeline, columns), list(lanes.values()))


def only_lane(leads: LeadQuerySet | None, by: LaneKind, lane: str) -> LeadQuerySet:
    """The leads of one lane, by its key in addresses."""
    chosen = (Lead.objects.all() if leads is None else leads).alias(lane=by.column)
    key = by.read(lane)
    return chosen.filter(**({"lane__isnull": True} if key is None else {"lane": key}))  # type: ignore[no-any-return]
