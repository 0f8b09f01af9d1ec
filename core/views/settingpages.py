"""Settings: what a manager configures, list by list, in place and with Undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.answers import go_to, posted, put_errors, say, with_toast, written_cause
from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.forms import Styled
from core.numbers import keys_in
from core.requests import Request
from core.services.configuration import (
    create_record,
    delete_record,
    order_records,
    update_record,
    uses_of,
)
from core.settingpages import SettingPage, setting_cards, setting_page, setting_pages

#: So many records are put in order at once.
MOST = 500


@dataclass(frozen=True, slots=True)
class Row:
    """A record as a line of its list; `cells` are (text, is a number, where it leads) by the
    page's columns."""

    record: Any
    cells: list[tuple[str, bool, str]]


@dataclass(frozen=True, slots=True)
class Group:
    """Lines under a heading; without one where the page has no groups."""

    heading: str
    rows: list[Row]
    warning: str = ""


class IntoForm(Styled):
    """Where what hangs on a record goes when it is deleted."""

    into: Any = forms.ModelChoiceField(queryset=None)

    def __init__(self, data: Any, *, choices: Any, label: Any) -> None:
        super().__init__(data)
        chosen: Any = self.fields["into"]
        chosen.queryset, chosen.label = choices, label


def _page(request: Request, name: str) -> SettingPage:
    if not request.user.is_manager:
        raise NotAllowed(_("Settings are for managers."))
    found = setting_page(name)
    if found is None:
        raise NotFound(_("There is no such page."))
    return found


def _record(page: SettingPage, pk: int) -> Any:
    found = page.model_class._default_manager.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such record."))
    return found


def index(request: Request) -> HttpResponse:
    """What there is to configure."""
    if not request.user.is_manager:
        raise NotAllowed(_("Settings are for managers."))
    return render(request, "core/settings.html", {"cards": setting_cards(request.user)})


def listing(request: Request, name: str) -> HttpResponse:
    """The records of one kind."""
    page = _page(request, name)
    context = {"page": page, "pages": setting_pages(), "groups": _groups(page), **_words(page)}
    return render(request, "core/setting.html", context)


def _words(page: SettingPage) -> dict[str, Any]:
    return {"here": _address(page)}


def _address(page: SettingPage) -> str:
    return reverse("setting", args=[page.name])


def _groups(page: SettingPage) -> list[Group]:
    by_heading: dict[Any, list[Any]] = {}
    for record in page.all():
        by_heading.setdefault(page.group(record) if page.group else None, []).append(record)
    return [
        Group(
            "" if heading is None else str(heading),
            [_row(page, record) for record in records],
            page.warn(records) if page.warn else "",
        )
        for heading, records in by_heading.items()
    ]


def _row(page: SettingPage, record: Any) -> Row:
    return Row(
        record,
        [
            (column.text(record), column.is_number, column.url(record) if column.url else "")
            for column in page.columns
        ],
    )


def edit(request: Request, name: str, pk: int | None = None) -> HttpResponse:
    """A form for a new record or one that is there."""
    page = _page(request, name)
    record = None if pk is None else _record(page, pk)
    initial = {} if record else {key: request.GET[key] for key in request.GET}
    form = page.form(posted(request), instance=record, initial=initial)
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            saved = _save(page, pk, form, request.user)
        except (Refused, Conflict) as refused:
            status = put_errors(form, refused)
        else:
            text = _("“%s” is saved.") if pk else _("“%s” is created.")
            say(request, text % saved, undo=written_cause())
            return go_to(request, _address(page))
    kind = capfirst(str(page.model_class._meta.verbose_name))
    context = {
        "form": form,
        "record": record,
        "heading": str(record) if record else _("Add: %s") % kind,
        "in_dialog": bool(request.htmx),
        "page": page,
        **_words(page),
    }
    name = "core/setting_form.html" + ("#form" if request.htmx else "")
    return render(request, name, context, status=status)


def _save(page: SettingPage, pk: int | None, form: Any, by: Any) -> Any:
    values = form.values()
    if page.save and pk is not None:
        return page.save(pk, form, by)
    if pk is None:
        with transaction.atomic():
            if page.save:
                record = page.save(None, form, by)
            else:
                record = create_record(model=page.model_class, values=values, by=by)
            if page.ordered:
                keys = page.order_with(record)
                order_records(model=page.model_class, records=keys, by=by)
        return record
    return update_record(
        model=page.model_class,
        record=pk,
        values=values,
        by=by,
        expected_version=form.cleaned_data["version"],
    )


def delete(request: Request, name: str, pk: int) -> HttpResponse:
    """Ask, and where what hangs on it goes; then delete a record."""
    page = _page(request, name)
    record = _record(page, pk)
    heirs = page.successor.count(record) if page.successor else 0
    form = None
    if page.successor and heirs:
        form = IntoForm(
            posted(request), choices=page.successor.choices(record), label=page.successor.ask
        )
    status = 422 if form is not None and form.errors else 200
    problem = ""
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            if page.successor and form is not None:
                page.successor.remove(record=pk, into=form.cleaned_data["into"].pk, by=request.user)
            elif page.remove:
                page.remove(record, request.user)
            else:
                delete_record(model=page.model_class, record=pk, by=request.user)
        except (Refused, Conflict) as refused:
            problem, status = refused.message, 409 if isinstance(refused, Conflict) else 422
        else:
            say(request, _("“%s” is deleted.") % record, undo=written_cause())
            return go_to(request, _address(page))
    holding, going = ([], {}) if form is not None else uses_of([record])
    context = {
        "form": form,
        "record": record,
        "heirs": heirs,
        "problem": problem,
        "holding": ", ".join(holding),
        "going": ", ".join(f"{count} {what}" for what, count in going.items()),
        "goes": page.goes(record) if page.goes else "",
        "in_dialog": bool(request.htmx),
        "page": page,
        **_words(page),
    }
    name = "core/setting_delete.html" + ("#form" if request.htmx else "")
    return render(request, name, context, status=status)


@require_POST
def reorder(request: Request, name: str) -> HttpResponse:
    """Put records in the order in which they are sent."""
    page = _page(request, name)
    if not page.ordered:
        raise NotFound(_("There is no such page."))
    ids: Sequence[int] = keys_in(request.POST, "ids", MOST)
    order_records(model=page.model_class, records=ids, by=request.user)
    if request.htmx:
        return with_toast(HttpResponse(status=204), _("The order is saved."), undo=written_cause())
    say(request, _("The order is saved."), undo=written_cause())
    return go_to(request, _address(page))
