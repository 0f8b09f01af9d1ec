"""Pages by keyset: each page starts after the last row of the one before, however deep it lies.

A row that is inserted or moved meanwhile never shifts the others, so nothing is shown twice or left
out. The cursor holds the ordering and the last row's values; empty values sort last, both ways.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from core.api.problems import BadRequest

#: Counting stops here: beyond, the number says less than it costs.
COUNT_CAP = 1000


@dataclass(frozen=True, slots=True)
class Key:
    """One part of an ordering: a field by path, and its direction."""

    path: str
    descending: bool
    field: models.Field[Any, Any]
    nullable: bool

    def expression(self) -> Any:
        """What `order_by` takes."""
        column = F(self.path)
        last = True if self.nullable else None
        return column.desc(nulls_last=last) if self.descending else column.asc(nulls_last=last)

    def value_of(self, record: Any) -> Any:
        """The record's value, as JSON."""
        value = record
        for part in self.path.split("__"):
            value = getattr(value, part, None)
            if value is None:
                return None
        if isinstance(value, models.Model):
            value = value.pk
        if isinstance(value, Decimal):
            return str(value)
        if isinstance(value, dt.date):
            return value.isoformat()
        return value

    def equal(self, value: Any) -> Q:
        """Rows with the same value."""
        return Q(**{f"{self.path}__isnull": True}) if value is None else Q(**{self.path: value})

    def after(self, value: Any) -> Q:
        """Rows that come later by this key alone."""
        if value is None:
            return Q(pk__in=[])
        later = Q(**{f"{self.path}__{'lt' if self.descending else 'gt'}": value})
        return later | Q(**{f"{self.path}__isnull": True}) if self.nullable else later


def key_of(model: type[models.Model], path: str, descending: bool) -> Key:
    """The key of a field path of `model`; raises FieldDoesNotExist."""
    here: Any = model
    nullable = False
    field: Any = None
    for part in path.split("__"):
        field = here._meta.get_field(part)
        nullable = nullable or field.null
        here = field.related_model
    return Key(path, descending, field, nullable)


def read_ordering(
    model: type[models.Model], text: str, allowed: Sequence[str], default: str
) -> list[Key]:
    """The keys of `ordering=`: comma-separated names, `-` for descending, made total by the id."""
    keys: list[Key] = []
    for word in (text or default).split(","):
        name = word.strip().removeprefix("-")
        if text and name not in allowed:
            raise BadRequest(
                _("Cannot be ordered by “%(name)s”.") % {"name": name},
                errors={"ordering": [_("Choose from: %(names)s.") % {"names": ", ".join(allowed)}]},
            )
        if all(key.path != name for key in keys):
            keys.append(key_of(model, name, word.strip().startswith("-")))
    pk = model._meta.pk.name
    if all(key.path != pk for key in keys):
        keys.append(key_of(model, pk, keys[-1].descending))
    return keys


