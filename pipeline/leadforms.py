"""Forms that fill a lead: all of it, or one fact in its place. They check; services write."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from core.forms import Styled, style
from crm.customforms import custom_field, custom_initial
from crm.models import Company, CustomField, User
from pipeline.currencies import currency_of
from pipeline.forms import PARTS, lead_field
from pipeline.models import Lead, Stage

#: What one edits together where it stands, by the name that addresses give it.
FACTS: dict[str, tuple[str, ...]] = {
    "title": ("title",),
    "amount": ("expected_revenue", "currency"),
    "close": ("expected_close",),
    "tags": ("tags",),
    "company": ("company",),
    "captured": ("contact_name", "email", "phone"),
    "recurring": ("recurring_revenue", "recurring_plan"),
    "probability": ("probability_manual",),
    "forecast": ("forecast_category",),
    "owner": ("owner",),
    "team": ("team",),
    "collaborators": ("collaborators",),
    "product": ("product",),
    "source": ("source", "medium", "campaign"),
    "description": ("description",),
    "budget": ("budget_confirmed", "budget_amount"),
    "decision": ("decision_maker_known",),
    "timeframe": ("timeframe",),
    "pain": ("pain",),
    "fit": ("company_fit",),
}
#: What a new lead is asked at once; the rest is there on demand.
SHORT = frozenset(
    {
        *("title", "company", "make_company", "expected_revenue", "currency", "expected_close"),
        *("contact_name", "email", "phone", "owner", "team", "stage", "version", "__all__"),
    }
)
PRESENT = ("owner", "team", "product", "source", "medium", "campaign")


def initial_of(lead: Lead, names: Iterable[str]) -> dict[str, Any]:
    """What stands on a lead, as its form fields show it."""
    initial: dict[str, Any] = {}
    for name in names:
        field = Lead._meta.get_field(name)
        if field.many_to_many:
            initial[name] = [record.pk for record in getattr(lead, name).all()]
        elif name == "company":
            initial[name] = lead.company.name if lead.company else lead.company_name
        elif field.is_relation:
            initial[name] = getattr(lead, f"{name}_id")
        else:
            value = getattr(lead, name)
            initial[name] = str(value).lower() if isinstance(value, bool) else value
    return initial


class LeadFields(Styled):
    """A form with some of a lead's fields: only what was changed is handed on."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    user: User
    lead: Lead | None

    def add_fields(self, names: Iterable[str], customs: Iterable[CustomField]) -> None:
        """Put fields of a lead into the form."""
        for name in names:
            self.fields[name] = lead_field(name, user=self.user, required=name == "title")
            if name == "currency":
                self.fields[name].required = False
            if name == "company":
                self.fields["make_company"] = forms.BooleanField(
                    label=_("Add it to the companies if it is new"), required=False, initial=True
                )
        for definition in customs:
            present = self.lead.custom.get(definition.key) if self.lead is not None else None
            self.fields[f"custom.{definition.key}"] = custom_field(
                definition, user=self.user, present=present
            )
        self._keep_present()
        for field in self.fields.values():
            style(field)

    def _keep_present(self) -> None:
        """What the lead has stays choosable, also when it is out of use by now."""
        if self.lead is None:
            return
        for name in PRESENT:
            field, key = self.fields.get(name), getattr(self.lead, f"{name}_id")
            if isinstance(field, forms.ModelChoiceField) and key and field.queryset is not None:
                present = field.queryset.model._default_manager.filter(pk=key)
                field.queryset = (field.queryset.distinct() | present.distinct()).distinct()

    def use_version(self, version: int) -> None:
        """Take the lead as it is now for what the input is based on."""
        data = QueryDict(mutable=True)
        data.update(self.data)  # type: ignore[arg-type]
        data["version"] = str(version)
        self.data = data

    def handed_on(self) -> list[str]:
        """The names of the fields that are handed on."""
        return self.changed_data

    def values(self) -> dict[str, Any]:
        """What was changed, as services take it; of a company that is to be made, its name."""
        values: dict[str, Any] = {}
        custom: dict[str, Any] = {}
        for name in self.handed_on():
            value: Any = self.cleaned_data.get(name)
            if name in ("version", "stage", "make_company"):
                continue
            if name.startswith("custom."):
                custom[name.removeprefix("custom.")] = value if value != "" else None
            elif name == "company":
                values.update(self._company(value))
            elif isinstance(self.fields[name], forms.ModelMultipleChoiceField):
                values[name] = [record.pk for record in value]
            else:
                values[name] = value
        if custom:
            values["custom"] = custom
        return values

    def _company(self, name: str) -> dict[str, Any]:
        """A company that the person knows by that name, else the name as it was told."""
        found = None
        if name:
            found = Company.objects.visible_to(self.user).active().named(name).first()
        return {"company": found, "company_name": "" if found else name}

    @property
    def new_company(self) -> str:
        """The name of a company to make, or ""."""
        name = self.cleaned_data.get("company", "")
        wanted = self.cleaned_data.get("make_company") and "company" in self.handed_on()
        return name if wanted and name and self.values()["company"] is None else ""


