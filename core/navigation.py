"""The items of the navigation, registered by the apps whose pages they open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.permissions import Person

#: Items from this place on stand under a line: what is not for every day.
SECOND = 50


@dataclass(frozen=True, slots=True)
class Item:
    """A page of the navigation. `label` is lazily translated; `pages` names the routes under it,
    `words` are what else it is called in any language, `keys` open it."""

    url: str
    label: Any
    icon: str
    order: int
    pages: frozenset[str]
    managers_only: bool = False
    words: tuple[str, ...] = ()
    keys: str = ""
    allowed: Callable[[Any], bool] = lambda user: True

    @property
    def address(self) -> str:
        """Where it leads."""
        return reverse(self.url)


@dataclass(frozen=True, slots=True)
class Shown:
    """An item as a template shows it. `mark` is the id of the place of its count."""

    url: str
    label: str
    icon: str
    current: bool
    mark: str
    second: bool
    keys: str


@dataclass(frozen=True, slots=True)
class Count:
    """A number beside an item, with what it counts in words; a late one is red."""

    number: int
    words: str
    late: bool = False
    mark: str = ""


#: Counts for a person; asked for by the bell, after the page, and never by the page itself.
Counter = Callable[[Any], Count]

_items: dict[str, Item] = {}
_counters: dict[str, Counter] = {}


def register(
    url: str,
    label: Any,
    icon: str,
    *,
    order: int,
    pages: Iterable[str] = (),
    managers_only: bool = False,
    words: Iterable[str] = (),
    keys: str = "",
    allowed: Callable[[Any], bool] = lambda user: True,
) -> None:
    """Show the page of the route `url` in the navigation to those who are `allowed`; a second call
    replaces the first."""
    known = frozenset(pages) | {url}
    _items[url] = Item(url, label, icon, order, known, managers_only, tuple(words), keys, allowed)


def register_count(url: str, counter: Counter) -> None:
    """Show a number beside the item of the route `url`."""
    _counters[url] = counter


@contextmanager
def registered(*args: Any, **options: Any) -> Iterator[None]:
    """Register an item for the length of a block (tests)."""
    before = dict(_items)
    register(*args, **options)
    try:
        yield
    finally:
        _items.clear()
        _items.update(before)


def items_of(user: Person) -> list[Item]:
    """The pages that `user` has, in order."""
    found = sorted(_items.values(), key=lambda item: item.order)
    return [
        item for item in found if (user.is_manager or not item.managers_only) and item.allowed(user)
    ]


def items_for(user: Person, request: HttpRequest) -> list[Shown]:
    """What `user` finds in the navigation, in order."""
    match = getattr(request, "resolver_match", None)
    here = match.view_name if match else ""
    return [
        Shown(
            url=item.address,
            label=str(item.label),
            icon=item.icon,
            current=here in item.pages,
            mark=f"count-{item.url}" if item.url in _counters else "",
            second=item.order >= SECOND,
            keys=item.keys,
        )
        for item in items_of(user)
    ]


def counts_for(user: Person) -> list[Count]:
    """The numbers beside the items that `user` has."""
    return [
        replace(_counters[item.url](user), mark=f"count-{item.url}")
        for item in items_of(user)
        if item.url in _counters
    ]


register(
    "causes",
    _("History"),
    "history",
    order=80,
    pages={"cause"},
    managers_only=True,
    words=("audit", "log", "changes", "undo", "journal", "modifications", "revenir en arrière"),
)
register(
    "settings",
    _("Settings"),
    "settings",
    order=90,
    pages={"setting", "setting-new", "setting-edit", "setting-delete"},
    managers_only=True,
    words=("configuration", "administration", "preferences", "paramètres", "réglages"),
)
