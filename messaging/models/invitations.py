"""Invitations to a meeting: who is asked to come, and what each of them was told."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import Tracked, WorkRow
from crm.models import Contact, User
from messaging.querysets import GuestQuerySet, InvitationQuerySet
from pipeline.models import Activity


class Invitation(Tracked):
    """What guests read of an activity. The activity's own words are for colleagues only."""

    activity = models.ForeignKey(
        Activity,
        models.CASCADE,
        related_name="invitations",
        verbose_name=_("activity"),
        db_index=False,
    )
    title = models.CharField(_("title"), max_length=200)
    message = models.TextField(_("message"), blank=True)
    # Who invites, and gets what guests write back. Nobody, once their account is gone.
    organiser = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("organiser")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = models.Manager.from_queryset(InvitationQuerySet)()  # type: ignore[misc]

    class Meta(Tracked.Meta):
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(fields=["activity"], name="invitation_one_of_an_activity"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The page of the activity, at its guests."""
        return f"{self.activity.get_absolute_url()}#invitation"


class Guest(Tracked):
    """Somebody who is invited, by an address; and what they answered."""

    class Answer(models.TextChoices):
        """What a guest says (the PARTSTAT of RFC 5545)."""

        ACCEPTED = "accepted", _("Accepted")
        TENTATIVE = "tentative", _("Perhaps")
        DECLINED = "declined", _("Declined")

    invitation = models.ForeignKey(
        Invitation, models.CASCADE, related_name="guests", verbose_name=_("invitation")
    )
    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=200, blank=True)
    contact = models.ForeignKey(
        Contact,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="invited_as",
        verbose_name=_("contact"),
    )
    answer = models.CharField(_("answer"), max_length=9, choices=Answer, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True, editable=False)

    ledger_together = (("answer", "answered_at"),)
    objects = models.Manager.from_queryset(GuestQuerySet)()  # type: ignore[misc]

    class Meta(Tracked.Meta):
        verbose_name = _("guest")
        verbose_name_plural = _("guests")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["invitation", "email"],
                name="guest_once",
                violation_error_message=_("This address is invited already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email


class SentInvitation(models.Model):
    """What an address was told last of a meeting. It outlives the meeting, so that what is called
    off, deleted or undone is told to whom had been asked. Kept by `services.sending` alone."""

    id = models.BigAutoField(primary_key=True)
    activity_id = models.BigIntegerField()
    email = models.EmailField(max_length=254)
    # Counts what was told, as calendars do (SEQUENCE of RFC 5545).
    sequence = models.PositiveIntegerField(default=0)
    content = models.JSONField()
    cancelled = models.BooleanField(default=False)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["activity_id", "email"], name="invitation_sent_once"),
        ]

    def __str__(self) -> str:
        return f"{self.activity_id} · {self.email}"


class InvitationWork(WorkRow):
    """A meeting whose guests may have to be told, at `not_before`."""

    class Meta(WorkRow.Meta):
        abstract = False
