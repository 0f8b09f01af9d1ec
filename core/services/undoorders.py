"""Large undos: ordered in a request, done by a worker, once."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from core.errors import NotAllowed, NotFound, Refused
from core.ledger.tables import Cause, Change
from core.models import UndoOrder
from core.services.undoing import is_undone, undo_cause, undoable_by
from core.tasks import send_undo

#: A cause with more changes than this is not undone within a request.
LARGE = 2000
#: An order that no worker took by then is sent again.
OVERLOOKED = dt.timedelta(minutes=1)


def is_large(cause: uuid.UUID) -> bool:
    """Whether undoing a cause takes longer than somebody should wait for a page."""
    return Change.objects.filter(cause=cause)[LARGE : LARGE + 1].exists()


def order_undo(*, cause: uuid.UUID, by: Any, with_consequences: bool = False) -> UndoOrder:
    """Have a worker undo `cause`; an order that waits already is the same order.

    Raises what `undo_cause` would: NotFound, Refused, NotAllowed.
    """
    with transaction.atomic():
        found = Cause.objects.select_for_update().filter(pk=cause).first()
        if found is None:
            raise NotFound(_("There is no such cause."))
        if is_undone(found):
            raise Refused(_("This was undone already."))
        if not undoable_by(found, by):
            raise NotAllowed(_("You may not change everything that this changed."))
        order, is_new = UndoOrder.objects.get_or_create(
            cause=found,
            done_at=None,
            defaults={"by": by, "with_consequences": with_consequences},
        )
        if is_new:
            transaction.on_commit(lambda: send_undo(order.pk))
    return order


def work_on_undo(pk: int) -> bool:
    """Do an order; False when it is done, or another worker is at it.

    The undo and its mark are one transaction: a worker that dies leaves the order as it was.
    """
    with transaction.atomic():
        order = (
            UndoOrder.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("by")
            .filter(pk=pk, done_at=None)
            .first()
        )
        if order is None:
            return False
        with override(order.by.language):
            try:
                report = undo_cause(
                    cause=order.cause_id, by=order.by, with_consequences=order.with_consequences
                )
            except (NotFound, NotAllowed, Refused) as refused:
                order.problem = str(refused)
            else:
                order.report = report.as_json()
        order.done_at = timezone.now()
        order.save(update_fields=["report", "problem", "done_at"])
    return True


def overlooked_orders() -> list[int]:
    """Orders that no worker took in time."""
    late = timezone.now() - OVERLOOKED
    waiting = UndoOrder.objects.filter(done_at=None, asked_at__lt=late)
    return list(waiting.order_by("pk").values_list("pk", flat=True))
