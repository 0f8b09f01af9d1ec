"""Plans: steps in their order that are launched together on leads."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import Tracked
from pipeline.models.activities import ActivityType


class Plan(Tracked):
    """Steps that usually go together: a welcome, a follow-up after a fair …"""

    name = models.CharField(_("name"), max_length=80, unique=True)
    sequence = models.PositiveSmallIntegerField(_("order"), default=10)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta(Tracked.Meta):
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ["sequence", "id"]

    def __str__(self) -> str:
        return self.name


class PlanStep(Tracked):
    """A step of a plan: its type, how many days after the launch, for whom."""

    class Who(models.TextChoices):
        """Whose step it becomes."""

        OWNER = "owner", _("The owner of the lead")
        LAUNCHER = "launcher", _("Whoever launches the plan")
        ASKED = "asked", _("Asked at the launch")

    plan = models.ForeignKey(
        Plan, models.CASCADE, related_name="steps", verbose_name=_("plan"), db_index=True
    )
    type = models.ForeignKey(ActivityType, models.PROTECT, related_name="+", verbose_name=_("type"))
    summary = models.CharField(_("summary"), max_length=200, blank=True)
    days = models.PositiveSmallIntegerField(
        _("days after the launch"),
        null=True,
        blank=True,
        help_text=_("Empty: the usual days of the type."),
    )
    who = models.CharField(_("for whom"), max_length=8, choices=Who, default=Who.OWNER)
    sequence = models.PositiveSmallIntegerField(_("order"), default=10)

    class Meta(Tracked.Meta):
        verbose_name = _("step of a plan")
        verbose_name_plural = _("steps of plans")
        ordering = ["plan", "sequence", "id"]

    def __str__(self) -> str:
        return self.summary or self.type.default_summary or self.type.name
