"""What has happened to a person's records: the bell asks the sources that apps register."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

#: How far back the bell looks, and what it shows at most.
DAYS = 14
MOST = 50


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to know: `what` was done to the record named `title`, and where to see it and why.

    `why` is the address where the cause is told, "" when there is none.
    """

    at: dt.datetime
    icon: str
    title: str
    what: str
    url: str
    why: str = ""
    is_late: bool = False
    is_new: bool = False


class Source(Protocol):
    """Where notices come from. Both keep to what the person sees, and are bounded."""

    def count(self, user: Any, since: dt.datetime) -> int:
        """How many are newer than `since`, counted up to MOST."""

    def notices(self, user: Any, since: dt.datetime) -> Sequence[Notice]:
        """The newest MOST that are newer than `since`."""


_sources: dict[str, Source] = {}


def register(name: str, source: Source) -> None:
    """Let the bell ask `source` too."""
    _sources[name] = source


@contextmanager
def registered(name: str, source: Source) -> Iterator[None]:
    """Register a source for the length of a block (tests)."""
    before = dict(_sources)
    register(name, source)
    try:
        yield
    finally:
        _sources.clear()
        _sources.update(before)


_places: dict[str, Any] = {}


def register_place(route: str, label: Any) -> None:
    """Lead from the bell to a page that keeps what its notices tell."""
    _places[route] = label


def places() -> list[tuple[str, str]]:
    """The routes and names of the pages that the bell leads to."""
    return [(route, str(label)) for route, label in _places.items()]


def count_new(user: Any, seen: dt.datetime) -> int:
    """How many notices came since the bell was last opened, counted up to MOST."""
    return min(sum(source.count(user, seen) for source in _sources.values()), MOST)


def latest(user: Any, seen: dt.datetime, now: dt.datetime) -> list[Notice]:
    """The notices of the last days, newest first; new are those since `seen`."""
    since = now - dt.timedelta(days=DAYS)
    found = [notice for source in _sources.values() for notice in source.notices(user, since)]
    return sorted(found, key=lambda notice: notice.at, reverse=True)[:MOST]
