"""The ways that leads go: pipelines, their stages, and why leads are lost."""

from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.folding import text_key
from core.models import Link, Tracked
from crm.models import Team
from pipeline.querysets import PipelineQuerySet, StageQuerySet


class Pipeline(Tracked):
    """A way of selling with its own stages."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    sequence = models.PositiveSmallIntegerField(_("order"), default=10)
    currency = models.CharField(
        _("currency"), max_length=3, blank=True, help_text=_("Empty: that of the organisation.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    teams = models.ManyToManyField(
        Team,
        through="PipelineTeam",
        related_name="pipelines",
        blank=True,
        verbose_name=_("teams that work it"),
        help_text=_("Empty: every team."),
    )

    objects = models.Manager.from_queryset(PipelineQuerySet)()  # type: ignore[misc]

    class Meta(Tracked.Meta):
        verbose_name = _("pipeline")
        verbose_name_plural = _("pipelines")
        ordering = ["sequence", "id"]

    def __str__(self) -> str:
        return self.name


class PipelineTeam(Link):
    """A team that works a pipeline."""

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, models.CASCADE, related_name="+")

    ledger_parent, ledger_child, ledger_field = "pipeline", "team", "teams"

    class Meta(Link.Meta):
        constraints = [
            models.UniqueConstraint(fields=["pipeline", "team"], name="pipeline_team_once")
        ]

    def __str__(self) -> str:
        return f"{self.pipeline_id} · {self.team_id}"


class Stage(Tracked):
    """A step of a pipeline: what it is to reach, in how many days, and how one leaves it."""

    class Kind(models.TextChoices):
        """What standing in the stage means."""

        OPEN = "open", _("Open")
        WON = "won", _("Won")

    pipeline = models.ForeignKey(
        Pipeline, models.PROTECT, related_name="stages", verbose_name=_("pipeline")
    )
    name = models.CharField(_("name"), max_length=100)
    name_key = models.CharField(max_length=300, editable=False)
    sequence = models.PositiveSmallIntegerField(_("order"), default=10)
    kind = models.CharField(_("kind"), max_length=4, choices=Kind, default=Kind.OPEN)
    objective = models.CharField(_("objective"), max_length=300, blank=True)
    exit_criterion = models.CharField(_("exit criterion"), max_length=300, blank=True)
    criterion_required = models.BooleanField(
        _("exit criterion is required"),
        default=False,
        help_text=_("A lead moves on only when the criterion is ticked."),
    )
    days_min = models.PositiveSmallIntegerField(_("expected days, from"), null=True, blank=True)
    days_max = models.PositiveSmallIntegerField(_("expected days, to"), null=True, blank=True)
    required_fields = models.JSONField(
        _("fields required to enter"),
        default=list,
        blank=True,
        help_text=_('Names of lead fields, such as ["expected_revenue", "expected_close"].'),
    )
    probability = models.PositiveSmallIntegerField(
        _("probability (%)"),
        default=0,
        validators=[MaxValueValidator(100)],
        help_text=_("Used until the prediction has learned from closed leads."),
    )
    limit_count = models.PositiveIntegerField(
        _("leads at most"),
        null=True,
        blank=True,
        help_text=_("The board warns above it; nothing is blocked."),
    )
    limit_amount = models.DecimalField(
        _("sum at most"), max_digits=15, decimal_places=2, null=True, blank=True
    )
    colour = models.CharField(_("colour"), max_length=7, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    teams = models.ManyToManyField(
        Team,
        through="StageTeam",
        related_name="stages",
        blank=True,
        verbose_name=_("only for teams"),
        help_text=_("Empty: shared by all teams of the pipeline."),
    )

    ledger_machine = {"name_key": "pipeline.models.stages"}
    objects = models.Manager.from_queryset(StageQuerySet)()  # type: ignore[misc]

    class Meta(Tracked.Meta):
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        ordering = ["pipeline__sequence", "pipeline", "sequence", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["pipeline", "name_key"],
                name="stage_name_once_per_pipeline",
                violation_error_message=_("This pipeline has a stage of that name."),
            ),
            models.CheckConstraint(
                name="stage_days_in_order",
                condition=Q(days_min__isnull=True)
                | Q(days_max__isnull=True)
                | Q(days_max__gte=F("days_min")),
                violation_error_message=_("Expected days: the first number is above the second."),
            ),
            models.CheckConstraint(
                name="stage_probability_is_per_cent",
                condition=Q(probability__lte=100),
                violation_error_message=_("A probability is between 0 and 100."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_won(self) -> bool:
        """Whether a lead that stands here is won."""
        return self.kind == Stage.Kind.WON

    def set_keys(self) -> None:
        """Fold the name; called before every insert and save."""
        self.name_key = text_key(self.name, 300)


class StageTeam(Link):
    """A team that a stage is limited to."""

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, models.CASCADE, related_name="+")

    ledger_parent, ledger_child, ledger_field = "stage", "team", "teams"

    class Meta(Link.Meta):
        constraints = [models.UniqueConstraint(fields=["stage", "team"], name="stage_team_once")]

    def __str__(self) -> str:
        return f"{self.stage_id} · {self.team_id}"


class LostReason(Tracked):
    """Why a lead was lost."""

    name = models.CharField(_("name"), max_length=100)
    name_key = models.CharField(max_length=300, unique=True, editable=False)
    sequence = models.PositiveSmallIntegerField(_("order"), default=10)
    is_active = models.BooleanField(_("active"), default=True)

    ledger_machine = {"name_key": "pipeline.models.stages"}

    class Meta(Tracked.Meta):
        verbose_name = _("lost reason")
        verbose_name_plural = _("lost reasons")
        ordering = ["sequence", "id"]

    def __str__(self) -> str:
        return self.name

    def set_keys(self) -> None:
        """Fold the name; called before every insert and save."""
        self.name_key = text_key(self.name, 300)


class CriterionTick(Tracked):
    """The exit criterion of a stage, met by a lead."""

    lead = models.ForeignKey(
        "pipeline.Lead", models.CASCADE, related_name="criterion_ticks", db_index=False
    )
    stage = models.ForeignKey(Stage, models.CASCADE, related_name="+")
    at = models.DateTimeField(_("at"))

    class Meta(Tracked.Meta):
        verbose_name = _("criterion met")
        verbose_name_plural = _("criteria met")
        constraints = [
            models.UniqueConstraint(fields=["lead", "stage"], name="criterion_tick_once")
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} ✓ {self.stage_id}"
