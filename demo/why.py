"""Why the changes of a seeded company happened: who did them, on which day."""

from __future__ import annotations

import datetime as dt
import random
import uuid

from core.ledger.causes import OpenCause
from core.ledger.tables import Kind
from demo.writing import Ledger

REFERENCE = "seed"


class Why:
    """Causes by person and day, all of them consequences of one cause that stands for the seed:
    undone with its consequences, nothing of the company is left."""

    def __init__(self, rng: random.Random, ledger: Ledger, form: str, at: dt.datetime) -> None:
        self.rng = rng
        self.ledger = ledger
        self.form_name = form
        self.causes: dict[tuple[int | None, int], uuid.UUID] = {}
        self.root = self._open(Kind.SYSTEM, None, "Seed", at)

    def _open(
        self,
        kind: Kind,
        actor: int | None,
        label: str,
        at: dt.datetime,
        parent: uuid.UUID | None = None,
    ) -> uuid.UUID:
        cause = OpenCause(
            kind=kind,
            actor_id=actor,
            label=label,
            reference=REFERENCE,
            parent_id=parent,
            depth=0 if parent is None else 1,
            quiet=True,
            id=uuid.UUID(int=self.rng.getrandbits(128), version=4),
            started_at=at,
        )
        self.ledger.open(cause)
        return cause.id

    def person(self, user: int, at: dt.datetime) -> uuid.UUID:
        """The cause of what a person did on the day of `at`."""
        day = (user, at.toordinal())
        found = self.causes.get(day)
        if found is None:
            found = self._open(Kind.PERSON, user, "", at, self.root)
            self.causes[day] = found
        return found

    def form(self, at: dt.datetime) -> uuid.UUID:
        """The cause of what came through the web form on the day of `at`."""
        day = (None, at.toordinal())
        found = self.causes.get(day)
        if found is None:
            found = self._open(Kind.FORM, None, self.form_name, at, self.root)
            self.causes[day] = found
        return found
