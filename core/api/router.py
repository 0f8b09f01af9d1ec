"""Routes of the API: `/<resource>/`, `/<resource>/{id}/`, and what is done to a record below it."""

from __future__ import annotations

from django.urls import register_converter
from rest_framework.routers import SimpleRouter


class IdConverter:
    """An id in a path: a number that a column can hold."""

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        """The id."""
        return int(value)

    def to_url(self, value: int) -> str:
        """The id in the path."""
        return str(value)


register_converter(IdConverter, "id")


class Router(SimpleRouter):
    """Routes with ids of the right size only; anything else below a resource is not found."""

    default_converter = "id"

    def __init__(self) -> None:
        super().__init__(use_regex_path=False)

    def get_lookup_regex(self, viewset: type, lookup_prefix: str = "") -> str:
        """`<id:pk>`, or `<uuid:pk>` for a view that says so."""
        converter = getattr(viewset, "lookup_value_converter", self.default_converter)
        return f"<{converter}:{lookup_prefix}pk>"
