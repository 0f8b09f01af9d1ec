"""Plans and their steps, and launching them on a lead."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import STAYS, Input, RecordSerializer, Reference, References, shared
from core.api.settings import SettingsView
from core.api.views import SubresourceView
from pipeline.api.activities import ActivitySerializer
from pipeline.filters import PlanFilters, PlanStepFilters
from pipeline.models import Activity, Lead, Plan, PlanStep
from pipeline.services.plans import launch_plan


class PlanSerializer(RecordSerializer):
    """A plan. Its steps are records of their own, `plan-steps`."""

    steps = References(read_only=True)

    class Meta:
        model = Plan
        fields = ("id", "name", "sequence", "is_active", "steps", "updated_at", "version")


class PlansView(SettingsView):
    """Plans: steps that are launched together on leads."""

    model = Plan
    queryset = Plan.objects.none()
    serializer_class = PlanSerializer
    filterset_class = PlanFilters
    ordering_fields = ("id", "name", "sequence")
    ordering = "sequence"

    def with_relations(self, records: QuerySet[Any]) -> QuerySet[Any]:
        """The plans with their steps."""
        return records.prefetch_related("steps__type")


class PlanStepSerializer(RecordSerializer):
    """A step of a plan. Without `days` it is due after the usual days of its type."""

    fixed = {"plan": STAYS}
    plan = Reference()
    type = Reference()

    class Meta:
        model = PlanStep
        fields = (
            "id",
            "plan",
            "type",
            "summary",
            "days",
            "who",
            "sequence",
            "updated_at",
            "version",
        )


class PlanStepsView(SettingsView):
    """The steps of plans, in their order."""

    model = PlanStep
    queryset = PlanStep.objects.none()
    serializer_class = PlanStepSerializer
    filterset_class = PlanStepFilters
    ordering_fields = ("id", "plan", "sequence")
    ordering = "plan,sequence"

    def with_relations(self, records: QuerySet[Any]) -> QuerySet[Any]:
        """The steps with their plan and type."""
        return records.select_related("plan", "type")


class LaunchInput(Input):
    """Which plan, counted from which day, for whom where a step asks."""

    plan = Reference()
    base_on = serializers.DateField(help_text="The day from which the steps are counted.")
    asked = Reference(
        required=False, allow_null=True, help_text="The user for whom the steps are that ask."
    )


class LaunchedSerializer(serializers.Serializer[Any]):
    """The activities that a launch planned, in the order of the steps."""

    activities = ActivitySerializer(many=True, read_only=True)


class LaunchView(SubresourceView):
    """Launching a plan on a lead."""

    queryset = Activity.objects.none()
    parent_model = Lead
    serializer_class = LaunchedSerializer

    @extend_schema(request=LaunchInput, responses={201: LaunchedSerializer})
    def create(self, request: Request, pk: int) -> Response:
        """Plan all steps of a plan on a lead that you see, or none."""
        self.parent(pk)
        with self.unchanged_parent(pk):
            made = launch_plan(leads=[pk], by=self.person, **self.read(LaunchInput))
        planned = Activity.objects.for_list().filter(pk__in=[each.pk for each in made])
        reader = shared(ActivitySerializer)
        rows = [reader.to_representation(each) for each in planned.order_by("pk")]
        return Response({"activities": rows}, status=HTTPStatus.CREATED)
