"""The lead: one record from first contact to close."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.folding import custom_keys, email_key, phone_key, text_key
from core.models import Tracked
from crm.alike import LENGTH, company_alike, own_domain, person_alike
from crm.models import Campaign, Company, Contact, Medium, Product, Source, Tag, Team, Touch, User
from pipeline.models.leadindexes import INDEXES
from pipeline.models.stages import LostReason, Pipeline, Stage
from pipeline.querysets import LeadQuerySet

PERCENT = [MinValueValidator(0), MaxValueValidator(100)]
NOT_NEGATIVE = [MinValueValidator(0, _("An amount is not negative."))]
CURRENCY = [RegexValidator(r"^[A-Z]{3}\Z", _("A currency is three capital letters, such as EUR."))]


class Lead(Tracked):
    """A possible sale. Open, won or lost by its status; where it stands is its stage."""

    class Kind(models.TextChoices):
        """A lead becomes an opportunity when it leaves its first stage, or is converted."""

        LEAD = "lead", _("Lead")
        OPPORTUNITY = "opportunity", _("Opportunity")

    class Status(models.TextChoices):
        """How it stands, said explicitly; never guessed from a number."""

        OPEN = "open", _("Open")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")

    class Plan(models.TextChoices):
        """How often recurring revenue comes."""

        MONTHLY = "monthly", _("Monthly")
        QUARTERLY = "quarterly", _("Quarterly")
        YEARLY = "yearly", _("Yearly")

    class ForecastCategory(models.TextChoices):
        """How firmly the close is counted on."""

        PIPELINE = "pipeline", _("Pipeline")
        BEST_CASE = "best_case", _("Best case")
        COMMIT = "commit", _("Commit")
        OMITTED = "omitted", _("Omitted")

    class Timeframe(models.TextChoices):
        """When the customer wants to decide."""

        NOW = "now", _("Within a month")
        QUARTER = "quarter", _("Within three months")
        YEAR = "year", _("Within a year")
        LATER = "later", _("Later")

    # What it is
    title = models.CharField(_("title"), max_length=200)
    title_key = models.CharField(max_length=600, blank=True, editable=False)
    description = models.TextField(_("description"), blank=True)
    kind = models.CharField(_("kind"), max_length=11, choices=Kind, default=Kind.LEAD)
    status = models.CharField(_("status"), max_length=4, choices=Status, default=Status.OPEN)

    # Who it is with, and what was captured of them before they are known
    company = models.ForeignKey(
        Company,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="leads",
        verbose_name=_("company"),
        db_index=False,
    )
    contact_name = models.CharField(_("contact name"), max_length=150, blank=True)
    contact_name_key = models.CharField(max_length=450, blank=True, editable=False)
    contact_name_alike = models.CharField(max_length=LENGTH, blank=True, editable=False)
    company_name = models.CharField(_("company name"), max_length=200, blank=True)
    company_name_key = models.CharField(max_length=600, blank=True, editable=False)
    company_name_alike = models.CharField(max_length=LENGTH, blank=True, editable=False)
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    email_key = models.CharField(max_length=254, blank=True, editable=False)
    domain_key = models.CharField(max_length=254, blank=True, editable=False)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    phone_key = models.CharField(max_length=20, blank=True, editable=False)
    contacts = models.ManyToManyField(
        Contact, through="LeadContact", related_name="leads", verbose_name=_("people")
    )

    # Who works on it
    owner = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="leads",
        verbose_name=_("owner"),
        db_index=False,
    )
    team = models.ForeignKey(
        Team,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="leads",
        verbose_name=_("sales team"),
        db_index=False,
    )
    collaborators = models.ManyToManyField(
        User,
        through="LeadCollaborator",
        related_name="+",
        blank=True,
        verbose_name=_("collaborators"),
    )
    followers = models.ManyToManyField(
        User, through="LeadFollower", related_name="+", blank=True, verbose_name=_("followers")
    )

    # Where it stands
    pipeline = models.ForeignKey(
        Pipeline, models.PROTECT, related_name="leads", verbose_name=_("pipeline"), db_index=False
    )
    stage = models.ForeignKey(
        Stage, models.PROTECT, related_name="leads", verbose_name=_("stage"), db_index=False
    )
    position = models.CharField(max_length=250, editable=False)
    lost_reason = models.ForeignKey(
        LostReason,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="leads",
        verbose_name=_("lost reason"),
        db_index=False,
    )
    lost_note = models.TextField(_("why exactly"), blank=True)

    # What it is worth
    product = models.ForeignKey(
        Product,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="leads",
        verbose_name=_("product"),
        db_index=False,
    )
    expected_revenue = models.DecimalField(
        _("expected revenue"),
        max_digits=15,
        decimal_places=2,
        null=True,
        blank=True,
        validators=NOT_NEGATIVE,
    )
    currency = models.CharField(_("currency"), max_length=3, default="EUR", validators=CURRENCY)
    recurring_revenue = models.DecimalField(
        _("recurring revenue"),
        max_digits=15,
        decimal_places=2,
        null=True,
        blank=True,
        validators=NOT_NEGATIVE,
    )
    recurring_plan = models.CharField(_("recurring plan"), max_length=9, choices=Plan, blank=True)
    expected_close = models.DateField(_("expected close"), null=True, blank=True)
    forecast_category = models.CharField(
        _("forecast category"), max_length=9, choices=ForecastCategory, blank=True
    )
    tags = models.ManyToManyField(
        Tag, through="LeadTag", related_name="leads", blank=True, verbose_name=_("tags")
    )

    # Where it came from
    source = models.ForeignKey(
        Source,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="leads",
        verbose_name=_("source"),
        db_index=False,
    )
    medium = models.ForeignKey(
        Medium,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="leads",
        verbose_name=_("medium"),
        db_index=False,
    )
    campaign = models.ForeignKey(
        Campaign,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="leads",
        verbose_name=_("campaign"),
        db_index=False,
    )
    first_touch = models.ForeignKey(
        Touch,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("first touch"),
        db_index=False,
    )
    last_touch = models.ForeignKey(
        Touch,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("last touch"),
        db_index=False,
    )

    # What we know of the need
    budget_confirmed = models.BooleanField(_("budget confirmed"), null=True, blank=True)
    budget_amount = models.DecimalField(
        _("budget"), max_digits=15, decimal_places=2, null=True, blank=True, validators=NOT_NEGATIVE
    )
    decision_maker_known = models.BooleanField(_("decision maker known"), null=True, blank=True)
    timeframe = models.CharField(_("timeframe"), max_length=7, choices=Timeframe, blank=True)
    pain = models.TextField(_("pain"), blank=True)
    company_fit = models.BooleanField(_("company fits"), null=True, blank=True)
    custom = models.JSONField(_("custom fields"), default=dict, blank=True)
    custom_keys = models.JSONField(default=dict, blank=True, editable=False)

    # How good and how likely: by hand, by the machine, and what counts
    stars_manual = models.PositiveSmallIntegerField(
        _("priority, by hand"), null=True, blank=True, validators=[MaxValueValidator(3)]
    )
    probability_manual = models.DecimalField(
        _("probability, by hand"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=PERCENT,
    )
    # Written by the scoring of points, and by the prediction.
    score = models.PositiveSmallIntegerField(_("score"), null=True, editable=False)
    probability_predicted = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, editable=False
    )
    # What the stage says before anything is learned; written by pipeline.services.moves.
    probability_stage = models.DecimalField(
        max_digits=5, decimal_places=2, default=Decimal(0), editable=False
    )
    stars = models.GeneratedField(
        expression=Coalesce(
            F("stars_manual"),
            Case(
                When(score__gte=80, then=Value(3)),
                When(score__gte=60, then=Value(2)),
                When(score__gte=40, then=Value(1)),
                default=Value(0),
            ),
        ),
        output_field=models.PositiveSmallIntegerField(),
        db_persist=True,
    )
    probability = models.GeneratedField(
        expression=Case(
            When(status="won", then=Value(Decimal(100))),
            When(status="lost", then=Value(Decimal(0))),
            default=Coalesce(
                F("probability_manual"), F("probability_predicted"), F("probability_stage")
            ),
            output_field=models.DecimalField(max_digits=5, decimal_places=2),
        ),
        output_field=models.DecimalField(max_digits=5, decimal_places=2),
        db_persist=True,
    )

    # Where the record came from, and when things happened to it
    external_source = models.CharField(max_length=40, blank=True, editable=False)
    external_id = models.CharField(_("external id"), max_length=100, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    assigned_at = models.DateTimeField(_("assigned"), null=True, editable=False)
    converted_at = models.DateTimeField(_("converted"), null=True, editable=False)
    closed_at = models.DateTimeField(_("closed"), null=True, editable=False)
    archived_at = models.DateTimeField(_("archived"), null=True, editable=False)
    # Written by pipeline.services.moves.
    stage_entered_at = models.DateTimeField(_("in stage since"), null=True, editable=False)
    # How often the expected close was put off. Written by pipeline.services.pushes.
    close_pushed = models.PositiveSmallIntegerField(default=0, editable=False)
    # Written by pipeline.services.touches.
    touched_at = models.DateTimeField(_("last touched"), null=True, editable=False)
    # Written by pipeline.services.search.
    search_text = models.TextField(default="", editable=False)
    # Written by pipeline.services.activities.
    last_activity_at = models.DateTimeField(_("last activity"), null=True, editable=False)
    next_activity_at = models.DateTimeField(_("next activity"), null=True, editable=False)

    #: The stage that `move_leads` took this very instance out of; kept in no column.
    came_from: Stage | None = None
    #: Whether the exit criterion of its stage is ticked: known of a lead under lock.
    criterion_met = False

    ledger_machine = {
        "title_key": "pipeline.models.leads",
        "contact_name_key": "pipeline.models.leads",
        "company_name_key": "pipeline.models.leads",
        "contact_name_alike": "pipeline.models.leads",
        "company_name_alike": "pipeline.models.leads",
        "domain_key": "pipeline.models.leads",
        "custom_keys": "pipeline.models.leads",
        "email_key": "pipeline.models.leads",
        "phone_key": "pipeline.models.leads",
        "score": "scoring",
        "probability_predicted": "scoring",
        "probability_stage": "pipeline.services.moves",
        "stage_entered_at": "pipeline.services.moves",
        "close_pushed": "pipeline.services.pushes",
        "search_text": "pipeline.services.search",
        "touched_at": "pipeline.services.touches",
        "last_activity_at": "pipeline.services.activities",
        "next_activity_at": "pipeline.services.activities",
    }
    ledger_together = (
        ("pipeline", "stage", "status", "lost_reason", "lost_note", "closed_at"),
        ("recurring_revenue", "recurring_plan"),
    )
    ledger_unlisted = ("position",)
    ledger_custom = "custom"
    objects = models.Manager.from_queryset(LeadQuerySet)()  # type: ignore[misc]

    class Meta(Tracked.Meta):
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["stage", "position"],
                name="lead_position_once_per_stage",
            ),
            models.UniqueConstraint(
                fields=["external_source", "external_id"],
                name="lead_external_once",
                condition=~Q(external_id=""),
            ),
            models.CheckConstraint(
                name="lead_lost_has_its_reason",
                condition=Q(status="lost", lost_reason__isnull=False)
                | (~Q(status="lost") & Q(lost_reason__isnull=True)),
                violation_error_message=_("A lost lead has a reason; no other lead has one."),
            ),
            models.CheckConstraint(
                name="lead_closed_has_its_date",
                condition=Q(status="open", closed_at__isnull=True)
                | (~Q(status="open") & Q(closed_at__isnull=False)),
                violation_error_message=_(
                    "A won or lost lead has a closing date, an open one none."
                ),
            ),
            models.CheckConstraint(
                name="lead_revenue_not_negative",
                condition=Q(expected_revenue__isnull=True) | Q(expected_revenue__gte=0),
                violation_error_message=_("An amount is not negative."),
            ),
            models.CheckConstraint(
                name="lead_recurring_has_its_plan",
                condition=Q(recurring_revenue__isnull=True, recurring_plan="")
                | (Q(recurring_revenue__gte=0) & ~Q(recurring_plan="")),
                violation_error_message=_(
                    "Recurring revenue needs a plan, and a plan its revenue."
                ),
            ),
            models.CheckConstraint(
                name="lead_probability_is_per_cent",
                condition=Q(probability_manual__isnull=True)
                | Q(probability_manual__gte=0, probability_manual__lte=100),
                violation_error_message=_("A probability is between 0 and 100."),
            ),
            models.CheckConstraint(
                name="lead_stars_up_to_three",
                condition=Q(stars_manual__isnull=True) | Q(stars_manual__lte=3),
                violation_error_message=_("A priority is between 0 and 3 stars."),
            ),
        ]
        indexes = INDEXES

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The lead's page."""
        return reverse("lead", args=[self.pk])

    def set_keys(self) -> None:
        """Fold names, custom texts, e-mail and phone; called before every insert and save."""
        from django.conf import settings

        self.title_key = text_key(self.title, 600)
        self.contact_name_key = text_key(self.contact_name, 450)
        self.company_name_key = text_key(self.company_name, 600)
        self.contact_name_alike = person_alike(self.contact_name) if self.contact_name else ""
        self.company_name_alike = company_alike(self.company_name) if self.company_name else ""
        self.custom_keys = custom_keys(self.custom or {})
        self.email_key = email_key(self.email) if self.email else ""
        self.domain_key = own_domain(self.email_key) if self.email_key else ""
        self.phone_key = phone_key(self.phone, settings.DEFAULT_COUNTRY) if self.phone else ""
