"""The board as it is printed: columns with ready texts, and the filter that is in the address."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext, pgettext

from core.errors import NotFound
from core.money import format_money, format_number
from crm.models import Team, User
from pipeline.board import Column, read_board, read_column, read_heads
from pipeline.cards import Card
from pipeline.faces import Face, Faces, gone_face
from pipeline.models import Lead, Pipeline, Stage
from pipeline.querysets import LeadQuerySet
from pipeline.words import expected_days

SCOPES = ("mine", "team")
PLACE = re.compile(r"[0-9A-Z]{1,60}")


@dataclass(frozen=True, slots=True)
class BoardFilter:
    """What narrows a board: whose leads, and words in them."""

    scope: str = ""
    text: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str]) -> BoardFilter:
        """The filter in an address; what is unknown narrows nothing."""
        scope = values.get("scope", "")
        text = values.get("q", "").replace("\x00", "").strip()[:200]
        return cls(scope if scope in SCOPES else "", text)

    @classmethod
    def read_query(cls, query: str) -> BoardFilter:
        """The filter in the query part of an address."""
        return cls.read(QueryDict(query.removeprefix("?")[:2000]).dict())

    def apply(self, leads: LeadQuerySet, user: User) -> LeadQuerySet:
        """The leads that it lets through."""
        if self.scope == "mine":
            leads = leads.filter(owner=user)
        elif self.scope == "team":
            leads = leads.filter(team__in=Team.objects.of(user).values("pk"))
        return leads.searching(self.text) if self.text else leads

    def narrowing(self, user: User) -> LeadQuerySet | None:
        """The leads for a read of the board; None when nothing is narrowed."""
        return self.apply(Lead.objects.all(), user) if self.scope or self.text else None

    def query(self, **more: Any) -> str:
        """The query part of an address with this filter; "" when there is none."""
        values = {"scope": self.scope, "q": self.text, **more}
        values = {name: value for name, value in values.items() if value not in ("", None)}
        return f"?{urlencode(values)}" if values else ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A choice of the filter."""

    label: str
    url: str
    current: bool


@dataclass(slots=True)
class ColumnFace:
    """A column as it is printed."""

    stage: Stage
    count: str = ""
    sum: str = ""
    weighted: str = ""
    weighted_title: str = ""
    without: str = ""
    without_title: str = ""
    days: str = ""
    tip: str = ""
    label: str = ""
    hint: str = ""
    more: str = ""
    more_url: str = ""
    faces: list[Face] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BoardPage:
    """All that the page prints."""

    columns: list[ColumnFace]
    chips: list[Chip]
    is_empty: bool


def board_page(user: User, pipeline: Pipeline, wanted: BoardFilter) -> BoardPage:
    """The board of a person."""
    board = read_board(user=user, pipeline=pipeline, leads=wanted.narrowing(user))
    maker = _maker(user, board.columns)
    columns = []
    for column in board.columns:
        face = head_face(column)
        face.faces = [maker.of(card) for card in column.cards]
        _go_on(face, column, wanted, column.count - len(column.cards))
        columns.append(face)
    return BoardPage(
        columns, _chips(pipeline, wanted), not any(column.count for column in board.columns)
    )


def _maker(user: User, columns: Sequence[Column]) -> Faces:
    cards = [card for column in columns for card in column.cards]
    return Faces([column.stage for column in columns], _movable(user, cards), timezone.now())


def _movable(user: User, cards: Sequence[Card]) -> Collection[int]:
    ids = [card.id for card in cards]
    if user.is_manager:
        return set(ids)
    return set(Lead.objects.changeable_by(user).filter(pk__in=ids).values_list("pk", flat=True))


