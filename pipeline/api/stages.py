"""Pipelines, stages and lost reasons."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import RecordSerializer, Reference, References
from core.api.settings import SettingsView
from pipeline.filters import LostReasonFilters, PipelineFilters, StageFilters
from pipeline.models import LostReason, Pipeline, Stage
from pipeline.services.configuration import create_pipeline, delete_pipeline


class PipelineSerializer(RecordSerializer):
    """A pipeline."""

    teams = References(required=False)

    class Meta:
        model = Pipeline
        fields = (
            "id",
            "name",
            "sequence",
            "currency",
            "is_active",
            "teams",
            "updated_at",
            "version",
        )


class PipelinesView(SettingsView):
    """Pipelines. You see those without teams, and those of your teams."""

    model = Pipeline
    queryset = Pipeline.objects.none()
    serializer_class = PipelineSerializer
    filterset_class = PipelineFilters
    ordering_fields = ("id", "name", "sequence")
    ordering = "sequence"

    def with_relations(self, records: QuerySet[Any]) -> QuerySet[Any]:
        """The pipelines with their teams."""
        return records.prefetch_related("teams")

    def create(self, request: Request) -> Response:
        """Make a pipeline; it begins with the stages New and Won. For managers."""
        return self.created(create_pipeline(values=self.values(), by=self.person))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Delete a pipeline with its stages, once no lead is in it. For managers."""
        self.require_sight(pk)
        with self.unchanged(pk):
            delete_pipeline(pipeline=pk, by=self.person)
        return Response(status=HTTPStatus.NO_CONTENT)


class StageSerializer(RecordSerializer):
    """A stage."""

    pipeline = Reference()
    teams = References(required=False)

    class Meta:
        model = Stage
        fields = (
            "id",
            "pipeline",
            "name",
            "sequence",
            "kind",
            "objective",
            "exit_criterion",
            "criterion_required",
            "days_min",
            "days_max",
            "required_fields",
            "probability",
            "limit_count",
            "limit_amount",
            "colour",
            "is_active",
            "teams",
            "updated_at",
            "version",
        )


class StagesView(SettingsView):
    """Stages of the pipelines that you see."""

    model = Stage
    queryset = Stage.objects.none()
    serializer_class = StageSerializer
    filterset_class = StageFilters
    ordering_fields = ("id", "name", "sequence", "pipeline")
    ordering = "pipeline,sequence"

    def with_relations(self, records: QuerySet[Any]) -> QuerySet[Any]:
        """The stages with their pipeline and teams."""
        return records.select_related("pipeline").prefetch_related("teams")


class LostReasonSerializer(RecordSerializer):
    """A lost reason."""

    class Meta:
        model = LostReason
        fields = ("id", "name", "sequence", "is_active", "updated_at", "version")


class LostReasonsView(SettingsView):
    """Lost reasons."""

    model = LostReason
    queryset = LostReason.objects.none()
    serializer_class = LostReasonSerializer
    filterset_class = LostReasonFilters
    ordering_fields = ("id", "name", "sequence")
    ordering = "sequence"
