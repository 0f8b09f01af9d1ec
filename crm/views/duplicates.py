"""Records that may be one and the same: beside a record, and while one types a new one."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from core.numbers import key_in
from core.requests import Request
from crm.duplicatelines import SHOWN, Kind


def routes(kind: Kind) -> list[URLPattern]:
    """The addresses for a kind of record."""

    def of(request: Request, pk: int) -> HttpResponse:
        """What may be the same as a record: a page, or the panel of the record's own page."""
        record = kind.visible(request.user, pk)
        lines = kind.lines(record, request.user)
        if request.htmx and not lines:
            return HttpResponse()
        shown = lines[:SHOWN] if request.htmx else lines
        context = {
            "record": record,
            "lines": [line for line in shown if line.is_likely],
            "others": [line for line in shown if not line.is_likely],
            "apart_url": reverse("duplicates-decide", args=[kind.many]),
            "queue_url": kind.queue_url,
            "more_url": kind.address(record) if request.htmx and len(lines) > SHOWN else "",
        }
        name = "crm/duplicates.html" + ("#panel" if request.htmx else "")
        return render(request, name, context)

    def known(request: Request) -> HttpResponse:
        """What is there already of that which is being typed; a fragment under the form's head."""
        typed = {name: str(value).replace("\x00", "") for name, value in request.GET.items()}
        but = key_in(request.GET, "but") or 0
        lines = kind.hints(typed, request.user, but)
        return render(request, "crm/duplicates.html#hint", {"lines": lines})

    return [
        path(f"{kind.many}/known/", known, name=f"{kind.name}-known"),
        path(f"{kind.many}/<int:pk>/duplicates/", of, name=f"{kind.name}-duplicates"),
    ]
