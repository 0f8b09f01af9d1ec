"""The people on a lead, below it: `leads/{id}/contacts/`."""

from __future__ import annotations

from http import HTTPStatus

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import Input, RecordSerializer, Reference, shared
from core.api.views import SubresourceView
from pipeline.models import Lead, LeadContact
from pipeline.services.people import put_contact, remove_contact


class LeadContactSerializer(RecordSerializer):
    """A person on a lead."""

    contact = Reference(read_only=True)

    class Meta:
        model = LeadContact
        fields = ("contact", "role", "is_main")


class LeadContactInput(Input):
    """In what role a person is on a lead, and whether as its main contact."""

    role = serializers.ChoiceField(
        choices=LeadContact.Role.choices, required=False, allow_blank=True
    )
    is_main = serializers.BooleanField(required=False)


class LeadContactsView(SubresourceView):
    """The people on a lead: contacts with their roles."""

    parent_model = Lead
    queryset = LeadContact.objects.none()
    serializer_class = LeadContactSerializer
    pagination_class = None
    filter_backends = []

    @extend_schema(responses=LeadContactSerializer(many=True))
    def list(self, request: Request, pk: int) -> Response:
        """The people on a lead, its main contact first."""
        people = self.parent(pk).lead_contacts.select_related("contact")
        reader = shared(LeadContactSerializer)
        return Response([reader.to_representation(person) for person in people])

    @extend_schema(request=LeadContactInput)
    def put(self, request: Request, pk: int, contact: int) -> Response:
        """Put a contact on a lead, or change its role there. The first one is the main contact."""
        with self.unchanged_parent(pk):
            values = self.read(LeadContactInput)
            person = put_contact(lead=pk, contact=contact, by=self.person, **values)
        person = LeadContact.objects.select_related("contact").get(pk=person.pk)
        return Response(shared(LeadContactSerializer).to_representation(person))

    @extend_schema(responses={204: None})
    def remove(self, request: Request, pk: int, contact: int) -> Response:
        """Take a contact from a lead."""
        with self.unchanged_parent(pk):
            remove_contact(lead=pk, contact=contact, by=self.person)
        return Response(status=HTTPStatus.NO_CONTENT)
