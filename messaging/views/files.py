"""Files: added on the page of a record, handed out for keeping and never shown, deleted."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from core.answers import next_address, say, with_event, with_toast, written_cause
from core.errors import NotFound
from core.numbers import key_in
from core.requests import Request
from messaging.filefaces import read_files
from messaging.models import File
from messaging.services.files import add_files, delete_file, open_content
from messaging.subjects import find_subject
from pipeline.views.parts import answer

#: Files on a page of their own.
PAGE = 50
#: Should a browser show it all the same, it runs nothing, loads nothing and is of no origin.
SANDBOX = "sandbox; default-src 'none'"


def on_record(request: Request, kind: str, pk: int) -> HttpResponse:
    """The files on a record, and adding some."""
    if request.method == "POST":
        return add(request, kind, pk)
    subject = find_subject(kind, pk, request.user)
    before = key_in(request.GET, "before") or 0
    context = {
        "subject": subject,
        "data": read_files(kind, pk, request.user, size=PAGE, before=before),
        "here": request.get_full_path(),
    }
    return render(request, "messaging/files.html", context)


def add(request: Request, kind: str, pk: int) -> HttpResponse:
    """Put files on a record; also what a note without words comes to."""
    subject = find_subject(kind, pk, request.user)
    target: Any = {kind: pk}
    added = add_files(files=request.FILES.getlist("files"), by=request.user, **target)
    text = ngettext("%d file is added.", "%d files are added.", len(added)) % len(added)
    if kind == "lead":
        answered = answer(request, pk, text)
    elif request.htmx:
        context = {
            "panel": {"title": _("Files")},
            "data": read_files(kind, pk, request.user),
            "here": subject.get_absolute_url(),
        }
        shown = render(request, "messaging/files.html#panel", context)
        shown["HX-Retarget"] = "[data-part=files]"
        answered = with_toast(shown, text, undo=written_cause())
    else:
        say(request, text, undo=written_cause())
        answered = redirect(next_address(request, subject.get_absolute_url()))
    return with_event(answered, "relance:noted", {"address": request.path})


def _find(request: Request, pk: int) -> File:
    found: File | None = File.objects.visible_to(request.user).for_list().filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such file."))
    return found


@require_safe
def download(request: Request, pk: int) -> HttpResponseBase:
    """The content of a file, to be kept."""
    return handed_out(_find(request, pk))


def handed_out(file: File) -> FileResponse:
    """A file as an attachment of the type that it truly has (RFC 6266), never shown in place."""
    answered = FileResponse(
        open_content(file),
        as_attachment=True,
        filename=file.name,
        content_type=file.content.media_type,
    )
    answered["Content-Security-Policy"] = SANDBOX
    answered["X-Content-Type-Options"] = "nosniff"
    answered["Cache-Control"] = "private, no-store"
    return answered


@require_POST
def delete(request: Request, pk: int) -> HttpResponse:
    """Delete a file."""
    file = _find(request, pk)
    back = file.subject.get_absolute_url()
    delete_file(file=pk, by=request.user)
    say(request, _("“%s” is deleted.") % file.name, undo=written_cause())
    return redirect(next_address(request, back))
