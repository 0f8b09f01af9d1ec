"""The setting page of custom fields. It stands on this floor because stages ask for them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from core.admin.fields import label_of
from core.optionrows import OptionRowsField
from core.settingpages import Column, SettingForm, SettingPage
from crm.customwords import RECORDS
from crm.models import CustomField
from crm.services.customfields import records_with
from pipeline.models import Stage
from pipeline.services.configuration import asking_stages
from pipeline.services.customfields import CHOICES, remove_custom_field, save_custom_field


class CustomFieldForm(SettingForm):
    """A custom field. What values hang on, its place and its type, is fixed once it is made."""

    options = OptionRowsField(
        label=label_of(CustomField, "options"),
        required=False,
        help_text=_("Renaming a choice keeps it on the records that have it."),
    )
    stages = forms.ModelMultipleChoiceField(
        Stage.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("Required in the stages"),
        help_text=_("A lead is asked for it when it enters one of them."),
    )
    take_off = forms.BooleanField(
        required=False,
        widget=forms.HiddenInput,
        label=_("Take the removed choices off the records that have them"),
    )
    field_order = ("subject", "type", "label", "help_text", "options", "take_off", "stages")

    class Meta:
        model = CustomField
        fields = ("subject", "type", "label", "help_text", "options", "on_cards", "is_active")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        stages: Any = self.fields["stages"]
        stages.queryset = (
            Stage.objects.active()
            .select_related("pipeline")
            .order_by("pipeline__sequence", "pipeline", "sequence", "pk")
        )
        stages.label_from_instance = lambda stage: f"{stage.pipeline.name} · {stage.name}"
        if not self.instance.pk:
            self.initial = {
                "subject": CustomField.Subject.LEAD,
                "type": CustomField.Type.TEXT,
                **{name: value for name, value in self.initial.items() if value},
            }
            return
        self.fields["subject"].disabled = self.fields["type"].disabled = True
        stages.initial = [stage.pk for stage in asking_stages(self.instance)]
        if self.instance.subject != CustomField.Subject.LEAD:
            del self.fields["stages"], self.fields["on_cards"]
        elif self.instance.type in RECORDS:
            del self.fields["on_cards"]
        if self.instance.type not in CHOICES:
            del self.fields["options"], self.fields["take_off"]

    def clean(self) -> dict[str, Any]:
        """Ask before choices go that records have."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.instance.pk and cleaned.get("type") not in CHOICES:
            cleaned["options"] = []
        before = CustomField.objects.filter(pk=self.instance.pk).first()
        if before is None or "options" not in cleaned:
            return cleaned
        kept = {option["id"] for option in cleaned["options"]}
        gone = {one["id"]: one["label"] for one in before.options if one["id"] not in kept}
        count = records_with(before, gone).count() if gone else 0
        if count and not cleaned.get("take_off"):
            self.fields["take_off"].widget = forms.CheckboxInput(
                attrs={"class": "form-check-input"}
            )
            words = ngettext(
                "%(count)s record has %(choices)s. Tick below to take it off, or put it back.",
                "%(count)s records have %(choices)s. Tick below to take it off, or put it back.",
                count,
            )
            names = ", ".join(f"“{label}”" for label in gone.values())
            self.add_error("options", words % {"count": count, "choices": names})
        return cleaned

    def _post_clean(self) -> None:
        """Nothing: the service checks the record."""

    def values(self) -> dict[str, Any]:
        """What was entered; the rest of the form says what is done beside."""
        found = super().values()
        fixed = {"subject", "type"} if self.instance.pk else set()
        return {n: v for n, v in found.items() if n not in {"stages", "take_off", *fixed}}


def _save(pk: int | None, form: Any, by: Any) -> CustomField:
    cleaned = form.cleaned_data
    return save_custom_field(
        field=pk,
        values=form.values(),
        stages=[stage.pk for stage in cleaned.get("stages") or ()],
        takes_off=bool(cleaned.get("take_off")),
        by=by,
        expected_version=cleaned["version"],
    )


def _goes(field: CustomField) -> str:
    count = records_with(field).count()
    if not count:
        return ""
    words = ngettext(
        "%(count)s record has a value of it, which goes too. Put it out of use to keep it.",
        "%(count)s records have a value of it, which go too. Put it out of use to keep them.",
        count,
    )
    return words % {"count": count}


def _details(field: CustomField) -> str:
    """The choices of a field."""
    return ", ".join(str(option["label"]) for option in field.options or [])


def _asked(field: CustomField) -> str:
    return ", ".join(stage.name for stage in asking_stages(field))


CUSTOM_FIELDS = SettingPage(
    "custom-fields",
    _("Custom fields"),
    "adjustments-horizontal",
    _("What you want to know of leads, contacts and companies beside what is there."),
    "crm.CustomField",
    CustomFieldForm,
    25,
    (
        Column(_("Type"), lambda field: field.get_type_display()),
        Column(_("Choices"), _details),
        Column(_("Required in the stages"), _asked),
    ),
    lambda: CustomField.objects.order_by("-subject", "sequence", "pk"),
    group=lambda field: gettext("On: %s") % field.get_subject_display(),
    ordered=True,
    save=_save,
    remove=lambda field, by: remove_custom_field(field=field, by=by),
    goes=_goes,
    words=(
        "properties",
        "attributes",
        "columns",
        "data fields",
        "champs personnalisés",
        "propriétés",
        "attributs",
    ),
)
