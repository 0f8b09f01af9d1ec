"""Mails that leave the building: rows with a key, sent outside any transaction, at least once.

The key is in the Message-ID, so a mail that is sent again, since a worker died between the sending
and the note of it, is the same mail to every mailbox that looks. Users alone are written to here,
and those whom somebody invited to a meeting: what colleagues say goes to no customer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from smtplib import SMTPConnectError, SMTPServerDisconnected
from typing import Any

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from core.ledger.work import deliver
from messaging.models import Digest, MailWork, Notification, SentInvitation

#: A mail server that is away is no mail's fault.
AWAY = (SMTPConnectError, SMTPServerDisconnected, ConnectionError, TimeoutError)
TOLD, DIGEST = "messaging.notification", "messaging.digest"
INVITED = "messaging.sentinvitation"


def queue_told(keys: Iterable[int]) -> None:
    """Have notifications mailed."""
    _queue(MailWork(key=f"told:{key}", record_type=TOLD, record_id=key) for key in keys)


def queue_digest(digest: Digest) -> None:
    """Have a morning mail sent."""
    _queue([MailWork(key=f"digest:{digest.pk}", record_type=DIGEST, record_id=digest.pk)])


def queue_invitations(rows: Iterable[tuple[int, int]]) -> None:
    """Have guests told what was noted for them: pairs of its key and how often it was told."""
    found = [
        MailWork(
            key=f"invited:{key}:{sequence}",
            record_type=INVITED,
            record_id=key,
            payload={"sequence": sequence},
        )
        for key, sequence in rows
    ]
    if found:
        _queue(found)


def _queue(rows: Iterable[MailWork]) -> None:
    MailWork.objects.bulk_create(rows, ignore_conflicts=True)
    wake()


def wake() -> None:
    """Ask a worker to send what waits, once this transaction commits."""
    from messaging.tasks import send_deliver

    transaction.on_commit(send_deliver, robust=True)


def send_mails(limit: int = 10) -> int:
    """Send mails that wait; returns how many were taken."""
    return deliver(MailWork, _send, limit=limit, blameless=AWAY)


def _send(row: MailWork) -> None:
    mail = _WRITERS[row.record_type](row)
    if mail is not None:
        mail.send()
    if row.record_type == TOLD:
        Notification.objects.filter(pk=row.record_id).update(mailed_at=timezone.now())
    if row.record_type == INVITED and mail is not None:
        SentInvitation.objects.filter(pk=row.record_id).update(sent_at=timezone.now())


def _told(row: MailWork) -> EmailMessage | None:
    """The mail of a notification, unless it was read meanwhile, or is out of sight by now."""
    from messaging.mails import told_mail

    found = Notification.objects.select_related("user").filter(pk=row.record_id).first()
    if found is None or not found.user.is_active or found.read_at is not None:
        return None
    seen = Notification.objects.of(found.user).for_list().filter(pk=found.pk).first()
    return told_mail(seen, found.user) if seen is not None else None


def _digest(row: MailWork) -> EmailMessage | None:
    """A morning mail; None where the morning has nothing to tell."""
    from messaging.mails import digest_mail

    found = Digest.objects.select_related("user").filter(pk=row.record_id).first()
    return digest_mail(found) if found is not None and found.user.is_active else None


def _invited(row: MailWork) -> EmailMessage | None:
    """A mail to a guest; None where a newer one follows."""
    from messaging.mails import guest_mail

    found = SentInvitation.objects.filter(pk=row.record_id).first()
    if found is None or found.sequence != row.payload["sequence"]:
        return None
    return guest_mail(found)


_WRITERS: dict[str, Callable[[Any], EmailMessage | None]] = {
    TOLD: _told,
    DIGEST: _digest,
    INVITED: _invited,
}
