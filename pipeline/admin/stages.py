"""Pipelines with their stages, stages in full, lost reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.admin.bases import ConfigurationAdmin, ConfigurationForm
from core.admin.fields import ColourField, CurrencyField, label_of
from core.errors import Refused
from core.folding import fold
from crm.models import Team, User
from pipeline.models import Lead, LostReason, Pipeline, Stage
from pipeline.services.configuration import (
    askable_fields,
    delete_pipeline,
    refuse_pipeline_in_use,
)

if TYPE_CHECKING:
    TabularInline = admin.TabularInline[Any, Any]
    InlineFormSet = BaseInlineFormSet[Any, Any, Any]
else:
    TabularInline, InlineFormSet = admin.TabularInline, BaseInlineFormSet


class RequiredFieldsField(forms.MultipleChoiceField):
    """Names of lead fields, ticked."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault("widget", forms.CheckboxSelectMultiple)
        super().__init__(choices=lambda: list(askable_fields().items()), **options)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """The order of names means nothing."""
        return set(initial or []) != set(data or [])


class TeamsForm(ConfigurationForm):
    """A form of a record that may be limited to teams. The set is logged as one change."""

    limited_to = forms.ModelMultipleChoiceField(
        Team.objects.all(), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self._meta.model._meta.get_field("teams")
        if "limited_to" in self.fields:
            chosen: Any = self.fields["limited_to"]
            chosen.label = label_of(self._meta.model, "teams")
            chosen.help_text = field.help_text
            if self.instance.pk:
                chosen.initial = list(self.instance.teams.values_list("pk", flat=True))

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]
        if "limited_to" in self.cleaned_data:
            self.instance.teams.set(self.cleaned_data["limited_to"])


class StageForm(TeamsForm):
    """A stage with all that it means."""

    colour = ColourField(label=label_of(Stage, "colour"))
    required_fields = RequiredFieldsField(
        label=label_of(Stage, "required_fields"),
        help_text=gettext_lazy("A lead is asked for these when it enters the stage."),
    )

    class Meta:
        model = Stage
        fields = (
            "pipeline",
            "name",
            "sequence",
            "kind",
            "objective",
            "exit_criterion",
            "criterion_required",
            "days_min",
            "days_max",
            "required_fields",
            "probability",
            "limit_count",
            "limit_amount",
            "colour",
            "is_active",
        )


class StageRowForm(ConfigurationForm):
    """What of a stage is set among its neighbours; the rest is on its own page."""

    class Meta:
        model = Stage
        fields = ("name", "sequence", "kind", "probability", "days_min", "days_max", "is_active")

    def check(self) -> None:
        """A new pipeline has no key yet: its stages are checked among themselves."""
        if self.instance.pipeline_id is not None:
            super().check()


class StageFormSet(InlineFormSet):
    """The stages of a pipeline: names once, and one open stage at least."""

    def clean(self) -> None:
        """Check the rows against each other."""
        super().clean()
        names: set[str] = set()
        first = False
        for form in self.forms:
            values = getattr(form, "cleaned_data", None)
            if not values or not values.get("name"):
                continue
            key = fold(values["name"])
            if key in names:
                form.add_error("name", _("This pipeline has a stage of that name."))
            names.add(key)
            first |= bool(values.get("is_active")) and values.get("kind") == Stage.Kind.OPEN
        if not first and not any(self.errors):
            raise forms.ValidationError(_("A pipeline needs at least one open stage."))


class StageInline(TabularInline):
    """The stages in their order: by number, or by dragging the rows."""

    model = Stage
    form = StageRowForm
    formset = StageFormSet
    fields = (
        "name",
        "sequence",
        "kind",
        "probability",
        "days_min",
        "days_max",
        "is_active",
        "expected_version",
    )
    ordering = ("sequence", "id")
    can_delete = False
    show_change_link = True

    def get_extra(self, request: HttpRequest, obj: Any = None, **options: Any) -> int:
        """A new pipeline starts with room for a first stage."""
        return 3 if obj is None else 1


