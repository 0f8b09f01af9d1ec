"""Filters of lists: a parameter that is unknown or cannot be read is a problem, never ignored."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.request import Request

from core.api.problems import BadRequest


class StrictFilterBackend(DjangoFilterBackend):
    """Applies the view's `filterset_class`; BadRequest names the parameters that cannot be read."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: Any
    ) -> QuerySet[Any]:
        """The records that the parameters ask for."""
        filters: Any = self.get_filterset(request, queryset, view)
        if filters is None:
            return queryset
        if not filters.is_valid():
            raise BadRequest(
                _("A filter cannot be read."),
                errors={name: [str(t) for t in texts] for name, texts in filters.errors.items()},
            )
        found: QuerySet[Any] = filters.qs
        return found


def refuse_unknown(request: Request, known: frozenset[str]) -> None:
    """BadRequest when the address has a parameter that this resource does not know."""
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        raise BadRequest(
            _("Unknown parameter: %(names)s.") % {"names": ", ".join(unknown)},
            errors={name: [_("This parameter is unknown here.")] for name in unknown},
        )
