"""Links in mails that do something without a login: signed, and good for a while."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.urls import reverse

from crm.models import User
from messaging.channels import Kind

STOP, DONE, INVITATION = "messaging.stop", "messaging.done", "messaging.invitation"
#: How long the links of a mail are good, in seconds: to stop mails, and to complete a step.
STOP_GOOD, DONE_GOOD = 365 * 24 * 3600, 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class DoneLink:
    """What a "done" link of a morning mail says: whose, of which mail, which activity."""

    user: int
    digest: int
    activity: int

    @property
    def reference(self) -> str:
        """Names the link in the cause of what it did: it does it once."""
        return f"done:{self.digest}:{self.activity}"


def stop_url(user: User, what: str) -> str:
    """The address that ends the mails of a kind, or the morning mail ("digest")."""
    token = signing.dumps([user.pk, what], salt=STOP)
    return settings.SITE_URL + reverse("mails-stop", args=[token])


def read_stop(token: str) -> tuple[User, str] | None:
    """Whose mails of which kind a link ends; None when it is broken, too old, or of nobody."""
    try:
        key, what = signing.loads(token, salt=STOP, max_age=STOP_GOOD)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    user: User | None = User.objects.active().filter(pk=key).first()
    if user is None or what not in (*Kind.values, "digest"):
        return None
    return user, what


def done_url(link: DoneLink) -> str:
    """The address of the page that completes a step."""
    token = signing.dumps([link.user, link.digest, link.activity], salt=DONE)
    return settings.SITE_URL + reverse("done-link", args=[token])


def read_done(token: str) -> DoneLink | None:
    """What a link completes; None when it is broken or too old."""
    try:
        return DoneLink(*signing.loads(token, salt=DONE, max_age=DONE_GOOD))
    except (signing.BadSignature, ValueError, TypeError):
        return None


def answer_url(guest: int, email: str) -> str:
    """The address at which a guest answers; good until the meeting."""
    return settings.SITE_URL + reverse(
        "invitation-answer", args=[signing.dumps([guest, email], salt=INVITATION)]
    )


def read_answer(token: str) -> tuple[int, str] | None:
    """Which guest of which address answers; None when the link is broken."""
    try:
        guest, email = signing.loads(token, salt=INVITATION)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return guest, email
