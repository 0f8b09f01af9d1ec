"""The settings of the pipeline: pipelines, stages, lost reasons, kinds of activities."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Count, QuerySet
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from core.admin.fields import ColourField, CurrencyField, label_of
from core.money import format_number
from core.settingpages import Column, SettingForm, SettingPage, Successor, register
from core.templatetags.relance import percent_text
from crm.models import Team
from pipeline.currencies import currency_of
from pipeline.customfieldpage import CUSTOM_FIELDS
from pipeline.models import ActivityType, Lead, LostReason, Pipeline, Plan, PlanStep, Stage
from pipeline.services.configuration import askable_fields
from pipeline.services.plans import days_of
from pipeline.services.stages import remove_stage
from pipeline.words import expected_days

#: Fewer open stages tell too little, more are not kept up: a warning, nothing is blocked.
FEW, MANY = 4, 7


class _ForTeams(SettingForm):
    """A record that may be limited to teams."""

    teams = forms.ModelMultipleChoiceField(
        Team.objects.all(), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        model: Any = self._meta.model
        chosen: Any = self.fields["teams"]
        chosen.label = label_of(model, "teams")
        chosen.help_text = model._meta.get_field("teams").help_text
        if self.instance.pk:
            chosen.initial = list(self.instance.teams.values_list("pk", flat=True))


class PipelineForm(_ForTeams):
    """A pipeline."""

    currency = CurrencyField(
        label=label_of(Pipeline, "currency"),
        required=False,
        help_text=Pipeline._meta.get_field("currency").help_text,
    )

    class Meta:
        model = Pipeline
        fields = ("name", "currency", "is_active")


class StageForm(_ForTeams):
    """A stage."""

    colour = ColourField(label=label_of(Stage, "colour"))
    required_fields = forms.MultipleChoiceField(
        choices=lambda: list(askable_fields().items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=label_of(Stage, "required_fields"),
        help_text=_("A lead is asked for these when it enters the stage."),
    )
    field_order = ("pipeline", "name", "kind", "objective", "exit_criterion")

    class Meta:
        model = Stage
        fields = (
            "pipeline",
            "name",
            "kind",
            "objective",
            "exit_criterion",
            "criterion_required",
            "days_min",
            "days_max",
            "probability",
            "limit_count",
            "limit_amount",
            "is_active",
        )


class LostReasonForm(SettingForm):
    """Why leads are lost."""

    class Meta:
        model = LostReason
        fields = ("name", "is_active")


class ActivityTypeForm(SettingForm):
    """A kind of activity, and what usually comes after it."""

    class Meta:
        model = ActivityType
        fields = (
            "name",
            "default_summary",
            "default_days",
            "counted_from",
            "next_type",
            "chaining",
            "is_active",
        )


class PlanForm(SettingForm):
    """Steps that usually go together."""

    class Meta:
        model = Plan
        fields = ("name", "is_active")


class PlanStepForm(SettingForm):
    """A step of a plan."""

    class Meta:
        model = PlanStep
        fields = ("plan", "type", "summary", "days", "who")


def order_in_plan(step: PlanStep) -> Sequence[int]:
    """The steps of a plan with a new one behind them."""
    others = PlanStep.objects.filter(plan=step.plan_id).exclude(pk=step.pk)
    return [*others.order_by("sequence", "pk").values_list("pk", flat=True), step.pk]


def stages_in_order() -> QuerySet[Any]:
    """The stages by pipeline, each with how many leads stand in it (`held`)."""
    stages: QuerySet[Any] = Stage.objects.select_related("pipeline").annotate(held=Count("leads"))
    return stages.order_by("pipeline__sequence", "pipeline", "sequence", "pk")


def order_with_stage(stage: Stage) -> list[int]:
    """The stages of a pipeline in order with a new one: behind the open ones, before the won."""
    others = Stage.objects.filter(pipeline=stage.pipeline_id).exclude(pk=stage.pk)
    rows = list(others.in_order().values_list("pk", "kind"))
    before = [key for key, kind in rows if stage.is_won or kind != Stage.Kind.WON]
    return [*before, stage.pk, *(key for key, _kind in rows if key not in before)]


def warn_of_stages(stages: Sequence[Stage]) -> str:
    """What is odd about the stages of a pipeline."""
    count = sum(stage.is_active and not stage.is_won for stage in stages)
    if FEW <= count <= MANY:
        return ""
    text = ngettext(
        "%(n)s open stage. A pipeline works best with %(few)s to %(many)s.",
        "%(n)s open stages. A pipeline works best with %(few)s to %(many)s.",
        count,
    )
    return text % {"n": count, "few": FEW, "many": MANY}


def _probability(stage: Stage) -> str:
    return percent_text(Decimal(stage.probability))


def _number(value: int) -> str:
    return format_number(value, get_language() or "en")


def _heirs(stage: Stage) -> QuerySet[Any]:
    others: Any = Stage.objects.active().filter(pipeline=stage.pipeline_id).exclude(pk=stage.pk)
    found: QuerySet[Any] = others.in_order()
    return found


def register_pages() -> None:
    """Show these among the settings."""
    register(
        CUSTOM_FIELDS,
        SettingPage(
            "pipelines",
            _("Pipelines"),
            "layout-kanban",
            _("Ways of selling, each with stages of its own."),
            "pipeline.Pipeline",
            PipelineForm,
            10,
            (
                Column(_("Currency"), currency_of),
                Column(_("Stages"), lambda pipeline: _number(pipeline.held), is_number=True),
            ),
            lambda: Pipeline.objects.annotate(held=Count("stages")).order_by("sequence", "pk"),
            ordered=True,
            words=(
                *("boards", "sales process", "funnel", "deal pipelines"),
                *("processus de vente", "tableaux", "entonnoir"),
            ),
        ),
        SettingPage(
            "stages",
            _("Stages"),
            "columns",
            _("The columns of a board: what each is to reach, in how many days, what it asks."),
            "pipeline.Stage",
            StageForm,
            11,
            (
                Column(_("Kind"), lambda stage: stage.get_kind_display()),
                Column(_("Probability"), _probability, is_number=True),
                Column(_("Expected"), expected_days),
                Column(_("Leads"), lambda stage: _number(stage.held), is_number=True),
            ),
            stages_in_order,
            group=lambda stage: stage.pipeline,
            warn=warn_of_stages,
            ordered=True,
            place=order_with_stage,
            successor=Successor(
                _heirs,
                lambda stage: Lead.objects.filter(stage=stage).count(),
                _("Where do its leads go?"),
                remove_stage,
            ),
            words=(
                *("columns", "steps", "deal stages", "exit criterion", "objective"),
                *("étapes", "colonnes", "critère de sortie", "but", "phases"),
            ),
        ),
        SettingPage(
            "lost-reasons",
            _("Lost reasons"),
            "x",
            _("Why leads are lost, in the order in which it is asked."),
            "pipeline.LostReason",
            LostReasonForm,
            20,
            ordered=True,
            words=(
                *("why lost", "loss reasons", "closed lost"),
                *("motif de perte", "raisons de perte", "opportunités perdues"),
            ),
        ),
        SettingPage(
            "activity-types",
            _("Activity types"),
            "calendar-event",
            _("Kinds of next steps: when they are usually due, and what comes after them."),
            "pipeline.ActivityType",
            ActivityTypeForm,
            21,
            (
                Column(
                    _("Due"),
                    lambda kind: gettext("in %(days)s d") % {"days": _number(kind.default_days)},
                    is_number=True,
                ),
                Column(_("What comes next"), lambda kind: str(kind.next_type or "")),
            ),
            lambda: ActivityType.objects.select_related("next_type").order_by("sequence", "pk"),
            ordered=True,
            words=(
                *("tasks", "next step", "calls", "meetings"),
                *("tâches", "prochaine action", "appels", "types d’activité", "relances"),
            ),
        ),
        SettingPage(
            "plans",
            _("Plans"),
            "list",
            _("Steps that go together, launched at once on a lead."),
            "pipeline.Plan",
            PlanForm,
            22,
            (Column(_("Steps"), lambda plan: _number(plan.steps__count), is_number=True),),
            lambda: Plan.objects.annotate(Count("steps")).order_by("sequence", "pk"),
            ordered=True,
            words=("sequences", "cadences", "séquences", "plans d’action"),
        ),
        SettingPage(
            "plan-steps",
            _("Steps of plans"),
            "checkbox",
            _("What a plan consists of: the type, the day after the launch, for whom."),
            "pipeline.PlanStep",
            PlanStepForm,
            23,
            (
                Column(
                    _("Due"),
                    lambda step: gettext("in %(days)s d") % {"days": _number(days_of(step))},
                    is_number=True,
                ),
                Column(_("For whom"), lambda step: step.get_who_display()),
            ),
            lambda: PlanStep.objects.select_related("plan", "type").order_by(
                "plan__sequence", "plan", "sequence", "pk"
            ),
            group=lambda step: step.plan,
            ordered=True,
            place=order_in_plan,
            words=("sequences", "cadences", "séquences"),
        ),
    )
