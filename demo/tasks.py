"""Background work of the demo company."""

from __future__ import annotations

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


@shared_task(name="demo.tasks.take_ordered", soft_time_limit=300, time_limit=330)
def take_ordered(pk: int) -> bool:
    """Make the company that was ordered; whether there was something to do."""
    from demo.orders import work_on_order

    return work_on_order(pk)


@shared_task(name="demo.tasks.sweep_orders")
def sweep_orders() -> int:
    """Send again the orders that no worker has in hand; returns how many."""
    from demo.orders import overlooked_orders

    found = overlooked_orders()
    for pk in found:
        send_order(pk)
    return len(found)


def send_order(pk: int) -> None:
    """Have a worker do an order. Should the broker be away, the sweep of each minute does."""
    try:
        take_ordered.delay(pk)
    except (OperationalError, OSError) as error:
        logger.warning("The broker cannot be reached (%s); demo data %s waits.", error, pk)
