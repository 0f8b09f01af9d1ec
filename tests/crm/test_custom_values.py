"""Values of custom fields have one canonical form."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.customvalues import BadValue, canonical, canonical_values, merged


@dataclass
class Definition:
    """A custom field as the module sees it."""

    type: str
    key: str = "f"
    options: list[dict[str, Any]] = field(
        default_factory=lambda: [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}]
    )


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("text", "  two words ", "two words"),
        ("text", 7, "7"),
        ("text", "   ", None),
        ("number", "7", 7),
        ("number", "7.50", 7.5),
        ("number", Decimal("7.0"), 7),
        ("number", -3, -3),
        ("money", "12.30", 12.3),
        ("money", 100, 100),
        ("date", "2026-03-31", "2026-03-31"),
        ("date", dt.date(2026, 3, 31), "2026-03-31"),
        ("date", dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC), "2026-03-31"),
        ("choice", "a", "a"),
        ("choices", ["b", "a", "a"], ["a", "b"]),
        ("choices", [], None),
        ("yes_no", False, False),
        ("user", "12", 12),
        ("company", 5, 5),
        ("number", "", None),
        ("date", None, None),
    ],
)
def test_what_is_stored(kind: str, value: Any, stored: Any) -> None:
    found = canonical(Definition(kind), value)
    assert found == stored
    assert type(found) is type(stored)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", "x" * 10_001),
        ("text", "a\x00b"),
        ("number", "seven"),
        ("number", "NaN"),
        ("number", "inf"),
        ("number", True),
        ("number", "1234567890123456"),
        ("number", "1e999"),
        ("money", "1.234"),
        ("date", "2026-02-30"),
        ("date", "31/03/2026"),
        ("choice", "c"),
        ("choice", ["a"]),
        ("choices", "a"),
        ("choices", ["a", "c"]),
        ("yes_no", "yes"),
        ("yes_no", 1),
        ("user", "me"),
        ("user", True),
        ("user", -1),
        ("company", 2**63),
        ("company", 1.5),
    ],
)
def test_what_is_refused(kind: str, value: Any) -> None:
    with pytest.raises(BadValue):
        canonical(Definition(kind), value)


def test_errors_name_the_field() -> None:
    clean, errors = canonical_values(
        [Definition("number", "n"), Definition("text", "t")], {"n": "x", "t": "y", "z": 1}
    )
    assert clean == {"t": "y"}
    assert sorted(errors) == ["custom.n", "custom.z"]


def test_none_takes_a_key_out() -> None:
    assert merged({"a": 1, "b": 2}, {"b": None, "c": 3}) == {"a": 1, "c": 3}


@given(
    st.sampled_from(["text", "number", "money", "date", "choice", "choices", "yes_no", "user"]),
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.decimals(),
        st.text(),
        st.dates(),
        st.lists(st.text(max_size=2)),
        st.dictionaries(st.text(max_size=2), st.integers()),
    ),
)
def test_anything_is_stored_as_json_that_is_stored_the_same_again_or_refused(
    kind: str, value: Any
) -> None:
    definition = Definition(kind)
    try:
        stored = canonical(definition, value)
    except BadValue:
        return
    assert json.loads(json.dumps(stored)) == stored
    assert canonical(definition, stored) == stored
