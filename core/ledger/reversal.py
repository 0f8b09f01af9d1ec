"""What undoing changes of one record would write: pure, no database.

Changes are walked newest first. A field goes back to what it was, unless somebody else changed it
later or it holds another value by now: then it is left alone and listed. Fields that belong
together are left alone together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.ledger.history import Past
from core.ledger.tables import Action


@dataclass(slots=True)
class Reversal:
    """What to write to a record: values by field, and members by set (True: put back)."""

    values: dict[str, Any] = field(default_factory=dict)
    members: dict[str, dict[int, bool]] = field(default_factory=dict)
    conflicts: list[tuple[str, Any, Any]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be written."""
        return not self.values and not self.members


def reverse(
    changes: Sequence[Past],
    current: Mapping[str, Any],
    later: Mapping[str, int],
    together: Mapping[str, frozenset[str]],
) -> Reversal:
    """The reversal of `changes` (oldest first, updates of one record that is still there).

    `current` holds the record's values as codes of the ledger, sets as sets of ids; `later` maps a
    key (a field, or `set:member`) to the id of the newest change of it that others made and that
    still counts; `together` maps a field to the group it belongs to.
    """
    result = Reversal()
    value: dict[str, Any] = {}
    blocked: set[str] = set()
    conflicts: dict[str, tuple[Any, Any]] = {}
    for change in reversed(changes):
        if change.action != Action.UPDATED:
            continue
        for name, what in change.diff.items():
            if isinstance(what, dict):
                _reverse_members(
                    name,
                    what,
                    change.id,
                    current=current,
                    later=later,
                    result=result,
                    blocked=blocked,
                )
                continue
            if name in blocked:
                continue
            old, new = what
            found = value.get(name, current.get(name))
            if later.get(name, 0) > change.id or found != new:
                blocked.add(name)
                conflicts[name] = (new, current.get(name))
                continue
            value[name] = old
    for name in list(conflicts):
        for other in together.get(name, ()):
            if other in value and other not in conflicts:
                newest = next(
                    change.diff[other][1] for change in reversed(changes) if other in change.diff
                )
                conflicts[other] = (newest, current.get(other))
        for other in together.get(name, ()):
            value.pop(other, None)
    result.values = {name: new for name, new in value.items() if new != current.get(name)}
    result.conflicts = [(name, *pair) for name, pair in conflicts.items()] + result.conflicts
    return result


def _reverse_members(
    name: str,
    what: Mapping[str, Sequence[int]],
    change: int,
    *,
    current: Mapping[str, Any],
    later: Mapping[str, int],
    result: Reversal,
    blocked: set[str],
) -> None:
    held: set[int] = current.get(name) or set()
    wanted = result.members.setdefault(name, {})
    for word in ("add", "remove"):
        for member in what.get(word, ()):
            key = f"{name}:{member}"
            if key in blocked:
                continue
            is_in = wanted.get(member, member in held)
            expected = word == "add"
            if later.get(key, 0) > change or is_in != expected:
                blocked.add(key)
                result.conflicts.append(
                    (name, member if expected else None, member if member in held else None)
                )
                continue
            wanted[member] = not expected
    # Back and forth within the cause comes to nothing.
    for member in [member for member, put in wanted.items() if put == (member in held)]:
        del wanted[member]
    if not wanted:
        del result.members[name]
