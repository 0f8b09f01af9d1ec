"""The addresses and numbers of a contact or company, changed where they stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.answers import posted, put_errors, say, with_event, with_toast, written_cause
from core.errors import Conflict, NotFound, Refused
from core.requests import Request
from crm.models import ContactPoint
from crm.pointforms import PointForm
from crm.reach import new_urls
from crm.services import points
from crm.services.points import MAINS
from crm.views.records import Door

Kind = ContactPoint.Kind


@dataclass(frozen=True, slots=True)
class Reach:
    """The addresses of contacts or of companies; `door` is that of their pages."""

    door: Door

    def routes(self) -> list[URLPattern]:
        """The routes, below those of the record."""
        one = self.door.name
        below = f"{self.door.listing.name}/<int:pk>/reach/"
        main, remove = require_POST(self.main), require_POST(self.remove)
        return [
            path(below, self.panel, name=f"{one}-reach"),
            path(f"{below}new/<slug:kind>/", self.new, name=f"{one}-reach-new"),
            path(f"{below}<slug:place>/", self.edit, name=f"{one}-reach-edit"),
            path(f"{below}<int:point>/main/", main, name=f"{one}-reach-main"),
            path(f"{below}<int:point>/remove/", remove, name=f"{one}-reach-remove"),
        ]

    def panel(self, request: Request, pk: int) -> HttpResponse:
        """All of them, as the part of the page that they stand in."""
        if not request.htmx:
            return redirect(self.door.name, pk)
        page = self.door.page(request.user, pk)
        context = {"page": page, "record": page.record, "new": new_urls(self.door.name, pk)}
        return render(request, "crm/reach.html#panel", context)

    def new(self, request: Request, pk: int, kind: str) -> HttpResponse:
        """Ask for one more, and write it down."""
        if kind not in Kind.values:
            raise NotFound(_("There is no such page."))
        record = self.door.changeable(request, pk)
        form = PointForm(posted(request), kind=kind, label=ContactPoint.Label.WORK)
        words = _("E-mail address added.") if kind == Kind.EMAIL else _("Number added.")
        write = partial(points.add_point, holder=record, kind=kind, by=request.user)
        return self._asked(request, record, form, write, words)

    def edit(self, request: Request, pk: int, place: str) -> HttpResponse:
        """Ask how one should read, and correct it."""
        record = self.door.changeable(request, pk)
        kind = next((k for k, columns in MAINS[type(record)].items() if place in columns), "")
        write: Callable[..., Any]
        if kind:
            now = getattr(record, place)
            form = PointForm(posted(request), kind=kind, is_main=True, value=now)
            write = partial(points.change_main, holder=record, column=place, by=request.user)
        else:
            row = _point(record, place)
            form = PointForm(posted(request), kind=row.kind, value=row.value, label=row.label)
            write = partial(points.change_point, holder=record, point=row.pk, by=request.user)
        return self._asked(request, record, form, write, _("Saved."))

    def main(self, request: Request, pk: int, point: int) -> HttpResponse:
        """Make one the main one."""
        record = self.door.changeable(request, pk)
        points.make_main(holder=record, point=point, by=request.user)
        return self._answer(request, pk, _("This is the main one now."))

    def remove(self, request: Request, pk: int, point: int) -> HttpResponse:
        """Take one off."""
        record = self.door.changeable(request, pk)
        gone = points.remove_point(holder=record, point=point, by=request.user)
        return self._answer(request, pk, _("“%s” is removed.") % gone)

    def _asked(
        self, request: Request, record: Any, form: PointForm, write: Callable[..., Any], words: str
    ) -> HttpResponse:
        """The form, with what is wrong; or the answer once `write` took what was typed."""
        status = 422 if form.errors else 200
        if request.method == "POST" and form.is_valid():
            try:
                write(**form.cleaned_data)
            except (Refused, Conflict) as refused:
                status = put_errors(form, refused)
            else:
                return self._answer(request, record.pk, words)
        context = {
            "form": form,
            "record": record,
            "action": request.path,
            "back": reverse(f"{self.door.name}-reach", args=[record.pk]),
        }
        name = "crm/reach.html" + ("#form" if request.htmx else "")
        return render(request, name, context, status=status)

    def _answer(self, request: Request, pk: int, text: str) -> HttpResponse:
        """Say what was done, and draw the part anew; the page shows what else follows."""
        if not request.htmx:
            say(request, text, undo=written_cause())
            return redirect(self.door.name, pk)
        answered = with_toast(self.panel(request, pk), text, undo=written_cause())
        answered["HX-Retarget"], answered["HX-Reswap"] = "#reach-part", "outerHTML"
        return with_event(answered, "relance:changed", {"focus": "reach"})


def _point(record: Any, place: str) -> ContactPoint:
    found = record.points.filter(pk=int(place)).first() if place.isdecimal() else None
    if found is None:
        raise NotFound(_("There is no such address."))
    point: ContactPoint = found
    return point
