"""What was done when a person asked for their data, or for its erasure."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.people import User


class PrivacyRecord(models.Model):
    """One deed of privacy: who did it, when, at whose request. It names the contact by its id alone
    and is never changed."""

    class Deed(models.TextChoices):
        """What was done."""

        EXPORT = "export", _("Exported")
        ERASURE = "erasure", _("Erased")

    id = models.BigAutoField(primary_key=True)
    deed = models.CharField(_("what was done"), max_length=7, choices=Deed)
    contact_id = models.BigIntegerField(_("contact"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    request = models.CharField(_("request"), max_length=200, blank=True)
    #: How many records of each kind.
    counts = models.JSONField(default=dict)
    at = models.DateTimeField(_("on"), default=timezone.now)

    class Meta:
        verbose_name = _("privacy record")
        verbose_name_plural = _("privacy records")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.deed} · {self.contact_id}"
