"""Notifications: what a person was told, how, and whether they have read it; and what waits."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.models import Change, WorkRow
from crm.models import Company, Contact, User
from messaging.models.notes import Note
from messaging.querysets import NotificationQuerySet
from pipeline.models import Activity, Lead


class Digest(models.Model):
    """The morning mail of a person on a day of theirs; there is one a day at most."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "day"], name="digest_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.day}"


class Notification(models.Model):
    """One change that one person was told of, which says what it was and why; or one reminder."""

    class Kind(models.TextChoices):
        """Why the person is told."""

        MENTION = "mention", _("Mentions of you or your team")
        NOTE = "note", _("Notes on what you follow")
        FOLLOWER = "follower", _("Being made a follower")
        DONE = "done", _("Completed activities on what you follow")
        CLOSED = "closed", _("Wins and losses of what you own or follow")
        STAGE = "stage", _("Moves of what you own or follow")
        ASSIGNED = "assigned", _("Leads and activities given to you")
        ANSWER = "answer", _("Answers of guests to your invitations")
        REMINDER = "reminder", _("Reminders of your activities")

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="notifications", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind)
    # A reminder has no change, but the moment at which it was to be told.
    change = models.ForeignKey(Change, models.CASCADE, null=True, related_name="+")
    remind_at = models.DateTimeField(null=True)
    activity = models.ForeignKey(Activity, models.CASCADE, null=True, related_name="+")
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, related_name="+")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="+")
    company = models.ForeignKey(Company, models.CASCADE, null=True, related_name="+")
    note = models.ForeignKey(Note, models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True)
    # The ways that the person had chosen for it.
    in_app = models.BooleanField(default=True)
    by_mail = models.BooleanField(default=False)
    in_digest = models.BooleanField(default=False)
    mailed_at = models.DateTimeField(null=True)
    digest = models.ForeignKey(Digest, models.SET_NULL, null=True, related_name="notifications")

    objects = models.Manager.from_queryset(NotificationQuerySet)()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "change"], name="notification_once"),
            models.UniqueConstraint(
                fields=["user", "activity", "remind_at"], name="notification_reminder_once"
            ),
            models.CheckConstraint(
                name="notification_of_a_change_or_a_moment",
                condition=Q(change__isnull=False, remind_at__isnull=True)
                | Q(change__isnull=True, remind_at__isnull=False, activity__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["user", "id"], name="notification_by_user"),
            models.Index(
                fields=["user", "id"],
                name="notification_unread",
                condition=Q(read_at__isnull=True),
            ),
            models.Index(
                fields=["user", "id"],
                name="notification_for_digest",
                condition=Q(in_digest=True, digest__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} · {self.user_id}"


class NotificationWork(WorkRow):
    """A change of which somebody may have to be told."""

    change_id = models.BigIntegerField()

    class Meta(WorkRow.Meta):
        abstract = False


class ReminderWork(WorkRow):
    """A reminder of an activity that waits for its moment, which is `not_before`."""

    class Meta(WorkRow.Meta):
        abstract = False
        indexes = [
            *WorkRow.Meta.indexes,
            models.Index(fields=["not_before"], name="reminder_by_moment"),
        ]


class MailWork(WorkRow):
    """A mail that waits to be sent. Its key makes its Message-ID; it is written when it is sent,
    from its record, or from `payload` where that may be gone by then."""

    payload = models.JSONField(default=dict)

    class Meta(WorkRow.Meta):
        abstract = False
