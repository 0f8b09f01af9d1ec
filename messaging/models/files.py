"""Files on a lead, a contact or a company, alone or with a note."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import Tracked
from crm.models import Company, Contact, User
from messaging.models.notes import Note
from messaging.querysets import FileQuerySet
from pipeline.models import Lead


class FileContent(models.Model):
    """The bytes of a file, in the storage "files" under a random name. Never changed.

    The row comes before the bytes and stays when they go, so that none are left without a name.
    """

    key = models.CharField(max_length=80, unique=True)
    size = models.BigIntegerField(default=0)
    media_type = models.CharField(max_length=100, default="application/octet-stream")
    digest = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    # Since when no file has them: the sweep sets it, and removes the bytes after a while.
    unused_since = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("content of a file")
        verbose_name_plural = _("contents of files")
        indexes = [
            models.Index(
                fields=["unused_since"],
                name="filecontent_unused",
                condition=Q(removed_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.key


class File(Tracked):
    """A file on a record. Deleting it keeps its content for a while, so that undo restores it."""

    lead = models.ForeignKey(
        Lead, models.CASCADE, null=True, blank=True, related_name="files", verbose_name=_("lead")
    )
    contact = models.ForeignKey(
        Contact,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="files",
        verbose_name=_("contact"),
    )
    company = models.ForeignKey(
        Company,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="files",
        verbose_name=_("company"),
    )
    note = models.ForeignKey(
        Note, models.CASCADE, null=True, blank=True, related_name="files", verbose_name=_("note")
    )
    # Nobody, when the system itself brought it.
    author = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("author")
    )
    name = models.CharField(_("name"), max_length=200)
    content = models.ForeignKey(
        FileContent, models.PROTECT, related_name="files", editable=False, verbose_name=_("content")
    )
    created_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)

    objects = models.Manager.from_queryset(FileQuerySet)()  # type: ignore[misc]

    class Meta(Tracked.Meta):
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="file_on_one_record",
                condition=Q(lead__isnull=False, contact__isnull=True, company__isnull=True)
                | Q(lead__isnull=True, contact__isnull=False, company__isnull=True)
                | Q(lead__isnull=True, contact__isnull=True, company__isnull=False),
                violation_error_message=_("A file is on a lead, a contact or a company."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> Lead | Contact | Company:
        """The record that it is on."""
        found = self.lead or self.contact or self.company
        if found is None:
            raise ValueError("A file is on a record.")
        return found

    def get_absolute_url(self) -> str:
        """The page of its record, at its files."""
        return f"{self.subject.get_absolute_url()}#files"
