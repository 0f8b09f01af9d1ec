"""The fields of a lead as form fields, and the forms that move and close it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.forms import AmountField, DateInput, Styled, style
from crm.customforms import YES_NO, custom_field, yes_no
from crm.models import Company, CustomField, User
from pipeline.models import Lead, LostReason, Stage
from pipeline.services.moves import is_empty
from pipeline.stepforms import DayField

#: The fields of a lead's form, by the part of the form that they stand in.
PARTS: dict[str, tuple[str, ...]] = {
    "main": ("title", "company", "expected_revenue", "currency", "expected_close"),
    "who": ("contact_name", "email", "phone"),
    "work": ("owner", "team", "stars_manual", "tags", "collaborators"),
    "what": ("product", "recurring_revenue", "recurring_plan", "description"),
    "need": (
        "budget_confirmed",
        "budget_amount",
        "decision_maker_known",
        "timeframe",
        "company_fit",
        "pain",
    ),
    "forecast": ("probability_manual", "forecast_category"),
    "origin": ("source", "medium", "campaign"),
}
STARS = [("", _("By points")), (0, _("None")), (1, "★"), (2, "★★"), (3, "★★★")]


def lead_field(name: str, *, user: User, required: bool = False) -> forms.Field:
    """The form field for a field of a lead; choices hold what `user` may see."""
    field = Lead._meta.get_field(name)
    label = str(field.verbose_name).capitalize()  # type: ignore[union-attr]
    common: dict[str, Any] = {"label": label, "required": required}
    if name == "company":
        widget = forms.TextInput(
            attrs={
                "list": "companies",
                "autocomplete": "off",
                "hx-get": reverse("company-suggest"),
                "hx-trigger": "input changed delay:200ms",
                "hx-target": "#companies",
                "hx-sync": "this:replace",
            }
        )
        return forms.CharField(max_length=200, widget=widget, **common)
    if name == "stars_manual":
        common["label"] = _("Priority")
        return forms.TypedChoiceField(choices=STARS, coerce=int, empty_value=None, **common)
    if isinstance(field, models.BooleanField):
        return forms.TypedChoiceField(choices=YES_NO, coerce=yes_no, empty_value=None, **common)
    if name.endswith(("_revenue", "_amount")):
        return AmountField(max_digits=15, decimal_places=2, min_value=Decimal(0), **common)
    if isinstance(field, models.DateField):
        return forms.DateField(widget=DateInput(), **common)
    if field.is_relation:
        related: Any = field.related_model
        records = _choices(related, user)
        if field.many_to_many:
            return forms.ModelMultipleChoiceField(
                records, widget=forms.CheckboxSelectMultiple(), **common
            )
        return forms.ModelChoiceField(records, empty_label=_("None"), **common)
    made: Any = field.formfield(required=required)  # type: ignore[union-attr]
    if isinstance(made.widget, forms.Textarea):
        made.widget.attrs["rows"] = 3
    return made  # type: ignore[no-any-return]


def _choices(model: type[models.Model], user: User) -> models.QuerySet[Any]:
    records: Any = model._default_manager.all()
    if hasattr(records, "visible_to"):
        records = records.visible_to(user)
    if model is User:
        return records.active()  # type: ignore[no-any-return]
    if hasattr(model, "is_active"):
        records = records.filter(is_active=True)
    return records  # type: ignore[no-any-return]


class MoveForm(Styled):
    """Where a lead goes; asks for what the stage requires and the lead does not have."""

    stage = forms.ModelChoiceField(
        Stage.objects.none(), label=_("Stage"), empty_label=None, widget=forms.RadioSelect
    )
    place = forms.ChoiceField(
        label=_("Place"),
        choices=[("top", _("At the top")), ("bottom", _("At the bottom"))],
        widget=forms.RadioSelect,
        initial="top",
        required=False,
    )
    above = forms.IntegerField(widget=forms.HiddenInput, required=False)
    below = forms.IntegerField(widget=forms.HiddenInput, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    elsewhere = forms.BooleanField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        user: User,
        lead: Lead,
        wanted: str = "",
        elsewhere: bool = False,
    ) -> None:
        initial = {"stage": wanted or lead.stage_id, "version": lead.version}
        super().__init__(data, initial={**initial, "elsewhere": elsewhere})
        stages = Stage.objects.active().visible_to(user).for_team(lead.team_id)
        if elsewhere or self.data.get("elsewhere") == "True":
            stages = stages.filter(pipeline__is_active=True).exclude(pipeline=lead.pipeline_id)
            stages = stages.select_related("pipeline").order_by(
                "pipeline__sequence", "pipeline", "sequence", "id"
            )
            self.fields["stage"].label_from_instance = (  # type: ignore[attr-defined]
                lambda stage: f"{stage.pipeline.name} · {stage.name}"
            )
        else:
            stages = stages.filter(pipeline=lead.pipeline_id).in_order()
        stage = self.fields["stage"]
        assert isinstance(stage, forms.ModelChoiceField)  # noqa: S101
        stage.queryset = stages
        chosen = str(self.data.get("stage") or wanted)
        target = next((item for item in stages if str(item.pk) == chosen), None)
        if lead.stage.criterion_required and lead.status == Lead.Status.OPEN:
            label = lead.stage.exit_criterion or lead.stage.name
            field = forms.BooleanField(label=_("Exit criterion met: %s") % label, required=False)
            style(field)
            self.fields["criterion"] = field
        self.asked = [] if target is None else missing_fields(lead, target)
        customs = definitions_of(self.asked)
        for name in self.asked:
            if name in customs:
                asked = custom_field(customs[name], user=user, required=True)
            else:
                asked = lead_field(name, user=user, required=True)
            style(asked)
            self.fields[name] = asked
        self.user = user

    def asked_fields(self) -> list[forms.BoundField]:
        """The fields that the stage asks for."""
        return [self[name] for name in self.asked]

    def values(self) -> dict[str, Any]:
        """What the stage asked for, as services take it."""
        values = {}
        for name in self.asked:
            value: Any = self.cleaned_data[name]
            if name == "company":
                found = Company.objects.visible_to(self.user).active().named(value).first()
                values[name] = found
            elif isinstance(self.fields[name], forms.ModelMultipleChoiceField):
                values[name] = [record.pk for record in value]
            else:
                values[name] = value
        return values


def missing_fields(lead: Lead, stage: Stage) -> list[str]:
    """Which fields `stage` requires and `lead` does not have."""
    if lead.stage_id == stage.pk:
        return []
    known = {name for part in PARTS.values() for name in part}
    known |= definitions_of(stage.required_fields).keys()
    return [name for name in stage.required_fields if name in known and is_empty(lead, name)]


def definitions_of(names: Iterable[str]) -> dict[str, CustomField]:
    """The custom fields in use among `names`, as stages name them."""
    keys = [name.removeprefix("custom.") for name in names if name.startswith("custom.")]
    if not keys:
        return {}
    found = CustomField.objects.filter(subject="pipeline.lead", is_active=True, key__in=keys)
    return {f"custom.{definition.key}": definition for definition in found}


class LoseForm(Styled):
    """Why a lead is lost."""

    reason = forms.ModelChoiceField(
        LostReason.objects.filter(is_active=True),
        label=_("Lost reason"),
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say why the lead is lost.")},
    )
    note = forms.CharField(
        label=_("Why exactly"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    again_on = DayField(
        label=_("Contact again on"),
        required=False,
        help_text=_("A follow-up is planned on that day; empty for none."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
