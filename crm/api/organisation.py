"""What holds for the organisation; there is one, so it has no id."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import RecordSerializer
from core.api.views import RecordsView
from crm import organisation
from crm.models import Organisation
from crm.organisationforms import read_organisation
from crm.services.organisation import set_organisation


class OrganisationSerializer(RecordSerializer):
    """The organisation. `first_weekday` is 0 for Monday, null where each language decides."""

    fiscal_month = serializers.IntegerField(min_value=1, max_value=12, required=False)
    first_weekday = serializers.IntegerField(
        min_value=0, max_value=6, required=False, allow_null=True
    )

    class Meta:
        model = Organisation
        fields = (*organisation.FIELDS, "version")


class OrganisationView(RecordsView):
    """The organisation: what it is called, and what holds where nobody says otherwise."""

    model = Organisation
    queryset = Organisation.objects.none()
    serializer_class = OrganisationSerializer
    pagination_class = None

    def find(self, pk: Any = None) -> Organisation:
        """It, or as the environment has it (version 0)."""
        return read_organisation()

    def retrieve(self, request: Request, pk: Any = None) -> Response:
        """What holds."""
        return self.shown(self.find())

    def partial_update(self, request: Request) -> Response:
        """Set some of it. For managers."""
        set_organisation(
            values=self.values(partial=True), by=self.person, expected_version=self.expected(None)
        )
        return self.shown(self.find())
