"""Pages of the API by keyset; how it works is in core.keyset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from core.api.problems import BadRequest
from core.keyset import (
    COUNT_CAP,
    BadCursor,
    Key,
    capped_count,
    key_of,
    read_cursor,
    rows_after,
    total,
    write_cursor,
)


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
    return total(model, keys)


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
            rows = rows.filter(rows_after(self.keys, self._cursor(asked["cursor"])))
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

    def _cursor(self, text: str) -> list[Any]:
        try:
            return read_cursor(self.keys, text)
        except BadCursor as error:
            raise BadRequest(
                _("This cursor does not belong to this list."),
                errors={"cursor": [_("Start again without a cursor.")]},
            ) from error

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
        return capped_count(queryset, COUNT_CAP)

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
