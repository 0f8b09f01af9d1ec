"""Background work about people: mails that leave the building."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any

from celery import shared_task
from kombu.exceptions import OperationalError

from crm.mails import invitation_mail, password_reset_mail
from crm.models import User

logger = logging.getLogger(__name__)

#: A mail server that is away is tried again, ever later, for about a day.
_PATIENTLY: dict[str, Any] = {
    "autoretry_for": (OSError, SMTPException),
    "retry_backoff": 30,
    "retry_backoff_max": 4 * 3600,
    "max_retries": 12,
    "soft_time_limit": 60,
    "time_limit": 75,
}


@shared_task(name="crm.tasks.send_invitation", **_PATIENTLY)
def send_invitation(user_id: int, by_id: int | None, key: str) -> bool:
    """Mail an invitation; not once the person has a password or was deactivated.

    Run twice, it sends the same Message-ID twice: mail is delivered at least once.
    """
    user = User.objects.active().filter(pk=user_id).first()
    if user is None or user.has_usable_password():
        return False
    by = User.objects.filter(pk=by_id).first() if by_id else None
    invitation_mail(user, by, key).send()
    return True


@shared_task(name="crm.tasks.send_password_reset", **_PATIENTLY)
def send_password_reset(user_id: int, key: str) -> bool:
    """Mail a link to choose a new password to somebody who may log in."""
    user = User.objects.active().filter(pk=user_id).first()
    if user is None or not user.has_usable_password():
        return False
    password_reset_mail(user, key).send()
    return True


def send(task: Any, *arguments: Any) -> None:
    """Have a worker do `task`. Should the broker be away, it is done here and now, so that no
    mail is lost; should that fail too, the log says so and an invitation can be sent again."""
    try:
        task.delay(*arguments)
    except (OperationalError, OSError) as error:
        logger.warning("The broker cannot be reached (%s); the mail is sent directly.", error)
        try:
            task.run(*arguments)
        except (OSError, SMTPException):
            logger.exception("The mail could not be sent: %s%r", task.name, arguments)
