"""`Idempotency-Key` on POST (draft-ietf-httpapi-idempotency-key-header): done once, told twice.

The answer is kept in the transaction that does the work: either both stand or neither. A request
that fails, or whose process dies, leaves no key behind. Only successes are kept; a refusal changed
nothing and may be tried again. Keys are forgotten after a day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.problems import BadRequest, KeyReused, StillWorking
from core.models import IdempotencyKey

#: Headers that are part of the answer.
KEPT_HEADERS = ("ETag", "Location")


def answer_once(request: Request, work: Callable[[], Response]) -> Response:
    """Do `work`, or give the answer that this key has already had."""
    key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
    if not key:
        return work()
    if len(key) > 255 or not key.isprintable():
        raise BadRequest(_("An Idempotency-Key has up to 255 printable characters."))
    digest = _digest_of(request)
    user: Any = request.user
    with transaction.atomic():
        _claim(user.pk, key)
        known = IdempotencyKey.objects.filter(user=user, key=key).first()
        if known is not None:
            return _replay(known, digest)
        response = work()
        if response.status_code < HTTPStatus.BAD_REQUEST:
            IdempotencyKey.objects.create(
                user=user,
                key=key,
                request_digest=digest,
                status=response.status_code,
                headers={name: response[name] for name in KEPT_HEADERS if name in response},
                body=_body_of(response),
            )
        return response


def _claim(user: int, key: str) -> None:
    """Hold the key until the transaction ends; another holder means that its request still runs.

    PostgreSQL's advisory lock tells at once. On SQLite the transaction holds the only write lock:
    whoever comes second waits, and then finds the answer.
    """
    if connection.vendor != "postgresql":
        return
    name = hashlib.blake2b(f"{user}:{key}".encode(), digest_size=8).digest()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s)", [int.from_bytes(name, "big", signed=True)]
        )
        if not cursor.fetchone()[0]:
            raise StillWorking(
                _("A request with this key is still being worked on."),
                headers={"Retry-After": "1"},
            )


def _digest_of(request: Request) -> str:
    raw: Any = request._request
    found = hashlib.sha256(f"{raw.method} {raw.get_full_path()}\n".encode())
    if (raw.content_type or "").startswith("multipart/"):
        # Files are read in pieces, and the boundary differs each time.
        for name, values in sorted(raw.POST.lists()):
            found.update(repr((name, values)).encode())
        for name, file in sorted(raw.FILES.items()):
            found.update(repr((name, file.name, file.size)).encode())
            for chunk in file.chunks():
                found.update(chunk)
    else:
        found.update(raw.body)
    return found.hexdigest()


def _body_of(response: Response) -> str:
    if response.data is None:
        return ""
    return JSONRenderer().render(response.data).decode()


def _replay(known: IdempotencyKey, digest: str) -> Response:
    if known.request_digest != digest:
        raise KeyReused(_("This Idempotency-Key was used for another request."))
    response = KeptResponse(known.body, status=known.status)
    for name, value in known.headers.items():
        response[name] = value
    response["Idempotent-Replayed"] = "true"
    return response


class KeptResponse(Response):
    """An answer whose body was rendered when it was first given."""

    def __init__(self, body: str, status: int | None) -> None:
        super().__init__(None, status=status)
        self.kept_body = body.encode()

    @property
    def rendered_content(self) -> Any:
        """The body as it was."""
        if self.kept_body:
            self["Content-Type"] = "application/json"
        return self.kept_body
