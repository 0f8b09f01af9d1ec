"""The ledger over the API: causes and what they changed, as far as one sees the records."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

import django_filters
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import Input, Moment, RecordSerializer, Reference
from core.api.views import RecordsView
from core.errors import NotFound
from core.filters import ChoicesFilter, Filters, IdsFilter, MomentFilter, TextFilter
from core.ledger.schema import is_tracked
from core.ledger.tables import Action, Cause, Change, Kind
from core.services.undoing import undo_cause
from core.telling import undone_among

Records = Callable[[Any], QuerySet[Any]]

_sight: dict[str, Records] = {}


def register_history(model: Any, records: Records | None = None) -> None:
    """Show the changes of `model` to whoever sees `records(user)`; without it, to everyone.

    Models that know `visible_to` need no registration. The changes of any other are for managers.
    """
    _sight[model._meta.label_lower] = records or (lambda _user: model._default_manager.all())


def visible_changes(user: Any, record_type: str = "") -> QuerySet[Change]:
    """The changes of records that the person sees, of one type if given.

    Of a deleted record, managers alone see them.

    Accounts are their owners' business, and keys are their owners' and administrators'.
    """
    changes = Change.objects.all()
    if user.is_admin:
        return changes
    if user.is_manager:
        return changes.exclude(
            ~Exists(_tokens(user).filter(pk=OuterRef("record_id"))), record_type="core.apitoken"
        )
    seen = Q(pk__in=[])
    for model in apps.get_models():
        if record_type not in ("", model._meta.label_lower):
            continue
        records = _history_of(model, user) if is_tracked(model) else None
        if records is not None:
            # As a range, since PostgreSQL would answer "=" by hashing every visible record first.
            place = OuterRef("record_id")
            here = Exists(records.order_by().filter(pk__gte=place, pk__lte=place))
            seen |= Q(here, record_type=model._meta.label_lower)
    return changes.filter(seen)


def visible_causes(user: Any) -> QuerySet[Cause]:
    """One's own causes, and those that changed something that one sees; managers see all."""
    causes = Cause.objects.all()
    if user.is_manager:
        return causes
    return causes.filter(Q(actor=user) | Exists(visible_changes(user).filter(cause=OuterRef("pk"))))


def _history_of(model: Any, user: Any) -> QuerySet[Any] | None:
    label = model._meta.label_lower
    if label == "core.apitoken":
        return _tokens(user)
    records = model._default_manager.all()
    if model is get_user_model():
        return records.changeable_by(user)  # type: ignore[no-any-return]
    if label in _sight:
        return _sight[label](user)
    return records.visible_to(user) if hasattr(records, "visible_to") else None


def _tokens(user: Any) -> QuerySet[Any]:
    return apps.get_model("core.apitoken")._default_manager.filter(owner=user)


class CauseFilters(Filters):
    """Filters of causes."""

    kind = ChoicesFilter("kind", choices=Kind.values)
    actor = IdsFilter("actor", words=("me", "none"))
    reference = TextFilter("reference", description="What did it: a token's hint, a file's name.")
    parent = django_filters.UUIDFilter("parent", help_text="What a cause woke.")
    started_from = MomentFilter("started_at", "gte")
    started_before = MomentFilter("started_at", "lt")


class ChangeFilters(Filters):
    """Filters of changes."""

    record_type = TextFilter("record_type", description="Such as `pipeline.lead`.")
    record = IdsFilter("record_id", words=(), description="The record's id.")
    cause = django_filters.UUIDFilter("cause", help_text="What a cause changed.")
    actor = IdsFilter("cause__actor", words=("me", "none"))
    action = ChoicesFilter("action", choices=Action.values)
    at_from = MomentFilter("at", "gte")
    at_before = MomentFilter("at", "lt")


class CauseSerializer(RecordSerializer):
    """A cause: who or what did something, and why."""

    actor = Reference(read_only=True, allow_null=True)
    undone = serializers.BooleanField(help_text="Whether an undo of all of it stands.")

    class Meta:
        model = Cause
        fields = (
            "id",
            "kind",
            "actor",
            "label",
            "reference",
            "parent",
            "quiet",
            "undone",
            "started_at",
        )


class ChangeCauseSerializer(RecordSerializer):
    """The cause of a change, in short."""

    actor = Reference(read_only=True, allow_null=True)

    class Meta:
        model = Cause
        fields = ("id", "kind", "actor", "label")


class ChangeSerializer(RecordSerializer):
    """A change: `diff` is `{field: [old, new]}`, for sets `{field: {"add": …, "remove": …}}`."""

    cause = ChangeCauseSerializer(read_only=True)
    diff = serializers.DictField()
    at = Moment(read_only=True)

    class Meta:
        model = Change
        fields = ("id", "cause", "record_type", "record_id", "action", "diff", "at")


class UndoInput(Input):
    """How far an undo goes."""

    with_consequences = serializers.BooleanField(
        required=False, default=False, help_text="Also what rules did because of it."
    )


class ConflictSerializer(serializers.Serializer[Any]):
    """A value that somebody changed since, and that was left alone."""

    record = serializers.CharField()
    field = serializers.CharField()
    expected = serializers.JSONField()
    found = serializers.JSONField()


class KeptSerializer(serializers.Serializer[Any]):
    """A record that was created and stays."""

    record = serializers.CharField()
    title = serializers.CharField()
    reason = serializers.CharField()


class UndoReportSerializer(serializers.Serializer[Any]):
    """What an undo did, and what it left alone."""

    cause = serializers.UUIDField(help_text="The undo's own cause; it can be undone as well.")
    reverted = serializers.IntegerField()
    conflicts = ConflictSerializer(many=True)
    kept = KeptSerializer(many=True)
    needed = KeptSerializer(many=True)


class CausesView(RecordsView):
    """Causes: why things changed. You see your own, and those of changes that you see."""

    model = Cause
    queryset = Cause.objects.none()
    serializer_class = CauseSerializer
    filterset_class = CauseFilters
    lookup_value_converter = "uuid"
    ordering_fields = ("started_at",)
    ordering = "-started_at"
    versioned = False

    def visible(self) -> QuerySet[Any]:
        """The causes in sight."""
        return visible_causes(self.person)

    def with_relations(self, records: QuerySet[Any]) -> QuerySet[Any]:
        """The causes with who acted."""
        return records.select_related("actor")

    def represent(self, records: Any) -> list[dict[str, Any]]:
        """The causes, and whether they are undone."""
        undone = undone_among([cause.pk for cause in records])
        for cause in records:
            cause.undone = cause.pk in undone
        return super().represent(records)

    @extend_schema(request=UndoInput, responses=UndoReportSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: UUID) -> Response:
        """Take back what a cause did. What others changed since is left alone and listed."""
        if not self.visible().filter(pk=pk).exists():
            raise NotFound(_("There is no such cause."))
        report = undo_cause(cause=pk, by=self.person, **self.read(UndoInput))
        return Response(report.as_json(), status=HTTPStatus.OK)


class ChangesView(RecordsView):
    """Changes: what happened to records, newest first. A change is visible where its record is."""

    model = Change
    queryset = Change.objects.none()
    serializer_class = ChangeSerializer
    filterset_class = ChangeFilters
    ordering_fields = ("id",)
    versioned = False

    def visible(self) -> QuerySet[Any]:
        """The changes of records in sight."""
        return visible_changes(self.person, self.request.query_params.get("record_type", ""))

    def with_relations(self, records: QuerySet[Any]) -> QuerySet[Any]:
        """The changes with their causes."""
        return records.select_related("cause__actor")
