"""By what else somebody is reached: further e-mail addresses and telephone numbers."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.folding import email_key, phone_key, text_key
from core.models import Tracked
from crm.models.world import Company, Contact


class ContactPoint(Tracked):
    """A further address or number of a contact or company. The main ones are columns there."""

    class Kind(models.TextChoices):
        """What it is."""

        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")

    class Label(models.TextChoices):
        """Where it reaches somebody."""

        WORK = "work", pgettext_lazy("a telephone", "work")
        PRIVATE = "private", pgettext_lazy("a telephone", "private")
        MOBILE = "mobile", pgettext_lazy("a telephone", "mobile")
        OTHER = "other", pgettext_lazy("a telephone", "other")

    contact = models.ForeignKey(
        Contact,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="points",
        verbose_name=_("contact"),
    )
    company = models.ForeignKey(
        Company,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="points",
        verbose_name=_("company"),
    )
    kind = models.CharField(_("kind"), max_length=5, choices=Kind)
    label = models.CharField(_("label"), max_length=7, choices=Label, default=Label.WORK)
    value = models.CharField(_("address or number"), max_length=254)
    key = models.CharField(max_length=254, editable=False)

    ledger_machine = {"key": "crm.models.points"}

    class Meta(Tracked.Meta):
        verbose_name = _("further address or number")
        verbose_name_plural = _("further addresses and numbers")
        ordering = ["id"]
        indexes = [models.Index(fields=["key", "kind"], name="point_by_key")]
        constraints = [
            models.CheckConstraint(
                name="point_of_one_record",
                condition=Q(contact__isnull=False, company__isnull=True)
                | Q(contact__isnull=True, company__isnull=False),
                violation_error_message=_("An address belongs to a contact or to a company."),
            ),
            models.UniqueConstraint(
                fields=["contact", "kind", "key"], name="point_once_per_contact"
            ),
            models.UniqueConstraint(
                fields=["company", "kind", "key"], name="point_once_per_company"
            ),
        ]

    def __str__(self) -> str:
        return self.value

    def set_keys(self) -> None:
        """The address or number as it is compared; what is neither is compared as text."""
        self.key = key_of(self.kind, self.value)

    @property
    def subject(self) -> Contact | Company:
        """The record that it belongs to."""
        found = self.contact or self.company
        if found is None:
            raise ValueError("An address belongs to a record.")
        return found

    def get_absolute_url(self) -> str:
        """The page of its record."""
        return self.subject.get_absolute_url()


def key_of(kind: str, value: str) -> str:
    """How an address or a number is compared; never empty for a value that is not."""
    if kind == ContactPoint.Kind.EMAIL:
        return email_key(value) or text_key(value, 254)
    return phone_key(value, settings.DEFAULT_COUNTRY) or text_key(value, 254)
