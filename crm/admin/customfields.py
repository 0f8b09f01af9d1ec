"""Custom fields: what an installation adds to its records."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from core.admin.bases import ConfigurationAdmin, ConfigurationForm
from core.admin.fields import OptionsField, label_of
from crm.models import CustomField


class CustomFieldForm(ConfigurationForm):
    """A definition, with its choices one a line."""

    options = OptionsField(
        label=label_of(CustomField, "options"),
        help_text=gettext_lazy(
            "For a field with choices, one a line: “id: label”, or a label alone. The id is what "
            "records keep; change the label as you like."
        ),
    )

    class Meta:
        model = CustomField
        fields = (
            "subject",
            "key",
            "label",
            "type",
            "options",
            "help_text",
            "sequence",
            "on_cards",
            "is_active",
        )


@admin.register(CustomField)
class CustomFieldAdmin(ConfigurationAdmin):
    """A field's place, key and type are fixed once it is made: values are stored under them."""

    form = CustomFieldForm
    fields = (
        *("subject", "key", "label", "type", "options", "help_text", "sequence"),
        *("on_cards", "is_active"),
    )
    list_display = ("label", "subject", "type", "key", "sequence", "is_active")
    list_editable = ("sequence",)
    list_filter = ("subject", "type", "is_active")
    search_fields = ("label", "key")
    order_field = "sequence"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What values hang on."""
        return () if obj is None else ("subject", "key", "type")
