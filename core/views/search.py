"""The palette and its page: find a record, a page or a command by typing."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from core.commands import LONGEST, search
from core.requests import Request


def found(request: Request) -> HttpResponse:
    """What is found under `q`: a page of links, or for the palette its list of options."""
    text = request.GET.get("q", "")[:LONGEST]
    groups = search(request.user, text)
    context = {
        "groups": groups,
        "text": text,
        "count": sum(len(group.found) for group in groups),
        "back": request.htmx.current_url_abs_path or request.get_full_path(),
    }
    name = "core/search.html" + ("#options" if request.htmx else "")
    return render(request, name, context)
