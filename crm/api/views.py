"""Saved views."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import STAYS, RecordSerializer, Reference
from core.api.views import RecordsView, Values
from crm.filters import SavedViewFilters
from crm.models import SavedView
from crm.savedviews import normal
from crm.services import views


class SavedViewSerializer(RecordSerializer):
    """A view of a list or board: the query of its address under a name."""

    fixed = {"place": STAYS}
    place = serializers.RegexField(
        "^[a-z][a-z-]*$", max_length=20, help_text="leads, contacts, companies, or board."
    )
    query = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=views.LONGEST,
        help_text="As in the address of the page, such as `owner=me&sort=-expected_close`.",
    )
    owner = Reference(read_only=True)
    team = Reference(required=False, allow_null=True)
    is_first = serializers.BooleanField(
        read_only=True, help_text="Whether it opens first, for you."
    )

    class Meta:
        model = SavedView
        fields = (
            "id",
            "place",
            "name",
            "query",
            "owner",
            "team",
            "is_public",
            "is_first",
            "updated_at",
            "version",
        )


class SavedViewsView(RecordsView):
    """Saved views: your own, those of your teams, and those for everyone."""

    model = SavedView
    queryset = SavedView.objects.none()
    serializer_class = SavedViewSerializer
    filterset_class = SavedViewFilters
    ordering_fields = ("id", "name", "place", "updated_at")
    ordering = "place,name"

    def with_relations(self, records: Any) -> Any:
        """The views with their owner and team."""
        return records.for_menu()

    def represent(self, records: Sequence[Any]) -> list[dict[str, Any]]:
        """The views, with which of them open first."""
        preferences = self.person.preferences
        for record in records:
            record.is_first = preferences.get(f"view.{record.place}") == record.pk
        return super().represent(records)

    def values(self, *, partial: bool = False) -> Values:
        """The view in the body; its query in the order in which all are kept."""
        values = super().values(partial=partial)
        if "query" in values:
            values["query"] = normal(values["query"])
        return values

    def create(self, request: Request) -> Response:
        """Keep a view of your own; `team` or `is_public` shares it."""
        values = self.values()
        place = values.pop("place")
        return self.created(views.save_view(place=place, values=values, by=self.person))

    def partial_update(self, request: Request, pk: int) -> Response:
        """Rename a view, share it otherwise, or keep another query under its name."""
        return self.answered(
            views.update_view(
                view=pk,
                values=self.values(partial=True),
                by=self.person,
                expected_version=self.expected(pk),
            )
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Delete a view."""
        with self.unchanged(pk):
            views.delete_view(view=pk, by=self.person)
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def first(self, request: Request, pk: int) -> Response:
        """Have this view open first on its list or board, for you."""
        view = self.find(pk)
        views.set_first_view(place=view.place, view=pk, by=self.person)
        return self.answered_as_person(pk)

    @extend_schema(request=None)
    @first.mapping.delete
    def not_first(self, request: Request, pk: int) -> Response:
        """Have its list or board open without a view, if it was this one."""
        view = self.find(pk)
        if self.person.preferences.get(f"view.{view.place}") == pk:
            views.set_first_view(place=view.place, view=None, by=self.person)
        return self.answered_as_person(pk)

    def answered_as_person(self, pk: int) -> Response:
        """The view as it opens for the person now."""
        self.person.refresh_from_db(fields=["preferences"])
        return self.shown(self.find(pk))
