"""Notifications: what a person was told, and whether they have read it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.models import Change, WorkRow
from crm.models import Company, Contact, User
from messaging.models.notes import Note
from messaging.querysets import NotificationQuerySet
from pipeline.models import Lead


class Notification(models.Model):
    """One change that one person was told of; the change says what it was and why."""

    class Kind(models.TextChoices):
        """Why the person is told."""

        MENTION = "mention", _("Mentions of you or your team")
        NOTE = "note", _("Notes on what you follow")
        FOLLOWER = "follower", _("Being made a follower")
        DONE = "done", _("Completed activities on what you follow")
        STAGE = "stage", _("Moves, wins and losses of what you follow")

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="notifications", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind)
    change = models.ForeignKey(Change, models.CASCADE, related_name="+")
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, related_name="+")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="+")
    company = models.ForeignKey(Company, models.CASCADE, null=True, related_name="+")
    note = models.ForeignKey(Note, models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True)

    objects = models.Manager.from_queryset(NotificationQuerySet)()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "change"], name="notification_once"),
        ]
        indexes = [
            models.Index(fields=["user", "id"], name="notification_by_user"),
            models.Index(
                fields=["user", "id"],
                name="notification_unread",
                condition=Q(read_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} · {self.user_id}"


class NotificationWork(WorkRow):
    """A change of which somebody may have to be told."""

    change_id = models.BigIntegerField()

    class Meta(WorkRow.Meta):
        abstract = False
