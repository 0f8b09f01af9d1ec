"""The items of the navigation, registered by the apps whose pages they open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.permissions import Person


@dataclass(frozen=True, slots=True)
class Item:
    """A page of the navigation. `label` is lazily translated; `pages` names the routes under it."""

    url: str
    label: Any
    icon: str
    order: int
    pages: frozenset[str]
    managers_only: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """An item as a template shows it."""

    url: str
    label: str
    icon: str
    current: bool


_items: dict[str, Item] = {}


def register(
    url: str,
    label: Any,
    icon: str,
    *,
    order: int,
    pages: Iterable[str] = (),
    managers_only: bool = False,
) -> None:
    """Show the page of the route `url` in the navigation; a second call replaces the first."""
    _items[url] = Item(url, label, icon, order, frozenset(pages) | {url}, managers_only)


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


def items_for(user: Person, request: HttpRequest) -> list[Shown]:
    """What `user` finds in the navigation, in order."""
    match = getattr(request, "resolver_match", None)
    here = match.view_name if match else ""
    return [
        Shown(reverse(item.url), str(item.label), item.icon, here in item.pages)
        for item in sorted(_items.values(), key=lambda item: item.order)
        if user.is_manager or not item.managers_only
    ]


register("causes", _("History"), "history", order=80, pages={"cause"}, managers_only=True)
register("admin:index", _("Settings"), "settings", order=90, managers_only=True)
