"""What the API says of duplicates, and how it makes one record of several."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from core.api.fields import Input, Reference, References
from core.api.views import RecordsView
from core.errors import NotFound
from core.merging import Choice, coming_along
from crm.duplicates import LIKELY, POSSIBLE, SURE, Match
from crm.reviewing import Entry, read_page
from crm.services.distinct import take_together, tell_apart
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


class LikelySerializer(serializers.Serializer[Any]):
    """Records that are likely one and the same, with the reasons that hold for all of them."""

    records = References(read_only=True)
    strength = serializers.ChoiceField(choices=tuple(STRENGTHS.values()), read_only=True)
    reasons = serializers.ListField(child=serializers.CharField(), read_only=True)
    words = serializers.ListField(child=serializers.CharField(), read_only=True)


class LikelyPageSerializer(serializers.Serializer[Any]):
    """A page of the queue: the surest reasons first, and where it goes on."""

    results = LikelySerializer(many=True, read_only=True)
    next = serializers.URLField(read_only=True, allow_null=True)


class ApartSerializer(serializers.Serializer[Any]):
    """The records that were told apart from one."""

    results = References(read_only=True)


class ApartInput(Input):
    """Which records are no duplicates of this one."""

    ids = References()


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

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """As everywhere; the queue goes on behind a `cursor`."""
        if self.action == "likely_duplicates":
            self.parameters = (*self.parameters, "cursor")
        super().initial(request, *args, **kwargs)

    @extend_schema(
        responses=LikelyPageSerializer,
        parameters=[OpenApiParameter("cursor", str, description="Where the page starts.")],
        filters=False,
    )
    @action(detail=False, url_path="duplicates", pagination_class=None)
    def likely_duplicates(self, request: Request) -> Response:
        """The records in your sight that are likely one and the same, but those told apart.

        Entries with the surest reasons come first; leads are only those that are open.
        """
        asked = request.query_params.get("cursor", "")
        page = read_page(self.merging.kind.review, self.person, after=asked[:2000])
        address = request.build_absolute_uri()
        return Response(
            {
                "results": [_likely(entry) for entry in page.entries],
                "next": replace_query_param(address, "cursor", page.next) if page.next else None,
            }
        )

    @extend_schema(responses=ApartSerializer)
    @action(detail=True, url_path="not-duplicates")
    def not_duplicates(self, request: Request, pk: int) -> Response:
        """The records in your sight that somebody told apart from this one."""
        self.find(pk)
        return self._told_apart(pk)

    @extend_schema(request=ApartInput, responses={200: ApartSerializer})
    @not_duplicates.mapping.post
    def tell_apart(self, request: Request, pk: int) -> Response:
        """Remember that the records of `ids` are no duplicates of this one.

        Of each two you have to see both and be able to change one.
        """
        self.find(pk)
        pairs = self.merging.kind.review.pairs
        with self.unchanged(pk), transaction.atomic():
            for other in dict.fromkeys(self.read(ApartInput)["ids"]):
                tell_apart(model=pairs, ids=[pk, other], by=self.person)
        return self._told_apart(pk)

    @extend_schema(responses={204: None})
    @action(detail=True, methods=["delete"], url_path="not-duplicates/<id:other>")
    def forget_apart(self, request: Request, pk: int, other: int) -> Response:
        """Forget that two records were told apart."""
        self.find(pk)
        pairs = self.merging.kind.review.pairs
        with self.unchanged(pk):
            if not take_together(model=pairs, ids=[pk, other], by=self.person):
                raise NotFound(_("These two were not told apart."))
        return Response(status=HTTPStatus.NO_CONTENT)

    def _told_apart(self, pk: int) -> Response:
        pairs: Any = self.merging.kind.review.pairs.objects
        found = pairs.visible_to(self.person).of(pk).for_list().order_by("first", "second")
        others = (pair.second if pair.first_id == pk else pair.first for pair in found)
        return Response({"results": [_named(record) for record in others]})

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


def _likely(entry: Entry) -> dict[str, Any]:
    return {
        "records": [_named(record) for record in entry.records],
        "strength": STRENGTHS[entry.match.strength],
        "reasons": list(entry.match.reasons),
        "words": entry.match.words,
    }


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
