"""Background work of the ground floor."""

from __future__ import annotations

import datetime as dt
import logging

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


@shared_task(name="core.tasks.hand_out_changes", soft_time_limit=55, time_limit=60)
def hand_out_changes() -> int:
    """Hand pending changes to their consumers; returns how many."""
    from core.ledger.dispatch import hand_out

    return hand_out()


def send_hand_out() -> None:
    """Ask a worker to hand out. Should the broker be away, the sweep of each minute does it."""
    try:
        hand_out_changes.delay()
    except (OperationalError, OSError) as error:
        logger.warning("The broker cannot be reached (%s); changes wait for the next sweep.", error)


@shared_task(name="core.tasks.undo_ordered", soft_time_limit=3000, time_limit=3060)
def undo_ordered(pk: int) -> bool:
    """Do a large undo; whether there was something to do."""
    from core.services.undoorders import work_on_undo

    return work_on_undo(pk)


@shared_task(name="core.tasks.sweep_undos")
def sweep_undos() -> int:
    """Send again the undos that no worker took; returns how many."""
    from core.services.undoorders import overlooked_orders

    found = overlooked_orders()
    for pk in found:
        send_undo(pk)
    return len(found)


def send_undo(pk: int) -> None:
    """Have a worker do a large undo. Should the broker be away, the sweep of each minute does."""
    try:
        undo_ordered.delay(pk)
    except (OperationalError, OSError) as error:
        logger.warning("The broker cannot be reached (%s); undo %s waits.", error, pk)


@shared_task(name="core.tasks.forget_keys")
def forget_keys() -> int:
    """Forget idempotency keys older than a day; returns how many."""
    from core.models import IdempotencyKey

    old = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - dt.timedelta(days=1))
    return old.delete()[0]
