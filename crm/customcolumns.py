"""Custom fields as columns of lists and exports, and their values in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import models

from core.cells import Column, Kind
from crm.customwords import RECORDS, custom_text
from crm.models import CustomField

KINDS = {
    CustomField.Type.NUMBER: Kind.NUMBER,
    CustomField.Type.MONEY: Kind.NUMBER,
    CustomField.Type.DATE: Kind.DAY,
    CustomField.Type.YES_NO: Kind.YES_NO,
}


def custom_columns(model: type[models.Model]) -> list[Column]:
    """The active custom fields of a kind of record as columns."""
    fields = CustomField.objects.filter(subject=model._meta.label_lower, is_active=True)
    return [_column(model, field) for field in fields.order_by("sequence", "id")]


def _column(model: type[models.Model], field: CustomField) -> Column:
    name, related = f"custom.{field.key}", RECORDS.get(field.type)
    if related is not None:
        side = partial(_names, model, related, field.key)
        return Column(name, field.label, side=side, edits=(name,))
    return Column(
        name,
        field.label,
        KINDS.get(CustomField.Type(field.type), Kind.TEXT),
        paths=("custom",),
        of=partial(_value, field),
        edits=(name,),
    )


def _names(
    model: type[models.Model], related: type[models.Model], key: str, ids: Sequence[int]
) -> Mapping[int, str]:
    """The names of the records that a custom field names, by the id of its record."""
    rows = model._default_manager.filter(pk__in=ids, custom__has_key=key)
    named = {pk: custom[key] for pk, custom in rows.values_list("pk", "custom")}
    names = {
        record.pk: str(record)
        for record in related._default_manager.filter(pk__in=set(named.values()))
    }
    return {pk: names.get(record, "") for pk, record in named.items()}


def _value(field: CustomField, custom: Mapping[str, Any] | None) -> Any:
    """The value of a custom field as a cell holds it."""
    value = (custom or {}).get(field.key)
    if value is None:
        return None
    match field.type:
        case CustomField.Type.DATE:
            return dt.date.fromisoformat(value)
        case CustomField.Type.NUMBER | CustomField.Type.MONEY:
            return Decimal(str(value))
        case CustomField.Type.YES_NO:
            return bool(value)
    return custom_text(field, value)
