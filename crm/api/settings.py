"""Tags, products, sources, mediums, campaigns and custom fields."""

from __future__ import annotations

from http import HTTPStatus

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import STAYS, RecordSerializer
from core.api.settings import SettingsView
from crm.filters import CustomFieldFilters, NamedFilters, ProductFilters, TagFilters
from crm.models import Campaign, CustomField, Medium, Product, Source, Tag
from crm.services.customfields import delete_custom_field


class TagSerializer(RecordSerializer):
    """A tag."""

    class Meta:
        model = Tag
        fields = ("id", "name", "colour", "updated_at", "version")


class TagsView(SettingsView):
    """Tags: words that leads, contacts and companies are marked with."""

    model = Tag
    queryset = Tag.objects.none()
    serializer_class = TagSerializer
    filterset_class = TagFilters
    ordering_fields = ("id", "name")
    ordering = "name"


class ProductSerializer(RecordSerializer):
    """A product."""

    class Meta:
        model = Product
        fields = ("id", "code", "name", "list_price", "is_active", "updated_at", "version")


class ProductsView(SettingsView):
    """Products: what we sell."""

    model = Product
    queryset = Product.objects.none()
    serializer_class = ProductSerializer
    filterset_class = ProductFilters
    ordering_fields = ("id", "name", "list_price")
    ordering = "name"


NAMED = ("id", "name", "is_active", "updated_at", "version")


class SourceSerializer(RecordSerializer):
    """A source."""

    class Meta:
        model = Source
        fields = NAMED


class MediumSerializer(RecordSerializer):
    """A medium."""

    class Meta:
        model = Medium
        fields = NAMED


class CampaignSerializer(RecordSerializer):
    """A campaign."""

    class Meta:
        model = Campaign
        fields = NAMED


class SourcesView(SettingsView):
    """Sources: who sends people (utm_source)."""

    model = Source
    queryset = Source.objects.none()
    serializer_class = SourceSerializer
    filterset_class = NamedFilters
    ordering_fields = ("id", "name")
    ordering = "name"


class MediumsView(SettingsView):
    """Mediums: by which kind of way people come (utm_medium)."""

    model = Medium
    queryset = Medium.objects.none()
    serializer_class = MediumSerializer
    filterset_class = NamedFilters
    ordering_fields = ("id", "name")
    ordering = "name"


class CampaignsView(SettingsView):
    """Campaigns: as part of which effort people come (utm_campaign)."""

    model = Campaign
    queryset = Campaign.objects.none()
    serializer_class = CampaignSerializer
    filterset_class = NamedFilters
    ordering_fields = ("id", "name")
    ordering = "name"


class CustomFieldSerializer(RecordSerializer):
    """A custom field."""

    fixed = dict.fromkeys(("subject", "key", "type"), STAYS)

    class Meta:
        model = CustomField
        fields = (
            "id",
            "subject",
            "key",
            "label",
            "type",
            "options",
            "help_text",
            "sequence",
            "is_active",
            "on_cards",
            "updated_at",
            "version",
        )


class CustomFieldsView(SettingsView):
    """Custom fields of leads, contacts and companies. Subject, key and type stay as given."""

    model = CustomField
    queryset = CustomField.objects.none()
    serializer_class = CustomFieldSerializer
    filterset_class = CustomFieldFilters
    ordering_fields = ("id", "subject", "sequence")
    ordering = "subject,sequence"

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Delete it with the values that records have of it. For managers."""
        self.require_sight(pk)
        delete_custom_field(field=pk, by=self.person, expected_version=self.expected(pk))
        return Response(status=HTTPStatus.NO_CONTENT)
