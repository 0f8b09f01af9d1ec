"""Further e-mail addresses and numbers, as the API presents and takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crm.models import ContactPoint


class PointSerializer(serializers.Serializer[Any]):
    """An address or number. Written without an id: it is told by its value."""

    id = serializers.IntegerField(read_only=True)
    label = serializers.ChoiceField(  # type: ignore[assignment]
        choices=ContactPoint.Label.choices, required=False, default=ContactPoint.Label.WORK
    )
    value = serializers.CharField(max_length=254)


class Points(serializers.Field[Any, Any, Any, Any]):
    """The further addresses or numbers of a record; written as the whole list."""

    default_error_messages = {
        "invalid": _("Give a list of objects with `value`, and `label` where it is not `work`."),
    }

    def __init__(self, kind: str, **options: Any) -> None:
        super().__init__(**options)
        self.kind = kind

    def get_attribute(self, instance: Any) -> Any:
        """The record's points of this kind, from what was read with it."""
        return [point for point in instance.points.all() if point.kind == self.kind]

    def to_internal_value(self, data: Any) -> list[dict[str, str]]:
        """Values with their labels; what is wrong with a value the service says."""
        if not isinstance(data, list) or not all(isinstance(each, Mapping) for each in data):
            self.fail("invalid")
        parser = PointSerializer(data=data, many=True)
        if any(set(each) - {"id", "label", "value"} for each in data) or not parser.is_valid():
            self.fail("invalid")
        return [dict(each) for each in parser.validated_data]

    def to_representation(self, value: Any) -> list[dict[str, Any]]:
        """Id, label and value of each, in the order in which they came."""
        return [{"id": each.pk, "label": each.label, "value": each.value} for each in value]


@extend_schema_field(PointSerializer(many=True))
class Emails(Points):
    """The e-mail addresses beside the main one."""

    def __init__(self, **options: Any) -> None:
        super().__init__("email", **options)


@extend_schema_field(PointSerializer(many=True))
class Phones(Points):
    """The telephone numbers beside the main ones."""

    def __init__(self, **options: Any) -> None:
        super().__init__("phone", **options)
