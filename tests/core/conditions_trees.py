"""Random trees for the conditions, from all declared fields and the values of a pool."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from core.conditions import operators as op
from core.conditions.fields import Declared, Field
from core.conditions.periods import NAMED, RUNS
from core.conditions.records import Record
from core.conditions.types import Choice, Number
from tests.core.conditions_pool import DAYS, EMAILS, INSTANTS, NUMBERS, SIGNED, TEXTS, Pool


def values_of(kind: Any, pool: Pool) -> st.SearchStrategy[Any]:
    """JSON values of a type that are in order."""
    if isinstance(kind, Record):
        return st.sampled_from([*pool.ids.get(kind.model, [999_999]), *kind.tokens])
    if isinstance(kind, Choice):
        return st.sampled_from([key for key, _label in kind.options() if key])
    if kind.name == "age":
        return st.integers(-2, 800)
    if isinstance(kind, Number):
        numbers = SIGNED if kind.places == 2 else NUMBERS
        fitting = [
            text
            for text in numbers
            if kind.lowest <= Decimal(text) <= kind.highest
            and int(Decimal(text).normalize().as_tuple().exponent) >= -kind.places
        ]
        return st.sampled_from([Decimal(text) for text in fitting])
    match kind.name:
        case "yes_no":
            return st.booleans()
        case "code":
            return st.sampled_from(["EUR", "usd", "fr"])
        case "email":
            return st.sampled_from([*EMAILS[1:], "example.com", "ann"])
        case "date" | "datetime":
            return _times(kind.name)
    return st.one_of(
        st.sampled_from([text for text in TEXTS if text]),
        st.sampled_from(["mül", "ss", "i", "%", "_", "\\", "ﬂ", "É", "e\u0301", "75", "a"]),
    )


def _times(kind: str) -> st.SearchStrategy[Any]:
    units = ["days", "weeks", "months", "quarters", "years", "fiscal_quarters", "fiscal_years"]
    found: list[st.SearchStrategy[Any]] = [
        st.sampled_from([day.isoformat() for day in DAYS]),
        st.sampled_from([*NAMED, *RUNS]),
        st.builds(lambda unit, amount: {unit: amount}, st.sampled_from(units), st.integers(-9, 9)),
    ]
    if kind == "datetime":
        found += [
            st.just("now"),
            st.sampled_from([instant.isoformat() for instant in INSTANTS]),
            st.sampled_from(["2026-03-29T02:30", "2026-10-25T02:30:00", "2026-03-29T00:00"]),
            st.builds(lambda amount: {"hours": amount}, st.integers(-50, 50)),
        ]
    return st.one_of(*found)


def leaves(declared: Field, pool: Pool) -> st.SearchStrategy[dict[str, Any]]:
    """Leaves on one field with any of its operators."""

    def with_operator(operator: str) -> st.SearchStrategy[dict[str, Any]]:
        leaf = {"field": declared.name, "op": operator}
        if operator in op.EMPTINESS:
            return st.just(leaf)
        one = values_of(declared.type, pool)
        if operator == op.BETWEEN:
            value: st.SearchStrategy[Any] = st.lists(one, min_size=2, max_size=2)
        elif operator in op.LISTS:
            value = st.lists(one, min_size=1, max_size=3)
        else:
            value = one
        return value.map(lambda found: {**leaf, "value": found})

    return st.sampled_from(declared.type.operators).flatmap(with_operator)


def trees(subject: str, pool: Pool, *, deep: bool = True) -> st.SearchStrategy[dict[str, Any]]:
    """Random trees on a subject: leaves of all its fields, groups, negations, related rows."""
    declared = Declared(subject)
    leaf = st.sampled_from(declared.all()).flatmap(lambda found: leaves(found, pool))
    if not deep:
        return leaf
    base = [leaf]
    for relation in declared.subject.relations.values() if declared.subject else ():
        inner = trees(relation.subject, pool, deep=relation.subject == "pipeline.activity")
        base.append(
            st.builds(
                lambda word, where, name=relation.name: {word: name, "where": where},
                st.sampled_from(["any", "none"]),
                st.one_of(inner, st.just({})),
            )
        )
    return st.recursive(
        st.one_of(leaf, *base),
        lambda nodes: st.one_of(
            st.lists(nodes, max_size=4).map(lambda found: {"all": found}),
            st.lists(nodes, max_size=4).map(lambda found: {"any": found}),
            nodes.map(lambda found: {"not": found}),
        ),
        max_leaves=10,
    )
