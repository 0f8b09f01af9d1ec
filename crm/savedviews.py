"""The saved views of a list or board as its page shows them.

A view is the query of an address. `view=<id>` in an address says whose name it goes by, and
`view=all` that none is meant, not even the one that opens first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from core.numbers import key_in
from core.requests import Request
from crm.models import SavedView, User

ALL = "all"
#: What in an address is no part of a view: which one it is, and where one is in the list.
PASSING = frozenset({"view", "after", "part", "page", "on"})


def normal(query: str) -> str:
    """The query of an address without what is passing, in one order for all."""
    pairs = parse_qsl(query.removeprefix("?"))
    return urlencode(sorted((name, text) for name, text in pairs if name not in PASSING))


@dataclass(frozen=True, slots=True)
class ViewMenu:
    """What a page says of its view; the menu of all views comes when it is opened."""

    label: str
    menu_url: str
    is_changed: bool = False
    may_change: bool = False
    save_url: str = ""
    save_as_url: str = ""
    query: str = ""
    problem: str = ""


def read_menu(user: User, place: str, data: QueryDict, *, path: str, query: str) -> ViewMenu:
    """The view that an address (`data`) names, beside what it really asks for (`query`)."""
    asked = normal(query)
    about = urlencode({"place": place, "path": path, "query": asked, "view": data.get("view", "")})
    menu_url = f"{reverse('views')}?{about}"
    save_as = f"{reverse('view-new')}?{about}"
    key = key_in(data, "view")
    view = _named(user, key) if key is not None else None
    if key is not None and view is None:
        problem = _(
            "This view was deleted or is no longer shared with you. What its filter shows is still "
            "shown, as far as the address tells it."
        )
        return ViewMenu(_("Views"), menu_url, problem=problem)
    if view is None or view.place != place:
        return ViewMenu(_("Views"), menu_url)
    return ViewMenu(
        view.name,
        menu_url,
        is_changed=normal(view.query) != asked,
        may_change=view.may_change,
        save_url=reverse("view-save", args=[view.pk]),
        save_as_url=save_as,
        query=asked,
    )


def _named(user: User, key: int) -> Any:
    found: Any = SavedView.objects.visible_to(user).filter(pk=key).first()
    if found is not None:
        found.may_change = may_change(user, found)
    return found


def may_change(user: User, view: SavedView) -> bool:
    """Whether a person who sees a view may change it."""
    shared = view.is_public or view.team_id is not None
    return view.owner_id == user.pk or (user.is_manager and shared)


def first_address(request: Request, place: str) -> str:
    """Where an address without a query leads: to the view that opens first; "" to stay."""
    key = request.user.preferences.get(f"view.{place}")
    if request.GET or request.htmx or not isinstance(key, int):
        return ""
    view = SavedView.objects.visible_to(request.user).of(place).filter(pk=key).first()
    return request.path + address_of(view) if view is not None else f"{request.path}?view={key}"


def address_of(view: SavedView) -> str:
    """The query part of the address that shows a view."""
    return f"?{view.query}&view={view.pk}" if view.query else f"?view={view.pk}"
