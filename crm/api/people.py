"""Users, teams and who is in them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import STAYS, RecordSerializer, Reference
from core.api.views import RecordsView
from crm.filters import MembershipFilters, TeamFilters, UserFilters
from crm.models import Membership, Team, User
from crm.models.people import Role
from crm.services import teams, users


class UserSerializer(RecordSerializer):
    """A user."""

    class Meta:
        model = User
        fields = (
            "id",
            "email",
            "name",
            "role",
            "language",
            "time_zone",
            "theme",
            "is_active",
            "created_at",
            "updated_at",
            "version",
        )
        extra_kwargs = {"is_active": {"read_only": True}}


class InvitationSerializer(RecordSerializer):
    """A person to be invited."""

    role = serializers.ChoiceField(choices=Role.choices)

    class Meta:
        model = User
        fields = ("email", "name", "role", "language")


class UsersView(RecordsView):
    """Users: the people who work with Relance. Everyone knows their colleagues."""

    model = User
    queryset = User.objects.none()
    serializer_class = UserSerializer
    filterset_class = UserFilters
    ordering_fields = ("id", "name", "email", "created_at")
    ordering = "name"

    @extend_schema(request=InvitationSerializer)
    def create(self, request: Request) -> Response:
        """Invite somebody: an account is made and a link sent to set a password. For managers."""
        values = self.read(InvitationSerializer)
        return self.created(users.invite_user(by=self.person, **values))

    def partial_update(self, request: Request, pk: int) -> Response:
        """Change yourself; managers also change others, and roles."""
        values = self.values(partial=True)
        with self.unchanged(pk), transaction.atomic():
            if "role" in values:
                users.change_role(user=pk, role=values.pop("role"), by=self.person)
            return self.answered(users.update_user(user=pk, values=values, by=self.person))

    @extend_schema(request=None)
    @action(detail=False)
    def me(self, request: Request) -> Response:
        """The person whose session or token this is."""
        return self.shown(self.find(request.user.pk))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def invite(self, request: Request, pk: int) -> Response:
        """Send the invitation again; older links are dead. For managers."""
        return self.answered(users.invite_again(user=pk, by=self.person))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def deactivate(self, request: Request, pk: int) -> Response:
        """End an account: sessions and tokens are void, what it owns stays. For managers."""
        with self.unchanged(pk):
            return self.answered(users.deactivate_user(user=pk, by=self.person))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def reactivate(self, request: Request, pk: int) -> Response:
        """Open an account again; its owner is invited to set a password. For managers."""
        with self.unchanged(pk):
            return self.answered(users.reactivate_user(user=pk, by=self.person))


class TeamSerializer(RecordSerializer):
    """A sales team."""

    leader = Reference(required=False, allow_null=True)
    parent = Reference(  # type: ignore[assignment]
        required=False, allow_null=True
    )

    class Meta:
        model = Team
        fields = (
            "id",
            "name",
            "leader",
            "parent",
            "sequence",
            "is_active",
            "updated_at",
            "version",
        )


class TeamsView(RecordsView):
    """Sales teams. Who is in them are memberships."""

    model = Team
    queryset = Team.objects.none()
    serializer_class = TeamSerializer
    filterset_class = TeamFilters
    ordering_fields = ("id", "name", "sequence")
    ordering = "name"

    def with_relations(self, records: QuerySet[Any]) -> QuerySet[Any]:
        """The teams with leader and parent."""
        return records.select_related("leader", "parent")

    def create(self, request: Request) -> Response:
        """Make a team. For managers."""
        return self.created(teams.create_team(values=self.values(), by=self.person))

    def partial_update(self, request: Request, pk: int) -> Response:
        """Change a team. For managers."""
        values = self.values(partial=True)
        return self.answered(
            teams.update_team(
                team=pk, values=values, by=self.person, expected_version=self.expected(pk)
            )
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Delete a team with its memberships; its leads stay. For managers."""
        with self.unchanged(pk):
            teams.delete_team(team=pk, by=self.person)
        return Response(status=HTTPStatus.NO_CONTENT)


@extend_schema_field({"type": "object", "additionalProperties": {}})
class ConditionField(serializers.JSONField):
    """A condition tree, or null."""


class MembershipSerializer(RecordSerializer):
    """A user's place in a team."""

    fixed = dict.fromkeys(("team", "user"), STAYS)
    team = Reference()
    user = Reference()
    territory = ConditionField(required=False, allow_null=True)
    preferred = ConditionField(required=False, allow_null=True)

    class Meta:
        model = Membership
        fields = (
            "id",
            "team",
            "user",
            "capacity",
            "share",
            "territory",
            "preferred",
            "absent_from",
            "absent_until",
            "is_active",
            "updated_at",
            "version",
        )


class MembershipsView(RecordsView):
    """Memberships: who is in which team, with capacity and share for assignment."""

    model = Membership
    queryset = Membership.objects.none()
    serializer_class = MembershipSerializer
    filterset_class = MembershipFilters
    ordering_fields = ("id", "team", "user")

    def with_relations(self, records: QuerySet[Any]) -> QuerySet[Any]:
        """The memberships with team and user."""
        return records.select_related("team", "user")

    def create(self, request: Request) -> Response:
        """Put a user into a team; one who is in it already gets the new values. For managers."""
        values = self.values()
        team, user = values.pop("team"), values.pop("user")
        member = teams.put_member(team=team, user=user, by=self.person, values=values)
        return self.created(member)

    def partial_update(self, request: Request, pk: int) -> Response:
        """Change a membership. For managers; a leader changes how their members are in the
        team, not who is."""
        values = self.values(partial=True)
        with self.unchanged(pk):
            member = self.find(pk)
            return self.answered(
                teams.put_member(
                    team=member.team_id, user=member.user_id, by=self.person, values=values
                )
            )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Take a user out of a team. Their leads stay theirs. For managers."""
        with self.unchanged(pk):
            member = self.find(pk)
            teams.remove_member(team=member.team_id, user=member.user_id, by=self.person)
        return Response(status=HTTPStatus.NO_CONTENT)
