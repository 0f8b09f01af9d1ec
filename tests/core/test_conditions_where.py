"""`where=` filters what a person sees, and answers 400 with words to what it cannot read."""

from __future__ import annotations

import json
from typing import Any

import django_filters
import pytest
from django.http import QueryDict
from rest_framework import generics, serializers
from rest_framework.test import APIRequestFactory, force_authenticate

from core.conditions.filters import WhereFilter
from pipeline.models import Lead, LeadContact, LeadTag, Pipeline, Stage
from tests.conftest import Cast
from tests.factories import arranging, make_contact, make_tag


class Leads(django_filters.FilterSet):
    where = WhereFilter("pipeline.lead")

    class Meta:
        model = Lead
        fields: list[str] = []


class Titles(serializers.ModelSerializer[Lead]):
    class Meta:
        model = Lead
        fields = ["title"]


class LeadList(generics.ListAPIView[Lead]):
    queryset = Lead.objects.all()
    serializer_class = Titles
    filterset_class = Leads
    pagination_class = None
    permission_classes = []


def ask(where: Any, user: Any) -> Any:
    text = where if isinstance(where, str) else json.dumps(where)
    request = APIRequestFactory().get("/api/v1/leads/", {"where": text})
    force_authenticate(request, user)
    return LeadList.as_view()(request)


def titles(where: Any, user: Any) -> list[str]:
    answer = ask(where, user)
    assert answer.status_code == 200, answer.data
    return sorted(row["title"] for row in answer.data)


@pytest.fixture
def leads(cast: Cast) -> dict[str, Lead]:
    with arranging():
        way = Pipeline.objects.create(name="Where")
        stage = Stage.objects.create(pipeline=way, name="First")
        rows = [
            Lead(title="Straße", owner=cast.rep, team=cast.team, expected_revenue=10),
            Lead(title="Plain", owner=cast.mate, team=cast.team),
            Lead(title="Other", owner=cast.stranger, team=cast.others, expected_revenue=500),
        ]
        for place, lead in enumerate(rows):
            lead.pipeline, lead.stage, lead.position = way, stage, str(place)
        Lead.objects.bulk_create(rows)
    return {lead.title: lead for lead in rows}


def test_me_and_my_teams_are_those_of_the_request(cast: Cast, leads: dict[str, Lead]) -> None:
    mine = {"field": "owner", "op": "=", "value": "me"}
    ours = {"field": "team", "op": "=", "value": "my_teams"}
    assert titles(mine, cast.rep) == ["Straße"]
    assert titles(mine, cast.stranger) == ["Other"]
    assert titles(ours, cast.leader) == ["Plain", "Straße"]
    assert titles({"not": ours}, cast.leader) == ["Other"]


def test_no_condition_filters_nothing(cast: Cast, leads: dict[str, Lead]) -> None:
    assert len(titles("", cast.rep)) == 3
    assert len(titles({}, cast.rep)) == 3


def test_text_is_found_in_any_spelling_and_an_empty_amount_meets_no_comparison(
    cast: Cast, leads: dict[str, Lead]
) -> None:
    assert titles({"field": "title", "op": "=", "value": "STRASSE"}, cast.rep) == ["Straße"]
    assert titles({"field": "expected_revenue", "op": "<", "value": 100}, cast.rep) == ["Straße"]
    assert titles({"not": {"field": "expected_revenue", "op": "<", "value": 100}}, cast.rep) == [
        "Other",
        "Plain",
    ]


def test_related_rows_never_double_a_lead(cast: Cast, leads: dict[str, Lead]) -> None:
    tags = [make_tag("One"), make_tag("Two")]
    people = [make_contact(f"P{n}", email=f"p{n}@gmail.com") for n in range(3)]
    with arranging():
        for tag in tags:
            LeadTag.objects.create(lead=leads["Plain"], tag=tag)
        for person in people:
            LeadContact.objects.create(lead=leads["Plain"], contact=person, role="buyer")
    tagged = {"field": "tags", "op": "has any of", "value": [tag.pk for tag in tags]}
    buyers = {
        "any": "contacts",
        "where": {
            "all": [
                {"field": "role", "op": "=", "value": "buyer"},
                {"field": "email", "op": "at domain", "value": "gmail.com"},
            ]
        },
    }
    assert titles({"all": [tagged, buyers]}, cast.rep) == ["Plain"]
    assert titles({"not": buyers}, cast.rep) == ["Other", "Straße"]


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("{", "The condition is no valid JSON."),
        ({"field": "colour", "op": "=", "value": 1}, "field: There is no field “colour”."),
        (
            {"field": "score", "op": "contains", "value": "1"},
            "op: “score” (number) has no operator “contains”",
        ),
        ({"field": "score", "op": ">", "value": "x"}, "value: score: “x” is no number."),
        ('"' + "x" * 21_000 + '"', "at most 20000 characters"),
        ({"field": "title", "op": "=", "value": "\x00"}, "cannot be stored"),
    ],
)
def test_a_condition_that_cannot_be_read_is_a_400_that_says_why(
    cast: Cast, where: Any, words: str
) -> None:
    answer = ask(where, cast.rep)
    assert answer.status_code == 400
    assert words in json.dumps(answer.data, ensure_ascii=False, default=str)


def test_a_form_shows_the_error_at_its_field(cast: Cast) -> None:
    data = QueryDict(mutable=True)
    data["where"] = json.dumps({"field": "owner", "op": "=", "value": "me"})
    filterset = Leads(data, Lead.objects.all())
    assert not filterset.is_valid()
    assert filterset.errors["where"] == ["owner: “me” means nothing without a person."]
