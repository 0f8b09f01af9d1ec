"""Custom fields as columns of lists and exports, and their values in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import models
from django.db.models import Case, IntegerField, Value, When
from django.db.models.functions import Left
from django.db.models.lookups import IsNull

from core.cells import Column, Kind
from core.conditions.customcolumns import JsonDay, JsonDecimal, JsonText, JsonYesNo
from crm.customwords import RECORDS, custom_text
from crm.models import CustomField

KINDS = {
    CustomField.Type.NUMBER: Kind.NUMBER,
    CustomField.Type.MONEY: Kind.NUMBER,
    CustomField.Type.DATE: Kind.DAY,
    CustomField.Type.YES_NO: Kind.YES_NO,
}


#: What one wants to see first is the largest.
FALLING = frozenset({CustomField.Type.NUMBER, CustomField.Type.MONEY})
#: So many characters of a text decide its place: the cursor of a page holds them.
SORTED = 100


def custom_columns(model: type[models.Model]) -> list[Column]:
    """The active custom fields of a kind of record as columns."""
    fields = CustomField.objects.filter(subject=model._meta.label_lower, is_active=True)
    return [_column(model, field) for field in fields.order_by("sequence", "id")]


def _column(model: type[models.Model], field: CustomField) -> Column:
    name, related = f"custom.{field.key}", RECORDS.get(field.type)
    if related is not None:
        side = partial(_names, model, related, field.key)
        return Column(name, field.label, side=side, edits=(name,))
    order = _order(field)
    return Column(
        name,
        field.label,
        KINDS.get(CustomField.Type(field.type), Kind.TEXT),
        paths=("custom",),
        of=partial(_value, field),
        sort=f"by_custom_{field.pk}" if order is not None else "",
        by=order,
        falling=field.type in FALLING,
        edits=(name,),
    )


def _order(field: CustomField) -> Any:
    """What a list sorts by under a field: texts without regard to case, choices as they stand in
    the settings; None where there is no order."""
    match field.type:
        case CustomField.Type.TEXT:
            return Left(JsonText("custom_keys", field.key).value(), SORTED)
        case CustomField.Type.NUMBER | CustomField.Type.MONEY:
            return JsonDecimal("custom", field.key).value()
        case CustomField.Type.DATE:
            return JsonDay("custom", field.key).value()
        case CustomField.Type.CHOICE:
            chosen, options = JsonText("custom", field.key), field.options or []
            places = [
                When(chosen.compare("exact", str(one["id"])), then=Value(place))
                for place, one in enumerate(options)
            ]
            gone = When(IsNull(chosen.value(), False), then=Value(len(options)))
            return Case(*places, gone, output_field=IntegerField())
        case CustomField.Type.YES_NO:
            said = JsonYesNo("custom", field.key)
            return Case(
                When(said.compare("exact", True), then=Value(0)),
                When(said.compare("exact", False), then=Value(1)),
                output_field=IntegerField(),
            )
    return None


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
