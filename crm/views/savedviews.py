"""Saved views: the menu of a list or board, and the forms that keep, share and delete them."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.answers import go_to, next_address, posted, put_errors, say, written_cause
from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.numbers import key_in
from core.requests import Request
from crm.models import SavedView
from crm.savedviews import ALL, address_of, may_change, normal
from crm.services.views import delete_view, save_view, set_first_view, update_view
from crm.viewforms import ViewForm


def _path(data: QueryDict) -> str:
    """The list or board that a menu belongs to."""
    path = data.get("path", "")
    if not path.startswith("/") or not url_has_allowed_host_and_scheme(path, allowed_hosts=None):
        raise NotFound(_("There is no such page."))
    return path.partition("?")[0]


def _changeable(request: Request, pk: int) -> SavedView:
    view: SavedView | None = (
        SavedView.objects.visible_to(request.user).for_menu().filter(pk=pk).first()
    )
    if view is None:
        raise NotFound(_("There is no such view."))
    if not may_change(request.user, view):
        raise NotAllowed(_("This view belongs to %s; save yours beside it.") % view.owner)
    return view


def menu(request: Request) -> HttpResponse:
    """All views of a list or board, and what can be done with the one that is shown."""
    path, place = _path(request.GET), request.GET.get("place", "")[:20]
    found = list(SavedView.objects.visible_to(request.user).of(place).for_menu())
    shown = key_in(request.GET, "view")
    first = request.user.preferences.get(f"view.{place}")
    current = next((view for view in found if view.pk == shown), None)
    rows = [
        {
            "view": view,
            "url": path + address_of(view),
            "is_first": view.pk == first,
            "is_current": view is current,
            "is_mine": view.owner_id == request.user.pk,
        }
        for view in found
    ]
    context = {
        "mine": [row for row in rows if row["is_mine"]],
        "shared": [row for row in rows if not row["is_mine"]],
        "current": current,
        "may_change": current is not None and may_change(request.user, current),
        "is_first": current is not None and current.pk == first,
        "has_first": first is not None,
        "place": place,
        "all_url": f"{path}?view={ALL}",
        "about": request.GET.urlencode(),
        "here": path + (address_of(current) if current else f"?view={ALL}"),
    }
    return render(request, "crm/views.html" + ("#menu" if request.htmx else ""), context)


def new(request: Request) -> HttpResponse:
    """Keep what a list or board shows under a name."""
    data = request.POST if request.method == "POST" else request.GET
    path, place = _path(data), data.get("place", "")[:20]
    form = ViewForm(posted(request), user=request.user)
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        query = normal(data.get("query", ""))
        try:
            view = save_view(place=place, values={**form.values(), "query": query}, by=request.user)
        except Refused as refused:
            status = put_errors(form, refused)
        else:
            if form.cleaned_data["first"]:
                set_first_view(place=place, view=view.pk, by=request.user)
            say(request, _("The view “%s” is saved.") % view, undo=written_cause(), back=path)
            return go_to(request, path + address_of(view))
    hidden = [(name, data.get(name, "")) for name in ("path", "place", "query")]
    context = {"form": form, "title": _("Save this view"), "hidden": hidden, "back": path}
    return _dialog(request, "crm/view_form.html", context, status)


def edit(request: Request, pk: int) -> HttpResponse:
    """Rename a view, or share it otherwise."""
    view = _changeable(request, pk)
    form = ViewForm(posted(request), user=request.user, view=view)
    back = next_address(request, "/")
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"]
        try:
            update_view(view=pk, values=form.values(), by=request.user, expected_version=version)
        except (Refused, Conflict) as refused:
            status = put_errors(form, refused)
        else:
            was_first = bool(form.initial["first"])
            if form.cleaned_data["first"] != was_first:
                first = None if was_first else pk
                set_first_view(place=view.place, view=first, by=request.user)
            say(request, _("Saved."), undo=written_cause())
            return go_to(request, back)
    context = {
        "form": form,
        "title": _("Edit the view"),
        "hidden": [("next", back)],
        "back": back,
        "view": view,
    }
    return _dialog(request, "crm/view_form.html", context, status)


@require_POST
def save(request: Request, pk: int) -> HttpResponse:
    """Keep what is shown now under the name of a view."""
    view, path = _changeable(request, pk), _path(request.POST)
    query = normal(request.POST.get("query", ""))
    view = update_view(view=pk, values={"query": query}, by=request.user)
    say(request, _("The view “%s” is saved.") % view, undo=written_cause())
    return redirect(path + address_of(view))


def delete(request: Request, pk: int) -> HttpResponse:
    """Ask, then delete a view."""
    view = _changeable(request, pk)
    back = next_address(request, "/")
    if request.method != "POST":
        return _dialog(request, "crm/view_delete.html", {"view": view, "back": back}, 200)
    delete_view(view=pk, by=request.user)
    say(request, _("The view “%s” is deleted.") % view, undo=written_cause(), back=back)
    return go_to(request, f"{back.partition('?')[0]}?view={ALL}")


@require_POST
def first(request: Request) -> HttpResponse:
    """Have a view open first, or none."""
    place = request.POST.get("place", "")[:20]
    set_first_view(place=place, view=key_in(request.POST, "view"), by=request.user)
    say(request, _("Saved."))
    return redirect(next_address(request, "/"))


def _dialog(request: Request, template: str, context: dict[str, Any], status: int) -> HttpResponse:
    name = template + ("#form" if request.htmx else "")
    return render(request, name, {**context, "in_dialog": bool(request.htmx)}, status=status)
