"""What is said when a request fails: a page in words, or for a fragment a toast.

A fragment's answer changes nothing on the page that asked: what somebody has typed there stays.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import defaults

from core.answers import with_toast


def is_fragment(request: HttpRequest) -> bool:
    """Whether a script asks for a part of a page; also true before the middleware has run."""
    return request.headers.get("HX-Request") == "true"


def toast(status: int, text: str) -> HttpResponse:
    """An answer that swaps nothing and shows a toast."""
    response = HttpResponse(status=status, headers={"HX-Reswap": "none"})
    return with_toast(response, text, kind="error")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    if is_fragment(request):
        return toast(400, _("That request cannot be understood"))
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    if is_fragment(request):
        return toast(403, _("You may not do this"))
    return render(request, "403.html", status=403)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form's token is not the browser's."""
    if is_fragment(request):
        return toast(403, _("This page is too old to send from. Load it anew and try again."))
    return render(request, "403_csrf.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    if is_fragment(request):
        return toast(404, _("This is not there any more, or out of your sight."))
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest, *args: Any) -> HttpResponse:
    """500; its page needs neither a person nor the database."""
    if is_fragment(request):
        return toast(500, _("Something went wrong on our side. It has been written down."))
    return defaults.server_error(request)
