"""Demo data that somebody asked for, and a worker makes behind the request."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class DemoOrder(models.Model):
    """Asked for once at a time: `waits` is true until it is over, then empty. A worker holds it by
    `leased_until`; one that dies lets go of it so. `problem` says in words why it was not done."""

    id = models.BigAutoField(primary_key=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    waits = models.BooleanField(null=True, default=True, unique=True)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    problem = models.TextField(default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="demo_order_waits_or_is_done",
                condition=models.Q(waits=True, done_at__isnull=True)
                | models.Q(waits__isnull=True, done_at__isnull=False),
            )
        ]

    @property
    def is_begun(self) -> bool:
        """Whether a worker has it in hand, or had."""
        return self.attempts > 0

    def __str__(self) -> str:
        return f"demo data {self.pk}"
