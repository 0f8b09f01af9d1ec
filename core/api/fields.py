"""How values stand in JSON: references as `{"id", "name"}` when read, as an id when written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

#: What is said of a field that is given once.
STAYS = _("This is given once and stays.")
#: The highest id that a column can hold.
MOST = 2**63 - 1
#: The highest number that a column can hold.
LARGEST = {
    "SmallIntegerField": 2**15 - 1,
    "PositiveSmallIntegerField": 2**15 - 1,
    "IntegerField": 2**31 - 1,
    "PositiveIntegerField": 2**31 - 1,
}


def read_id(value: Any) -> int | None:
    """The id in a written reference: a number, or the object that was read; None for nonsense."""
    if isinstance(value, Mapping):
        value = value.get("id")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MOST:
        return None
    return value


Serializer = serializers.BaseSerializer[Any]


class Reference(serializers.Field[Any, Any, Any, Any]):
    """Another record: `{"id": 5, "name": "Rita Rep"}`; written as `5`, or as it was read."""

    default_error_messages = {"invalid": _("Give the id of a record.")}

    def to_internal_value(self, data: Any) -> int:
        """The id. Whether there is such a record, and in sight, is for the service to say."""
        found = read_id(data)
        if found is None:
            self.fail("invalid")
        return found

    def to_representation(self, value: Any) -> dict[str, Any]:
        """The id and what the record is called."""
        return {"id": value.pk, "name": str(value)}


class References(serializers.Field[Any, Any, Any, Any]):
    """A set of records: a list of `{"id", "name"}`; written as a list of ids, the whole set."""

    default_error_messages = {
        "invalid": _("Give a list of ids."),
        "too_many": _("That is too many."),
    }
    most = 500

    def to_internal_value(self, data: Any) -> list[int]:
        """The ids, each once."""
        if not isinstance(data, list):
            self.fail("invalid")
        if len(data) > self.most:
            self.fail("too_many")
        ids = [read_id(item) for item in data]
        if None in ids:
            self.fail("invalid")
        return list(dict.fromkeys(item for item in ids if item is not None))

    def to_representation(self, value: Any) -> list[dict[str, Any]]:
        """The records' ids and names; `value` is a related manager or pairs of id and name."""
        if hasattr(value, "all"):
            value = ((item.pk, str(item)) for item in value.all())
        return [{"id": key, "name": name} for key, name in value]


class CustomValues(serializers.Field[Any, Any, Any, Any]):
    """Values of custom fields by key. Written ones are merged; `null` takes a key out."""

    default_error_messages = {"invalid": _("Give an object of values by key.")}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The values as given; the service checks each against its field."""
        if not isinstance(data, Mapping):
            self.fail("invalid")
        return dict(data)

    def to_representation(self, value: Any) -> dict[str, Any]:
        """The values that are set."""
        return dict(value or {})


class Moment(serializers.DateTimeField):
    """A time in ISO 8601: read in UTC, written with its offset."""

    default_error_messages = {"no_offset": _("Give the time with its offset from UTC.")}

    def enforce_timezone(self, value: dt.datetime) -> dt.datetime:
        """The time in UTC; one without an offset could mean several."""
        if value.tzinfo is None:
            self.fail("no_offset")
        return value.astimezone(dt.UTC)

    def to_representation(self, value: Any) -> str:
        """The time in UTC, with `Z`."""
        return str(value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z"))


class Input(serializers.Serializer[Any]):
    """Parses a body; a field that is unknown or not to be set is refused, never ignored."""

    def to_internal_value(self, data: Any) -> Any:
        """The values, once every name in the body is one that can be set."""
        if isinstance(data, Mapping):
            refuse_names(data, self.fields)
        return super().to_internal_value(data)


class RecordSerializer(serializers.ModelSerializer[Any]):
    """Presents a record and parses what is written to it. Rules are the services' business.

    `fixed` names fields that are given when the record is made, with what to say of changing them.
    """

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: Moment,
    }
    fixed: Mapping[str, Any] = {}

    def get_validators(self) -> list[Any]:
        """None: what must be unique is the database's and the services' to say."""
        return []

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        """A field without the query that DRF would add for unique columns."""
        field_class, options = super().build_standard_field(field_name, model_field)
        options["validators"] = [
            validator
            for validator in options.get("validators", [])
            if not hasattr(validator, "queryset")
        ]
        if not options["validators"]:
            del options["validators"]
        most = LARGEST.get(model_field.get_internal_type())
        if most is not None and not options.get("read_only"):
            # What PostgreSQL's column holds, whichever database is behind.
            options["max_value"] = min(most, options.get("max_value", most))
        return field_class, options

    def to_internal_value(self, data: Any) -> Any:
        """The values, once every name in the body is one that can be set."""
        if isinstance(data, Mapping):
            refuse_names(data, self.fields, self.fixed if self.partial else {})
        return super().to_internal_value(data)


@cache
def shared(serializer_class: type[Serializer], partial: bool = False) -> Serializer:
    """One instance of a serializer for all requests: building sixty fields takes milliseconds.

    Only for what keeps no state: `to_representation(record)` and `run_validation(data)`.
    """
    return serializer_class(partial=partial)


def parsed(serializer_class: type[Serializer], data: Any, *, partial: bool = False) -> Any:
    """The values in `data`; ValidationError names what is wrong with them."""
    return dict(shared(serializer_class, partial).run_validation(data))  # type: ignore[arg-type]


def refuse_names(
    data: Mapping[str, Any], fields: Mapping[str, Any], fixed: Mapping[str, Any] | None = None
) -> None:
    """ValidationError for names that are not fields, or that cannot be set."""
    wrong: dict[str, list[Any]] = {}
    for name in data:
        field = fields.get(name)
        if field is None:
            wrong[str(name)] = [_("There is no such field.")]
        elif field.read_only:
            wrong[name] = [_("This field cannot be set here.")]
        elif fixed and name in fixed:
            wrong[name] = [fixed[name]]
    if wrong:
        raise serializers.ValidationError(wrong)
