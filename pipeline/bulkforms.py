"""Forms of what is done to several leads at once, on a board or a list.

Each is told the pipeline whose leads they are; None where they may be of several.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core.bulk import Row
from core.forms import Styled
from crm.models import CustomField, Tag, User
from pipeline.forms import LoseForm
from pipeline.leadforms import LeadFields
from pipeline.models import Pipeline, Stage

#: What is set on several leads at once, fields that belong together in one row. Owner and tags
#: have deeds of their own; a title or an e-mail address is that of one lead.
EDITED: dict[str, tuple[str, ...]] = {
    "expected_close": ("expected_close",),
    "amount": ("expected_revenue", "currency"),
    "priority": ("stars_manual",),
    "team": ("team",),
    "company": ("company",),
    "source": ("source",),
    "medium": ("medium",),
    "campaign": ("campaign",),
    "product": ("product",),
    "recurring": ("recurring_revenue", "recurring_plan"),
    "probability": ("probability_manual",),
    "forecast": ("forecast_category",),
    "collaborators": ("collaborators",),
    "budget": ("budget_confirmed", "budget_amount"),
    "decision": ("decision_maker_known",),
    "timeframe": ("timeframe",),
    "fit": ("company_fit",),
    "pain": ("pain",),
    "description": ("description",),
}


class BulkMoveForm(Styled):
    """The stage that leads go to."""

    stage = forms.ModelChoiceField(
        Stage.objects.none(), label=_("Stage"), empty_label=None, widget=forms.RadioSelect
    )

    def __init__(self, data: Any = None, *, user: User, pipeline: Pipeline | None) -> None:
        super().__init__(data)
        stages = Stage.objects.active().visible_to(user).filter(pipeline__is_active=True)
        if pipeline is not None:
            stages = stages.filter(pipeline=pipeline).in_order()
        else:
            stages = stages.select_related("pipeline").order_by(
                "pipeline__sequence", "pipeline", "sequence", "id"
            )
        field = self.fields["stage"]
        field.queryset = stages  # type: ignore[attr-defined]
        if pipeline is None and len({stage.pipeline_id for stage in stages}) > 1:
            field.label_from_instance = (  # type: ignore[attr-defined]
                lambda stage: f"{stage.pipeline.name} · {stage.name}"
            )


class BulkAssignForm(Styled):
    """Who the leads are given to."""

    owner = forms.ModelChoiceField(
        User.objects.active(), label=_("Owner"), required=False, empty_label=_("Nobody")
    )

    def __init__(self, data: Any = None, *, user: User, pipeline: Pipeline | None) -> None:
        super().__init__(data, initial={"owner": user})


class BulkTagForm(Styled):
    """Tags that are put on leads, and those that are taken off."""

    add = forms.ModelMultipleChoiceField(
        Tag.objects.all(),
        label=_("Add tags"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    remove = forms.ModelMultipleChoiceField(
        Tag.objects.all(),
        label=_("Take tags off"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: Any = None, *, user: User, pipeline: Pipeline | None) -> None:
        super().__init__(data)


class BulkLoseForm(LoseForm):
    """Why the leads are lost."""

    def __init__(self, data: Any = None, *, user: User, pipeline: Pipeline | None) -> None:
        super().__init__(data)


class BulkSureForm(Styled):
    """Nothing is asked but to be sure."""

    def __init__(self, data: Any = None, *, user: User, pipeline: Pipeline | None) -> None:
        super().__init__(data)


class BulkEditForm(LeadFields):
    """Fields that get the same value on several leads: those that are ticked, also if empty."""

    def __init__(self, data: Any = None, *, user: User, pipeline: Pipeline | None) -> None:
        self.user, self.lead = user, None
        super().__init__(data, auto_id="bulk_%s")
        customs = list(CustomField.objects.filter(subject="pipeline.lead", is_active=True))
        self.add_fields([name for names in EDITED.values() for name in names], customs)
        self.fields["currency"].initial = ""
        self.parts = {**EDITED, **{f"custom.{one.key}": (f"custom.{one.key}",) for one in customs}}
        sent = self.data.getlist("set") if hasattr(self.data, "getlist") else []
        self.ticked = [name for name in self.parts if name in sent]

    def clean(self) -> dict[str, Any]:
        """What is not ticked is not looked at."""
        chosen = set(self.handed_on())
        for name in [name for name in self.errors if name not in chosen]:
            del self.errors[name]
        if not self.ticked:
            raise forms.ValidationError(_("Tick what is to be changed."))
        return self.cleaned_data

    def handed_on(self) -> list[str]:
        """The fields of the parts that are ticked; an amount keeps its currency if none is told."""
        names = [name for part in self.ticked for name in self.parts[part]]
        if "currency" in names and not self.data.get("currency"):
            names.remove("currency")
        return names

    def rows(self) -> list[Row]:
        """The parts of the form."""
        return [
            Row(name, self._label(name, fields), self._bound(fields), name in self.ticked)
            for name, fields in self.parts.items()
        ]

    def _bound(self, fields: tuple[str, ...]) -> list[forms.BoundField]:
        more = ["make_company"] if "company" in fields else []
        return [self[name] for name in (*fields, *more)]

    def _label(self, name: str, fields: tuple[str, ...]) -> str:
        words = {
            "amount": _now("Amount"),
            "recurring": _now("Recurring"),
            "budget": _now("Budget"),
        }
        return words.get(name) or str(self.fields[fields[0]].label)
