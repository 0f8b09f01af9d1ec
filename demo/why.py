"""Why the changes of a seeded company happened: who did them, on which day.

All these causes are consequences of one that stands for the seed: undone with its consequences,
nothing of the company is left.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable

from core.ledger.causes import OpenCause
from core.ledger.tables import Cause, Kind
from demo.times import DAY

REFERENCE = "seed"
#: Stands for nobody: the web form.
FORM = 0


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

    def causes(
        self, used: Iterable[tuple[int, int]], form: str, began: int, now: int
    ) -> list[Cause]:
        """The causes of the given persons and days, after the one behind them all."""
        root = OpenCause(
            Kind.SYSTEM,
            label="Seed",
            reference=REFERENCE,
            quiet=True,
            id=self.root,
            started_at=dt.datetime.fromtimestamp(began, dt.UTC),
        )
        found = [root.as_row()]
        for user, day in sorted(used):
            morning = min(day * DAY + 7 * 3600, now)
            cause = OpenCause(
                kind=Kind.PERSON if user else Kind.FORM,
                actor_id=user or None,
                label="" if user else form,
                reference=REFERENCE,
                parent_id=self.root,
                depth=1,
                quiet=True,
                id=self._id(f"{user}:{day}"),
                started_at=dt.datetime.fromtimestamp(morning, dt.UTC),
            )
            found.append(cause.as_row())
        return found
