"""Giving and taking back the keys that machines come with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotAllowed, NotFound, Refused
from core.models import ApiToken
from core.models.doors import Scope

#: How many characters of a token stay readable, to tell it from others.
HINT_LENGTH = 8


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made. `secret` is shown this once; afterwards only its digest is known."""

    token: ApiToken
    secret: str


def create_token(
    *,
    owner: Any,
    name: str,
    scopes: Sequence[str],
    by: Any,
    expires_at: dt.datetime | None = None,
) -> NewToken:
    """Make a token that acts as `owner`; people make their own, administrators anyone's.

    Raises NotAllowed, and Refused for an unknown or missing scope, an expiry in the past, an
    empty name or an inactive owner.
    """
    if owner.pk != by.pk and not by.is_admin:
        raise NotAllowed(_("Only administrators make tokens for others."))
    fields: dict[str, list[str]] = {}
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown:
        fields["scopes"] = [_("Unknown scope: %(scopes)s.") % {"scopes": ", ".join(unknown)}]
    elif not scopes:
        fields["scopes"] = [_("Choose at least one scope.")]
    if not name.strip():
        fields["name"] = [_("Give the token a name.")]
    if expires_at is not None and expires_at <= timezone.now():
        fields["expires_at"] = [_("This moment is past.")]
    if not owner.is_active:
        fields["owner"] = [_("This person is not active.")]
    if fields:
        raise Refused(_("The token cannot be made."), fields)
    secret = ApiToken.new_secret()
    token = ApiToken(
        owner=owner,
        name=name.strip()[:80],
        digest=ApiToken.digest_of(secret),
        hint=secret[:HINT_LENGTH],
        scopes=[scope for scope in Scope.values if scope in scopes],
        expires_at=expires_at,
    )
    token.save()
    return NewToken(token, secret)


def revoke_token(*, token: int, by: Any) -> ApiToken:
    """Make a token useless from now on; owners revoke theirs, administrators anyone's."""
    with transaction.atomic():
        tokens = ApiToken.objects.all() if by.is_admin else ApiToken.objects.filter(owner=by)
        found = tokens.select_for_update(of=("self",)).filter(pk=token).first()
        if found is None:
            raise NotFound(_("There is no such token."))
        if found.revoked_at is None:
            found.revoked_at = timezone.now()
            found.save()
    return found
