"""Why the changes of a seeded company happened: who did them, on which day.

All these causes are consequences of one that stands for the seed: undone with its consequences,
nothing of the company is left.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable

from core.ledger.tables import Cause, Kind
from demo.times import DAY, iso
from demo.writing import NULL, Table

REFERENCE = "seed"
#: Stands for nobody: the web form.
FORM = 0
#: When a day's work begins.
MORNING = 7 * 3600
COLUMNS = (
    "id",
    "kind",
    "actor_id",
    "label",
    "reference",
    "parent_id",
    "depth",
    "quiet",
    "started_at",
)


class Why:
    """Names causes by person and day; the same everywhere, so that many may ask at once."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.root = self._id("root")
        self.used: dict[tuple[int, int], str] = {}

    def _id(self, what: str) -> uuid.UUID:
        digest = hashlib.blake2b(f"{self.seed}:{what}".encode(), digest_size=16).digest()
        return uuid.UUID(bytes=digest, version=4)

    def person(self, user: int, at: int) -> str:
        """The id of the cause of what a person did on the day of `at`."""
        day = (user, at // DAY)
        found = self.used.get(day)
        if found is None:
            found = self.used[day] = self._id(f"{user}:{day[1]}").hex
        return found

    def form(self, at: int) -> str:
        """The id of the cause of what came through the web form on the day of `at`."""
        return self.person(FORM, at)

    def load(self, used: Iterable[tuple[int, int]], form: str, began: int, now: int) -> Table:
        """The causes of the given persons and days, and the one behind them all, to be loaded."""
        table = Table(Cause, COLUMNS)
        table.lines.append(
            f"{self.root.hex}\t{Kind.SYSTEM}\t{NULL}\tSeed\t{REFERENCE}\t{NULL}\t0\ttrue\t{iso(began)}"
        )
        for user, day in sorted(used):
            who = f"{Kind.PERSON}\t{user}\t" if user else f"{Kind.FORM}\t{NULL}\t{form}"
            table.lines.append(
                f"{self.person(user, day * DAY)}\t{who}\t{REFERENCE}\t{self.root.hex}\t1\ttrue\t"
                f"{iso(min(day * DAY + MORNING, now))}"
            )
        return table
