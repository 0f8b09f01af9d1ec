"""The guests of an activity, below it: `activities/{id}/invitation/`."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import Input, RecordSerializer, Reference, shared
from core.api.views import SubresourceView
from core.errors import NotFound
from messaging.models import Guest, Invitation
from messaging.services.inviting import Asked, invite
from pipeline.models import Activity


class GuestSerializer(RecordSerializer):
    """A guest, and what they answered; an empty `answer` is none yet."""

    contact = Reference(read_only=True)

    class Meta:
        model = Guest
        fields = ("id", "email", "name", "contact", "answer", "answered_at")


class InvitationSerializer(RecordSerializer):
    """What guests read of an activity, and who they are."""

    organiser = Reference(read_only=True)
    guests = GuestSerializer(many=True, read_only=True)

    class Meta:
        model = Invitation
        fields = ("title", "message", "organiser", "guests")


class GuestInput(Input):
    """Somebody to invite."""

    email = serializers.CharField(max_length=254)
    name = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    contact = serializers.IntegerField(required=False, allow_null=True, default=None)


class InvitationInput(Input):
    """The whole invitation: whoever is invited and not among `guests` is invited no longer."""

    title = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    message = serializers.CharField(required=False, allow_blank=True, default="", max_length=5_000)
    guests = GuestInput(many=True)


class InvitationView(SubresourceView):
    """The invitation to an activity. Guests are mailed what changes a little later."""

    parent_model = Activity
    queryset = Invitation.objects.none()
    serializer_class = InvitationSerializer
    pagination_class = None
    filter_backends = []

    def retrieve(self, request: Request, pk: int) -> Response:
        """The guests of an activity and their answers. NotFound when nobody was ever invited."""
        return Response(self._said(self.parent(pk).pk))

    @extend_schema(request=InvitationInput)
    def put(self, request: Request, pk: int) -> Response:
        """Invite these guests, and no others, to an activity that has an hour."""
        with self.unchanged_parent(pk):
            values = self.read(InvitationInput)
            guests = [Asked(**each) for each in values.pop("guests")]
            invite(activity=pk, guests=guests, by=self.person, instead=True, **values)
        return Response(self._said(pk))

    def _said(self, activity: int) -> Any:
        found = Invitation.objects.select_related("organiser").filter(activity=activity).first()
        if found is None:
            raise NotFound(_("Nobody is invited."))
        return shared(InvitationSerializer).to_representation(found)