class LeadForm(LeadFields):
    """A new lead, or an edit of one."""

    def __init__(
        self, data: Any = None, *, user: User, lead: Lead | None = None, stage: Stage | None = None
    ) -> None:
        self.user, self.lead = user, lead
        super().__init__(data, initial=self._initial(user, stage))
        self.custom = list(CustomField.objects.filter(subject="pipeline.lead", is_active=True))
        self.add_fields([name for names in PARTS.values() for name in names], self.custom)
        if lead is None:
            stages = Stage.objects.active().visible_to(user).select_related("pipeline")
            if stage is not None:
                stages = stages.filter(pipeline=stage.pipeline_id)
            self.fields["stage"] = forms.ModelChoiceField(
                stages.in_order(), label=_("Stage"), empty_label=None, required=False
            )
            style(self.fields["stage"])
        self.fields["title"].widget.attrs["autofocus"] = lead is None

    def _initial(self, user: User, stage: Stage | None) -> dict[str, Any]:
        if self.lead is None:
            currency = currency_of(stage.pipeline if stage else None)
            return {"owner": user.pk, "stage": stage.pk if stage else None, "currency": currency}
        names = [name for names in PARTS.values() for name in names]
        initial = {"version": self.lead.version, **initial_of(self.lead, names)}
        return {**initial, **custom_initial(self.lead.custom)}

    @property
    def opens_more(self) -> bool:
        """Whether what is asked less often is open: in an edit, and where something is wrong."""
        return self.lead is not None or any(name not in SHORT for name in self.errors)

    def parts(self) -> dict[str, list[forms.BoundField]]:
        """The fields by the part of the form that they stand in."""
        found = {part: [self[name] for name in names] for part, names in PARTS.items()}
        found["custom"] = [self[f"custom.{definition.key}"] for definition in self.custom]
        return found


class FactForm(LeadFields):
    """Fields of a lead that are edited where they stand: a fact of its page, a cell of a list."""

    def __init__(
        self,
        data: Any = None,
        *,
        user: User,
        lead: Lead,
        names: Iterable[str],
        definitions: Iterable[CustomField] = (),
        auto_id: str = "fact_%s",
    ) -> None:
        self.user, self.lead = user, lead
        names, definitions = list(names), list(definitions)
        initial = {"version": lead.version, **initial_of(lead, names)}
        kept = {one.key: lead.custom[one.key] for one in definitions if one.key in lead.custom}
        super().__init__(data, initial={**initial, **custom_initial(kept)}, auto_id=auto_id)
        self.add_fields(names, definitions)
        shown_fields = [name for name in self.fields if name != "version"]
        self.fields[shown_fields[0]].widget.attrs["autofocus"] = True
