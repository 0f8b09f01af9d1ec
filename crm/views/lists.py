"""Which columns a person wants to see in a list, and in which order."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from core.answers import next_address
from core.errors import NotFound, Refused
from core.lists import Listing, chosen_columns, listing_named, preference
from core.requests import Request
from crm.services.preferences import set_preference


def columns(request: Request, name: str) -> HttpResponse:
    """Ask for the columns of a list, and keep them."""
    listing = listing_named(name)
    if listing is None:
        raise NotFound(_("There is no such list."))
    back = next_address(request, "/")
    if request.method != "POST":
        context = {
            "listing": listing,
            "columns": _offered(listing, request),
            "next": back,
            "in_dialog": bool(request.htmx),
        }
        page = "core/list_columns.html" + ("#form" if request.htmx else "")
        return render(request, page, context)
    kept = None if "reset" in request.POST else _sent(listing, request.POST)
    set_preference(user=request.user, name=preference(listing), value=kept)
    return redirect(without_columns(back))


def _offered(listing: Listing, request: Request) -> list[dict[str, Any]]:
    """All columns: those chosen first, in their order."""
    known = listing.all_columns()
    shown = QueryDict(next_address(request, "").partition("?")[2]).get("columns", "").split(",")
    chosen = [name for name in dict.fromkeys(shown) if name in known]
    chosen = chosen or chosen_columns(listing, request.user, known)
    names = [*chosen, *(name for name in known if name not in chosen)]
    return [{"name": n, "label": known[n].label, "on": n in chosen} for n in names]


def _sent(listing: Listing, values: QueryDict) -> list[str]:
    """The columns that were ticked, in the order in which they stand; one moved if asked."""
    known = listing.all_columns()
    names = [name for name in dict.fromkeys(values.getlist("columns")) if name in known]
    if not names:
        raise Refused(_("Choose at least one column."))
    for word, step in (("up", -1), ("down", 1)):
        name = values.get(word, "")
        if name in names:
            at = names.index(name)
            to = max(0, min(len(names) - 1, at + step))
            names.insert(to, names.pop(at))
    return names


def without_columns(url: str) -> str:
    """The address of a list without columns of its own, so that the choice is seen."""
    path, _mark, query = url.partition("?")
    data = QueryDict(query, mutable=True)
    data.pop("columns", None)
    return f"{path}?{data.urlencode()}" if data else path
