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


@shared_task(name="core.tasks.forget_keys")
def forget_keys() -> int:
    """Forget idempotency keys older than a day; returns how many."""
    from core.models import IdempotencyKey

    old = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - dt.timedelta(days=1))
    return old.delete()[0]
