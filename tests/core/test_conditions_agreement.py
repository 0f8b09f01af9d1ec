"""Both evaluators give the same answer for every tree and every row, on either database.

400 trees by default, 10,000 with RELANCE_THOROUGH=1; each against all rows of a pool.
"""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.conditions import as_json, bind, matches, parse, sentence, state_of, to_q
from core.conditions.fields import Declared, Field
from tests.core.conditions_pool import NOWS, ZONES, Pool, make_pool
from tests.core.conditions_trees import leaves, trees

THOROUGH = os.environ.get("RELANCE_THOROUGH") == "1"
TREES = 10_000 if THOROUGH else 400
SUBJECTS = ["pipeline.lead", "crm.contact", "crm.company", "pipeline.activity"]
RANDOM = settings(
    max_examples=TREES,
    deadline=None,
    database=None,
    derandomize=not THOROUGH,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def pool(db: None) -> Pool:
    return make_pool()


def test_sql_and_python_agree_on_random_trees_and_rows(
    pool: Pool, capsys: pytest.CaptureFixture[str]
) -> None:
    counted: Counter[str] = Counter()
    by_subject = {subject: trees(subject, pool) for subject in SUBJECTS}
    cases = st.sampled_from([SUBJECTS[0], *SUBJECTS]).flatmap(
        lambda subject: st.tuples(st.just(subject), by_subject[subject])
    )

    @RANDOM
    @given(cases, st.sampled_from(NOWS), st.sampled_from(ZONES))
    def agree(case: tuple[str, Any], now: dt.datetime, zone: dt.tzinfo) -> None:
        subject, data = case
        rows = pool.rows[subject]
        bound = bind(data, subject, now=now, zone=zone, user=pool.user)
        opposite = bind({"not": data}, subject, now=now, zone=zone, user=pool.user)
        ids = [row.pk for row in rows]
        chosen = type(rows[0])._default_manager.filter(pk__in=ids)
        found = list(chosen.filter(to_q(bound)).values_list("pk", flat=True))
        others = list(chosen.filter(to_q(opposite)).values_list("pk", flat=True))
        states = [(row, state_of(row, bound)) for row in rows]
        expected = [row.pk for row, state in states if matches(bound, state)]
        assert sorted(found) == sorted(expected)
        assert sorted([*found, *others]) == sorted(ids)
        assert not any(matches(bound, state) == matches(opposite, state) for _row, state in states)
        counted["trees"] += 1
        counted["pairs"] += len(rows)
        counted["met"] += len(found)

    agree()
    with capsys.disabled():
        print(  # noqa: T201
            f"\n  conditions on {connection.vendor}: {counted['trees']:,} trees, "
            f"{counted['pairs']:,} tree-row pairs agree, {counted['met']:,} of them met"
        )
    assert counted["pairs"] >= 10_000
    assert 0.05 < counted["met"] / counted["pairs"] < 0.95


def test_every_operator_of_every_field_agrees(pool: Pool) -> None:
    """Random trees may miss a field: here each has its turn, alone and negated."""
    fields = [(subject, field) for subject in SUBJECTS for field in Declared(subject).all()]
    assert len(fields) > 100
    for subject, field in fields:
        field_agrees(pool, subject, field)


def field_agrees(pool: Pool, subject: str, field: Field) -> None:
    """A few leaves with each operator of the field choose the same rows both ways."""
    rows = pool.rows[subject]
    ids = {row.pk for row in rows}

    @settings(RANDOM, max_examples=2 * len(field.type.operators), derandomize=True)
    @given(leaves(field, pool))
    def agree(data: dict[str, Any]) -> None:
        for tree in (data, {"not": data}):
            bound = bind(tree, subject, now=NOWS[0], zone=ZONES[0], user=pool.user)
            chosen = type(rows[0])._default_manager.filter(to_q(bound), pk__in=ids)
            expected = {row.pk for row in rows if matches(bound, state_of(row, bound))}
            assert set(chosen.values_list("pk", flat=True)) == expected, tree

    agree()


def test_trees_survive_json_and_have_words(pool: Pool) -> None:
    @settings(RANDOM, max_examples=100, derandomize=True)
    @given(trees("pipeline.lead", pool))
    def survive(data: Any) -> None:
        tree = parse(data, "pipeline.lead")
        written = as_json(tree)
        assert as_json(parse(written, "pipeline.lead")) == written
        assert sentence(tree, "pipeline.lead")

    survive()
