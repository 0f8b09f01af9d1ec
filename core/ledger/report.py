"""What an undo did, and what it left alone."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Conflicting:
    """A value that was left alone: what the undo expected to find, and what it found."""

    record: str
    field: str
    expected: Any
    found: Any


@dataclass(frozen=True, slots=True)
class Kept:
    """A record that the cause created and that stays, with the reason."""

    record: str
    title: str
    reason: str


@dataclass(slots=True)
class UndoReport:
    """What an undo did: `reverted` counts changes written; `conflicts` and `kept` list what was
    left alone; `needed` are created records that stay because a kept one refers to them."""

    cause: uuid.UUID
    reverted: int = 0
    conflicts: list[Conflicting] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    needed: list[Kept] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether nothing was left alone."""
        return not (self.conflicts or self.kept or self.needed)

    def list_gone(self, model: Any, record_id: int, name: str, expected: Any) -> None:
        """List a value that cannot be written back, because what it needs is gone."""
        label = model._meta.label_lower
        self.conflicts.append(Conflicting(f"{label}:{record_id}", name, expected, None))

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> UndoReport:
        """The report that `as_json` put down."""
        return cls(
            uuid.UUID(values["cause"]),
            values["reverted"],
            [Conflicting(**item) for item in values["conflicts"]],
            [Kept(**item) for item in values["kept"]],
            [Kept(**item) for item in values["needed"]],
        )

    def as_json(self) -> dict[str, Any]:
        """The report as JSON."""
        return {
            "cause": str(self.cause),
            "reverted": self.reverted,
            "conflicts": [
                {
                    "record": item.record,
                    "field": item.field,
                    "expected": item.expected,
                    "found": item.found,
                }
                for item in self.conflicts
            ],
            "kept": [_kept_as_json(item) for item in self.kept],
            "needed": [_kept_as_json(item) for item in self.needed],
        }


def _kept_as_json(item: Kept) -> dict[str, str]:
    return {"record": item.record, "title": item.title, "reason": item.reason}
