"""One lead while its life is being told, and what all who tell it have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from django.db import models

from core.folding import fold
from demo.company import Firm, Person
from demo.plan import Turn
from demo.times import Days, iso
from demo.vocabulary import Vocabulary
from demo.world import Seller, World
from demo.writing import NULL, Event, Records, Texts
from pipeline.ranking import whole

key = lru_cache(maxsize=20_000)(fold)


def pick[Item](chance: Callable[[], float], items: Sequence[Item]) -> Item:
    """One of the items; `chance` gives numbers from 0 to 1."""
    return items[int(chance() * len(items))]


def rounded(amount: float) -> str:
    """An amount as people name it, as text with cents."""
    step = 10 if amount < 1_000 else 100 if amount < 10_000 else 500 if amount < 50_000 else 1_000
    return f"{max(round(amount / step), 1) * step}.00"


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did at a moment, why, and where its changes are gathered."""

    by: int
    at: int
    cause: str
    events: list[Event]


@dataclass(frozen=True, slots=True)
class Setting:
    """In which world lives are told: `count` leads from the moment `start` on.

    `ids` holds for each model the first free id and how many ids a chapter may use.
    """

    seed: int
    words: Vocabulary
    world: World
    days: Days
    count: int
    start: int
    ids: Mapping[type[models.Model], tuple[int, int]]

    def records(self, model: type[models.Model], chapter: int) -> Records:
        """The records of a model in a chapter, with ids that no other chapter gives."""
        first, block = self.ids[model]
        return Records(model, first + chapter * block)

    def place(self, at: int, number: int) -> str:
        """A place in a column: who came later stands above; no two leads have the same."""
        return whole(-((at - self.start) * (self.count + 1) + number))


@dataclass(slots=True)
class Life:
    """A lead: its way through the stages, its row, and what has happened so far.

    `stays` are its visits of stages (stage, entered, left) and `looks` the spans in which a board
    showed the same of it (since, what), as the tables of StageVisit and LeadSpan hold them.
    """

    number: int
    way: Sequence[Turn]
    seller: Seller
    price: float
    row: Texts
    events: list[Event] = field(default_factory=list)
    stays: list[list[str]] = field(default_factory=list)
    looks: list[tuple[str, str]] = field(default_factory=list)
    firm: Firm | None = None
    people: list[Person] = field(default_factory=list)
    tags: Sequence[tuple[int, str]] = ()
    assigned: int = 0
    pushes: int = 0

    def change(self, leads: Records, values: Texts, at: int, cause: str) -> None:
        """Set values of the lead, and follow with what derives from it."""
        row = self.row
        stage, status = row["stage_id"], row["status"]
        self.events.append(leads.change(row, values, at, cause))
        if (stage, status) != (row["stage_id"], row["status"]):
            self.stand(at)
        self.show(at)

    def stand(self, at: int) -> None:
        """Follow with the visits: of a stage that the lead enters, or leaves since it is lost."""
        moment = iso(at)
        if self.stays:
            self.stays[-1][2] = moment
        if self.row["status"] != "lost":
            self.stays.append([self.row["stage_id"], moment, NULL])

    def show(self, at: int) -> None:
        """Follow with what a board shows."""
        row = self.row
        status = row["status"]
        odds = row["probability_stage"]
        if status != "open":
            odds = "100.00" if status == "won" else "0.00"
        look = (
            f"{row['pipeline_id']}\t{row['stage_id']}\t{status}\t{row.get('owner_id', NULL)}\t"
            f"{row.get('team_id', NULL)}\t{row.get('expected_revenue', NULL)}\t"
            f"{row['currency']}\t{odds}\tfalse"
        )
        if self.looks and self.looks[-1][1] == look:
            return
        moment = iso(at)
        if self.looks and self.looks[-1][0] == moment:
            self.looks.pop()
        self.looks.append((moment, look))
