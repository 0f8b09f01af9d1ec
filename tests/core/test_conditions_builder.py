"""The form that builds a condition: rows to a tree and back, the sentence, the number found."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from core.conditions import ConditionError, as_json, parse
from core.conditions.building import Draft
from tests import factories

HTMX = {"HTTP_HX_REQUEST": "true"}
LEAD = "pipeline.lead"


def draft_of(**fields: Any) -> Draft:
    data = QueryDict(mutable=True)
    for name, value in fields.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return Draft.read(data)


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def where_of(address: str) -> Any:
    return json.loads(parse_qs(urlsplit(address).query)["where"][0])


@pytest.mark.parametrize(
    ("row", "leaf"),
    [
        (("title", "contains", "pump"), {"value": "pump"}),
        (("title", "in", "a, b"), {"value": ["a", "b"]}),
        (("expected_revenue", ">=", "1 234,50 €"), {"value": "1234.50"}),
        (("expected_revenue", "in", "10; 20"), {"value": ["10", "20"]}),
        (("owner", "=", "me"), {"value": "me"}),
        (("tags", "has any of", ["1", "2"]), {"value": [1, 2]}),
        (("status", "in", ["open", "won"]), {"value": ["open", "won"]}),
        (("budget_confirmed", "=", "true"), {"value": True}),
        (("expected_close", "=", "2030-01-31"), {"value": "2030-01-31"}),
        (("expected_close", "is empty", ""), {}),
    ],
)
def test_a_row_becomes_a_leaf_and_a_leaf_a_row(
    db: None, row: tuple[str, str, Any], leaf: Any
) -> None:
    name, operator, value = row
    tree = draft_of(f0=name, o0=operator, v0=value).tree(LEAD)
    assert tree == {"all": [{"field": name, "op": operator, **leaf}]}
    written = as_json(parse(tree, LEAD))
    again = Draft.of(json.loads(json.dumps(written, default=str)))
    assert again is not None
    assert as_json(parse(again.tree(LEAD), LEAD)) == written


def test_groups_periods_and_spans_are_kept(db: None) -> None:
    draft = draft_of(
        m0="all",
        m1="any",
        f0="expected_close",
        o0="=",
        p0="this_month",
        f1="expected_revenue",
        o1="between",
        v1="5",
        w1="10",
        g1="1",
        f2="title",
        o2="is empty",
        g2="1",
    )
    tree = draft.tree(LEAD)
    assert tree == {
        "all": [
            {"field": "expected_close", "op": "=", "value": "this_month"},
            {
                "any": [
                    {"field": "expected_revenue", "op": "between", "value": ["5", "10"]},
                    {"field": "title", "op": "is empty"},
                ]
            },
        ]
    }
    again = Draft.of(tree)
    assert again is not None
    assert again.tree(LEAD) == tree


@pytest.mark.parametrize(
    "tree",
    [
        {"not": {"field": "title", "op": "is empty"}},
        {"any": "activities", "where": {}},
        {"all": [{"any": [{"all": []}]}]},
    ],
)
def test_what_says_more_than_rows_is_left_as_it_is(tree: Any) -> None:
    assert Draft.of(tree) is None


@pytest.mark.parametrize("name", ["no_such", "custom.gone", "title; DROP", "activities"])
def test_a_field_that_is_not_known_is_refused_by_name(db: None, name: str) -> None:
    with pytest.raises(ConditionError, match=name[:6]):
        draft_of(f0=name, o0="=", v0="x").tree(LEAD)


def test_the_form_tells_the_sentence_and_the_number(cast: Any, pipeline: Any) -> None:
    for revenue in (5, 50, 500):
        factories.make_lead(by=cast.manager, owner=cast.rep.pk, expected_revenue=revenue)
    asked = {
        "to": "/leads/",
        "kept": "owner=me",
        "m0": "all",
        "f0": "expected_revenue",
        "o0": ">=",
        "v0": "50",
        "f1": "title",
        "o1": "contains",
        "v1": "",
    }
    address = reverse("conditions", args=["leads"])
    text = as_(cast.rep).get(address, asked, **HTMX).content.decode()
    assert "Expected revenue is at least 50" in text
    assert "2 found" in text
    # Everyone counts what they see themselves.
    assert "0 found" in as_(cast.stranger).get(address, asked, **HTMX).content.decode()
    # A row that lacks its value is told when it is applied, and nothing is lost.
    answer = as_(cast.rep).post(address, asked, **HTMX)
    assert answer.status_code == 422
    assert "“title” needs a value." in answer.content.decode()
    answer = as_(cast.rep).post(address, {**asked, "f1": ""})
    assert where_of(answer.url) == {
        "all": [{"field": "expected_revenue", "op": ">=", "value": "50"}]
    }
    shown = as_(cast.rep).get(answer.url)
    assert shown.context["page"].number == 2
    assert "expected revenue is at least 50" in shown.content.decode()


def test_rows_and_groups_are_added_and_taken_out(cast: Any, pipeline: Any) -> None:
    client, address = as_(cast.rep), reverse("conditions", args=["leads"])
    asked = {"to": "/leads/", "m0": "all", "f0": "title", "o0": "contains", "v0": "x"}
    added = client.get(address, {**asked, "add": "0"}, **HTMX).context["blocks"]
    assert [len(block.rows) for block in added] == [2]
    grouped = client.get(address, {**asked, "group": "1"}, **HTMX).context["blocks"]
    assert [(block.mode, len(block.rows)) for block in grouped] == [("all", 1), ("any", 1)]
    dropped = client.get(address, {**asked, "drop": "0"}, **HTMX).context["blocks"]
    assert [len(block.rows) for block in dropped] == [0]
    for odd in ({"drop": "99"}, {"add": "99"}, {"drop": "-1"}, {"add": "x"}):
        assert client.get(address, {**asked, **odd}, **HTMX).status_code == 200


def test_an_address_with_a_condition_opens_as_rows(cast: Any, pipeline: Any) -> None:
    client, address = as_(cast.rep), reverse("conditions", args=["leads"])

    def opened(where: Any) -> Any:
        kept = QueryDict(mutable=True)
        kept["where"] = json.dumps(where)
        return client.get(address, {"to": "/leads/", "kept": kept.urlencode()}, **HTMX)

    rows = opened({"field": "owner", "op": "=", "value": "me"}).context["blocks"][0].rows
    assert (rows[0].kind, rows[0].options[0]) == ("select", ("me", "me", True))
    deep = opened({"not": {"field": "title", "op": "is empty"}})
    assert "says more than this form can show" in deep.content.decode()
    gone = opened({"field": "custom.gone", "op": "=", "value": 1})
    assert "custom.gone" in gone.content.decode()


@pytest.mark.parametrize("name", ["contacts", "companies"])
def test_contacts_and_companies_have_conditions_too(cast: Any, name: str) -> None:
    factories.make_contact("Nora", owner=cast.rep)
    factories.make_company("Nordwind", owner=cast.rep)
    client = as_(cast.rep)
    assert reverse("conditions", args=[name]) in client.get(reverse(name)).content.decode()
    fields = {"to": reverse(name), "m0": "all", "f0": "name", "o0": "starts with", "v0": "Nor"}
    answer = client.post(reverse("conditions", args=[name]), fields)
    assert client.get(answer.url).context["page"].number == 1


def test_every_field_is_offered_with_a_control(cast: Any, pipeline: Any) -> None:
    from core.conditions.builder import faces
    from core.conditions.building import Row
    from core.conditions.fields import Declared

    for found in Declared(LEAD).all():
        for operator in found.type.operators:
            face = faces(Draft([Row(found.name, operator)]), LEAD, cast.rep)[0]
            assert face.kind, (found.name, operator)
            assert (operator, True) in {(key, on) for key, _label, on in face.operators}


def test_the_form_leads_nowhere_else(cast: Any, pipeline: Any) -> None:
    client = as_(cast.rep)
    for to in ("https://example.org/", "//example.org/", ""):
        address = reverse("conditions", args=["leads"])
        assert client.get(address, {"to": to}, **HTMX).status_code == 404
    assert client.get(reverse("conditions", args=["users"]), {"to": "/"}).status_code == 404
    assert Client().get(reverse("conditions", args=["leads"])).status_code == 302
