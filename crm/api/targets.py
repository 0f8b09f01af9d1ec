"""Targets: what people and teams are to reach in a month or a quarter."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import STAYS, RecordSerializer, Reference
from core.api.views import RecordsView
from crm.filters import TargetFilters
from crm.models import Target
from crm.services import targets


class TargetSerializer(RecordSerializer):
    """A target of a team or of a person."""

    fixed = dict.fromkeys(("team", "user", "metric", "period", "starts_on", "currency"), STAYS)
    team = Reference(required=False, allow_null=True)
    user = Reference(required=False, allow_null=True)

    class Meta:
        model = Target
        fields = (
            "id",
            "team",
            "user",
            "metric",
            "period",
            "starts_on",
            "currency",
            "value",
            "updated_at",
            "version",
        )


class TargetsView(RecordsView):
    """Targets of teams and people: one's own and one's teams'; a leader sees those of their people,
    managers all."""

    model = Target
    queryset = Target.objects.none()
    serializer_class = TargetSerializer
    filterset_class = TargetFilters
    ordering_fields = ("id", "starts_on")

    def with_relations(self, records: QuerySet[Any]) -> QuerySet[Any]:
        """The targets with team and user."""
        return records.select_related("team", "user")

    def create(self, request: Request) -> Response:
        """Set a target: `team` or `user`, the first day of the `period`, a `currency` for revenue
        alone. For managers, and leaders for their team."""
        return self.created(targets.create_target(values=self.values(), by=self.person))

    def partial_update(self, request: Request, pk: int) -> Response:
        """Change what is to be reached. For managers, and leaders for their team."""
        values = self.values(partial=True)
        self.find(pk)
        return self.answered(
            targets.update_target(
                target=pk,
                values=values,
                by=self.person,
                expected_version=self.expected(pk),
            )
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Take a target back. For managers, and leaders for their team."""
        with self.unchanged(pk):
            targets.delete_target(target=pk, by=self.person)
        return Response(status=HTTPStatus.NO_CONTENT)
