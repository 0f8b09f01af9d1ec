"""`where=` for lists, boards, exports and the API: a condition as JSON in the query string."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field

from core.conditions.binding import bind
from core.conditions.closed import Bound
from core.conditions.errors import ConditionError
from core.conditions.queries import to_q
from core.conditions.tree import parse_where


def zone_of(user: Any) -> Any:
    """The time zone of a person; the active one for somebody without."""
    name = getattr(user, "time_zone", "")
    return zoneinfo.ZoneInfo(name) if name else timezone.get_current_timezone()


class WhereField(forms.CharField):
    """Reads a condition and binds it; what is wrong with it becomes the error of the field."""

    def __init__(self, *, subject: str, person: Callable[[], Any], **options: Any) -> None:
        options.setdefault("widget", forms.HiddenInput)
        super().__init__(**options)
        self.subject = subject
        self.person = person

    def to_python(self, value: Any) -> Any:
        """The closed condition; None when there is none."""
        text = super().to_python(value)
        if not text:
            return None
        user = self.person()
        try:
            tree = parse_where(text, self.subject)
            return bind(tree, self.subject, now=timezone.now(), zone=zone_of(user), user=user)
        except ConditionError as error:
            raise ValidationError(str(error), code="condition") from None

    def run_validators(self, value: Any) -> None:
        """The condition was checked while it was read."""


@extend_schema_field(
    {
        "type": "string",
        "description": "A condition as JSON, such as "
        '`{"field": "expected_revenue", "op": ">=", "value": 10000}`.',
    }
)
class WhereFilter(django_filters.Filter):
    """Filters by a condition on a subject, seen by the person of the request."""

    field_class = WhereField

    def __init__(self, subject: str, **options: Any) -> None:
        options.setdefault("label", _("Condition"))
        self.subject = subject
        super().__init__(**options)
        self.extra["subject"] = subject

    @property
    def field(self) -> Any:
        """The form field, which asks this very filter for its person."""
        self.extra["person"] = self._person
        return super().field

    def _person(self) -> Any:
        request = getattr(getattr(self, "parent", None), "request", None)
        user = getattr(request, "user", None)
        return user if user is not None and user.is_authenticated else None

    def filter(self, qs: QuerySet[Any], value: Bound | None) -> QuerySet[Any]:
        """The records that meet the condition."""
        return qs if value is None else qs.filter(to_q(value))
