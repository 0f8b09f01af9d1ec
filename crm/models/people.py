"""Our own people: users, the teams they are in, and what is expected of them."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import Tracked
from crm.periods import Period, full_name
from crm.querysets import MembershipQuerySet, TargetQuerySet, TeamQuerySet, UserManager


class Role(models.TextChoices):
    """Who sees and does what."""

    REP = "rep", _("Salesperson: own and unassigned leads")
    REP_TEAM = "rep_team", _("Salesperson: leads of their teams")
    REP_ALL = "rep_all", _("Salesperson: all leads")
    LEADER = "leader", _("Team leader")
    MANAGER = "manager", _("Manager")
    ADMIN = "admin", _("Administrator")


def validate_time_zone(name: str) -> None:
    """Refuse a name that is not in the IANA time zone database."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("“%(name)s” is not a time zone."), params={"name": name})


class User(Tracked, AbstractBaseUser):
    """A person who works with Relance. Logs in by e-mail; is deactivated, not deleted."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    role = models.CharField(_("role"), max_length=8, choices=Role, default=Role.REP_ALL)
    language = models.CharField(
        _("language"), max_length=5, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    time_zone = models.CharField(
        _("time zone"), max_length=40, default=settings.TIME_ZONE, validators=[validate_time_zone]
    )
    theme = models.CharField(
        _("appearance"),
        max_length=5,
        choices=[("auto", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))],
        default="auto",
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    # How pages look to this person: columns, folds, densities. Written by crm.services.preferences.
    preferences = models.JSONField(default=dict, blank=True, editable=False)

    ledger_machine = {"preferences": "crm.services.preferences"}
    objects = UserManager()  # type: ignore[misc]

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    ledger_exclude = frozenset({"password", "last_login"})

    class Meta(Tracked.Meta):
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                name="user_email_is_lower_case",
                condition=models.Q(email=models.functions.Lower("email")),
                violation_error_message=_("E-mail addresses are kept in lower case."),
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_manager(self) -> bool:
        """Whether this person configures the CRM and may change every record."""
        return self.role in (Role.MANAGER, Role.ADMIN)

    @property
    def is_admin(self) -> bool:
        """Whether this person runs the installation."""
        return self.role == Role.ADMIN

    @property
    def is_staff(self) -> bool:
        """Whether the admin site opens for this person."""
        return self.is_active and self.is_manager

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Managers configure; only administrators touch users' rights and tokens."""
        if not self.is_active or not self.is_manager:
            return False
        return self.is_admin or perm not in ADMIN_ONLY

    def has_perms(self, perms: Any, obj: Any = None) -> bool:
        """All of several permissions."""
        return all(self.has_perm(perm, obj) for perm in perms)

    def has_module_perms(self, app_label: str) -> bool:
        """Whether the admin shows an app at all."""
        return self.is_active and self.is_manager

    def get_short_name(self) -> str:
        """The first word of the name."""
        return self.name.split(" ")[0] if self.name else self.email

    @property
    def initials(self) -> str:
        """Two letters that stand for the person on a card."""
        words = (self.name or self.email).replace("@", " ").split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


#: What managers may not do in the admin: accounts with their roles, and keys that act for others.
ADMIN_ONLY = frozenset(
    {
        "crm.delete_user",
        "core.add_apitoken",
        "core.change_apitoken",
        "core.delete_apitoken",
        "core.view_apitoken",
    }
)


