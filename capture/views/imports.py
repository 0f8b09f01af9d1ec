"""Imports in the browser: bring files, see what would happen, import, and take it back."""

from __future__ import annotations

import csv
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from capture.forms import PROGRAMS, OptionsForm
from capture.importpage import face_of, faces_of, wait_words
from capture.models import Import
from capture.services.imports import check_may_import
from capture.services.runs import examine_again, start_import, stop_import
from capture.services.uploads import MEGABYTE, discard_import, receive_files, twin_of
from core.answers import posted, say
from core.errors import NotFound, Refused
from core.requests import Request
from pipeline.models import Pipeline

PAGE = 25


def visible_import(user: Any, pk: int) -> Import:
    """An import that the person sees."""
    found = Import.objects.visible_to(user).for_page().filter(pk=pk).first()
    if not isinstance(found, Import):
        raise NotFound(_("There is no such import."))
    return found


def imports(request: Request) -> HttpResponse:
    """Bring files, and what was brought before."""
    check_may_import(request.user)
    form = OptionsForm(posted(request), user=request.user)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            found = receive_files(
                files=request.FILES.getlist("files"), options=form.chosen, by=request.user
            )
        except Refused as refused:
            refusal = refused.message
        else:
            return redirect("import", found.pk)
    page = Paginator(Import.objects.visible_to(request.user).for_list(), PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "form": form,
        "refusal": refusal,
        "page": page,
        "rows": faces_of(list(page)),
        "programs": list(PROGRAMS.values()),
        "file_mb": settings.IMPORT_FILE_SIZE // MEGABYTE,
        "all_mb": settings.IMPORT_SIZE // MEGABYTE,
        "most_files": settings.IMPORT_FILES,
        "file_size": settings.IMPORT_FILE_SIZE,
        "all_size": settings.IMPORT_SIZE,
    }
    status = 422 if refusal or form.errors else 200
    return render(request, "capture/imports.html", context, status=status)


@require_safe
def show(request: Request, pk: int) -> HttpResponse:
    """One import: what would happen, what happens, or what happened."""
    found = visible_import(request.user, pk)
    return render(request, "capture/import.html", _context(request, found))


def _context(request: Request, found: Import) -> dict[str, Any]:
    wrote = found.has_written()
    can_change = request.user.is_manager and not found.is_busy
    face = face_of(found)
    undone = face.state == "undone"
    return {
        "record": found,
        "face": face,
        "wait": wait_words(found) if found.is_busy else "",
        "twin": twin_of(found) if found.state == Import.State.EXAMINED else None,
        "can_undo": wrote and not found.is_busy and not undone,
        "can_start": can_change and not undone and found.state == Import.State.EXAMINED,
        "can_go_on": can_change and not undone and found.can_go_on,
        "form": OptionsForm(initial=found.options, user=request.user)
        if can_change and not wrote and found.state != Import.State.DONE
        else None,
        "can_discard": can_change and not wrote,
        "wrote": wrote,
        "board": _board(request.user, found) if wrote else "",
    }


def _board(user: Any, found: Import) -> str:
    """The board that shows what was imported: won leads of all times."""
    known = Pipeline.objects.visible_to(user).active()
    pipeline = known.filter(pk=found.options.get("pipeline") or 0).first() or known.first()
    return f"{reverse('board', args=[pipeline.pk])}?won=all" if pipeline else reverse("boards")


@require_safe
def progress(request: Request, pk: int) -> HttpResponse:
    """How far it is; 204 once there is nothing more to wait for."""
    found = visible_import(request.user, pk)
    if not found.is_busy:
        return HttpResponse(status=204)
    context = {"record": found, "wait": wait_words(found)}
    return render(request, "capture/import.html#progress", context)


def options(request: Request, pk: int) -> HttpResponse:
    """Look again with other options."""
    found = visible_import(request.user, pk)
    if request.method != "POST":
        return redirect(found)
    form = OptionsForm(request.POST, user=request.user)
    if not form.is_valid():
        context = {**_context(request, found), "form": form}
        return render(request, "capture/import.html", context, status=422)
    examine_again(pk=pk, options=form.chosen, by=request.user)
    return redirect(found)


def start(request: Request, pk: int) -> HttpResponse:
    """Import, or go on. A GET comes from a login in between: it only shows the page again."""
    found = visible_import(request.user, pk)
    if request.method == "POST":
        start_import(pk=pk, by=request.user)
    return redirect(found)


@require_POST
def stop(request: Request, pk: int) -> HttpResponse:
    """End an import behind the rows that are being written."""
    return redirect(stop_import(pk=pk, by=request.user))


@require_POST
def discard(request: Request, pk: int) -> HttpResponse:
    """Drop files of which nothing was written."""
    discard_import(pk=pk, by=request.user)
    say(request, _("The files were discarded."))
    return redirect("imports")


@require_safe
def errors(request: Request, pk: int) -> HttpResponse:
    """The errors as a table for spreadsheets."""
    found = visible_import(request.user, pk)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{found.pk}-errors.csv"'
    response.write("\ufeff")
    writer = csv.writer(response)
    writer.writerow([_("File"), _("Row"), _("Column"), _("Error")])
    for error in found.errors:
        cells = (error["file"], error["row"], error["column"], error["message"])
        writer.writerow([_as_text(cell) for cell in cells])
    return response


def _as_text(cell: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = str(cell)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
