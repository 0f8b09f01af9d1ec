"""A lead's past, from its changes: its stays in stages, and the spans in which nothing changed.

Pure: takes what still counts of a lead's history and gives the rows that are derived from it.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.ledger.history import Past
from core.ledger.tables import TOUCHING, Action

#: The fields of a lead that a span shows, and how a code of the ledger is read.
SPAN_FIELDS = (
    "pipeline",
    "stage",
    "status",
    "owner",
    "team",
    "expected_revenue",
    "currency",
    "probability_manual",
    "archived_at",
)

#: For each stage its probabilities over time: (from, per cent), oldest first.
Probabilities = Mapping[int, Sequence[tuple[dt.datetime, Decimal]]]


def effective_probability(row: Mapping[str, Any]) -> Decimal:
    """The probability of a lead's row in per cent, as the database computes it."""
    if row["status"] == "won":
        return Decimal(100)
    if row["status"] == "lost":
        return Decimal(0)
    for name in ("probability_manual", "probability_predicted", "probability_stage"):
        value = row.get(name)
        if value is not None:
            return Decimal(value)
    return Decimal(0)


@dataclass(slots=True)
class Visit:
    """A stay in a stage."""

    stage: int
    entered_at: dt.datetime
    left_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What a span shows of a lead."""

    pipeline: int
    stage: int
    status: str
    owner: int | None
    team: int | None
    amount: Decimal | None
    currency: str
    probability: Decimal
    archived: bool


@dataclass(slots=True)
class Span:
    """A time in which a lead looked the same."""

    shown: Shown
    starts_at: dt.datetime
    ends_at: dt.datetime | None = None


def shown_of(row: Mapping[str, Any]) -> Shown:
    """What a span shows of a lead's row (by attname)."""
    amount = row["expected_revenue"]
    return Shown(
        row["pipeline_id"],
        row["stage_id"],
        str(row["status"]),
        row["owner_id"],
        row["team_id"],
        None if amount is None else Decimal(amount),
        row["currency"],
        effective_probability(row),
        row["archived_at"] is not None,
    )


@dataclass(slots=True)
class Story:
    """What is derived from the history of one lead."""

    visits: list[Visit] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    touched_at: dt.datetime | None = None
    probability_stage: Decimal = Decimal(0)
    close_pushed: int = 0

    @property
    def stage_entered_at(self) -> dt.datetime | None:
        """Since when the lead is where it is."""
        return self.visits[-1].entered_at if self.visits else None

    def visit(self, stage: int, status: str, was: str | None, moment: dt.datetime) -> None:
        """Follow a change of stage or status."""
        last = self.visits[-1] if self.visits else None
        stays = last is not None and last.left_at is None
        if stays and last is not None and (last.stage != stage or status == "lost"):
            last.left_at = max(moment, last.entered_at)
            stays = False
        if status != "lost" and not stays:
            self.visits.append(Visit(stage, moment))
        elif was is None and status == "lost":
            self.visits.append(Visit(stage, moment, moment))

    def show(self, shown: Shown, moment: dt.datetime) -> None:
        """Follow a change of what a span shows."""
        last = self.spans[-1] if self.spans else None
        if last is not None and last.shown == shown:
            return
        if last is not None and last.starts_at >= moment:
            self.spans.pop()
            if self.spans:
                self.spans[-1].ends_at = None
            self.show(shown, last.starts_at)
            return
        if last is not None:
            last.ends_at = moment
        self.spans.append(Span(shown, moment))


def is_push(diff: Mapping[str, Any]) -> bool:
    """Whether a change put the expected close off to a later day."""
    change = diff.get("expected_close")
    return change is not None and bool(change[0] and change[1]) and change[1] > change[0]


def stage_probability(probabilities: Probabilities, stage: int, moment: dt.datetime) -> Decimal:
    """What a stage said at a moment; before its first word, that word."""
    words = probabilities.get(stage, ())
    if not words:
        return Decimal(0)
    place = bisect_right([since for since, _ in words], moment) - 1
    return words[max(place, 0)][1]


def tell(changes: Sequence[Past], probabilities: Probabilities, now: dt.datetime) -> Story:
    """The story of a lead from the changes that count, oldest first."""
    story = Story()
    row: dict[str, Any] = _blank_row()
    last: dt.datetime | None = None
    for past in changes:
        if past.kind in TOUCHING:
            story.touched_at = past.at
        if last is not None:
            _drift(story, row, probabilities, last, past.at)
        before = (row["stage_id"], row["status"])
        new = past.action == Action.CREATED
        _apply(row, past.diff)
        if new or (row["stage_id"], row["status"]) != before:
            story.visit(row["stage_id"], row["status"], None if new else before[1], past.at)
            row["probability_stage"] = stage_probability(probabilities, row["stage_id"], past.at)
        story.show(shown_of(row), past.at)
        story.close_pushed += is_push(past.diff)
        last = past.at
    if last is not None:
        _drift(story, row, probabilities, last, now)
    story.probability_stage = row["probability_stage"]
    return story


def _drift(
    story: Story,
    row: dict[str, Any],
    probabilities: Probabilities,
    since: dt.datetime,
    until: dt.datetime,
) -> None:
    """While an open lead stands in a stage, the stage's own probability may change under it."""
    if row["status"] != "open":
        return
    for moment, value in probabilities.get(row["stage_id"], ()):
        if since < moment <= until and row["probability_stage"] != value:
            row["probability_stage"] = value
            story.show(shown_of(row), moment)


def _blank_row() -> dict[str, Any]:
    return {
        "pipeline_id": None,
        "stage_id": None,
        "status": "open",
        "owner_id": None,
        "team_id": None,
        "expected_revenue": None,
        "currency": "",
        "probability_manual": None,
        "probability_predicted": None,
        "probability_stage": Decimal(0),
        "archived_at": None,
    }


_KEYS = {name: f"{name}_id" for name in ("pipeline", "stage", "owner", "team")}
_DECIMALS = frozenset({"expected_revenue", "probability_manual"})


def _apply(row: dict[str, Any], diff: Mapping[str, Any]) -> None:
    for name in SPAN_FIELDS:
        change = diff.get(name)
        if change is None:
            continue
        value = change[1]
        if name in _DECIMALS and value is not None:
            value = Decimal(value)
        row[_KEYS.get(name, name)] = value
