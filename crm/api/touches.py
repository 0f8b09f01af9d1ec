"""Touches: arrivals of visitors, recorded once and kept whole."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import Input, Moment, RecordSerializer, Reference
from core.api.views import RecordsView
from crm.api.history import visible_touches
from crm.filters import TouchFilters
from crm.models import Touch
from crm.services.touches import record_touch


class TouchSerializer(RecordSerializer):
    """A touch."""

    source = Reference(read_only=True, allow_null=True)  # type: ignore[assignment]
    medium = Reference(read_only=True, allow_null=True)
    campaign = Reference(read_only=True, allow_null=True)

    class Meta:
        model = Touch
        fields = (
            "id",
            "visitor",
            "landing_url",
            "referrer",
            "source",
            "medium",
            "campaign",
            "click_ids",
            "at",
            "version",
        )


class TouchInput(Input):
    """A touch to be recorded. Without any of the three names they are read from `landing_url`."""

    visitor = serializers.CharField(max_length=64, required=False, allow_blank=True)
    landing_url = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    referrer = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=120, required=False, allow_blank=True
    )
    medium = serializers.CharField(max_length=120, required=False, allow_blank=True)
    campaign = serializers.CharField(max_length=120, required=False, allow_blank=True)
    click_ids = serializers.DictField(child=serializers.CharField(), required=False)
    at = Moment(required=False)


class TouchesView(RecordsView):
    """Touches. You see those of the leads that you see; who sees all leads sees all."""

    model = Touch
    queryset = Touch.objects.none()
    serializer_class = TouchSerializer
    filterset_class = TouchFilters
    ordering_fields = ("id", "at")

    def visible(self) -> QuerySet[Any]:
        """Those of leads in sight, or all."""
        return visible_touches(self.person)

    def with_relations(self, records: QuerySet[Any]) -> QuerySet[Any]:
        """The touches with their source, medium and campaign."""
        return records.select_related("source", "medium", "campaign")

    @extend_schema(request=TouchInput, responses={201: TouchSerializer})
    def create(self, request: Request) -> Response:
        """Record a touch; sources, mediums and campaigns are made from their names as needed."""
        return self.created(record_touch(by=self.person, **self.read(TouchInput)))