class Team(Tracked):
    """A sales team."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    leader = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="led_teams",
        verbose_name=_("leader"),
    )
    parent = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("escalates to"),
    )
    # The first of a person's teams is the one that their new leads get; of equal ones the newest.
    sequence = models.PositiveSmallIntegerField(_("order"), default=10)
    is_active = models.BooleanField(_("active"), default=True)

    objects = models.Manager.from_queryset(TeamQuerySet)()  # type: ignore[misc]

    class Meta(Tracked.Meta):
        verbose_name = _("sales team")
        verbose_name_plural = _("sales teams")
        ordering = ["sequence", "-id"]

    def __str__(self) -> str:
        return self.name


class Membership(Tracked):
    """A user's place in a team, with what assignment needs to know."""

    team = models.ForeignKey(
        Team, models.CASCADE, related_name="memberships", verbose_name=_("team")
    )
    user = models.ForeignKey(
        User, models.CASCADE, related_name="memberships", verbose_name=_("user")
    )
    capacity = models.PositiveIntegerField(_("leads per 30 days"), default=30)
    share = models.PositiveSmallIntegerField(
        _("share in percent"),
        default=100,
        validators=[MaxValueValidator(100)],
        help_text=_("100 is a full part of what comes to the team, 50 is half of one."),
    )
    # Conditions on leads: those that the person takes at all, and those that they get first.
    territory = models.JSONField(_("territory"), null=True, blank=True)
    preferred = models.JSONField(_("preferred leads"), null=True, blank=True)
    absent_from = models.DateField(_("absent from"), null=True, blank=True)
    absent_until = models.DateField(_("absent until"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    objects = models.Manager.from_queryset(MembershipQuerySet)()  # type: ignore[misc]

    class Meta(Tracked.Meta):
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ["team", "user"]
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="membership_once_per_team"),
            models.CheckConstraint(
                name="membership_share_is_a_percentage",
                condition=models.Q(share__lte=100),
                violation_error_message=_("A share is at most 100 percent."),
            ),
            models.CheckConstraint(
                name="membership_absence_in_order",
                condition=models.Q(absent_from__isnull=True)
                | models.Q(absent_until__isnull=True)
                | models.Q(absent_from__lte=models.F("absent_until")),
                violation_error_message=_("The absence ends before it starts."),
            ),
        ]

    def is_absent(self, day: dt.date) -> bool:
        """Whether the person is away on a day; an absence without its other end is open there."""
        start, end = self.absent_from, self.absent_until
        if start is None and end is None:
            return False
        return (start is None or start <= day) and (end is None or day <= end)

    def __str__(self) -> str:
        return f"{self.user} · {self.team}"


class Target(Tracked):
    """What a team or a person is to reach in a period."""

    class Metric(models.TextChoices):
        """What is counted."""

        REVENUE = "revenue", _("Won revenue")
        WINS = "wins", _("Wins")
        ACTIVITIES = "activities", _("Completed activities")

    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="targets", verbose_name=_("team")
    )
    user = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="targets", verbose_name=_("user")
    )
    metric = models.CharField(_("what"), max_length=10, choices=Metric, default=Metric.REVENUE)
    period = models.CharField(_("period"), max_length=7, choices=Period, default=Period.MONTH)
    # The first day of the month or quarter.
    starts_on = models.DateField(_("from"))
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    value = models.DecimalField(_("target"), max_digits=15, decimal_places=2)

    objects = models.Manager.from_queryset(TargetQuerySet)()  # type: ignore[misc]

    class Meta(Tracked.Meta):
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        ordering = ["-starts_on", "id"]
        constraints = [
            models.CheckConstraint(
                name="target_of_team_or_user",
                condition=models.Q(team__isnull=False, user__isnull=True)
                | models.Q(team__isnull=True, user__isnull=False),
                violation_error_message=_("A target belongs to a team or to a person."),
            ),
            models.CheckConstraint(
                name="target_of_revenue_has_its_currency",
                condition=(models.Q(metric="revenue") & ~models.Q(currency=""))
                | (~models.Q(metric="revenue") & models.Q(currency="")),
                violation_error_message=_("Revenue has a currency, what is counted has none."),
            ),
            models.CheckConstraint(
                name="target_is_more_than_nothing",
                condition=models.Q(value__gt=0),
                violation_error_message=_("A target is more than nothing."),
            ),
            models.UniqueConstraint(
                fields=["user", "starts_on", "period", "metric", "currency"],
                name="target_once_for_a_user",
                condition=models.Q(user__isnull=False),
                violation_error_message=_("There is such a target already."),
            ),
            models.UniqueConstraint(
                fields=["team", "starts_on", "period", "metric", "currency"],
                name="target_once_for_a_team",
                condition=models.Q(team__isnull=False),
                violation_error_message=_("There is such a target already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team or self.user} · {full_name(self.period, self.starts_on)}"
