"""Ranks sort as the cards stand, and stay short."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.ranking import _number, between, spread, whole


@given(st.integers(-(36**5), 36**5), st.integers(-(36**5), 36**5))
def test_whole_parts_sort_as_their_numbers(one: int, other: int) -> None:
    assert _number(whole(one)) == one
    assert (one < other) == (whole(one) < whole(other))


@settings(max_examples=60, deadline=None)
@given(st.integers(), st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 5)), max_size=60))
def test_cards_put_anywhere_stay_in_their_order(seed: int, moves: list[tuple[int, int]]) -> None:
    rng = random.Random(seed)
    column: list[str] = []
    for place, count in moves:
        index = place % (len(column) + 1)
        above = column[index - 1] if index else None
        below = column[index] if index < len(column) else None
        column[index:index] = spread(above, below, count, rng)
        assert column == sorted(set(column))


def test_always_on_top_grows_with_the_logarithm() -> None:
    rng, top = random.Random(1), None
    for _ in range(100_000):
        top = between(None, top, rng)
    assert len(top or "") <= 8


def test_always_into_the_same_gap_fits_the_column() -> None:
    rng = random.Random(2)
    above, below = "N0", "N1"
    for step in range(60):
        if step % 2:
            above = between(above, below, rng)
        else:
            below = between(above, below, rng)
    assert above < below


def test_ranks_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="does not come before"):
        between("N1", "N0")
