"""Is it right? Values for records, read and checked as their fields demand.

One record costs no query for plain values, one for each kind of record that they name; a thousand
cost the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from core.errors import Refused
from crm import customvalues
from crm.models import Company, CustomField, User

if TYPE_CHECKING:
    from core.ledger.tracked import Tracked

Values = Mapping[str, Any]


def checked(
    model: type[Tracked],
    rows: Sequence[Values],
    *,
    by: User | None,
    allowed: Collection[str],
    required: Collection[str] = (),
) -> list[dict[str, Any]]:
    """`rows` of values by field name, as Python values by attname; Refused names each bad field.

    A key to another record is an instance or its id; what `by` cannot see does not exist. With
    several rows, the message says which row is meant (from 1).
    """
    clean: list[dict[str, Any]] = []
    definitions: list[CustomField] | None = None
    for place, row in enumerate(rows, start=1):
        errors: dict[str, list[str]] = {}
        values: dict[str, Any] = {}
        for name, value in row.items():
            if name not in allowed:
                errors[name] = [_("This field cannot be set.")]
            elif name == "custom":
                if definitions is None:
                    definitions = custom_fields(model)
                values["custom"], wrong = customvalues.canonical_values(definitions, value or {})
                wrong |= _missing_records(definitions, values["custom"])
                errors.update(wrong)
            else:
                _read(model, name, value, values, errors)
        for name in required:
            attname = _field(model, name).attname
            if name not in errors and values.get(attname) in (None, ""):
                errors[name] = [_("This field is required.")]
        if errors:
            raise refusal(errors, place if len(rows) > 1 else None)
        clean.append(values)
    _check_keys(model, clean, by)
    return clean


def _missing_records(
    definitions: Sequence[CustomField], values: Mapping[str, Any]
) -> dict[str, list[str]]:
    """Errors for custom values that name a user or a company which does not exist."""
    errors: dict[str, list[str]] = {}
    for kind, model in (("user", User), ("company", Company)):
        named = {d.key: values[d.key] for d in definitions if d.type == kind and values.get(d.key)}
        if not named:
            continue
        found = set(
            model._default_manager.filter(pk__in=named.values()).values_list("pk", flat=True)
        )
        for key, record in named.items():
            if record not in found:
                errors[f"custom.{key}"] = [_("There is no such record.")]
    return errors


def custom_fields(model: type[models.Model]) -> list[CustomField]:
    """The custom fields in use on records of `model`."""
    return list(CustomField.objects.filter(subject=model._meta.label_lower, is_active=True))


def refusal(errors: Mapping[str, Sequence[Any]], row: int | None = None) -> Refused:
    """A Refused whose message says what is wrong where, for one record or a row of several."""
    words = " ".join(str(text) for texts in errors.values() for text in texts)
    if row is not None:
        words = _("Row %(row)s: %(message)s") % {"row": row, "message": words}
    return Refused(words, errors)


def from_validation(error: ValidationError) -> Refused:
    """Django's validation error as a Refused."""
    if hasattr(error, "error_dict"):
        return refusal({name: list(texts) for name, texts in error.message_dict.items()})
    return refusal({"non_field_errors": list(error.messages)})


def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    return model._meta.get_field(name)  # type: ignore[return-value]


def _read(
    model: type[models.Model],
    name: str,
    value: Any,
    values: dict[str, Any],
    errors: dict[str, list[str]],
) -> None:
    field = _field(model, name)
    try:
        if field.is_relation:
            values[field.attname] = _key(field, value)
            return
        if isinstance(value, str) and isinstance(field, models.CharField | models.TextField):
            value = value.strip()
            if "\x00" in value:
                raise ValidationError(_("The text holds a character that cannot be stored."))
        if value is None and not field.null and field.empty_strings_allowed:
            value = ""
        values[field.attname] = field.clean(value, None)
    except ValidationError as error:
        errors[name] = list(error.messages)


def _key(field: models.Field[Any, Any], value: Any) -> int | None:
    key = getattr(value, "pk", value)
    if key in (None, ""):
        if not field.null:
            raise ValidationError(field.error_messages["null"])
        return None
    try:
        number = int(key)
    except (TypeError, ValueError):
        number = 0
    if isinstance(key, bool) or not 0 < number < 2**63:
        raise ValidationError(_("There is no such record."))
    return number


def _check_keys(model: type[models.Model], rows: Iterable[Values], by: User | None) -> None:
    """See that every record named by the rows exists in the sight of `by`: one query a field."""
    rows = list(rows)
    for field in model._meta.concrete_fields:
        if not field.is_relation:
            continue
        wanted = {row[field.attname] for row in rows if row.get(field.attname) is not None}
        if not wanted:
            continue
        queryset: Any = field.related_model._default_manager.all()  # type: ignore[union-attr]
        if by is not None and hasattr(queryset, "visible_to"):
            queryset = queryset.visible_to(by)
        found = set(queryset.filter(pk__in=wanted).values_list("pk", flat=True))
        for place, row in enumerate(rows, start=1):
            key = row.get(field.attname)
            if key is not None and key not in found:
                raise refusal(
                    {field.name: [_("There is no such record.")]}, place if len(rows) > 1 else None
                )
