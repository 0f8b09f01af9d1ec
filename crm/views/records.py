"""The pages of contacts and companies: list, page, forms, archive, deletion. One door for both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.answers import next_address, posted, put_errors, say, written_cause
from core.bulk import Deed, Opening, Selection, choose
from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.lists import Listing, View
from core.numbers import key_in
from core.panels import MAIN, SIDE, panels_of
from core.requests import Request
from core.services.configuration import uses_of
from core.views.bulk import bulk_on_list, deed_named
from core.views.cells import Editor
from core.views.lists import Frame, asked_of, export_list, show_list
from crm.duplicatelines import KINDS
from crm.reach import new_urls
from crm.recordforms import RecordForm
from crm.recordpage import RecordPage, history_of
from crm.savedviews import first_address
from crm.views.merging import gone_to


@dataclass(frozen=True)
class Door:
    """What differs between contacts and companies. `name` is that of routes and panels."""

    name: str
    listing: Listing
    form: type[RecordForm]
    page: Callable[[Any, int], RecordPage]
    visible: Callable[[Any, int], Any]
    records: Callable[[Request, QueryDict], tuple[Any, Frame]]
    save: Callable[..., Any]
    archive: Callable[..., Any]
    unarchive: Callable[..., Any]
    delete: Callable[..., Any]
    deeds: Mapping[str, Deed | Opening]
    words: Callable[[], dict[str, str]]
    form_template: str
    #: Files of further formats, by their names.
    files: Mapping[str, Callable[[Any, View], HttpResponseBase]] = field(default_factory=dict)

    def routes(self) -> list[URLPattern]:
        """Their addresses, under the name of the list."""
        one, many = self.name, self.listing.name
        return [
            path(f"{many}/", self.index, name=many),
            path(f"{many}/export/", self.export, name=f"{many}-export"),
            path(f"{many}/bulk/<slug:deed>/", self.bulk, name=f"{many}-bulk"),
            path(f"{many}/new/", self.new, name=f"{one}-new"),
            path(f"{many}/<int:pk>/", self.show, name=one),
            path(f"{many}/<int:pk>/edit/", self.edit, name=f"{one}-edit"),
            path(f"{many}/<int:pk>/history/", self.history, name=f"{one}-history"),
            path(f"{many}/<int:pk>/archive/", require_POST(self.put_away), name=f"{one}-archive"),
            path(f"{many}/<int:pk>/delete/", self.remove, name=f"{one}-delete"),
        ]

    @property
    def editor(self) -> Editor:
        """How the cells of the list are edited."""
        return Editor(self.visible, self._cell_form, self._save_cell)

    def _cell_form(self, data: Any, user: Any, record: Any, names: tuple[str, ...]) -> RecordForm:
        form = self.form(data, user=user, record=record)
        form.auto_id = "cell_%s"
        form.keep(names)
        return form

    def _save_cell(self, form: RecordForm, record: Any, by: Any) -> None:
        self.save(
            record=record.pk,
            values=form.values(),
            named=form.named(),
            by=by,
            expected_version=form.cleaned_data["version"],
        )

    def index(self, request: Request) -> HttpResponse:
        """The list; without a query the view that opens first."""
        if first := first_address(request, self.listing.name):
            return redirect(first)
        records, frame = self.records(request, request.GET)
        return show_list(request, self.listing, records, frame)

    def export(self, request: Request) -> HttpResponseBase:
        """The list as a file."""
        records, frame = self.records(request, asked_of(request))
        return export_list(request, self.listing, records, frame.problems, self.files)

    def bulk(self, request: Request, deed: str) -> HttpResponse:
        """Ask what is to be done to those that are selected, and do it to all or none."""
        wanted = deed_named(self.deeds, deed)
        selection = Selection.read(request.POST or request.GET)
        records: Any = self.listing.model._default_manager.all()
        records = records.visible_to(request.user)
        if selection.is_all:
            records, frame = self.records(request, selection.filter)
            if frame.problems:
                raise Refused(" ".join(frame.problems))
        return bulk_on_list(
            request,
            wanted,
            choose(records, request.user, None if selection.is_all else selection.rows),
            selection,
            list_url=reverse(self.listing.name),
            about={},
        )

    def show(self, request: Request, pk: int) -> HttpResponse:
        """The page."""
        try:
            page = self._page(request, pk)
        except NotFound:
            elsewhere = gone_to(self.form.model, pk)
            if elsewhere is None:
                raise
            return elsewhere
        history = history_of(page, offer_undo=page.may_change)
        shown = panels_of(self.name, page)
        context = {
            "page": page,
            "record": page.record,
            "main_panels": [panel for panel in shown if panel.column == MAIN],
            "side_panels": [panel for panel in shown if panel.column == SIDE],
            "history": history,
            "new": new_urls(self.name, pk),
            **self._routes(page.record),
        }
        return render(request, f"crm/{self.name}.html", context)

    def _page(self, request: Request, pk: int) -> RecordPage:
        """The page as its address asks for it: that of a company may tell of those below it."""
        is_deep = self.name == "company" and request.GET.get("below") == "1"
        return replace(self.page(request.user, pk), is_deep=is_deep)

    def history(self, request: Request, pk: int) -> HttpResponse:
        """What happened; a fragment with older entries when the page asks for them."""
        page = self._page(request, pk)
        before = key_in(request.GET, "before")
        history = history_of(
            page,
            offer_undo=page.may_change,
            before=before,
            here_only=request.GET.get("only") == "here",
        )
        name = "crm/history.html"
        if request.htmx:
            name += "#panel" if before is None else "#entries"
        context = {"record": page.record, "history": history}
        return render(request, name, {**context, **self._routes(page.record)})

    def new(self, request: Request) -> HttpResponse:
        """Make one; only its name is asked."""
        given = {
            name: request.GET[name][:200] for name in ("name", "company") if name in request.GET
        }
        form = self.form(posted(request), user=request.user, **given)
        status = 422 if form.errors else 200
        if request.method == "POST" and form.is_valid():
            try:
                record = self.save(values=form.values(), named=form.named(), by=request.user)
            except (Refused, Conflict) as refused:
                status = put_errors(form, refused)
            else:
                text = _("“%s” is created.") % record
                say(request, text, undo=written_cause(), back=reverse(self.listing.name))
                return redirect(record)
        return self._form(request, form, None, status)

    def edit(self, request: Request, pk: int) -> HttpResponse:
        """Edit one. What somebody else changed meanwhile is said before it is written over."""
        record = self.changeable(request, pk)
        form = self.form(posted(request), user=request.user, record=record)
        status = 422 if form.errors else 200
        if request.method == "POST" and form.is_valid():
            try:
                self.save(
                    record=pk,
                    values=form.values(),
                    named=form.named(),
                    by=request.user,
                    expected_version=form.cleaned_data["version"],
                )
            except Refused as refused:
                status = put_errors(form, refused)
            except Conflict as conflict:
                status = put_errors(form, conflict)
                form.add_error(None, _("Your input is kept below. Saving again writes it over."))
                form.use_version(record.version)
            else:
                say(request, _("Saved."), undo=written_cause())
                return redirect(record)
        return self._form(request, form, record, status)

    def put_away(self, request: Request, pk: int) -> HttpResponse:
        """Archive one, or bring it back."""
        record = self.visible(request.user, pk)
        if record.archived_at is None:
            self.archive(pk, by=request.user)
            say(request, _("“%s” is archived.") % record, undo=written_cause())
        else:
            self.unarchive(pk, by=request.user)
            say(request, _("“%s” is back from the archive.") % record, undo=written_cause())
        return redirect(next_address(request, record.get_absolute_url()))

    def remove(self, request: Request, pk: int) -> HttpResponse:
        """Ask, saying what goes with it, then delete one."""
        record = self.changeable(request, pk)
        if request.method != "POST":
            _holding, going = uses_of([record])
            context = {
                "record": record,
                "going": [f"{name}: {count}" for name, count in going.items()],
                "in_dialog": bool(request.htmx),
                "stays": self.words()["stays"],
                **self._routes(record),
            }
            name = "crm/record_delete.html" + ("#form" if request.htmx else "")
            return render(request, name, context)
        self.delete(pk, by=request.user)
        text = _("“%s” is deleted.") % record
        say(request, text, undo=written_cause(), back=record.get_absolute_url())
        return redirect(self.listing.name)

    def changeable(self, request: Request, pk: int) -> Any:
        """A record that the person may edit."""
        record = self.visible(request.user, pk)
        user = request.user
        if not user.is_manager:
            may = type(record).objects.changeable_by(user).filter(pk=pk).exists()
            if not may:
                raise NotAllowed(_("You can see this record, but not change it."))
        return record

    def _form(self, request: Request, form: RecordForm, record: Any, status: int) -> HttpResponse:
        context = {
            "form": form,
            "parts": form.parts(),
            "record": record,
            "known_url": KINDS[self.name].known_url(record.pk if record else None),
            "back": record.get_absolute_url() if record else reverse(self.listing.name),
            **self.words(),
        }
        return render(request, self.form_template, context, status=status)

    def _routes(self, record: Any) -> dict[str, str]:
        """The addresses of the deeds of a record."""
        deeds = ("edit", "history", "archive", "delete", "tags")
        routes = {f"{deed}_url": reverse(f"{self.name}-{deed}", args=[record.pk]) for deed in deeds}
        return {**routes, "list_url": reverse(self.listing.name), "list_name": self.words()["list"]}
