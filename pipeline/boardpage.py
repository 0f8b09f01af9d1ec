"""The board as it is printed: columns with ready texts, in one row or in lanes."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from core.dates import day as day_words
from core.errors import NotFound
from crm.leadfields import lead_fields, on_cards
from pipeline.board import (
    Column,
    on_board,
    read_board,
    read_board_as_of,
    read_column,
    read_heads,
    read_steps,
)
from pipeline.boardview import USUAL, BoardView
from pipeline.cards import Card, card_rows, make_cards
from pipeline.columnfaces import (
    ColumnFace,
    head_face,
    number_text,
    step_segments,
    sums_text,
)
from pipeline.faces import Face, Faces, gone_face
from pipeline.lanekinds import LaneKind
from pipeline.lanes import Lane, is_too_large, only_lane, read_lanes
from pipeline.models import Lead, Stage
from pipeline.narrowing import IN_SIGHT, Told
from pipeline.querysets import LeadQuerySet

PLACE = re.compile(r"[0-9A-Z]{1,60}")


@dataclass(frozen=True, slots=True)
class Chip:
    """A choice of the filter; `count` says how many it would leave, where that is known."""

    label: str
    url: str
    current: bool
    count: str = ""
    name: str = ""


@dataclass(slots=True)
class LaneFace:
    """A lane as it is printed: its cells stand in the order of the columns."""

    key: str
    name: str
    count: str
    sum: str
    label: str
    cells: list[ColumnFace] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BoardPage:
    """All that the page prints. `since` is the last change that it shows."""

    columns: list[ColumnFace]
    chips: list[Chip]
    told: list[Told]
    problems: list[str]
    is_empty: bool
    since: int
    kept: list[tuple[str, str]]
    narrow_query: str
    here: str
    yesterday: dt.date
    lanes: list[LaneFace] | None = None
    steps_later: bool = False
    past: str = ""


def board_page(view: BoardView, since: int) -> BoardPage:
    """The board of a person, who has seen what was changed up to `since`."""
    problems = list(view.narrowing.problems)
    leads = view.leads()
    lanes: list[LaneFace] | None = None
    past = ""
    if view.day is not None:
        moment = timezone.make_aware(dt.datetime.combine(view.day, dt.time(23, 59, 59)))
        board = read_board_as_of(user=view.user, pipeline=view.pipeline, moment=moment)
        columns, past = [head_face(column, view) for column in board.columns], day_words(view.day)
    elif view.lanes and not is_too_large(view.user, view.pipeline, leads):
        columns, lanes = _in_lanes(view, view.lanes, leads)
    else:
        if view.lanes:
            problems.append(gettext("That is too much for lanes: narrow the board first."))
        board = read_board(
            user=view.user, pipeline=view.pipeline, leads=leads, won_since=view.won_since
        )
        columns = _with_cards(view, board.columns)
    return BoardPage(
        columns,
        chips(view),
        view.narrowing.told(apart_from=IN_SIGHT, **_kept(view)),
        problems,
        not any(column.number for column in columns),
        since,
        _fields(view),
        view.query(to=view.address(**dict.fromkeys(view.narrowing.values))),
        view.address(),
        timezone.localdate() - dt.timedelta(days=1),
        lanes,
        steps_later=not past and all(column.steps is None for column in columns),
        past=past,
    )


def _kept(view: BoardView) -> dict[str, str]:
    """What stays in an address beside the filter."""
    return {
        "won": "" if view.won == USUAL else view.won,
        "lanes": view.lanes.name if view.lanes else "",
    }


def _fields(view: BoardView) -> list[tuple[str, str]]:
    """What the form that searches a board keeps."""
    values = {**view.narrowing.values, **_kept(view)}
    return [(name, value) for name, value in values.items() if value and name != "q"]


def _with_cards(view: BoardView, found: Sequence[Column]) -> list[ColumnFace]:
    maker = make_faces(view, found)
    columns = []
    for column in found:
        face = head_face(column, view)
        face.faces = [maker.of(card) for card in column.cards]
        _go_on(face, column, view, column.count - len(column.cards))
        columns.append(face)
    return columns


def _in_lanes(
    view: BoardView, kind: LaneKind, leads: LeadQuerySet | None
) -> tuple[list[ColumnFace], list[LaneFace]]:
    found = read_lanes(
        user=view.user,
        pipeline=view.pipeline,
        by=kind,
        leads=leads,
        won_since=view.won_since,
    )
    heads = found.board.columns
    cells = [cell for lane in found.lanes for cell in lane.cells.values()]
    maker = make_faces(view, [*heads, *cells])
    columns = [head_face(column, view) for column in heads]
    return columns, [_lane_face(view, kind, lane, heads, maker) for lane in found.lanes]


def _lane_face(
    view: BoardView, kind: LaneKind, lane: Lane, heads: Sequence[Column], maker: Faces
) -> LaneFace:
    key, name = kind.text(lane.key), lane.name
    count = number_text(lane.count)
    label = ngettext("%(name)s, %(n)s lead", "%(name)s, %(n)s leads", lane.count)
    face = LaneFace(
        key, name, count, sums_text(lane.amounts) or "–", label % {"name": name, "n": count}
    )
    for head in heads:
        cell = lane.cells[head.stage.pk]
        shown = ColumnFace(head.stage, number=cell.count, count=number_text(cell.count))
        shown.faces = [maker.of(card) for card in cell.cards]
        shown.label = gettext("%(lane)s, %(stage)s") % {"lane": name, "stage": head.stage.name}
        _go_on(shown, cell, view, cell.count - len(cell.cards), lane=key)
        face.cells.append(shown)
    return face


def make_faces(view: BoardView, columns: Sequence[Column]) -> Faces:
    """A maker of faces for the cards of these columns."""
    stages = [column.stage for column in columns]
    fields = on_cards(getattr(stages[0], "lead_fields", None)) if stages else ()
    detailed = view.density == "detailed"
    return Faces(stages, timezone.now(), detailed=detailed, fields=fields)


def _go_on(face: ColumnFace, column: Column, view: BoardView, left: int, lane: str = "") -> None:
    """Tell how many cards follow and where they are."""
    if not column.has_more:
        return
    stage = column.stage
    address = reverse("board-more", args=[stage.pipeline_id, stage.pk])
    face.more_url = address + view.query(after=column.next_cursor, left=left, lane=lane)
    face.more = gettext("%(n)s more ↓") % {"n": number_text(left)}


def column_cards(view: BoardView, stage: int, *, after: str, left: int, lane: str) -> ColumnFace:
    """The next cards of a column, below the place `after`, of `left` that follow."""
    stages = Stage.objects.filter(pk=stage, pipeline=view.pipeline)
    found = stages.annotate(lead_fields=lead_fields()).first()
    if found is None or not PLACE.fullmatch(after):
        raise NotFound(gettext("There is no such stage."))
    found.pipeline = view.pipeline
    leads = view.leads()
    if lane and view.lanes:
        leads = only_lane(leads, view.lanes, lane)
    column = read_column(
        user=view.user, stage=found, after=after, leads=leads, won_since=view.won_since
    )
    maker = make_faces(view, [column])
    face = ColumnFace(found, faces=[maker.of(card) for card in column.cards])
    _go_on(face, column, view, max(left - len(column.cards), 1), lane)
    return face


def steps_of(view: BoardView) -> tuple[list[ColumnFace], Chip]:
    """The bars of next steps of a board whose sums were not counted, and what they say of leads
    without a next step."""
    found = read_steps(user=view.user, pipeline=view.pipeline, leads=view.leads())
    stages = Stage.objects.filter(pk__in=found, kind=Stage.Kind.OPEN).in_order()
    bars = [ColumnFace(stage, steps=step_segments(found[stage.pk], view)) for stage in stages]
    return bars, no_step_chip(view, sum(steps.none for steps in found.values()))


def columns_after(
    view: BoardView, leads: Sequence[int], stages: Collection[int] | None = None
) -> list[ColumnFace]:
    """The heads of these columns (all, without `stages`) as they are now, and in them the cards
    of `leads`; a lead that is on this board no more has a card that says so, in the first."""
    narrowing = view.leads()
    heads = read_heads(
        user=view.user, pipeline=view.pipeline, leads=narrowing, won_since=view.won_since
    )
    found = [head for head in heads if stages is None or head.stage.pk in stages]
    standing = on_board(view.user, view.pipeline, narrowing, view.won_since)
    rows = card_rows(standing.filter(pk__in=leads).order_by("stage", "position"), view.user)
    cards = make_cards(rows, {head.stage.pk: head.stage for head in heads})
    maker = make_faces(view, heads)
    faces = []
    for head in found:
        face = head_face(head, view)
        mine = [card for card in cards if card.stage == head.stage.pk]
        face.faces = [_placed(view, maker, card, narrowing) for card in mine]
        faces.append(face)
    shown = {face.pk for column in faces for face in column.faces}
    gone = [lead for lead in leads if lead not in shown]
    if gone and faces:
        faces[0].faces += [gone_face(lead) for lead in gone]
    return faces


def _placed(view: BoardView, maker: Faces, card: Card, narrowing: LeadQuerySet | None) -> Face:
    """A card with the one that it stands below."""
    face = maker.of(card)
    above = Lead.objects.all() if narrowing is None else narrowing
    before = (
        above.visible_to(view.user)
        .active()
        .exclude(status=Lead.Status.LOST)
        .filter(stage=card.stage, position__lt=card.position)
        .order_by("-position")
        .values_list("pk", flat=True)
        .first()
    )
    face.after = before or ""
    return face


def chips(view: BoardView) -> list[Chip]:
    """The parts of the filter that are always in sight."""
    return [
        Chip(
            choice.label,
            view.address(**choice.changes),
            choice.current,
            name="no-next-step" if choice.name == "next_step" else "",
        )
        for choice in view.narrowing.choices()
    ]


def no_step_chip(view: BoardView, count: int) -> Chip:
    """The choice of leads without a next step, with how many there are."""
    chip = next(chip for chip in chips(view) if chip.name)
    return replace(chip, count=number_text(count))
