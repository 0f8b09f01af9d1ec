"""What every request gets: the person's language and time zone, a cause for its writes, and an
answer in words when a service refuses."""

from __future__ import annotations

import json
import zoneinfo
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.handlers.exception import response_for_exception
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core.errors import Conflict, NotAllowed, NotFound, Refused, ServiceError
from core.ledger.causes import because
from core.ledger.locking import is_contention
from core.ledger.tables import Kind

GetResponse = Callable[[HttpRequest], HttpResponse]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def user_preferences(get_response: GetResponse) -> GetResponse:
    """Speak the person's language and show times in their zone."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user = request.user
        if not user.is_authenticated:
            return get_response(request)
        language = getattr(user, "language", None) or translation.get_language()
        zone = zoneinfo.ZoneInfo(getattr(user, "time_zone", "") or "UTC")
        with translation.override(language), timezone.override(zone):
            request.LANGUAGE_CODE = language
            response = get_response(request)
            # Templates that are rendered late still speak the person's language.
            if hasattr(response, "render") and not getattr(response, "is_rendered", True):
                response.render()
        response.headers.setdefault("Content-Language", language or "en")
        return response

    return middleware


def because_of_request(get_response: GetResponse) -> GetResponse:
    """Open a cause for a request that may write: the person behind it did it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method in SAFE_METHODS:
            return get_response(request)
        by = request.user if request.user.is_authenticated else None
        with because(Kind.PERSON, by=by):
            return get_response(request)

    return middleware


class LoginRequired(LoginRequiredMiddleware):
    """Nobody is let in without a login. A session that ended costs neither the place where one was
    nor what was typed."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        """A page leads to the login and back; a fragment leads its page there; a form that was
        sent says so, and stays filled in behind the browser's Back."""
        if request.headers.get("HX-Request") == "true":
            back = urlsplit(request.headers.get("HX-Current-URL", ""))
            page = back._replace(scheme="", netloc="", fragment="").geturl() or "/"
            query = urlencode({"next": page, "ended": "1"})
            address = f"{resolve_url(settings.LOGIN_URL)}?{query}"
            return HttpResponse(status=401, headers={"HX-Redirect": address})
        if request.method == "POST":
            return render(request, "errors/ended.html", status=401)
        return super().handle_no_permission(request, view_func)


STATUS: dict[type[ServiceError], HTTPStatus] = {
    Refused: HTTPStatus.UNPROCESSABLE_ENTITY,
    Conflict: HTTPStatus.CONFLICT,
    NotAllowed: HTTPStatus.FORBIDDEN,
}


def refusal_toast(text: str, status: int, fields: Any = None) -> HttpResponse:
    """Say by a toast why a fragment's request was refused; the page stays as it is."""
    toast = {"kind": "error", "text": text, "fields": fields or {}}
    response = HttpResponse(status=status)
    response["HX-Reswap"] = "none"
    response["HX-Trigger"] = json.dumps({"relance:toast": toast})
    return response


class answer_errors:
    """Turn what a service says into a page, or for a fragment into a toast that changes nothing."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The answer to a ServiceError; anything else is Django's to handle."""
        if is_contention(error):
            error = Conflict(_("Somebody else is working on this record; try again."))
        if isinstance(error, NotFound):
            return self._not_found(request)
        if not isinstance(error, ServiceError):
            return None
        status = STATUS.get(type(error), HTTPStatus.BAD_REQUEST)
        if getattr(request, "htmx", False):
            return refusal_toast(error.message, status, getattr(error, "fields", {}))
        return render(request, "errors/refused.html", {"error": error}, status=status)

    @staticmethod
    def _not_found(request: HttpRequest) -> HttpResponse:
        return response_for_exception(request, Http404())


def refuse_too_large(get_response: GetResponse) -> GetResponse:
    """Refuse a body that announces more than anything here takes, before any of it is read."""

    def middleware(request: HttpRequest) -> HttpResponse:
        try:
            announced = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            announced = 0
        if announced <= settings.REQUEST_SIZE:
            return get_response(request)
        megabyte = 1024 * 1024
        text = _("This is too large: %(size)s MB. At most %(most)s MB can be sent at once.") % {
            "size": -(-announced // megabyte),
            "most": settings.REQUEST_SIZE // megabyte,
        }
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        if request.path.startswith("/api/"):
            return _problem(request, text, status)
        if request.headers.get("HX-Request") == "true":
            return refusal_toast(text, status)
        error = Refused(text)
        return render(request, "errors/refused.html", {"error": error}, status=status)

    return middleware


def _problem(request: HttpRequest, text: str, status: HTTPStatus) -> HttpResponse:
    """Problem details (RFC 9457) outside of the views of the API."""
    body = {
        "type": f"{settings.SITE_URL}/api/v1/problems/too-large/",
        "title": status.phrase,
        "status": int(status),
        "detail": text,
        "instance": request.path,
    }
    return HttpResponse(json.dumps(body), status=status, content_type="application/problem+json")
