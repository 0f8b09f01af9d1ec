"""Work that a person ordered and a worker does behind the request."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.ledger.tables import Cause


class UndoOrder(models.Model):
    """An undo that is too large for a request. `report` is that of the undo, as JSON; `problem`
    says in words why it could not be done."""

    cause = models.ForeignKey(Cause, models.CASCADE, related_name="undo_orders")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    with_consequences = models.BooleanField(default=False)
    asked_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)
    report = models.JSONField(null=True)
    problem = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cause"], condition=Q(done_at__isnull=True), name="undo_ordered_once"
            )
        ]

    @property
    def is_waiting(self) -> bool:
        """Whether it is still to be done."""
        return self.done_at is None

    def __str__(self) -> str:
        return f"undo of {self.cause_id}"