def head_face(column: Column) -> ColumnFace:
    """The head of a column in words."""
    language, stage = get_language() or "en", column.stage
    count = format_number(column.count, language)
    face = ColumnFace(stage, count=count)
    amounts = [format_money(amount, code, language) for code, amount in column.amounts.items()]
    face.sum = " + ".join(amounts) or "–"
    if column.weighted and not stage.is_won:
        sums = [
            format_money(amount, code, language, cents=False)
            for code, amount in column.weighted.items()
        ]
        short = pgettext("weighted, short", "w. %(sum)s")
        face.weighted = short % {"sum": " + ".join(sums)}
        face.weighted_title = gettext("Weighted by probability")
    if column.without_amount:
        face.without = f"+ {format_number(column.without_amount, language)} ?"
        face.without_title = ngettext(
            "%(n)s lead without amount", "%(n)s leads without amount", column.without_amount
        ) % {"n": format_number(column.without_amount, language)}
    face.days = expected_days(stage)
    told = {
        gettext("Objective"): stage.objective,
        gettext("Exit criterion"): stage.exit_criterion,
    }
    face.tip = "\n".join(f"{name}: {text}" for name, text in told.items() if text)
    face.label = ngettext("%(stage)s, %(n)s lead", "%(stage)s, %(n)s leads", column.count) % {
        "stage": stage.name,
        "n": count,
    }
    face.hint = stage.objective or gettext("Drag leads here.")
    return face


def _go_on(face: ColumnFace, column: Column, wanted: BoardFilter, left: int) -> None:
    """Tell how many cards follow and where they are."""
    if not column.has_more:
        return
    stage = column.stage
    address = reverse("board-more", args=[stage.pipeline_id, stage.pk])
    face.more_url = address + wanted.query(after=column.next_cursor, left=left)
    face.more = gettext("%(n)s more ↓") % {"n": format_number(left, get_language() or "en")}


def column_cards(
    user: User, pipeline: Pipeline, stage: int, wanted: BoardFilter, *, after: str, left: int
) -> ColumnFace:
    """The next cards of a column, below the place `after`, of `left` that follow."""
    found = Stage.objects.filter(pk=stage, pipeline=pipeline).first()
    if found is None or not PLACE.fullmatch(after):
        raise NotFound(gettext("There is no such stage."))
    found.pipeline = pipeline
    column = read_column(user=user, stage=found, after=after, leads=wanted.narrowing(user))
    maker = _maker(user, [column])
    face = ColumnFace(found, faces=[maker.of(card) for card in column.cards])
    _go_on(face, column, wanted, max(left - len(column.cards), 1))
    return face


def columns_after_move(
    user: User, lead: Lead, wanted: BoardFilter, stages: Collection[int]
) -> list[ColumnFace]:
    """The heads of these columns as they are now, and the lead's card in its own."""
    narrowing = wanted.narrowing(user)
    faces = []
    for column in read_heads(user=user, pipeline=lead.stage.pipeline, leads=narrowing):
        if column.stage.pk not in stages:
            continue
        face = head_face(column)
        if column.stage.pk == lead.stage_id:
            face.faces = [_moved_face(user, lead, column.stage, narrowing)]
        faces.append(face)
    return faces


def _moved_face(user: User, lead: Lead, stage: Stage, narrowing: LeadQuerySet | None) -> Face:
    only = Lead.objects.filter(pk=lead.pk)
    column = read_column(user=user, stage=stage, after="", leads=only, page_size=1)
    if not column.cards:
        return gone_face(lead)
    face = _maker(user, [column]).of(column.cards[0])
    above = Lead.objects.all() if narrowing is None else narrowing
    before = (
        above.visible_to(user)
        .active()
        .exclude(status=Lead.Status.LOST)
        .filter(stage=stage, position__lt=lead.position)
        .order_by("-position")
        .values_list("pk", flat=True)
        .first()
    )
    face.after = before or ""
    return face


def _chips(pipeline: Pipeline, wanted: BoardFilter) -> list[Chip]:
    labels = {"": gettext("Everyone"), "team": gettext("My team"), "mine": gettext("Mine")}
    address = reverse("board", args=[pipeline.pk])
    return [
        Chip(label, address + BoardFilter(scope, wanted.text).query(), wanted.scope == scope)
        for scope, label in labels.items()
    ]
