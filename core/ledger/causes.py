"""Why something is being done: the cause that is open in this thread or task."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from core.errors import OutsideCause
from core.ledger.tables import Cause, Kind

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

#: A rule that wakes a rule that wakes a rule … ends here.
MAX_DEPTH = 16


@dataclass(frozen=True, slots=True)
class OpenCause:
    """A cause under which changes are being written; its row comes with its first change."""

    kind: Kind
    actor_id: int | None = None
    label: str = ""
    reference: str = ""
    parent_id: uuid.UUID | None = None
    depth: int = 0
    quiet: bool = False
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    started_at: datetime = field(default_factory=timezone.now)

    def as_row(self) -> Cause:
        """The Cause that is written for it."""
        return Cause(
            id=self.id,
            kind=self.kind,
            actor_id=self.actor_id,
            label=self.label[:200],
            reference=self.reference[:200],
            parent_id=self.parent_id,
            depth=self.depth,
            quiet=self.quiet,
            started_at=self.started_at,
        )


_open: ContextVar[OpenCause | None] = ContextVar("relance_cause", default=None)


def current_cause() -> OpenCause | None:
    """The innermost open cause, or None."""
    return _open.get()


def required_cause() -> OpenCause:
    """The innermost open cause; without one, a tracked record must not be written."""
    cause = _open.get()
    if cause is None:
        raise OutsideCause(
            "A tracked record was written outside a cause. Open one: with because(kind=…, by=…)."
        )
    return cause


@contextmanager
def because(
    kind: Kind,
    *,
    by: "AbstractBaseUser | Any | None" = None,
    label: str = "",
    reference: str = "",
    parent: Cause | OpenCause | None = None,
    quiet: bool = False,
    id: uuid.UUID | None = None,
) -> Iterator[OpenCause]:
    """Open a cause for the writes inside the block.

    `by` is the person who acts, `label` says it in words ("Import “fair.csv”"), `reference` names
    the thing that did it (a rule, a file, a token), `parent` the cause that woke this one, and
    `quiet` asks that rules and scoring leave these changes alone. `id` goes on with a cause that an
    earlier process opened: work that outlives its worker stays one cause. A block inside another
    one writes under its own cause.
    """
    depth = parent.depth + 1 if parent else 0
    if depth > MAX_DEPTH:
        raise OutsideCause(f"Causes are nested more than {MAX_DEPTH} deep: rules wake each other.")
    cause = OpenCause(
        kind=Kind(kind),
        actor_id=getattr(by, "pk", None),
        label=str(label),
        reference=str(reference),
        parent_id=parent.id if parent else None,
        depth=depth,
        quiet=quiet,
        id=id or uuid.uuid4(),
    )
    mark = _open.set(cause)
    try:
        yield cause
    finally:
        _open.reset(mark)
