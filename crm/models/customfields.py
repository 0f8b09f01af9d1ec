"""Fields that an installation adds to its records; the values live in the record's `custom`."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import Tracked


class CustomField(Tracked):
    """What a custom field is. Values are stored canonical: number, ISO date, option id."""

    class Subject(models.TextChoices):
        """Whose field it is."""

        LEAD = "pipeline.lead", _("Lead")
        CONTACT = "crm.contact", _("Contact")
        COMPANY = "crm.company", _("Company")

    class Type(models.TextChoices):
        """What it holds."""

        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        MONEY = "money", _("Money")
        DATE = "date", _("Date")
        CHOICE = "choice", _("Choice")
        CHOICES = "choices", _("Several choices")
        YES_NO = "yes_no", _("Yes or no")
        USER = "user", _("User")
        COMPANY = "company", _("Company")

    subject = models.CharField(_("on"), max_length=20, choices=Subject)
    key = models.CharField(
        _("key"),
        max_length=40,
        validators=[
            RegexValidator(r"^[a-z][a-z0-9_]*\Z", _("Small letters, digits and underscores only."))
        ],
    )
    label = models.CharField(_("label"), max_length=80)
    type = models.CharField(_("type"), max_length=8, choices=Type)
    options = models.JSONField(
        _("choices"),
        default=list,
        blank=True,
        help_text=_('For choices: a list such as [{"id": "a", "label": "First"}].'),
    )
    help_text = models.CharField(
        _("help"), max_length=200, blank=True, help_text=_("Shown below the field on forms.")
    )
    sequence = models.PositiveSmallIntegerField(_("order"), default=10)
    is_active = models.BooleanField(_("active"), default=True)
    on_cards = models.BooleanField(
        _("on the cards of boards"),
        default=False,
        help_text=_("Shown on the cards of boards, with its label. Not for users and companies."),
    )

    class Meta(Tracked.Meta):
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        ordering = ["subject", "sequence", "id"]
        constraints = [
            models.UniqueConstraint(fields=["subject", "key"], name="custom_field_key_once")
        ]

    def __str__(self) -> str:
        return self.label
