"""Resources of plain configuration: everyone reads them, managers write them."""

from __future__ import annotations

from http import HTTPStatus

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import RecordsView
from core.errors import NotFound
from core.services.configuration import create_record, delete_record, update_record


class SettingsView(RecordsView):
    """A record type that is plain configuration; subclasses name the model and its presentation."""

    def create(self, request: Request) -> Response:
        """Make one. For managers."""
        made = create_record(model=self.model, values=self.values(), by=self.person)
        return self.created(made)

    def partial_update(self, request: Request, pk: int) -> Response:
        """Change it. For managers."""
        self.require_sight(pk)
        changed = update_record(
            model=self.model,
            record=pk,
            values=self.values(partial=True),
            by=self.person,
            expected_version=self.expected(pk),
        )
        return self.answered(changed)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Delete it, unless something needs it. For managers."""
        self.require_sight(pk)
        delete_record(
            model=self.model, record=pk, by=self.person, expected_version=self.expected(pk)
        )
        return Response(status=HTTPStatus.NO_CONTENT)

    def require_sight(self, pk: int) -> None:
        """NotFound for what the person does not see; the service then asks who may change it."""
        if not self.visible().filter(pk=pk).exists():
            raise NotFound(_("There is no such record."))
