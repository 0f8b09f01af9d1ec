"""Background work of the pipeline."""

from __future__ import annotations

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


@shared_task(name="pipeline.tasks.refresh_search")
def refresh_search() -> int:
    """Make search texts until nothing is due; returns how many rows of work were done."""
    from pipeline.services.search import refresh

    total = 0
    while done := refresh():
        total += done
    return total


def send_refresh() -> None:
    """Ask a worker for search texts. Should the broker be away, the sweep does it."""
    try:
        refresh_search.delay()
    except (OperationalError, OSError) as error:
        logger.warning("The broker cannot be reached (%s); search text waits.", error)


@shared_task(name="pipeline.tasks.fold_totals")
def fold_totals() -> int:
    """Fold the appended sums of the board; returns how many rows went."""
    from pipeline.services.totals import fold

    return fold()


@shared_task(name="pipeline.tasks.prove_totals")
def prove_totals() -> int:
    """Compare the kept sums with a full count; mend and report what differs."""
    from pipeline.services import totals

    found = totals.differences()
    for difference in found:
        logger.error("A sum of the board was wrong: %s", difference)
    if found:
        totals.rebuild_all()
    return len(found)