class PipelineForm(TeamsForm):
    """A pipeline and who works it."""

    currency = CurrencyField(
        label=label_of(Pipeline, "currency"),
        required=False,
        help_text=Pipeline._meta.get_field("currency").help_text,
    )

    class Meta:
        model = Pipeline
        fields = ("name", "currency", "sequence", "is_active")


@admin.register(Pipeline)
class PipelineAdmin(ConfigurationAdmin):
    """Ways of selling, each with its stages."""

    form = PipelineForm
    fields = ("name", "currency", "sequence", "is_active", "limited_to")
    list_display = ("name", "currency", "stage_count", "sequence", "is_active")
    list_editable = ("sequence",)
    inlines = (StageInline,)
    order_field = "sequence"
    ordered_inline = "stages"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Pipelines with the number of their stages."""
        pipelines: QuerySet[Any] = super().get_queryset(request)
        return pipelines.annotate(number=Count("stages"))  # type: ignore[no-any-return]

    @admin.display(description=gettext_lazy("stages"))
    def stage_count(self, pipeline: Any) -> int:
        """How many stages it has."""
        return int(pipeline.number)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """A pipeline goes with its stages, once no lead is in it."""
        pipelines = list(objs)
        stages = list(Stage.objects.filter(pipeline__in=pipelines).in_order())
        protected = []
        for pipeline in pipelines:
            try:
                refuse_pipeline_in_use(pipeline)
            except Refused as refusal:
                protected.append(refusal.message)
        counted = {
            str(self.opts.verbose_name_plural): len(pipelines),
            str(Stage._meta.verbose_name_plural): len(stages),
        }
        return [*map(str, pipelines), [str(stage) for stage in stages]], counted, set(), protected

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete it with its stages."""
        delete_pipeline(pipeline=obj.pk, by=_user(request))

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Delete several with their stages."""
        for pipeline in queryset:
            delete_pipeline(pipeline=pipeline.pk, by=_user(request))


@admin.register(Stage)
class StageAdmin(ConfigurationAdmin):
    """Stages with their objective, criterion, days, and what they ask for."""

    form = StageForm
    fieldsets = (
        (None, {"fields": ("pipeline", "name", "kind", "sequence", "is_active", "colour")}),
        (
            gettext_lazy("What it is for"),
            {"fields": ("objective", "exit_criterion", "criterion_required")},
        ),
        (
            gettext_lazy("What is expected"),
            {
                "fields": (
                    ("days_min", "days_max"),
                    "probability",
                    "required_fields",
                    ("limit_count", "limit_amount"),
                )
            },
        ),
        (gettext_lazy("Who works it"), {"fields": ("limited_to",)}),
    )
    list_display = ("name", "pipeline", "kind", "days", "probability", "lead_count", "sequence")
    list_editable = ("sequence",)
    list_filter = ("pipeline", "kind", "is_active")
    list_select_related = ("pipeline",)
    search_fields = ("name", "objective")
    order_field = "sequence"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Stages with the number of leads that stand in them."""
        leads = Lead.objects.filter(stage=OuterRef("pk")).order_by().values("stage")
        counted = Subquery(leads.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
        stages: QuerySet[Any] = super().get_queryset(request)
        return stages.annotate(leads_here=Coalesce(counted, 0))  # type: ignore[no-any-return]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A stage stays in its pipeline."""
        return () if obj is None else ("pipeline",)

    @admin.display(description=gettext_lazy("expected days"))
    def days(self, stage: Stage) -> str:
        """From and to."""
        if stage.days_min is None and stage.days_max is None:
            return "–"
        return f"{stage.days_min or 0}–{'…' if stage.days_max is None else stage.days_max}"

    @admin.display(description=gettext_lazy("leads"), ordering="leads_here")
    def lead_count(self, stage: Any) -> int:
        """How many leads stand in it, archived ones too."""
        return int(stage.leads_here)


@admin.register(LostReason)
class LostReasonAdmin(ConfigurationAdmin):
    """Why leads are lost, in the order in which it is asked."""

    fields = ("name", "sequence", "is_active")
    list_display = ("name", "sequence", "is_active")
    list_editable = ("sequence",)
    list_filter = ("is_active",)
    search_fields = ("name",)
    order_field = "sequence"


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (the site lets nobody else in)
    return request.user
