"""Background work of what comes in."""

from __future__ import annotations

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


@shared_task(name="capture.tasks.work_on_import", soft_time_limit=3000, time_limit=3060)
def work_on_import(pk: int) -> str:
    """Read or bring in an import; returns its state, "" when there was nothing to do.

    Should the time not suffice, or the worker die, the next one goes on behind the last batch.
    """
    from capture.services.runs import work_on

    return work_on(pk)


@shared_task(name="capture.tasks.sweep_imports")
def sweep_imports() -> int:
    """Go on with imports that no worker holds though one should; returns how many."""
    from capture.services.queue import waiting

    found = waiting()
    for pk in found:
        send_import(pk)
    return len(found)


@shared_task(name="capture.tasks.forget_files")
def forget_files() -> int:
    """Remove files of imports whose time is over; returns how many."""
    from capture.services.uploads import forget_files

    return forget_files()


def send_import(pk: int) -> None:
    """Have a worker do an import. Should the broker be away, the sweep of each minute does it."""
    try:
        work_on_import.delay(pk)
    except (OperationalError, OSError) as error:
        logger.warning("The broker cannot be reached (%s); import %s waits.", error, pk)
