"""What lies beside the resources: an answer for paths that do not exist, and what problems mean."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.problems import problem, type_of
from core.api.views import ApiView

#: What the `type` of a problem stands for.
MEANINGS: dict[str, Any] = {
    "bad-request": gettext_lazy("A parameter, header or cursor of the request cannot be read."),
    "invalid-input": gettext_lazy("The input cannot be carried out; `errors` says why, by field."),
    "not-authenticated": gettext_lazy("The request has no valid token and no session."),
    "not-allowed": gettext_lazy("The person, or the scopes of the token, do not allow this."),
    "not-found": gettext_lazy("There is no such record, or it is out of sight."),
    "method-not-allowed": gettext_lazy("This address does not know the method."),
    "not-acceptable": gettext_lazy("Answers are JSON; the client accepts something else."),
    "conflict": gettext_lazy("Somebody else changed the record meanwhile; read it and try again."),
    "still-working": gettext_lazy("A request with the same Idempotency-Key has not ended yet."),
    "precondition-failed": gettext_lazy("If-Match names a version that is not the record's."),
    "too-large": gettext_lazy("The body is too large."),
    "unsupported-media-type": gettext_lazy("Bodies are JSON; this is something else."),
    "idempotency-key-reused": gettext_lazy("The Idempotency-Key was used for another request."),
    "too-many-requests": gettext_lazy("The token asks too often; Retry-After says when to go on."),
    "internal-error": gettext_lazy("Something went wrong on our side; it has been noted."),
    "unavailable": gettext_lazy("The service is not there just now."),
}


class ProblemView(ApiView):
    """What a problem's `type` leads to."""

    permission_classes = [AllowAny]
    throttle_classes = []
    basename = "problems"
    schema = None  # type: ignore[assignment]

    def retrieve(self, request: Request, name: str) -> Response:
        """The meaning of a kind of problem."""
        if name not in MEANINGS:
            raise Http404
        return Response({"type": type_of(name), "meaning": str(MEANINGS[name])})


class NothingHere(APIView):
    """Answers for every path below the API that is none."""

    permission_classes = [AllowAny]
    throttle_classes = []
    schema = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """The same for every method, before anybody is asked who they are."""
        wrapped = self.initialize_request(request, *args, **kwargs)
        self.request, self.headers = wrapped, {}
        path = request.path
        detail = _("There is nothing here.")
        if not path.endswith("/"):
            detail += " " + _("Addresses end with a slash: %s/") % path
        answer = problem(wrapped, HTTPStatus.NOT_FOUND, detail)
        return self.finalize_response(wrapped, answer)
