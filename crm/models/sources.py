"""Where people come from: source, medium, campaign, and the touches that brought them."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.folding import text_key
from core.models import Tracked


class Named(Tracked):
    """Something told by its name, without regard to case and spaces."""

    name = models.CharField(_("name"), max_length=120)
    name_key = models.CharField(max_length=360, unique=True, editable=False)
    is_active = models.BooleanField(_("active"), default=True)

    ledger_machine = {"name_key": "crm.models.sources"}

    class Meta(Tracked.Meta):
        abstract = True
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def set_keys(self) -> None:
        """Fold the name; called before every insert and save."""
        self.name_key = text_key(self.name, 360)


class Source(Named):
    """Who sent the visitor: a search engine, a newsletter, a partner (utm_source)."""

    class Meta(Named.Meta):
        abstract = False
        verbose_name = _("source")
        verbose_name_plural = _("sources")


class Medium(Named):
    """By which kind of way: cpc, e-mail, referral (utm_medium)."""

    class Meta(Named.Meta):
        abstract = False
        verbose_name = _("medium")
        verbose_name_plural = _("mediums")


class Campaign(Named):
    """As part of which effort (utm_campaign)."""

    class Meta(Named.Meta):
        abstract = False
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")


class CampaignCost(Tracked):
    """What a campaign cost on a day."""

    campaign = models.ForeignKey(
        Campaign, models.CASCADE, related_name="costs", verbose_name=_("campaign")
    )
    day = models.DateField(_("day"))
    amount = models.DecimalField(_("amount"), max_digits=15, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)

    class Meta(Tracked.Meta):
        verbose_name = _("campaign cost")
        verbose_name_plural = _("campaign costs")
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "day"], name="campaign_cost_once_per_day"),
            models.CheckConstraint(
                name="campaign_cost_not_negative",
                condition=models.Q(amount__gte=0),
                violation_error_message=_("A cost is not negative."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} {self.day}"


class Touch(Tracked):
    """One arrival of a visitor, kept whole: first and last touch are never mixed."""

    visitor = models.CharField(_("visitor"), max_length=64, blank=True, db_index=True)
    landing_url = models.URLField(_("landing page"), max_length=2000, blank=True)
    referrer = models.URLField(_("referrer"), max_length=2000, blank=True)
    source = models.ForeignKey(
        Source, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("source")
    )
    medium = models.ForeignKey(
        Medium, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("medium")
    )
    campaign = models.ForeignKey(
        Campaign,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("campaign"),
    )
    click_ids = models.JSONField(_("click ids"), default=dict, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta(Tracked.Meta):
        verbose_name = _("touch")
        verbose_name_plural = _("touches")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return " / ".join(str(part) for part in (self.source, self.medium, self.campaign) if part)
