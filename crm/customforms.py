"""Form fields for custom fields, on whatever record they are."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import AmountField, DateInput
from crm.models import CustomField, User

YES_NO = [("", _("Not known")), ("true", _("Yes")), ("false", _("No"))]


def yes_no(value: str) -> bool | None:
    """What a choice of YES_NO means."""
    return {"true": True, "false": False}.get(value)


def custom_field(definition: CustomField) -> forms.Field:
    """The form field for a custom field."""
    common: dict[str, Any] = {"label": definition.label, "required": False}
    options = [(str(item["id"]), item["label"]) for item in definition.options or []]
    match definition.type:
        case CustomField.Type.MONEY | CustomField.Type.NUMBER:
            return AmountField(max_digits=15, **common)
        case CustomField.Type.DATE:
            return forms.DateField(widget=DateInput(), **common)
        case CustomField.Type.CHOICE:
            return forms.ChoiceField(choices=[("", "–"), *options], **common)
        case CustomField.Type.CHOICES:
            widget = forms.CheckboxSelectMultiple()
            return forms.MultipleChoiceField(choices=options, widget=widget, **common)
        case CustomField.Type.YES_NO:
            return forms.TypedChoiceField(choices=YES_NO, coerce=yes_no, empty_value=None, **common)
        case CustomField.Type.USER:
            people = [(str(user.pk), str(user)) for user in User.objects.active()]
            return forms.TypedChoiceField(
                choices=[("", "–"), *people], coerce=int, empty_value=None, **common
            )
        case CustomField.Type.COMPANY:
            return forms.IntegerField(min_value=1, **common)
    return forms.CharField(max_length=10_000, **common)


def custom_initial(values: dict[str, Any]) -> dict[str, Any]:
    """What stands on a record under its custom fields, as their form fields show it."""
    return {
        f"custom.{key}": str(value).lower() if isinstance(value, bool) else value
        for key, value in values.items()
    }
