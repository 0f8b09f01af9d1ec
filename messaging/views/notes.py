"""Notes: written on the page of a record, edited and deleted by who wrote them."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.answers import (
    go_to,
    next_address,
    posted,
    put_errors,
    say,
    with_event,
    with_toast,
    written_cause,
)
from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.requests import Request
from messaging.forms import NoteForm
from messaging.mentionable import mentionable
from messaging.models import Note
from messaging.notefaces import composer_of, read_notes, versions_of
from messaging.services.mentions import give_access as grant_access
from messaging.services.mentions import nobody_in, without_sight
from messaging.services.notes import delete_note, update_note, write_note
from messaging.subjects import find_subject
from messaging.views.files import add
from pipeline.leadpage import may_change
from pipeline.views.leads import dialog
from pipeline.views.parts import answer, here_of, place_of

#: Notes on a page of their own.
PAGE = 50


def on_record(request: Request, kind: str, pk: int) -> HttpResponse:
    """The notes on a record, and writing one."""
    subject = find_subject(kind, pk, request.user)
    form = NoteForm(posted(request), auto_id="note_%s")
    if request.method != "POST":
        return _page(request, kind, subject)
    status = 422
    files = request.FILES.getlist("files")
    if files and not request.POST.get("body", "").strip():
        return add(request, kind, pk)
    if form.is_valid():
        try:
            target: Any = {kind: pk}
            body = form.cleaned_data["body"]
            note = write_note(body=body, by=request.user, files=files, **target)
        except Refused as refused:
            if files and request.htmx:
                # Said by a toast, so that words and chosen files stay as they are.
                raise
            status = put_errors(form, refused)
        else:
            return _written(request, kind, subject, note)
    if not request.htmx:
        return _page(request, kind, subject, form=form, status=status)
    context = {
        "data": composer_of(kind, pk, form),
        "place": place_of(request),
        "here": here_of(request, subject.get_absolute_url()),
    }
    answered = render(request, "messaging/composer.html", context, status=status)
    answered["HX-Retarget"], answered["HX-Reswap"] = "#composer", "outerHTML"
    return answered


def _written(request: Request, kind: str, subject: Any, note: Note) -> HttpResponse:
    text, ask = _("Your note is written."), {}
    nobody = ", ".join(f"@{word}" for word in nobody_in(note.body)[:3])
    if nobody:
        text += " " + _("Nobody is called %s: that stays plain text.") % nobody
    blind = without_sight(note)
    if blind:
        names = ", ".join(str(person) for person in blind)
        text += " " + _("Who does not see this record, and was not told: %s.") % names
        if kind == "lead" and may_change(request.user, subject):
            address = reverse("note-access", args=[note.pk])
            ask = {"act": address, "act_text": _("Give access")}
    if kind == "lead":
        answered = answer(request, subject.pk, text)
        if ask and request.htmx:
            answered = with_toast(answered, text, undo=written_cause(), **ask)
    elif request.htmx:
        context = {
            "panel": {"title": _("Notes")},
            "data": read_notes(kind, subject.pk, request.user),
            "here": subject.get_absolute_url(),
        }
        shown = render(request, "messaging/notes.html#panel", context)
        answered = with_toast(shown, text, undo=written_cause())
    else:
        say(request, text, undo=written_cause())
        answered = redirect(next_address(request, subject.get_absolute_url()))
    return with_event(answered, "relance:noted", {"address": request.path})


def _page(
    request: Request, kind: str, subject: Any, *, form: Any = None, status: int = 200
) -> HttpResponse:
    before = request.GET.get("before", "")[:60]
    context = {
        "subject": subject,
        "data": read_notes(kind, subject.pk, request.user, size=PAGE, before=before, form=form),
        "here": request.get_full_path(),
    }
    return render(request, "messaging/notes.html", context, status=status)


def _find(request: Request, pk: int) -> Note:
    found: Note | None = Note.objects.visible_to(request.user).for_list().filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such note."))
    return found


def show(request: Request, pk: int) -> HttpResponse:
    """The note where it stands."""
    return redirect(_find(request, pk))


def edit(request: Request, pk: int) -> HttpResponse:
    """Change one's own note."""
    note = _find(request, pk)
    if note.author_id != request.user.pk:
        raise NotAllowed(_("Only who wrote a note may change it."))
    here = here_of(request, note.get_absolute_url())
    initial = {"body": note.body, "version": note.version}
    form = NoteForm(posted(request), initial=initial, auto_id="edit_%s")
    form.fields["body"].widget.attrs |= {"rows": 8, "autofocus": True}
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            update_note(
                note=pk,
                body=form.cleaned_data["body"],
                by=request.user,
                expected_version=form.cleaned_data["version"],
            )
        except (Refused, Conflict) as refused:
            status = put_errors(form, refused)
        else:
            say(request, _("Saved."), undo=written_cause())
            return go_to(request, here)
    context = {"note": note, "form": form, "here": here}
    return dialog(request, "messaging/note_edit.html", context, status=status)


@require_POST
def delete(request: Request, pk: int) -> HttpResponse:
    """Delete a note."""
    note = _find(request, pk)
    back = note.subject.get_absolute_url()
    delete_note(note=pk, by=request.user)
    say(request, _("The note is deleted."), undo=written_cause())
    return redirect(next_address(request, back))


@require_POST
def give_access(request: Request, pk: int) -> HttpResponse:
    """Make followers of those whom a note names and who do not see its lead."""
    note = _find(request, pk)
    people = grant_access(note=pk, by=request.user)
    names = ", ".join(str(person) for person in people) or _("nobody")
    text = _("Given access, and told: %s.") % names
    if request.htmx:
        return with_toast(HttpResponse(status=204), text, undo=written_cause())
    say(request, text, undo=written_cause())
    return redirect(next_address(request, note.get_absolute_url()))


def mentions(request: Request) -> HttpResponse:
    """People and teams whose name holds what was typed behind an @, as choices."""
    found = mentionable(request.GET.get("q", "")[:60])
    return render(request, "messaging/mentions.html", {"options": found})


def versions(request: Request, pk: int) -> HttpResponse:
    """A note as it once stood, in all its versions."""
    note = _find(request, pk)
    context = {
        "note": note,
        "versions": versions_of(note),
        "here": here_of(request, note.get_absolute_url()),
    }
    return dialog(request, "messaging/note_versions.html", context)
