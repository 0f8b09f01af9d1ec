"""Companies and contacts."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import CustomValues, RecordSerializer, Reference, References
from crm.api.duplicates import MergeableView
from crm.api.points import Emails, Phones
from crm.filters import CompanyFilters, ContactFilters
from crm.models import Company, Contact
from crm.services import companies, contacts
from crm.views.merging import MERGINGS


class CompanySerializer(RecordSerializer):
    """A company."""

    parent = Reference(  # type: ignore[assignment]
        required=False, allow_null=True
    )
    owner = Reference(required=False, allow_null=True)
    custom = CustomValues(required=False)
    tags = References(required=False)
    emails = Emails(required=False, help_text="Further addresses; written as the whole list.")
    phones = Phones(required=False, help_text="Further numbers; written as the whole list.")

    class Meta:
        model = Company
        fields = (
            "id",
            "name",
            "domain",
            "industry",
            "employees",
            "annual_revenue",
            "street",
            "postal_code",
            "city",
            "country",
            "website",
            "phone",
            "emails",
            "phones",
            "tags",
            "parent",
            "owner",
            "custom",
            "external_source",
            "external_id",
            "archived_at",
            "created_at",
            "updated_at",
            "version",
        )


class CompaniesView(MergeableView):
    """Companies."""

    model = Company
    merging = MERGINGS["company"]
    queryset = Company.objects.none()
    serializer_class = CompanySerializer
    filterset_class = CompanyFilters
    ordering_fields = ("id", "name", "created_at", "updated_at", "employees", "annual_revenue")

    def with_relations(self, records: QuerySet[Any]) -> QuerySet[Any]:
        """The companies with what they name and by what they are reached."""
        return super().with_relations(records).prefetch_related("points", "tags")

    def create(self, request: Request) -> Response:
        """Make a company. Without `owner` it is yours."""
        return self.created(companies.create_company(values=self.values(), by=self.person))

    def partial_update(self, request: Request, pk: int) -> Response:
        """Change a company. `custom` is merged key by key."""
        values = self.values(partial=True)
        return self.answered(
            companies.update_company(
                company=pk, values=values, by=self.person, expected_version=self.expected(pk)
            )
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Delete a company. Its contacts and leads stay."""
        with self.unchanged(pk):
            companies.delete_company(company=pk, by=self.person)
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, pk: int) -> Response:
        """Put a company aside: it leaves the lists and stays where it is named."""
        with self.unchanged(pk):
            return self.answered(companies.archive_company(company=pk, by=self.person))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def unarchive(self, request: Request, pk: int) -> Response:
        """Take a company back into the lists."""
        with self.unchanged(pk):
            return self.answered(companies.unarchive_company(company=pk, by=self.person))


class ContactSerializer(RecordSerializer):
    """A contact."""

    company = Reference(required=False, allow_null=True)
    owner = Reference(required=False, allow_null=True)
    custom = CustomValues(required=False)
    tags = References(required=False)
    emails = Emails(required=False, help_text="Further addresses; written as the whole list.")
    phones = Phones(required=False, help_text="Further numbers; written as the whole list.")

    class Meta:
        model = Contact
        fields = (
            "id",
            "name",
            "company",
            "job_title",
            "email",
            "phone",
            "mobile",
            "emails",
            "phones",
            "tags",
            "language",
            "consent",
            "consent_at",
            "consent_source",
            "owner",
            "custom",
            "external_source",
            "external_id",
            "archived_at",
            "created_at",
            "updated_at",
            "version",
        )


class ContactsView(MergeableView):
    """Contacts: the people whom we know."""

    model = Contact
    merging = MERGINGS["contact"]
    queryset = Contact.objects.none()
    serializer_class = ContactSerializer
    filterset_class = ContactFilters
    ordering_fields = ("id", "name", "created_at", "updated_at")

    def with_relations(self, records: QuerySet[Any]) -> QuerySet[Any]:
        """The contacts with what they name and by what they are reached."""
        return super().with_relations(records).prefetch_related("points", "tags")

    def create(self, request: Request) -> Response:
        """Make a contact. Without `owner` it is yours."""
        return self.created(contacts.create_contact(values=self.values(), by=self.person))

    def partial_update(self, request: Request, pk: int) -> Response:
        """Change a contact. `custom` is merged key by key."""
        values = self.values(partial=True)
        return self.answered(
            contacts.update_contact(
                contact=pk, values=values, by=self.person, expected_version=self.expected(pk)
            )
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Delete a contact. It leaves its leads, which stay."""
        with self.unchanged(pk):
            contacts.delete_contact(contact=pk, by=self.person)
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, pk: int) -> Response:
        """Put a contact aside: it leaves the lists and stays where it is named."""
        with self.unchanged(pk):
            return self.answered(contacts.archive_contact(contact=pk, by=self.person))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def unarchive(self, request: Request, pk: int) -> Response:
        """Take a contact back into the lists."""
        with self.unchanged(pk):
            return self.answered(contacts.unarchive_contact(contact=pk, by=self.person))
