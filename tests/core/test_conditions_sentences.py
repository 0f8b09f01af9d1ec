"""Conditions in words."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from core.conditions import sentence
from tests.conftest import Cast
from tests.factories import make_company, make_tag


def said(tree: Any, user: Any = None) -> str:
    with translation.override("en"):
        return sentence(tree, "pipeline.lead", user)


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        (
            {"field": "expected_revenue", "op": ">=", "value": 10000},
            "expected revenue is at least 10,000",
        ),
        (
            {"field": "expected_revenue", "op": "=", "value": "1234.50"},
            "expected revenue is 1,234.50",
        ),
        ({"field": "probability", "op": "<", "value": 33.5}, "probability is less than 33.5 %"),
        (
            {"not": {"field": "expected_revenue", "op": ">=", "value": 10}},
            "expected revenue is not at least 10",
        ),
        ({"field": "title", "op": "does not contain", "value": "A"}, "title does not contain “A”"),
        ({"field": "title", "op": "in", "value": ["A", "B", "C"]}, "title is “A”, “B” or “C”"),
        ({"field": "title", "op": "not in", "value": ["A", "B"]}, "title is neither “A” nor “B”"),
        ({"field": "title", "op": "not in", "value": ["A"]}, "title is not “A”"),
        ({"field": "status", "op": "!=", "value": "lost"}, "status is not Lost"),
        ({"field": "budget_confirmed", "op": "=", "value": True}, "budget confirmed is yes"),
        ({"field": "company", "op": "is empty"}, "company is empty"),
        (
            {"field": "expected_close", "op": "=", "value": "this_month"},
            "expected close is this month",
        ),
        (
            {"field": "expected_close", "op": "<", "value": "2026-03-31"},
            "expected close is before March 31, 2026",
        ),
        (
            {"field": "created_at", "op": ">=", "value": {"days": -7}},
            "created is 7 days ago or after",
        ),
        ({"field": "created_at", "op": "<", "value": {"days": -1}}, "created is before yesterday"),
        (
            {"field": "created_at", "op": "=", "value": "last_30_days"},
            "created is in the last 30 days",
        ),
        (
            {"field": "created_at", "op": "between", "value": [{"weeks": -2}, "today"]},
            "created is between 2 weeks ago and today",
        ),
        ({"field": "days_in_stage", "op": ">", "value": 14}, "days in the stage is more than 14"),
        (
            {"field": "score", "op": "between", "value": [10, 2000]},
            "score is between 10 and 2,000",
        ),
        ({"field": "owner", "op": "=", "value": "me"}, "owner is me"),
        ({"field": "team", "op": "=", "value": "my_teams"}, "sales team is one of my teams"),
        ({"any": "activities"}, "activities: at least one"),
        ({"not": {"any": "contacts", "where": {}}}, "people: none"),
        (
            {
                "none": "activities",
                "where": {
                    "all": [
                        {"field": "done_at", "op": "is empty"},
                        {"field": "due_at", "op": "<", "value": "today"},
                    ]
                },
            },
            "activities: none where (done is empty and due is before today)",
        ),
        ({}, "every record"),
        ({"any": []}, "no record"),
        (
            {
                "all": [
                    {"field": "score", "op": ">", "value": 1},
                    {
                        "any": [
                            {"field": "kind", "op": "=", "value": "lead"},
                            {"field": "owner", "op": "is empty"},
                        ]
                    },
                    {"field": "team", "op": "is not empty"},
                ]
            },
            "score is more than 1, (kind is Lead or owner is empty) and sales team is not empty",
        ),
        (
            {
                "not": {
                    "any": [
                        {"field": "score", "op": ">", "value": 1},
                        {"field": "owner", "op": "is empty"},
                    ]
                }
            },
            "score is not more than 1 and owner is not empty",
        ),
    ],
)
def test_a_condition_reads_as_a_sentence(tree: Any, words: str) -> None:
    assert said(tree) == words


def test_records_are_told_by_name_and_those_that_are_gone_by_number(cast: Cast) -> None:
    hot, cold = make_tag("Hot"), make_tag("Cold")
    tags = {"field": "tags", "op": "has all of", "value": [hot.pk, cold.pk, 999_999]}
    assert said(tags) == "tags: all of Hot, Cold and #999999"
    owner = {"field": "owner", "op": "!=", "value": cast.rep.pk}
    assert said(owner) == "owner is not Rita Rep"


def test_the_name_of_a_company_out_of_sight_is_not_told(cast: Cast) -> None:
    company = make_company("Secret Ltd", owner=cast.stranger)
    tree = {"field": "company", "op": "=", "value": company.pk}
    assert said(tree, cast.manager) == "company is Secret Ltd"
    assert said(tree, cast.rep) == f"company is #{company.pk}"


def test_numbers_and_dates_follow_the_language() -> None:
    with translation.override("fr"):
        words = sentence(
            {
                "all": [
                    {"field": "expected_revenue", "op": "=", "value": "1234.50"},
                    {"field": "expected_close", "op": "<", "value": "2026-03-31"},
                ]
            },
            "pipeline.lead",
        )
    assert "1\xa0234,50" in words
    assert "31 mars 2026" in words
