"""What the API says of duplicates, and how it makes one record of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Model
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import Input, Reference, References
from core.api.views import RecordsView
from core.merging import Choice, coming_along
from crm.duplicates import LIKELY, POSSIBLE, SURE, Match
from crm.views.merging import Merging

STRENGTHS = {POSSIBLE: "possible", LIKELY: "likely", SURE: "very_likely"}


class DuplicateSerializer(serializers.Serializer[Any]):
    """A record that may be the same, with the reasons."""

    record = Reference(read_only=True)
    strength = serializers.ChoiceField(choices=tuple(STRENGTHS.values()), read_only=True)
    reasons = serializers.ListField(child=serializers.CharField(), read_only=True)
    words = serializers.ListField(child=serializers.CharField(), read_only=True)


class DuplicatesSerializer(serializers.Serializer[Any]):
    """The records that may be the same, the surest first."""

    results = DuplicateSerializer(many=True, read_only=True)


class MergeInput(Input):
    """Which records become one with this one, and what wins."""

    ids = References()
    head = Reference(required=False, allow_null=True)
    choices = serializers.DictField(child=serializers.CharField(max_length=20), required=False)
    dry_run = serializers.BooleanField(required=False, default=False)


class MergeValueSerializer(serializers.Serializer[Any]):
    """What one of the records has of a field."""

    id = serializers.IntegerField(read_only=True)
    text = serializers.CharField(read_only=True)


class MergeFieldSerializer(serializers.Serializer[Any]):
    """A field, what each record has of it, and which record's value wins: its id, or "all"."""

    name = serializers.CharField(read_only=True)
    label = serializers.CharField(read_only=True)  # type: ignore[assignment]
    values = MergeValueSerializer(many=True, read_only=True)  # type: ignore[assignment]
    winner = serializers.CharField(read_only=True)
    differs = serializers.BooleanField(read_only=True)


class MergePreviewSerializer(serializers.Serializer[Any]):
    """What a merge would make: which record stays, what wins, and how many things move to it."""

    head = Reference(read_only=True)
    fields = MergeFieldSerializer(many=True, read_only=True)  # type: ignore[assignment]
    coming = serializers.DictField(child=serializers.IntegerField(), read_only=True)


class MergeableView(RecordsView):
    """A resource whose records may be one and the same; `merging` says how they become one."""

    merging: Merging

    @extend_schema(responses=DuplicatesSerializer)
    @action(detail=True)
    def duplicates(self, request: Request, pk: int) -> Response:
        """The records in your sight that may be the same as this one, and why."""
        kind = self.merging.kind
        record = kind.visible(self.person, pk)
        matches = kind.find(kind.probe(record), by=self.person, but=pk)
        return Response({"results": [_duplicate(match) for match in matches]})

    @extend_schema(request=MergeInput, responses={200: MergePreviewSerializer})
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: int) -> Response:
        """Make one record of this one and those of `ids`: `head`, else the best of them, stays.

        `choices` maps a field of the preview to the id whose value wins, or to `all`. With
        `dry_run` nothing is merged. Either way the answer tells who stays and what won.
        """
        self.find(pk)
        values = self.read(MergeInput)
        ids, head = [pk, *(key for key in values["ids"] if key != pk)], values.get("head")
        chosen = values.get("choices", {})
        records = self.merging.read(ids, self.person, head)
        self.merging.check_changeable(records, self.person)
        preview = _preview(records, self.merging.plan(records, chosen))
        if not values["dry_run"]:
            expected = self.expected(pk)
            versions = {record.pk: record.version for record in records}
            if expected is not None:
                versions[pk] = expected
            self.merging.merge(
                ids=ids, by=self.person, head=records[0].pk, choices=chosen, versions=versions
            )
        return Response(preview)


def _named(record: Model) -> dict[str, Any]:
    return {"id": record.pk, "name": str(record)}


def _duplicate(match: Match) -> dict[str, Any]:
    return {
        "record": _named(match.record),
        "strength": STRENGTHS[match.strength],
        "reasons": list(match.reasons),
        "words": match.words,
    }


def _preview(records: Sequence[Any], choices: Sequence[Choice]) -> dict[str, Any]:
    return {
        "head": _named(records[0]),
        "fields": [
            {
                "name": choice.group.name,
                "label": str(choice.group.label),
                "values": [{"id": key, "text": text} for key, text in choice.texts.items() if text],
                "winner": str(choice.winner),
                "differs": choice.differs,
            }
            for choice in choices
            if any(choice.texts.values())
        ],
        "coming": coming_along(records[1:]),
    }
