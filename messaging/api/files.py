"""Files."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import STAYS, RecordSerializer, Reference
from core.api.views import RecordsView
from messaging.filters import FileFilters
from messaging.models import File
from messaging.services import files
from messaging.views.files import handed_out


class FileSerializer(RecordSerializer):
    """A file on a lead, a contact or a company, alone or with a note."""

    fixed = dict.fromkeys(("lead", "contact", "company", "note"), STAYS)
    lead = Reference(read_only=True)
    contact = Reference(read_only=True)
    company = Reference(read_only=True)
    note = Reference(read_only=True)
    author = Reference(read_only=True)
    size = serializers.IntegerField(source="content.size", read_only=True, help_text="Bytes.")
    media_type = serializers.CharField(
        source="content.media_type", read_only=True, help_text="Told by its content."
    )
    digest = serializers.CharField(
        source="content.digest", read_only=True, help_text="SHA-256, in hexadecimal."
    )

    class Meta:
        model = File
        fields = (
            "id",
            "lead",
            "contact",
            "company",
            "note",
            "author",
            "name",
            "size",
            "media_type",
            "digest",
            "created_at",
            "updated_at",
            "version",
        )
        read_only_fields = ("name", "created_at")


class FileInput(serializers.Serializer[Any]):
    """A file to add: on one record, or on a note of one's own."""

    file = serializers.FileField(allow_empty_file=True, max_length=1000)
    lead = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    contact = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    company = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    note = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class FilesView(RecordsView):
    """Files on leads, contacts and companies. Deleted ones come back by undo for a while."""

    model = File
    queryset = File.objects.none()
    serializer_class = FileSerializer
    filterset_class = FileFilters
    ordering_fields = ("id", "created_at", "updated_at")

    def get_parsers(self) -> list[BaseParser]:
        """A file comes as one part of several."""
        request = getattr(self, "request", None)
        if request is not None and request.method == "POST":
            return [MultiPartParser()]
        return super().get_parsers()

    @extend_schema(request={"multipart/form-data": FileInput})
    def create(self, request: Request) -> Response:
        """Add a file to a lead, contact or company that you see, or to your own note."""
        given = FileInput(data=request.data)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        added = files.add_files(files=[values.pop("file")], by=self.person, **values)
        return self.created(added[0])

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Delete a file that you added; managers delete any."""
        files.delete_file(file=pk, by=self.person, expected_version=self.expected(pk))
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True)
    def content(self, request: Request, pk: int) -> FileResponse:
        """The bytes of a file, as an attachment."""
        return handed_out(self.find(pk))
