"""Imports from the browser: the files that somebody brought, and how far their import is."""

from __future__ import annotations

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from capture.querysets import ImportQuerySet
from core.ledger.tables import Cause


class Import(models.Model):
    """Files that belong together on their way to leads.

    It stands in a queue while its state is one of BUSY: a worker takes it under a lease, and its
    `token` is what the worker shows with each write, so that one that was thought dead writes
    nothing any more. Not in the ledger: what an import writes is, under `cause`.
    """

    class State(models.TextChoices):
        """Where an import is."""

        UPLOADED = "uploaded", _("being read")
        EXAMINED = "examined", _("ready to import")
        RUNNING = "running", _("being imported")
        STOPPED = "stopped", _("stopped")
        DONE = "done", _("imported")
        FAILED = "failed", _("failed")

    BUSY = (State.UPLOADED, State.RUNNING)

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="imports")
    state = models.CharField(max_length=10, choices=State, default=State.UPLOADED)
    #: As capture.forms.OptionsForm gives them.
    options = models.JSONField(default=dict)
    #: What the reading or the import came to: capture.services.figures.figures_of.
    figures = models.JSONField(default=dict)
    errors = models.JSONField(default=list)
    #: Behind which row to go on, and what was written up to there: capture.course.Mark.
    mark = models.JSONField(null=True)
    done = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    cause = models.UUIDField(default=uuid.uuid4, unique=True)
    #: Why it failed or stopped, in words.
    message = models.TextField(default="")
    created_at = models.DateTimeField(auto_now_add=True)
    asked_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    stop_asked = models.BooleanField(default=False)
    leased_until = models.DateTimeField(null=True)
    token = models.UUIDField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = models.Manager.from_queryset(ImportQuerySet)()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["id"],
                name="import_in_queue",
                condition=models.Q(state__in=["uploaded", "running"]),
            )
        ]

    def __str__(self) -> str:
        names = [file.name for file in self.files.all()]
        return ", ".join(names)

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("import", args=[self.pk])

    @property
    def is_busy(self) -> bool:
        """Whether a worker has it, or is to have it."""
        return self.state in self.BUSY

    @property
    def can_go_on(self) -> bool:
        """Whether it ended before its end, behind rows that are written."""
        return self.state == self.State.STOPPED or (
            self.state == self.State.FAILED and self.mark is not None
        )

    def has_written(self) -> bool:
        """Whether its import has written anything; a query."""
        return Cause.objects.filter(pk=self.cause).exists()


def folder() -> Path:
    """Where the files lie: outside of everything that is served."""
    return Path(settings.IMPORT_FOLDER)


class ImportFile(models.Model):
    """A file of an import. `name` is what its owner calls it; on disk it is called by `key`."""

    parent = models.ForeignKey(Import, models.CASCADE, related_name="files")
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    #: SHA-256 in hex.
    digest = models.CharField(max_length=64, db_index=True)
    #: When the file itself was removed; what is known about it stays.
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> Path:
        """Where it lies."""
        return folder() / self.key.hex
