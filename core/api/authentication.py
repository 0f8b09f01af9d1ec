"""Bearer tokens (RFC 6750): the token's owner acts, within the token's scopes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.cache import cache
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from core.models import ApiToken

#: `last_used_at` is at most this old while a token is in use.
USE_NOTED_EVERY = dt.timedelta(minutes=1)


class TokenAuthentication(BaseAuthentication):
    """Reads `Authorization: Bearer rel_…`; other schemes are left to other authentications."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        """The owner and the token; AuthenticationFailed when it is unknown, expired or revoked."""
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = (
            ApiToken.objects.select_related("owner")
            .filter(digest=ApiToken.digest_of(secret.strip()))
            .first()
        )
        now = timezone.now()
        if token is None or not self.is_usable(token, now):
            raise AuthenticationFailed(_("This token is unknown, expired or revoked."))
        self.note_use(token, now)
        return token.owner, token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 tells the client to send."""
        if request.headers.get("Authorization"):
            return 'Bearer realm="relance", error="invalid_token"'
        return 'Bearer realm="relance"'

    @staticmethod
    def is_usable(token: ApiToken, now: dt.datetime) -> bool:
        """Whether the token works at `now`: not revoked, not expired, its owner active."""
        expired = token.expires_at is not None and token.expires_at <= now
        return token.revoked_at is None and not expired and token.owner.is_active

    @staticmethod
    def note_use(token: ApiToken, now: dt.datetime) -> None:
        """Remember that the token is in use, at most once a minute however many requests come.

        The gate in the cache lets one request through; the others do not touch the row.
        """
        if token.last_used_at is not None and token.last_used_at > now - USE_NOTED_EVERY:
            return
        if not cache.add(f"token-used:{token.pk}", 1, USE_NOTED_EVERY.total_seconds()):
            return
        ApiToken.objects.filter(
            Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - USE_NOTED_EVERY), pk=token.pk
        ).update(last_used_at=now)
