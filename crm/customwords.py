"""Values of custom fields in words; the people and companies that they name are read once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import dates
from core.money import format_number
from crm.models import Company, CustomField, User

#: The kinds of fields that name another record.
RECORDS: dict[str, type[models.Model]] = {
    CustomField.Type.USER: User,
    CustomField.Type.COMPANY: Company,
}


class CustomWords:
    """Tells values of some custom fields; `learn` reads the names that values stand for."""

    def __init__(self, definitions: Iterable[CustomField]) -> None:
        self.definitions = {definition.key: definition for definition in definitions}
        self.names: dict[str, dict[int, str]] = {}

    def learn(self, values: Mapping[str, Sequence[Any]]) -> None:
        """Read the names behind `values`, several by the key of their field."""
        wanted: dict[str, set[int]] = {}
        for key, several in values.items():
            definition = self.definitions.get(key)
            if definition is not None and definition.type in RECORDS:
                ids = {value for value in several if isinstance(value, int)}
                wanted.setdefault(definition.type, set()).update(ids)
        for kind, ids in wanted.items():
            if ids:
                found = RECORDS[kind]._default_manager.filter(pk__in=ids)
                self.names.setdefault(kind, {}).update({row.pk: str(row) for row in found})

    def text(self, key: str, value: Any) -> str:
        """The value of a field in words; "" for none."""
        if value is None or value == "":
            return ""
        definition = self.definitions.get(key)
        return str(value) if definition is None else self._text(definition, value)

    def _text(self, definition: CustomField, value: Any) -> str:
        kind = definition.type
        if kind in RECORDS:
            return self.names.get(kind, {}).get(value) or _("no. %(id)s") % {"id": value}
        return custom_text(definition, value)


def custom_text(field: CustomField, value: Any) -> str:
    """The value of a field that names no other record, in words; "" for none."""
    if value is None or value == "":
        return ""
    labels = {str(item["id"]): str(item["label"]) for item in field.options or []}
    match field.type, value:
        case CustomField.Type.YES_NO, _any:
            return _("Yes") if value else _("No")
        case CustomField.Type.CHOICE, _any:
            return labels.get(str(value), str(value))
        case CustomField.Type.CHOICES, list():
            return ", ".join(labels.get(str(item), str(item)) for item in value)
        case CustomField.Type.DATE, str():
            return _day(value)
        case ((CustomField.Type.NUMBER | CustomField.Type.MONEY), int() | float() | Decimal()):
            return _number(field, Decimal(str(value)))
    return str(value)


def _day(text: str) -> str:
    try:
        return dates.day(dt.date.fromisoformat(text))
    except ValueError:
        return text


def _number(field: CustomField, number: Decimal) -> str:
    whole = number == number.to_integral_value()
    exponent = number.normalize().as_tuple().exponent
    places = 2 if field.type == CustomField.Type.MONEY else -int(exponent)
    return format_number(number, get_language() or "en", 0 if whole else places)
