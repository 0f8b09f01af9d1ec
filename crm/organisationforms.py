"""What is set for the organisation, as a form."""

from __future__ import annotations

import zoneinfo
from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.admin.fields import CurrencyField, label_of
from core.settingpages import SettingForm
from crm.models import Organisation
from crm.organisation import usual


def read_organisation() -> Organisation:
    """The organisation as it is set, or as the environment has it; that one is not saved yet."""
    found: Organisation | None = Organisation.objects.first()
    return found or Organisation(**asdict(usual()))


def help_of(name: str) -> Any:
    """The help of a field of the organisation."""
    field: Any = Organisation._meta.get_field(name)
    return field.help_text


class OrganisationForm(SettingForm):
    """All of it."""

    currency = CurrencyField(
        label=label_of(Organisation, "currency"), help_text=help_of("currency")
    )
    time_zone = forms.ChoiceField(
        label=label_of(Organisation, "time_zone"),
        help_text=help_of("time_zone"),
        choices=lambda: [(name, name) for name in sorted(zoneinfo.available_timezones())],
    )

    class Meta:
        model = Organisation
        fields = ("name", "language", "time_zone", "currency", "fiscal_month", "first_weekday")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        days: Any = self.fields.get("first_weekday")
        if days is not None:
            days.choices = [("", _("As each language has it")), *days.choices[1:]]
        if "name" in self.fields:
            self.fields["name"].widget.attrs["autocomplete"] = "organization"
