"""What a board shows: columns with their sums, and the first cards of each, in a fixed number of
queries whatever the number of leads; and the sums as they stood on a past day.

Sums of a board that nothing narrows come from StageTotal; with rights or filters they are counted
from the leads themselves. Cards are plain values, ready for one flat template.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Sum, Value, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from core.dates import tomorrow
from core.ledger.history import state_at
from crm.leadfields import lead_fields
from crm.models import Team
from crm.querysets import sees_all
from pipeline.cards import Card, Row, card_rows, make_cards
from pipeline.models import Lead, LeadSpan, Stage, StageTotal
from pipeline.models.stages import StageTeam

if TYPE_CHECKING:
    from crm.models import User
    from pipeline.models import Pipeline
    from pipeline.querysets import LeadQuerySet

#: Up to this many leads, those on a filtered board are numbered at once; above, each column is
#: walked from its top, which finds a page of cards soon when many leads match.
SPARSE = 5000
#: What stands in a column: a lost lead keeps its stage, but is on no board.
ON_BOARD = ("open", "won")
#: How an open lead stands with its next step.
STATES = ("overdue", "today", "later", "none")


@dataclass(frozen=True, slots=True)
class Steps:
    """How many open leads have a next step overdue, due today, due later, and how many none."""

    overdue: int = 0
    today: int = 0
    later: int = 0
    none: int = 0

    def __add__(self, other: Steps) -> Steps:
        return Steps(
            self.overdue + other.overdue,
            self.today + other.today,
            self.later + other.later,
            self.none + other.none,
        )


@dataclass(slots=True)
class Column:
    """A stage with the count and sums of what stands in it, and the first of its cards.

    Sums are by currency; leads without an amount are in none and counted apart. `steps` are None
    where they were not counted: `read_steps` does.
    """

    stage: Stage
    count: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)
    weighted: dict[str, Decimal] = field(default_factory=dict)
    without_amount: int = 0
    steps: Steps | None = None
    cards: list[Card] = field(default_factory=list)
    has_more: bool = False

    @property
    def next_cursor(self) -> str:
        """Where `read_column` goes on; "" at the end of the column."""
        return self.cards[-1].position if self.has_more else ""

    def take(self, page: Sequence[Card], page_size: int) -> None:
        """Keep a page of cards of which one more was read than is shown."""
        self.cards, self.has_more = list(page[:page_size]), len(page) > page_size


@dataclass(frozen=True, slots=True)
class Board:
    """A pipeline as a person sees it."""

    pipeline: Pipeline
    columns: list[Column]


def read_board(
    *,
    user: User,
    pipeline: Pipeline,
    leads: LeadQuerySet | None = None,
    page_size: int = 20,
    won_since: dt.datetime | None = None,
) -> Board:
    """The board of a pipeline for a person, with `page_size` cards a column.

    `leads` narrows it by a filter (one row a lead; rights are applied here), `won_since` shows and
    counts only what was won since. Archived and lost leads are on no board.
    """
    chosen = on_board(user, pipeline, leads, won_since)
    sums = _sums(user, pipeline, leads, won_since)
    total = SPARSE + 1 if leads is None and sees_all(user) else sum(row[2] for row in sums)
    counted = {row[0] for row in sums}
    if total > SPARSE:
        columns = columns_of(user, pipeline, counted, chosen, page_size)
        pages = _first_cards(chosen, columns, user)
    else:
        columns = columns_of(user, pipeline, counted)
        pages = _numbered_cards(chosen, page_size, user)
    add_sums(columns, sums)
    cards = make_cards(pages, {column.stage.pk: column.stage for column in columns})
    for column in columns:
        mine = [card for card in cards if card.stage == column.stage.pk]
        column.take(mine, page_size)
    return Board(pipeline, columns)


def read_heads(
    *,
    user: User,
    pipeline: Pipeline,
    leads: LeadQuerySet | None = None,
    won_since: dt.datetime | None = None,
) -> list[Column]:
    """The columns of a board with their counts and sums, without cards."""
    sums = _sums(user, pipeline, leads, won_since)
    columns = columns_of(user, pipeline, {row[0] for row in sums})
    add_sums(columns, sums)
    return columns


def read_steps(
    *, user: User, pipeline: Pipeline, leads: LeadQuerySet | None = None
) -> dict[int, Steps]:
    """For each stage of a board how its open leads stand with their next steps."""
    if leads is None and sees_all(user):
        # By its stages, not by the pipeline: the index of next steps then answers alone.
        stages = Stage.objects.filter(pipeline=pipeline).values("pk")
        chosen = Lead.objects.active().open().filter(stage__in=stages)
    else:
        chosen = on_board(user, pipeline, leads, None).open()
    rows = chosen.order_by().values("stage").annotate(**_step_counts())
    found = rows.values_list("stage", *STATES)
    return {stage: Steps(*counts) for stage, *counts in found}


def _step_counts() -> dict[str, Count]:
    """Counts of open leads by the state of their next step."""
    now = timezone.now()
    next_day = tomorrow(now)
    states = (
        Q(next_activity_at__lt=now),
        Q(next_activity_at__gte=now, next_activity_at__lt=next_day),
        Q(next_activity_at__gte=next_day),
        Q(next_activity_at__isnull=True),
    )
    return {n: Count("stage", filter=state) for n, state in zip(STATES, states, strict=True)}


def read_column(
    *,
    user: User,
    stage: Stage,
    after: str,
    leads: LeadQuerySet | None = None,
    page_size: int = 20,
    won_since: dt.datetime | None = None,
) -> Column:
    """The next cards of a column, below the place `after`; its sums are not read again."""
    chosen = on_board(user, stage.pipeline, leads, won_since)
    rows = chosen.filter(stage=stage, position__gt=after).order_by("position")
    column = Column(stage)
    column.take(make_cards(card_rows(rows, user)[: page_size + 1], {stage.pk: stage}), page_size)
    return column


def read_board_as_of(*, user: User, pipeline: Pipeline, moment: dt.datetime) -> Board:
    """The board as it stood at a past moment: columns with counts and sums, without cards.

    Of the past a person sees the leads that they see today.
    """
    spans = LeadSpan.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=moment),
        starts_at__lte=moment,
        pipeline=pipeline,
        archived=False,
        status__in=ON_BOARD,
    )
    if not sees_all(user):
        spans = spans.filter(lead__in=Lead.objects.visible_to(user).values("pk"))
    sums = list(_grouped(spans, "amount"))
    columns = columns_of(user, pipeline, {row[0] for row in sums})
    known = {column.stage.pk for column in columns}
    for gone in {row[0] for row in sums} - known:
        columns.append(Column(_stage_as_of(gone, pipeline, moment)))
    columns.sort(key=lambda column: (column.stage.sequence, column.stage.pk))
    add_sums(columns, sums)
    return Board(pipeline, columns)


def _stage_as_of(pk: int, pipeline: Pipeline, moment: dt.datetime) -> Stage:
    """A stage that was deleted since, as the ledger remembers it."""
    state = state_at(Stage, pk, moment) or {}
    names = ("name", "sequence", "kind", "objective", "days_min", "days_max", "colour")
    return Stage(pk=pk, pipeline=pipeline, **{n: state[n] for n in names if n in state})


def on_board(
    user: User, pipeline: Pipeline, leads: LeadQuerySet | None, won_since: dt.datetime | None
) -> LeadQuerySet:
    """The leads that stand on a board for a person."""
    narrowed = Lead.objects.all() if leads is None else leads.order_by()
    found = narrowed.visible_to(user).filter(
        pipeline=pipeline, archived_at__isnull=True, status__in=ON_BOARD
    )
    if won_since is not None:
        found = found.filter(Q(status="open") | Q(closed_at__gte=won_since))
    return found  # type: ignore[no-any-return]


def columns_of(
    user: User,
    pipeline: Pipeline,
    counted: Iterable[int],
    leads: LeadQuerySet | None = None,
    page_size: int = 0,
) -> list[Column]:
    """The columns: the stages that are for everyone or a team of the person, and any other in
    which something stands. With `leads`, each stage carries the place of the first card that does
    not fit on its page (`edge`)."""
    own = Q(is_active=True)
    if not sees_all(user):
        limited = StageTeam.objects.filter(stage=OuterRef("pk"))
        teams = Team.objects.of(user).values("pk")
        own &= ~Exists(limited) | Exists(limited.filter(team__in=teams))
    stages = Stage.objects.filter(own | Q(pk__in=list(counted)), pipeline=pipeline).in_order()
    stages = stages.annotate(lead_fields=lead_fields())
    if leads is not None:
        column = leads.filter(stage=OuterRef("pk")).order_by("position")
        edge = column.values("position")[page_size : page_size + 1]
        stages = stages.annotate(edge=Subquery(edge))
    columns = []
    for stage in stages:
        stage.pipeline = pipeline
        columns.append(Column(stage))
    return columns


#: Stage, currency, count, amount, weighted amount, count without amount; where the leads were
#: counted also the four counts of Steps.
Sums = tuple[Any, ...]


def _sums(
    user: User, pipeline: Pipeline, leads: LeadQuerySet | None, won_since: dt.datetime | None
) -> list[Sums]:
    if leads is None and sees_all(user):
        return _kept_sums(pipeline, won_since)
    return list(_counted_sums(user, pipeline, leads, won_since))


def _kept_sums(pipeline: Pipeline, won_since: dt.datetime | None) -> list[Sums]:
    statuses = ON_BOARD if won_since is None else ("open",)
    totals = StageTotal.objects.filter(pipeline=pipeline, status__in=statuses).order_by()
    sums = (
        totals.values("stage", "currency")
        .annotate(
            n=Sum("count"), sum=Sum("amount"), weight=Sum("weighted"), without=Sum("without_amount")
        )
        .values_list(*SUMS)
    )
    if won_since is not None:
        won = _grouped(_won(Lead.objects.all(), pipeline, won_since), "expected_revenue")
        sums = sums.union(won, all=True)
    return list(sums)


def _won(leads: LeadQuerySet, pipeline: Pipeline, since: dt.datetime | None) -> LeadQuerySet:
    """Those that stand in won columns. By its stages, not by the pipeline: the index of closings
    knows each by date, and answers most conditions alone."""
    stages = Stage.objects.filter(pipeline=pipeline).values("pk")
    found = leads.active().won().filter(stage__in=stages)
    return found if since is None else found.filter(closed_at__gte=since)  # type: ignore[no-any-return]


def _counted_sums(
    user: User, pipeline: Pipeline, leads: LeadQuerySet | None, won_since: dt.datetime | None
) -> Iterable[Sums]:
    narrowed = Lead.objects.all() if leads is None else leads
    seen = narrowed.visible_to(user)
    # Apart, because each has an index that answers most conditions alone.
    standing = _grouped(seen.active().open().filter(pipeline=pipeline), "expected_revenue")
    won = _grouped(_won(seen, pipeline, won_since), "expected_revenue")
    rows = standing.annotate(**_step_counts()).values_list(*SUMS, *STATES)
    others = won.annotate(**dict.fromkeys(STATES, Value(0))).values_list(*SUMS, *STATES)
    return rows.union(others, all=True).order_by()  # type: ignore[no-any-return]


#: What a group of leads adds up to.
SUMS = ("stage", "currency", "n", "sum", "weight", "without")


def _grouped(rows: Any, amount: str) -> Any:
    return (
        rows.order_by()
        .values("stage", "currency")
        .annotate(
            # Not of the key: the index of won leads then answers alone.
            n=Count("*"),
            sum=Sum(amount),
            weight=Sum(F(amount) * F("probability")) / Decimal(100),
            without=Count("stage", filter=Q(**{f"{amount}__isnull": True})),
        )
        .values_list(*SUMS)
    )


def add_sums(columns: Iterable[Column], sums: Iterable[Sums]) -> None:
    """Add grouped sums to the columns of their stages."""
    by_stage = {column.stage.pk: column for column in columns}
    for stage, currency, count, amount, weight, without, *steps in sums:
        column = by_stage.get(stage)
        if column is None or not count:
            continue
        column.count += count
        column.without_amount += without
        if steps:
            column.steps = Steps(*steps) + (column.steps or Steps())
        if count > without:
            column.amounts[currency] = _money(amount) + column.amounts.get(currency, Decimal(0))
            column.weighted[currency] = _money(weight) + column.weighted.get(currency, Decimal(0))


def _money(value: Decimal | None) -> Decimal:
    return Decimal(value or 0).quantize(Decimal("0.01"))


def _first_cards(leads: LeadQuerySet, columns: Sequence[Column], user: User) -> Iterable[Row]:
    """The cards above each column's edge, and the one on it, by one range of places a column."""
    places = Q(pk__in=[])
    for column in columns:
        edge = column.stage.edge  # type: ignore[attr-defined]
        place = Q(stage=column.stage)
        places |= place if edge is None else place & Q(position__lte=edge)
    return card_rows(leads.filter(places).order_by("stage", "position"), user)


def _numbered_cards(leads: LeadQuerySet, page_size: int, user: User) -> Iterable[Row]:
    """The first cards of each column, by numbering the leads: for few leads among many."""
    number = Window(RowNumber(), partition_by="stage", order_by="position")
    first = leads.annotate(place=number).filter(place__lte=page_size + 1)
    chosen = Lead.objects.filter(pk__in=first.values("pk")).order_by("stage", "position")
    return card_rows(chosen, user)