def write_cursor(keys: Sequence[Key], record: Any) -> str:
    """The cursor that stands behind `record`."""
    content = ["-" * key.descending + key.path for key in keys], [k.value_of(record) for k in keys]
    text = json.dumps(content, separators=(",", ":"), default=str)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(keys: Sequence[Key], cursor: str) -> list[Any]:
    """The values of a cursor that was written for this ordering; BadRequest for any other."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        names, values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if names != ["-" * key.descending + key.path for key in keys]:
            raise ValueError("another ordering")
        if len(values) != len(keys):
            raise ValueError("another length")
        return [
            None if value is None else _to_python(key.field, value)
            for key, value in zip(keys, values, strict=True)
        ]
    except (binascii.Error, ValueError, TypeError, ValidationError, RecursionError) as error:
        raise BadRequest(
            _("This cursor does not belong to this list."),
            errors={"cursor": [_("Start again without a cursor.")]},
        ) from error


def _to_python(field: models.Field[Any, Any], value: Any) -> Any:
    """The value as the column takes it; raises for what could not have been written."""
    while field.is_relation:
        field = field.target_field  # type: ignore[attr-defined]
    if isinstance(value, list | dict) or (isinstance(value, str) and "\x00" in value):
        raise TypeError("not a value")
    found = field.to_python(value)
    if isinstance(found, int) and abs(found) >= 2**63:
        raise ValueError("out of range")
    if isinstance(found, dt.datetime) and found.tzinfo is None:
        raise ValueError("without a zone")
    return found


def rows_after(keys: Sequence[Key], values: Sequence[Any]) -> Q:
    """The rows that come after one with `values`: (a, b, id) > (x, y, z), each in its direction."""
    found = Q(pk__in=[])
    equal = Q()
    for key, value in zip(keys, values, strict=True):
        found |= equal & key.after(value)
        equal &= key.equal(value)
    first, value = keys[0], values[0]
    if value is not None and not first.nullable and len(keys) > 1:
        # Said once more, plainly, so that an index on the first key starts in the right place.
        found &= Q(**{f"{first.path}__{'lte' if first.descending else 'gte'}": value})
    return found


class KeysetPagination(BasePagination):
    """`{"results": […], "next": address or null}`, with `page_size`, `cursor`, `ordering`, `count`.

    A view may say `ordering_fields` (what `ordering=` takes) and `ordering` (the default).
    `count=true` adds `count`, which stops at 1,000, and `count_is_capped`.
    """

    parameters = ("page_size", "cursor", "ordering", "count")
    default_size = 50
    max_size = 200

    def paginate_queryset(  # type: ignore[override]
        self, queryset: models.QuerySet[Any], request: Request, view: Any = None
    ) -> list[Any]:
        """The rows of the page asked for."""
        asked = request.query_params
        self.request = request
        size = self._size(asked.get("page_size"))
        self.keys = read_ordering(
            queryset.model,
            asked.get("ordering", ""),
            getattr(view, "ordering_fields", ("id",)),
            getattr(view, "ordering", "-id"),
        )
        self.count = self._count(queryset, asked.get("count"))
        rows = queryset.order_by(*(key.expression() for key in self.keys))
        if asked.get("cursor"):
            rows = rows.filter(rows_after(self.keys, read_cursor(self.keys, asked["cursor"])))
        found = list(rows[: size + 1])
        self.has_more = len(found) > size
        self.page = found[:size]
        return self.page

    def get_paginated_response(self, data: Any) -> Response:
        """The page with the address of the next one."""
        answer: dict[str, Any] = {"results": data, "next": self._next()}
        if self.count is not None:
            answer["count"] = min(self.count, COUNT_CAP)
            answer["count_is_capped"] = self.count > COUNT_CAP
        return Response(answer)

    def _next(self) -> str | None:
        if not self.has_more:
            return None
        cursor = write_cursor(self.keys, self.page[-1])
        address = replace_query_param(self.request.build_absolute_uri(), "cursor", cursor)
        return str(address)

    def _size(self, text: str | None) -> int:
        if text is None:
            return self.default_size
        if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= self.max_size:
            raise BadRequest(
                _("This page size is not possible."),
                errors={"page_size": [_("A number from 1 to %(most)s.") % {"most": self.max_size}]},
            )
        return int(text)

    @staticmethod
    def _count(queryset: models.QuerySet[Any], text: str | None) -> int | None:
        if text in (None, "false"):
            return None
        if text != "true":
            raise BadRequest(
                _("The parameter count is true or false."), errors={"count": [_("true or false")]}
            )
        return queryset.order_by()[: COUNT_CAP + 1].count()

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The parameters for the schema."""
        fields = getattr(view, "ordering_fields", ("id",))
        return [
            _parameter(
                "page_size",
                "How many records a page holds.",
                {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": self.max_size,
                    "default": self.default_size,
                },
            ),
            _parameter("cursor", "Where the page starts; follow `next`.", {"type": "string"}),
            _parameter(
                "ordering",
                "Names separated by commas, `-` for descending: "
                + ", ".join(f"`{name}`" for name in fields)
                + ". Empty values come last.",
                {"type": "string", "default": getattr(view, "ordering", "-id")},
            ),
            _parameter(
                "count",
                f"Adds the number of records; counting stops at {COUNT_CAP:,}.",
                {"type": "boolean", "default": False},
            ),
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The page for the schema."""
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {
                "results": schema,
                "next": {
                    "type": ["string", "null"],
                    "format": "uri",
                    "description": "The address of the next page; null on the last one.",
                },
                "count": {
                    "type": "integer",
                    "description": f"With `count=true`; at most {COUNT_CAP}.",
                },
                "count_is_capped": {
                    "type": "boolean",
                    "description": "Whether there are more than `count` says.",
                },
            },
        }


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
    }
