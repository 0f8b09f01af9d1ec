"""A condition that cannot be understood says what is wrong, and where."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.conditions import ConditionError, parse, parse_where

LEAF = {"field": "title", "op": "=", "value": "A"}


def nested(depth: int) -> Any:
    tree: Any = LEAF
    for _ in range(depth):
        tree = {"not": tree}
    return tree


@pytest.mark.parametrize(
    ("tree", "path", "words"),
    [
        (
            {"field": "colour", "op": "=", "value": 1},
            "field",
            "There is no field “colour”",
        ),
        (
            {"all": [LEAF, {"any": [{"field": "x.y", "op": "=", "value": 1}]}]},
            "all[1].any[0].field",
            "There is no field “x.y”",
        ),
        (
            {"field": "expected_revenue", "op": "contains", "value": "1"},
            "op",
            "“expected_revenue” (money) has no operator “contains”",
        ),
        ({"field": "title", "op": "=="}, "op", "has no operator “==”"),
        ({"field": "title", "op": "=", "value": 5}, "value", "title: “5” is no text"),
        ({"field": "title", "op": "=", "value": " "}, "value", "title: The text is empty"),
        ({"field": "title", "op": "=", "value": "a\x00"}, "value", "cannot be stored"),
        ({"field": "title", "op": "=", "value": "\ud800"}, "value", "cannot be stored"),
        ({"field": "title", "op": "=", "value": "x" * 201}, "value", "at most 200 characters"),
        ({"field": "title", "op": "in", "value": []}, "value", "The list of values is empty"),
        ({"field": "title", "op": "=", "value": None}, "value", "A value is missing"),
        ({"field": "title", "op": "is empty", "value": 1}, "value", "takes no value"),
        ({"field": "score", "op": ">", "value": "many"}, "value", "score: “many” is no number"),
        ({"field": "score", "op": ">", "value": True}, "value", "score: “True” is no number"),
        ({"field": "score", "op": ">", "value": 1.5}, "value", "more than 0 decimals"),
        ({"field": "score", "op": ">", "value": 10**6}, "value", "not between 0 and 32767"),
        ({"field": "score", "op": "between", "value": [1]}, "value", "a list of two values"),
        (
            {"field": "expected_revenue", "op": "<", "value": "1.005"},
            "value",
            "more than 2 decimals",
        ),
        ({"field": "expected_revenue", "op": "<", "value": 10**16}, "value", "15 digits"),
        ({"field": "expected_revenue", "op": "<", "value": 1e300}, "value", "15 digits"),
        ({"field": "status", "op": "=", "value": "done"}, "value", "none of: open, won, lost"),
        ({"field": "stage", "op": "in", "value": [1, "New"]}, "value[1]", "no id of a record"),
        ({"field": "stage", "op": "=", "value": "me"}, "value", "no id of a record"),
        ({"field": "owner", "op": "=", "value": "you"}, "value", "“me”, “my_teams”"),
        ({"field": "budget_confirmed", "op": "=", "value": 1}, "value", "neither true nor false"),
        ({"field": "expected_close", "op": "=", "value": "2026-02-30"}, "value", "is no date"),
        ({"field": "expected_close", "op": "=", "value": "2026-03-01T10:00"}, "value", "is a time"),
        ({"field": "expected_close", "op": "<", "value": {"hours": 1}}, "value", "is a time"),
        ({"field": "created_at", "op": "<", "value": "0001-01-01"}, "value", "before 1900"),
        ({"field": "created_at", "op": "<", "value": {"days": 10**9}}, "value", "a hundred years"),
        ({"field": "created_at", "op": "<", "value": {"days": 1.5}}, "value", "is no date"),
        ({"any": "meetings", "where": LEAF}, "", "no related records “meetings”"),
        (
            {"any": "activities", "where": {"field": "title", "op": "=", "value": "A"}},
            "where.field",
            "There is no field “title”",
        ),
        ({"all": LEAF}, "", "“all” takes a list of conditions"),
        ({"all": [], "any": []}, "", "“any” does not belong here"),
        ({**LEAF, "not": LEAF}, "", "“not” does not belong here"),
        ({"every": []}, "", "This one has: every"),
        ({"all": [5]}, "all[0]", "is an object in braces"),
        ([LEAF], "", "is an object in braces"),
        (nested(11), "not.not.not.not.not.not.not.not.not.not.not", "more than 10 deep"),
        ({"all": [LEAF] * 200}, "all[199]", "more than 200 parts"),
        (
            {"all": [{"field": "title", "op": "in", "value": ["a"] * 400}] * 3},
            "all[2]",
            "more than 1000 values",
        ),
        ({"field": "title", "op": "in", "value": ["a"] * 501}, "value", "at most 500 values"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tree: Any, path: str, words: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(tree, "pipeline.lead")
    assert caught.value.path == path
    assert words in caught.value.problem
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no valid JSON"),
        ("{", "no valid JSON"),
        ('{"field": "score", "op": ">", "value": NaN}', "no valid JSON"),
        ("[" * 15_000, "no valid JSON"),
        (json.dumps({"all": [LEAF] * 1000}), "at most 20000 characters"),
        ('{"field": "score", "op": ">", "value": ' + "9" * 4500 + "}", "valid JSON"),
    ],
)
def test_a_text_that_is_no_condition_is_refused(text: str, words: str) -> None:
    with pytest.raises(ConditionError, match=words):
        parse_where(text, "pipeline.lead")


def test_a_subject_without_fields_has_none() -> None:
    with pytest.raises(ConditionError, match="There is no field “title”"):
        parse(LEAF, "core.nothing")


def test_decimals_of_a_json_text_stay_exact() -> None:
    tree = parse_where('{"field":"expected_revenue","op":"=","value":0.10}', "pipeline.lead")
    assert str(tree.value) == "0.10"  # type: ignore[union-attr]
