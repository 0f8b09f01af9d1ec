"""The link in an invitation: who it is for, and that it is still good."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.urls import reverse
from django.utils.encoding import DjangoUnicodeDecodeError, force_bytes, force_str
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from crm.models import User

#: How long an invitation is good.
GOOD_FOR = dt.timedelta(days=7)


def _signer(user: User) -> TimestampSigner:
    """Signs over what changes when the invitation is used or withdrawn: once that is different
    (a password was set, the address changed, the person logged in), an older link is dead."""
    login = user.last_login.isoformat() if user.last_login else ""
    return TimestampSigner(
        salt=f"crm.invitations:{user.pk}:{user.email}:{user.password}:{login}", sep="."
    )


def uid_of(user: User) -> str:
    """The user's key as it stands in a link."""
    return urlsafe_base64_encode(force_bytes(user.pk))


def make_token(user: User) -> str:
    """A token that sets this user's password once, within GOOD_FOR."""
    return _signer(user).sign(str(user.pk))


def invited_user(uid: str, token: str) -> User | None:
    """The user of a good link; None when it is broken, used, withdrawn or too old."""
    try:
        key = int(force_str(urlsafe_base64_decode(uid)))
    except (ValueError, DjangoUnicodeDecodeError):
        return None
    if not 0 < key < 2**63:
        return None
    user = User.objects.active().filter(pk=key).first()
    if user is None:
        return None
    try:
        signed = _signer(user).unsign(token, max_age=GOOD_FOR)
    except BadSignature:
        return None
    return user if signed == str(user.pk) else None


def link_for(user: User) -> str:
    """The absolute address of the page that sets the password of an invited user."""
    path = reverse("accept-invitation", kwargs={"uid": uid_of(user), "token": make_token(user)})
    return f"{settings.SITE_URL}{path}"
