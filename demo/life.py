"""One lead while its life is being told, and what all who tell it have in common."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from django.db import models

from core.folding import fold
from demo.company import Firm, Person
from demo.days import Days
from demo.plan import Turn
from demo.vocabulary import Vocabulary
from demo.world import Seller, World
from demo.writing import Event, Records, Row
from pipeline.past import Story, shown_of
from pipeline.ranking import whole

key = lru_cache(maxsize=20_000)(fold)


def moment(seconds: float) -> dt.datetime:
    """The instant of so many seconds since 1970, whole."""
    return dt.datetime.fromtimestamp(int(seconds), dt.UTC)


def rounded(amount: float) -> Decimal:
    """An amount as people name it."""
    step = 10 if amount < 1_000 else 100 if amount < 10_000 else 500 if amount < 50_000 else 1_000
    return Decimal(max(round(amount / step), 1) * step).quantize(Decimal("0.01"))


@dataclass(frozen=True, slots=True)
class Setting:
    """In which world lives are told: `count` leads from `start` (seconds since 1970) on.

    `ids` holds for each model the first free id and how many ids a chapter may use.
    """

    seed: int
    vendor: str
    words: Vocabulary
    world: World
    days: Days
    count: int
    start: float
    ids: Mapping[type[models.Model], tuple[int, int]]

    def records(self, model: type[models.Model], chapter: int) -> Records:
        """The records of a model in a chapter, with ids that no other chapter gives."""
        first, block = self.ids[model]
        return Records(model, self.vendor, first + chapter * block)

    def place(self, at: float, number: int) -> str:
        """A place in a column: who came later stands above; no two leads have the same."""
        return whole(-(int(at - self.start) * (self.count + 1) + number))


@dataclass(slots=True)
class Life:
    """A lead: its way through the stages, its row, and what has happened so far."""

    number: int
    way: Sequence[Turn]
    seller: Seller
    amount: Decimal
    row: Row
    events: list[Event] = field(default_factory=list)
    story: Story = field(default_factory=Story)
    firm: Firm | None = None
    people: list[Person] = field(default_factory=list)
    tags: Sequence[tuple[int, str]] = ()
    last_done: dt.datetime | None = None

    def change(self, leads: Records, values: Row, at: dt.datetime, cause: uuid.UUID) -> None:
        """Set values of the lead, and follow with what derives from it."""
        was = self.row["stage_id"], self.row["status"]
        self.events.append(leads.change(self.row, values, at, cause))
        self.follow(was, at)

    def follow(self, was: tuple[int, str] | None, at: dt.datetime) -> None:
        """Follow a change: visits of stages, and what a board shows. `was` is stage and status
        before, None for a new lead."""
        row, story = self.row, self.story
        if was != (row["stage_id"], row["status"]):
            story.visit(row["stage_id"], row["status"], was[1] if was else None, at)
        story.show(shown_of(row), at)
        story.touched_at = at
