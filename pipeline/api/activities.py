"""Activities and their types."""

from __future__ import annotations

from http import HTTPStatus

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import STAYS, Input, Moment, RecordSerializer, Reference
from core.api.settings import SettingsView
from core.api.views import RecordsView
from pipeline.filters import ActivityFilters, ActivityTypeFilters
from pipeline.models import Activity, ActivityType
from pipeline.services import activities, nextsteps


class ActivitySerializer(RecordSerializer):
    """An activity. Give `due_at`, or `due_on` for any time on a day of the assignee's."""

    fixed = dict.fromkeys(("lead", "contact", "company"), STAYS)
    type = Reference()
    due_at = Moment(required=False)
    due_on = serializers.DateField(write_only=True, required=False)
    assignee = Reference(required=False, allow_null=True)
    duration = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=1440, help_text="In minutes."
    )
    reminder = serializers.ChoiceField(
        choices=Activity.Reminder.choices,
        required=False,
        allow_blank=True,
        help_text="Empty: as the assignee has set it.",
    )
    remind_at = Moment(required=False, allow_null=True)
    outcome = serializers.CharField(
        read_only=True, help_text=f"Empty until done: {', '.join(Activity.Outcome.values)}."
    )
    lead = Reference(required=False, allow_null=True)
    contact = Reference(required=False, allow_null=True)
    company = Reference(required=False, allow_null=True)

    class Meta:
        model = Activity
        fields = (
            "id",
            "type",
            "summary",
            "note",
            "due_at",
            "due_on",
            "all_day",
            "duration",
            "place",
            "reminder",
            "remind_at",
            "assignee",
            "lead",
            "contact",
            "company",
            "done_at",
            "outcome",
            "feedback",
            "created_at",
            "updated_at",
            "version",
        )
        read_only_fields = ("all_day", "feedback")


class CompletionInput(Input):
    """What came of an activity."""

    outcome = serializers.ChoiceField(
        choices=Activity.Outcome.choices, default=Activity.Outcome.DONE.value
    )
    feedback = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    at = Moment(required=False, help_text="When it was done; now if not given.")


class ActivitiesView(RecordsView):
    """Activities: next steps on leads, contacts and companies, and what came of them."""

    model = Activity
    queryset = Activity.objects.none()
    serializer_class = ActivitySerializer
    filterset_class = ActivityFilters
    ordering_fields = ("id", "due_at", "done_at", "created_at", "updated_at")

    def create(self, request: Request) -> Response:
        """Plan an activity on a lead, contact or company that you see."""
        return self.created(activities.plan_activity(by=self.person, **self.values()))

    def partial_update(self, request: Request, pk: int) -> Response:
        """Change what it is, when it is due, whose it is."""
        values = self.values(partial=True)
        return self.answered(
            activities.update_activity(
                activity=pk, values=values, by=self.person, expected_version=self.expected(pk)
            )
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Delete an activity."""
        activities.delete_activity(activity=pk, by=self.person, expected_version=self.expected(pk))
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=CompletionInput)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: int) -> Response:
        """Complete an activity with what came of it. What follows by itself is planned with it."""
        values = self.read(CompletionInput)
        finished = nextsteps.finish_activity(
            activity=pk, by=self.person, expected_version=self.expected(pk), **values
        )
        return self.answered(finished.activity)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: int) -> Response:
        """Take back that an activity was completed."""
        return self.answered(
            activities.reopen_activity(
                activity=pk, by=self.person, expected_version=self.expected(pk)
            )
        )


class ActivityTypeSerializer(RecordSerializer):
    """An activity type. `next_type` is suggested when one is done, or planned by itself."""

    next_type = Reference(required=False, allow_null=True)

    class Meta:
        model = ActivityType
        fields = (
            "id",
            "name",
            "icon",
            "sequence",
            "default_summary",
            "default_days",
            "counted_from",
            "next_type",
            "chaining",
            "is_active",
            "updated_at",
            "version",
        )


class ActivityTypesView(SettingsView):
    """Activity types: call, e-mail, meeting …"""

    model = ActivityType
    queryset = ActivityType.objects.none()
    serializer_class = ActivityTypeSerializer
    filterset_class = ActivityTypeFilters
    ordering_fields = ("id", "name", "sequence")
    ordering = "sequence"
