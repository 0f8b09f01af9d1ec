"""Form fields for custom fields, on whatever record they are."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from core.forms import AmountField, DateInput
from crm.models import Company, CustomField, User

YES_NO = [("", _("Not known")), ("true", _("Yes")), ("false", _("No"))]


class CompanyInput(forms.TextInput):
    """A box for the name of a company; suggestions come while one types."""

    def __init__(self) -> None:
        super().__init__(
            attrs={
                "list": "companies",
                "autocomplete": "off",
                "hx-get": reverse("company-suggest"),
                "hx-trigger": "input changed delay:200ms",
                "hx-target": "#companies",
                "hx-sync": "this:replace",
            }
        )


def yes_no(value: str) -> bool | None:
    """What a choice of YES_NO means."""
    return {"true": True, "false": False}.get(value)


class CompanyNameField(forms.CharField):
    """A company by its name, with suggestions while one types; its value is the id."""

    def __init__(self, *, user: User, **options: Any) -> None:
        self.user = user
        super().__init__(max_length=200, widget=CompanyInput(), **options)

    def prepare_value(self, value: Any) -> Any:
        """The name of the company that stands there."""
        if isinstance(value, int):
            return str(Company.objects.filter(pk=value).first() or "")
        return value

    def clean(self, value: Any) -> Any:
        """The id of a company that the person knows by that name; None for none."""
        name = super().clean(value)
        if not name:
            return None
        found = Company.objects.visible_to(self.user).active().named(name).first()
        if found is None:
            raise forms.ValidationError(_("There is no company “%(name)s”."), params={"name": name})
        return found.pk

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether another name stands there."""
        return str(self.prepare_value(initial) or "") != str(data or "").strip()


def custom_field(
    definition: CustomField, *, user: User, present: Any = None, required: bool = False
) -> forms.Field:
    """The form field for a custom field; `present` is what the record has, which stays
    choosable."""
    common: dict[str, Any] = {
        "label": definition.label,
        "help_text": escape(definition.help_text),
        "required": required,
    }
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
            known = User.objects.filter(Q(is_active=True) | Q(pk=present or 0))
            people = [(str(person.pk), str(person)) for person in known]
            return forms.TypedChoiceField(
                choices=[("", "–"), *people], coerce=int, empty_value=None, **common
            )
        case CustomField.Type.COMPANY:
            return CompanyNameField(user=user, **common)
    return forms.CharField(max_length=10_000, **common)


def custom_initial(values: dict[str, Any]) -> dict[str, Any]:
    """What stands on a record under its custom fields, as their form fields show it."""
    return {
        f"custom.{key}": str(value).lower() if isinstance(value, bool) else value
        for key, value in values.items()
    }
