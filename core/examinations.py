"""What the doctor examines: apps register what must hold in their tables, and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Examination:
    """`look` yields what is wrong, in words; `mend` puts it right, where that can be done."""

    name: str
    look: Callable[[], Iterator[str]]
    mend: Callable[[], None] | None = None


_examinations: dict[str, Examination] = {}


def register_examination(
    name: str, look: Callable[[], Iterator[str]], *, mend: Callable[[], None] | None = None
) -> None:
    """Have the doctor look at something of an app's."""
    _examinations[name] = Examination(name, look, mend)


def examinations() -> list[Examination]:
    """Everything the doctor looks at, in the order of registration."""
    return list(_examinations.values())
