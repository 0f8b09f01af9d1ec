"""A timeline is the union of its registered sources: changes, activities, and what floors above
add (notes, mails). Each source keeps its own place, so that pages of any length join up."""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from core.ledger.tables import Cause
from core.ledger.words import Line


@dataclass(frozen=True, slots=True)
class Item:
    """Something that happened. `key` is its place in its source, "" sorts before all others.

    `rest` are the lines that are shown on demand. `undone` is a word for what an undo made of it,
    "" when it stands; `can_undo` offers Undo of its cause. What needs more than a text names a
    `template`, which finds `data`.
    """

    key: str
    at: dt.datetime
    icon: str
    who: str
    phrase: str
    text: str = ""
    lines: tuple[Line, ...] = ()
    rest: tuple[Line, ...] = ()
    cause: Cause | None = None
    can_undo: bool = False
    undone: str = ""
    created: bool = False
    template: str = ""
    data: Any = None


#: Reads at most so many items behind a place ("" for the newest on), newest first. `alone` says
#: that no other source is shown beside it.
Read = Callable[[Any, str, int, bool], Sequence[Item]]


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of thing that happens to a record."""

    name: str
    label: Any
    order: int
    read: Read


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of items, newest first, and where the next one begins (None: there is none)."""

    items: list[Item]
    before: dict[str, str] | None


_sources: dict[str, dict[str, Source]] = {}


def register(record: str, source: Source) -> None:
    """Add a source to the timeline of a kind of record ("lead")."""
    _sources.setdefault(record, {})[source.name] = source


@contextmanager
def registered(record: str, source: Source) -> Iterator[None]:
    """Register a source for the length of a block (tests)."""
    before = dict(_sources.get(record, {}))
    register(record, source)
    try:
        yield
    finally:
        _sources[record] = before


def sources_of(record: str) -> list[Source]:
    """The sources of a timeline in the order of their filters."""
    return sorted(_sources.get(record, {}).values(), key=lambda source: source.order)


def read_timeline(
    record: str, context: Any, *, size: int, only: str = "", before: Mapping[str, str] | None = None
) -> Timeline:
    """A page of the timeline: of all sources or of the one named `only`, behind the places
    `before` of each."""
    places = dict(before or {})
    chosen = [source for source in sources_of(record) if only in ("", source.name)]
    found = {
        source.name: list(
            source.read(context, places.get(source.name, ""), size + 1, len(chosen) == 1)
        )
        for source in chosen
    }
    merged = heapq.merge(
        *([(name, item) for item in items] for name, items in found.items()),
        key=lambda pair: pair[1].at,
        reverse=True,
    )
    taken: list[Item] = []
    for name, item in merged:
        if len(taken) == size:
            return Timeline(taken, places)
        taken.append(item)
        places[name] = item.key
    return Timeline(taken, None)
