"""Notes."""

from __future__ import annotations

from http import HTTPStatus

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import STAYS, RecordSerializer, Reference
from core.api.views import RecordsView
from messaging.filters import NoteFilters
from messaging.models import Note
from messaging.services import notes


class NoteSerializer(RecordSerializer):
    """A note in Markdown on a lead, a contact or a company."""

    fixed = dict.fromkeys(("lead", "contact", "company"), STAYS)
    lead = Reference(required=False, allow_null=True)
    contact = Reference(required=False, allow_null=True)
    company = Reference(required=False, allow_null=True)
    author = Reference(read_only=True)
    body = serializers.CharField(max_length=notes.LONGEST, help_text="Markdown.")

    class Meta:
        model = Note
        fields = (
            "id",
            "lead",
            "contact",
            "company",
            "author",
            "body",
            "created_at",
            "edited_at",
            "updated_at",
            "version",
        )
        read_only_fields = ("created_at", "edited_at")


class NotesView(RecordsView):
    """Notes: what colleagues tell each other about a record. Never shown to a customer."""

    model = Note
    queryset = Note.objects.none()
    serializer_class = NoteSerializer
    filterset_class = NoteFilters
    ordering_fields = ("id", "created_at", "updated_at")

    def create(self, request: Request) -> Response:
        """Write a note on a lead, contact or company that you see."""
        return self.created(notes.write_note(by=self.person, **self.values()))

    def partial_update(self, request: Request, pk: int) -> Response:
        """Change your own note."""
        note = self.find(pk)
        values = self.values(partial=True)
        return self.answered(
            notes.update_note(
                note=pk,
                body=values.get("body", note.body),
                by=self.person,
                expected_version=self.expected(pk),
            )
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Delete your own note; managers delete any."""
        notes.delete_note(note=pk, by=self.person, expected_version=self.expected(pk))
        return Response(status=HTTPStatus.NO_CONTENT)
