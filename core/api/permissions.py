"""Who gets past the door at all. What they then see and change is the querysets' business."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request

from core.models import ApiToken
from core.models.doors import Scope

if TYPE_CHECKING:
    from rest_framework.views import APIView


class ScopedAndActive(IsAuthenticated):
    """A person who is logged in, or a token whose scopes cover the method.

    Scopes are apart: `read` opens what changes nothing, `write` the rest. A token that may only
    write gets the records that it writes back, but cannot look around.
    """

    message = _("The token's scopes do not cover this.")

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request may go on."""
        if not super().has_permission(request, view):
            return False
        if not isinstance(request.auth, ApiToken):
            return True
        needed = Scope.READ if request.method in SAFE_METHODS else Scope.WRITE
        return needed in request.auth.scopes
