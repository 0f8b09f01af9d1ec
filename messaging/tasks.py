"""Background work of messaging."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from celery import shared_task
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def _all(some: Callable[[], int]) -> int:
    """Work until nothing is due; returns how much was done."""
    total = 0
    while done := some():
        total += done
    return total


@shared_task(name="messaging.tasks.notify")
def notify() -> int:
    """Tell people of changes until nothing is due; returns how many rows of work were done."""
    from messaging.services.notifying import notify as notify_some

    return _all(notify_some)


@shared_task(name="messaging.tasks.remind")
def remind() -> int:
    """Remind people of what has come due; returns of how many activities."""
    from messaging.services.reminding import remind as remind_some

    return _all(remind_some)


@shared_task(name="messaging.tasks.tell_guests")
def tell_guests() -> int:
    """Compare meetings with what their guests were told; returns how many."""
    from messaging.services.sending import tell_guests as tell_some

    return _all(tell_some)


@shared_task(name="messaging.tasks.send_digests")
def send_digests() -> int:
    """Order the morning mails whose hour has come; returns how many."""
    from messaging.services.digests import order_digests

    return order_digests()


@shared_task(name="messaging.tasks.deliver")
def deliver() -> int:
    """Send the mails that wait; returns how many were taken."""
    from messaging.services.mailing import send_mails

    return _all(send_mails)


def send_notify() -> None:
    """Ask a worker to tell people."""
    _send(notify)


def send_deliver() -> None:
    """Ask a worker to send mails."""
    _send(deliver)


def _send(task: Any) -> None:
    """Ask a worker. Should the broker be away, the sweep of each minute does it."""
    try:
        task.delay()
    except (OperationalError, OSError) as error:
        logger.warning("The broker cannot be reached (%s); %s waits.", error, task.name)


@shared_task(name="messaging.tasks.sweep_files")
def sweep_files() -> int:
    """Remove the bytes of files that are gone for good; returns how many."""
    from messaging.services.files import sweep_contents

    return sweep_contents()
