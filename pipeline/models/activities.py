"""Next steps: what is to be done, by when, by whom; and what came of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import Tracked
from crm.models import Company, Contact, User
from pipeline.querysets import ActivityQuerySet


class ActivityType(Tracked):
    """A kind of next step: call, e-mail, meeting …; with what usually comes after it."""

    class Counted(models.TextChoices):
        """What the usual days of a step that follows another are counted from."""

        DONE = "done", _("The day on which the one before is done")
        DUE = "due", _("The day on which the one before was due")

    class Chaining(models.TextChoices):
        """How the next type comes: as a suggestion, or by itself."""

        SUGGEST = "suggest", _("Suggest it")
        PLAN = "plan", _("Plan it by itself")

    name = models.CharField(_("name"), max_length=60, unique=True)
    icon = models.CharField(_("icon"), max_length=30, default="checkbox")
    sequence = models.PositiveSmallIntegerField(_("order"), default=10)
    default_summary = models.CharField(_("usual summary"), max_length=200, blank=True)
    default_days = models.PositiveSmallIntegerField(_("usually due in days"), default=1)
    counted_from = models.CharField(
        _("days counted from"), max_length=4, choices=Counted, default=Counted.DONE
    )
    next_type = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("what comes next"),
    )
    chaining = models.CharField(
        _("when one is done"), max_length=7, choices=Chaining, default=Chaining.SUGGEST
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta(Tracked.Meta):
        verbose_name = _("activity type")
        verbose_name_plural = _("activity types")
        ordering = ["sequence", "id"]

    def __str__(self) -> str:
        return self.name


class Activity(Tracked):
    """A step on a lead, contact or company. Its outcome is kept on itself."""

    class Outcome(models.TextChoices):
        """What came of it."""

        DONE = "done", _("Done")
        REACHED = "reached", _("Reached")
        VOICEMAIL = "voicemail", _("Voicemail")
        NO_ANSWER = "no_answer", _("No answer")
        CANCELLED = "cancelled", _("Cancelled")

    class Reminder(models.TextChoices):
        """When its assignee is reminded of it. Empty is as the assignee has set it."""

        NONE = "none", _("No reminder")
        DUE = "due", _("When it is due")
        MINUTES = "10min", _("10 minutes before")
        HOUR = "1h", _("1 hour before")
        DAY = "1d", _("1 day before")
        CHOSEN = "chosen", _("At a chosen moment")

    type = models.ForeignKey(
        ActivityType, models.PROTECT, related_name="activities", verbose_name=_("type")
    )
    summary = models.CharField(_("summary"), max_length=200, blank=True)
    note = models.TextField(_("note"), blank=True)
    # The instant by which it is to be done; for a whole day, the end of that day where the
    # assignee lives. So "overdue" is one comparison.
    due_at = models.DateTimeField(_("due"))
    all_day = models.BooleanField(_("any time that day"), default=True)
    # How long a meeting takes; nothing where that does not matter.
    duration = models.PositiveSmallIntegerField(_("minutes"), null=True, blank=True)
    place = models.CharField(
        _("place"), max_length=200, blank=True, help_text=_("A room, an address, or a link.")
    )
    reminder = models.CharField(_("reminder"), max_length=6, choices=Reminder, blank=True)
    # The chosen moment, while the reminder is at one.
    remind_at = models.DateTimeField(_("remind at"), null=True, blank=True)
    assignee = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="activities",
        verbose_name=_("assigned to"),
        db_index=False,
    )
    done_at = models.DateTimeField(_("done"), null=True, blank=True, editable=False)
    outcome = models.CharField(_("outcome"), max_length=9, choices=Outcome, blank=True)
    feedback = models.TextField(_("feedback"), blank=True)
    lead = models.ForeignKey(
        "pipeline.Lead",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="activities",
        verbose_name=_("lead"),
        db_index=False,
    )
    contact = models.ForeignKey(
        Contact,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="activities",
        verbose_name=_("contact"),
    )
    company = models.ForeignKey(
        Company,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="activities",
        verbose_name=_("company"),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    ledger_together = (
        ("done_at", "outcome", "feedback"),
        ("due_at", "all_day"),
        ("reminder", "remind_at"),
    )
    objects = models.Manager.from_queryset(ActivityQuerySet)()  # type: ignore[misc]

    class Meta(Tracked.Meta):
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ["due_at", "id"]
        indexes = [
            models.Index(fields=["lead", "due_at"], name="activity_by_lead"),
            # Whether somebody has an activity on a lead is asked of each lead that a rep may see.
            models.Index(fields=["assignee", "lead"], name="activity_by_assignee"),
            models.Index(
                fields=["assignee", "due_at"],
                name="activity_to_do",
                condition=Q(done_at__isnull=True),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="activity_on_one_record",
                condition=Q(lead__isnull=False, contact__isnull=True, company__isnull=True)
                | Q(lead__isnull=True, contact__isnull=False, company__isnull=True)
                | Q(lead__isnull=True, contact__isnull=True, company__isnull=False),
                violation_error_message=_("An activity is on a lead, a contact or a company."),
            ),
            models.CheckConstraint(
                name="activity_done_has_its_outcome",
                condition=Q(done_at__isnull=True, outcome="")
                | (Q(done_at__isnull=False) & ~Q(outcome="")),
                violation_error_message=_("A completed activity has an outcome, another has none."),
            ),
            models.CheckConstraint(
                name="activity_chosen_reminder_has_its_moment",
                condition=Q(reminder="chosen", remind_at__isnull=False)
                | (~Q(reminder="chosen") & Q(remind_at__isnull=True)),
                violation_error_message=_("Say when to remind."),
            ),
            models.CheckConstraint(
                name="activity_takes_a_day_at_most",
                condition=Q(duration__isnull=True) | Q(duration__gte=1, duration__lte=1440),
                violation_error_message=_("Between a minute and a day."),
            ),
        ]

    def __str__(self) -> str:
        return self.summary or str(self.type)

    def get_absolute_url(self) -> str:
        """The page of the activity."""
        return reverse("activity", args=[self.pk])
