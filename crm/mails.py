"""Mails to users, in the language of whom they are for; those about accounts."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from email.utils import parseaddr

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from crm.invitations import GOOD_FOR, link_for, uid_of
from crm.models import User


def invitation_mail(user: User, by: User | None, key: str) -> EmailMultiAlternatives:
    """The mail that asks an invited person to set a password."""
    return compose(
        "invitation",
        user,
        key,
        {"link": link_for(user), "by": by, "days": GOOD_FOR.days},
    )


def password_reset_mail(user: User, key: str) -> EmailMultiAlternatives:
    """The mail with a link to choose a new password."""
    path = reverse(
        "password_reset_confirm",
        kwargs={"uidb64": uid_of(user), "token": default_token_generator.make_token(user)},
    )
    hours = settings.PASSWORD_RESET_TIMEOUT // 3600
    return compose("password_reset", user, key, {"link": settings.SITE_URL + path, "hours": hours})


def sender_domain() -> str:
    """The domain that our mails come from, for their Message-IDs."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"


def compose(
    name: str,
    user: User,
    key: str,
    context: Mapping[str, object],
    headers: Mapping[str, str] | None = None,
) -> EmailMultiAlternatives:
    """The mail of templates/mail/`name` to a colleague, in their language and on their clocks."""
    zone = zoneinfo.ZoneInfo(user.time_zone)
    with translation.override(user.language), timezone.override(zone):
        return compose_to(user.email, name, key, {**context, "user": user}, headers)


def compose_to(
    address: str,
    name: str,
    key: str,
    context: Mapping[str, object],
    headers: Mapping[str, str] | None = None,
) -> EmailMultiAlternatives:
    """The mail of templates/mail/`name` to an address: subject, text and HTML, in the language that
    is active. `key` makes its Message-ID, which is the same however often it is sent."""
    values = {**context, "site_url": settings.SITE_URL}
    always = {
        "Message-ID": f"<{name}.{key}@{sender_domain()}>",
        "Auto-Submitted": "auto-generated",
    }
    mail = EmailMultiAlternatives(
        " ".join(render_to_string(f"mail/{name}_subject.txt", values).split()),
        render_to_string(f"mail/{name}.txt", values),
        settings.DEFAULT_FROM_EMAIL,
        [address],
        headers={**always, **(headers or {})},
    )
    mail.attach_alternative(render_to_string(f"mail/{name}.html", values), "text/html")
    return mail
