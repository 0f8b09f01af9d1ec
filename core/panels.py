"""The panels of a page, registered by the apps that fill them: a floor above shows what it knows
of a record on that record's page, and no page knows of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

MAIN, SIDE = "main", "side"


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a page.

    `read(page)` gets what the page has read already and returns what `template` needs under
    `data`; with None the panel is left out, so that nothing empty is shown. `column` is where it
    stands, `brief` whether it also stands where there is little room (beside a board). A template
    draws its own frame and finds `panel`, `data`, `page` and what the page hands it.
    """

    name: str
    title: Any
    template: str
    order: int
    read: Callable[[Any], Any]
    column: str = MAIN
    brief: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A panel with its data, as a page shows it."""

    name: str
    title: str
    template: str
    column: str
    data: Any


_panels: dict[str, dict[str, Panel]] = {}


def register(page: str, panel: Panel) -> None:
    """Show `panel` on `page` ("lead"); a second one of the same name replaces the first."""
    _panels.setdefault(page, {})[panel.name] = panel


@contextmanager
def registered(page: str, panel: Panel) -> Iterator[None]:
    """Register a panel for the length of a block (tests)."""
    before = dict(_panels.get(page, {}))
    register(page, panel)
    try:
        yield
    finally:
        _panels[page] = before


def panels_of(page: str, read_from: Any, *, brief: bool = False) -> list[Shown]:
    """The panels of `page` in their order, filled from `read_from`; with `brief` only those that
    suit a narrow place."""
    found = []
    for panel in sorted(_panels.get(page, {}).values(), key=lambda each: each.order):
        if brief and not panel.brief:
            continue
        data = panel.read(read_from)
        if data is not None:
            found.append(Shown(panel.name, str(panel.title), panel.template, panel.column, data))
    return found
