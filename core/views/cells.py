"""A cell of a list edited where it stands: its form, and the row after it was saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from core.answers import posted, put_errors, with_toast, written_cause
from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.forms import now_there
from core.lists import Listing, View, listing_named, read_row
from core.requests import Request


@dataclass(frozen=True, slots=True)
class Editor:
    """How the cells of a list are edited.

    `record(user, pk)` is one that the person sees, or raises NotFound; `form(data, user, record,
    names)` has these fields and `version`; `save(form, record, user)` calls the service.
    """

    record: Callable[[Any, int], Any]
    form: Callable[[Any, Any, Any, tuple[str, ...]], Any]
    save: Callable[[Any, Any, Any], None]


_editors: dict[str, Editor] = {}


def register_editor(listing: Listing, editor: Editor) -> None:
    """Let the cells of a list be edited whose columns say what they edit."""
    _editors[listing.name] = editor


def cell(request: Request, name: str, pk: int, column: str) -> HttpResponse:
    """The form of a cell, and what it sends."""
    listing, editor = listing_named(name), _editors.get(name)
    if listing is None or editor is None:
        raise NotFound(_("There is no such list."))
    found = listing.all_columns().get(column)
    if found is None or not found.edits:
        raise NotFound(_("There is no such field."))
    record = editor.record(request.user, pk)
    if not type(record).objects.changeable_by(request.user).filter(pk=pk).exists():
        raise NotAllowed(_("You can see this record, but not change it."))
    if not request.htmx:
        return redirect(record)
    form = editor.form(posted(request), request.user, record, found.edits)
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            editor.save(form, record, request.user)
        except Refused as refused:
            status = put_errors(form, refused)
        except Conflict as conflict:
            status = put_errors(form, conflict)
            form.add_error(None, now_there(form, "make_company"))
            form.use_version(record.version)
        else:
            return with_toast(_row(request, listing, editor, pk), _("Saved."), undo=written_cause())
    context = {
        "form": form,
        "action": request.path,
        "title": _("Edit: %(label)s") % {"label": found.label},
        "is_one": len(form.visible_fields()) == 1,
    }
    return render(request, "core/cell.html", context, status=status)


def _row(request: Request, listing: Listing, editor: Editor, pk: int) -> HttpResponse:
    """The row anew in the columns of the page; nothing when it is out of sight by now."""
    try:
        editor.record(request.user, pk)
    except NotFound:
        return HttpResponse()
    query = QueryDict(request.POST.get("here", "").removeprefix("?"))
    row = read_row(View.read(listing, query, request.user), pk)
    context = {"page": {"rows": [row] if row else []}, "deeds": True}
    return render(request, "core/list.html#rows", context)
