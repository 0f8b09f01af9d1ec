"""Background work of messaging."""

from __future__ import annotations

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


@shared_task(name="messaging.tasks.notify")
def notify() -> int:
    """Tell people of changes until nothing is due; returns how many rows of work were done."""
    from messaging.services.notifying import notify as notify_some

    total = 0
    while done := notify_some():
        total += done
    return total


def send_notify() -> None:
    """Ask a worker to tell people. Should the broker be away, the sweep does it."""
    try:
        notify.delay()
    except (OperationalError, OSError) as error:
        logger.warning("The broker cannot be reached (%s); notifications wait.", error)


@shared_task(name="messaging.tasks.sweep_files")
def sweep_files() -> int:
    """Remove the bytes of files that are gone for good; returns how many."""
    from messaging.services.files import sweep_contents

    return sweep_contents()
