"""The OpenAPI 3.1 description: what all operations have in common is said here, once."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

JSON = "application/json"
PROBLEM = "application/problem+json"


class ReferenceSerializer(serializers.Serializer[Any]):
    """A record that another one names."""

    id = serializers.IntegerField()
    name = serializers.CharField()

    class Meta:
        ref_name = "Reference"


class ProblemSerializer(serializers.Serializer[Any]):
    """Problem details (RFC 9457)."""

    type = serializers.URLField(help_text="What kind of problem it is; leads to its explanation.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What went wrong this time, in words.")
    instance = serializers.CharField(help_text="The path of the request.")
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="For refused input: messages by field or parameter.",
    )


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Bearer tokens."""

    target_class = "core.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """How the token is sent."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "rel_…",
            "description": "A token made in the settings or by `manage.py create_token`.",
        }


class ReferenceExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """References: an id going in, id and name coming out."""

    target_class = "core.api.fields.Reference"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """The schema of the field in one direction."""
        if direction == "request":
            return {"type": "integer", "format": "int64", "description": "The id of a record."}
        found: dict[str, Any] = auto_schema.resolve_serializer(ReferenceSerializer, direction).ref
        return found


class ReferencesExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Sets of references."""

    target_class = "core.api.fields.References"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """The schema of the field in one direction."""
        if direction == "request":
            return {
                "type": "array",
                "items": {"type": "integer", "format": "int64"},
                "description": "The ids of the whole set.",
            }
        item = auto_schema.resolve_serializer(ReferenceSerializer, direction).ref
        return {"type": "array", "items": item}


class CustomValuesExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Values of custom fields."""

    target_class = "core.api.fields.CustomValues"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """An object with whatever keys the installation has defined."""
        return {
            "type": "object",
            "additionalProperties": {},
            "description": "Values by the key of their custom field; written ones are merged, "
            "and null takes one out.",
        }


IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description='The `ETag` or `"<version>"` that the change is based on; 412 when it is stale.',
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The `ETag` that is already known; 304 when nothing has changed.",
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="A unique text of yours: the same request sent again gets the first one's answer.",
)
ETAG = OpenApiParameter(
    "ETag",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    response=[200, 201],
    description="The record's version and a digest of what is shown.",
)


class ApiSchema(AutoSchema):
    """Neat operation ids, problem details and headers for every operation."""

    view: Any

    def get_operation_id(self) -> str:
        """`leads_list`, `leads_move`, `leads_contacts_put`."""
        resource = getattr(self.view, "basename", "") or "api"
        action = {"partial_update": "update", "destroy": "delete"}.get(
            self.view.action, self.view.action
        )
        parts = [resource, getattr(self.view, "subroute", "").split("/")[0], action]
        return "_".join(part for part in parts if part).replace("-", "_")

    def get_tags(self) -> list[str]:
        """The resource."""
        return [getattr(self.view, "basename", "") or "api"]

    def get_override_parameters(self) -> list[Any]:
        """Path ids, preconditions and idempotency keys."""
        kind = OpenApiTypes.UUID if "uuid" in str(self.path_regex) else OpenApiTypes.INT64
        names = [part[1:-1] for part in self.path.split("/") if part.startswith("{")]
        found: list[Any] = [OpenApiParameter(name, kind, OpenApiParameter.PATH) for name in names]
        one = "{id}" in self.path or "{pk}" in self.path
        versioned = one and getattr(self.view, "versioned", True)
        if self.method == "POST":
            found.append(IDEMPOTENCY_KEY)
        if versioned and self.method in ("POST", "PATCH", "PUT", "DELETE"):
            found.append(IF_MATCH)
        if versioned and self.method == "GET" and self.view.action == "retrieve":
            found.append(IF_NONE_MATCH)
        if versioned and self.view.action in ("retrieve", "create", "partial_update"):
            found.append(ETAG)
        return found

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status, reason in self._problems().items():
            if status not in bodies:
                body = self._get_response_for_code(  # type: ignore[no-untyped-call]
                    ProblemSerializer, status, media_types=[PROBLEM], direction=direction
                )
                bodies[status] = {**body, "description": reason}
        if self.method == "GET" and self.view.action == "retrieve" and self._has_tag():
            bodies["304"] = {"description": "What you know is still true."}
        return dict(sorted(bodies.items()))

    def _has_tag(self) -> bool:
        return "{" in self.path and getattr(self.view, "versioned", True)

    def _problems(self) -> dict[str, str]:
        """What can go wrong with this operation, by status."""
        found = {
            "400": "The request or its input cannot be carried out; `errors` says why.",
            "401": "No valid token or session.",
            "403": "Not allowed to this person or token.",
            "429": "Too many requests; `Retry-After` says when to come back.",
        }
        if "{" in self.path:
            found["404"] = "There is no such record, or it is out of sight."
        if self.method != "GET":
            found["409"] = "Somebody else changed the record, or the request is still running."
            if self.method == "POST":
                found["422"] = "The `Idempotency-Key` was used for another request."
            if self._has_tag() and "{" in self.path:
                found["412"] = "`If-Match` names a version that is not the record's."
        if self.method in ("POST", "PUT", "PATCH"):
            found["415"] = "The body is not JSON."
        return found


def share_problems(result: dict[str, Any], **_generator: Any) -> dict[str, Any]:
    """Say each problem once, among the components, instead of with every operation."""
    shared = result["components"].setdefault("responses", {})
    for item in result["paths"].values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                if PROBLEM in response.get("content", {}):
                    shared.setdefault(f"Problem{status}", response)
                    operation["responses"][status] = {
                        "$ref": f"#/components/responses/Problem{status}"
                    }
    return result
