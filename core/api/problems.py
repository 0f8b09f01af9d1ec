"""Every error of the API as problem details (RFC 9457), `application/problem+json`.

`type` is a short name under the documentation's address, `title` and `detail` are words, `status`
repeats the status, `instance` is the path; a refusal of input adds `errors`, `{field: [texts]}`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from core import errors
from core.ledger.locking import is_contention

logger = logging.getLogger("core.api")

CONTENT_TYPE = "application/problem+json"


class Problem(exceptions.APIException):
    """A problem of the API's own, with its status and name."""

    status_code = HTTPStatus.BAD_REQUEST
    name = "bad-request"

    def __init__(
        self,
        detail: str,
        *,
        errors: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.fields = dict(errors or {})
        self.headers = dict(headers or {})


class BadRequest(Problem):
    """The request itself cannot be understood: a parameter, a header, a cursor."""


class PreconditionFailed(Problem):
    """`If-Match` names a version that is not the record's."""

    status_code = HTTPStatus.PRECONDITION_FAILED
    name = "precondition-failed"


class KeyReused(Problem):
    """An `Idempotency-Key` came back with another request."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    name = "idempotency-key-reused"


class StillWorking(Problem):
    """A request with this `Idempotency-Key` is being worked on."""

    status_code = HTTPStatus.CONFLICT
    name = "still-working"


NAMES = {
    HTTPStatus.BAD_REQUEST: "bad-request",
    HTTPStatus.UNAUTHORIZED: "not-authenticated",
    HTTPStatus.FORBIDDEN: "not-allowed",
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed",
    HTTPStatus.NOT_ACCEPTABLE: "not-acceptable",
    HTTPStatus.CONFLICT: "conflict",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported-media-type",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too-large",
    HTTPStatus.TOO_MANY_REQUESTS: "too-many-requests",
    HTTPStatus.INTERNAL_SERVER_ERROR: "internal-error",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
}


def type_of(name: str) -> str:
    """The URI that identifies a kind of problem; it leads to its explanation."""
    return f"{settings.SITE_URL}/api/v1/problems/{name}/"


def problem(
    request: Any,
    status: int,
    detail: str,
    *,
    name: str = "",
    errors: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer in problem details."""
    name = name or NAMES.get(HTTPStatus(status), "bad-request")
    body: dict[str, Any] = {
        "type": type_of(name),
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "instance": request.path,
    }
    if errors:
        body["errors"] = errors
    return Response(body, status=status, headers=dict(headers or {}), content_type=CONTENT_TYPE)


def answer(error: Exception, context: Mapping[str, Any]) -> Response:
    """The answer to an exception that a view of the API raised. Tells nothing of our insides."""
    request: Request = context["request"]
    if isinstance(error, errors.ServiceError):
        return _service_error(request, error)
    if isinstance(error, Http404):
        return problem(request, HTTPStatus.NOT_FOUND, _("There is nothing here."))
    if isinstance(error, PermissionDenied):
        return problem(request, HTTPStatus.FORBIDDEN, _("You may not do this."))
    if isinstance(error, Problem):
        return problem(
            request,
            error.status_code,
            str(error.detail),
            name=error.name,
            errors=error.fields,
            headers=error.headers,
        )
    if isinstance(error, exceptions.ValidationError):
        return problem(
            request,
            HTTPStatus.BAD_REQUEST,
            _("The input cannot be carried out."),
            name="invalid-input",
            errors=flat_errors(error.detail),
        )
    if isinstance(error, exceptions.APIException):
        return _api_exception(request, error)
    if isinstance(error, RequestDataTooBig):
        return problem(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _("The body is too large."))
    if isinstance(error, SuspiciousOperation):
        return problem(request, HTTPStatus.BAD_REQUEST, _("The request cannot be read."))
    if is_contention(error):
        return problem(
            request,
            HTTPStatus.CONFLICT,
            _("Somebody else is working on this record; try again."),
            headers={"Retry-After": "1"},
        )
    return _unexpected(request, error)


def _service_error(request: Request, error: errors.ServiceError) -> Response:
    if isinstance(error, errors.NotFound):
        return problem(request, HTTPStatus.NOT_FOUND, error.message)
    if isinstance(error, errors.NotAllowed):
        return problem(request, HTTPStatus.FORBIDDEN, error.message)
    if isinstance(error, errors.Conflict):
        if request.headers.get("If-Match"):
            return problem(
                request,
                HTTPStatus.PRECONDITION_FAILED,
                error.message,
                name=PreconditionFailed.name,
            )
        return problem(request, HTTPStatus.CONFLICT, error.message)
    fields = dict(error.fields) if isinstance(error, errors.Refused) else {}
    if "__all__" in fields:
        fields["non_field_errors"] = fields.pop("__all__")
    return problem(
        request, HTTPStatus.BAD_REQUEST, error.message, name="invalid-input", errors=fields
    )


def _api_exception(request: Request, error: exceptions.APIException) -> Response:
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait))  # type: ignore[attr-defined]
    detail = error.detail if isinstance(error.detail, str) else _("The request was refused.")
    return problem(request, error.status_code, str(detail), headers=headers)


def _unexpected(request: Request, error: Exception) -> Response:
    """Log what went wrong, and say that something did."""
    got_request_exception.send(sender=answer, request=request._request)
    logger.error(
        "%s %s failed", request.method, request.path, exc_info=error, extra={"status_code": 500}
    )
    return problem(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        _("Something went wrong on our side; it has been noted."),
    )


def flat_errors(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Nested messages of serializers as `{"field.0.name": [texts]}`."""
    if isinstance(detail, Mapping):
        found: dict[str, list[str]] = {}
        for name, inner in detail.items():
            found.update(flat_errors(inner, f"{path}.{name}" if path else str(name)))
        return found
    if isinstance(detail, list | tuple) and any(isinstance(i, Mapping | list) for i in detail):
        found = {}
        for place, inner in enumerate(detail):
            if inner:
                found.update(flat_errors(inner, f"{path}.{place}" if path else str(place)))
        return found
    texts = detail if isinstance(detail, list | tuple) else [detail]
    return {path or "non_field_errors": [str(text) for text in texts]}
