"""Notes: what colleagues tell each other about a lead, a contact or a company."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from core.models import Tracked
from crm.models import Company, Contact, Team, User
from messaging.querysets import NoteQuerySet
from pipeline.models import Lead


class Note(Tracked):
    """What somebody wrote on a record. Earlier versions are in the ledger."""

    lead = models.ForeignKey(
        Lead,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="notes",
        verbose_name=_("lead"),
        db_index=False,
    )
    contact = models.ForeignKey(
        Contact,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="notes",
        verbose_name=_("contact"),
        db_index=False,
    )
    company = models.ForeignKey(
        Company,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="notes",
        verbose_name=_("company"),
        db_index=False,
    )
    # Nobody, when the system itself wrote it.
    author = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="notes",
        verbose_name=_("author"),
    )
    body = models.TextField(_("note"), help_text=_("Markdown."))
    created_at = models.DateTimeField(_("written"), default=timezone.now, editable=False)
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True, editable=False)

    ledger_together = (("body", "edited_at"),)
    objects = models.Manager.from_queryset(NoteQuerySet)()  # type: ignore[misc]

    class Meta(Tracked.Meta):
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(
                fields=[name, "created_at"],
                name=f"note_by_{name}",
                condition=Q(**{f"{name}__isnull": False}),
            )
            for name in ("lead", "contact", "company")
        ]
        constraints = [
            models.CheckConstraint(
                name="note_on_one_record",
                condition=Q(lead__isnull=False, contact__isnull=True, company__isnull=True)
                | Q(lead__isnull=True, contact__isnull=False, company__isnull=True)
                | Q(lead__isnull=True, contact__isnull=True, company__isnull=False),
                violation_error_message=_("A note is on a lead, a contact or a company."),
            ),
            models.CheckConstraint(
                name="note_says_something",
                condition=~Q(body=""),
                violation_error_message=_("Write something."),
            ),
        ]

    def __str__(self) -> str:
        return Truncator(" ".join(self.body.split())).chars(60)

    @property
    def subject(self) -> Lead | Contact | Company:
        """The record that it is on."""
        found = self.lead or self.contact or self.company
        if found is None:
            raise ValueError("A note is on a record.")
        return found

    def get_absolute_url(self) -> str:
        """The note on the page of its record."""
        return f"{self.subject.get_absolute_url()}#note-{self.pk}"


class NoteMention(models.Model):
    """Somebody, or a whole team, who is named in a note. Derived from its text, as `text` says."""

    id = models.BigAutoField(primary_key=True)
    note = models.ForeignKey(Note, models.CASCADE, related_name="mentions")
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+")
    text = models.CharField(max_length=254)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["note", "user"], name="mention_of_a_person_once"),
            models.UniqueConstraint(fields=["note", "team"], name="mention_of_a_team_once"),
            models.CheckConstraint(
                name="mention_of_person_or_team",
                condition=Q(user__isnull=False, team__isnull=True)
                | Q(user__isnull=True, team__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"@{self.text}"
