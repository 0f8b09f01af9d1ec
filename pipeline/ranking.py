"""Places in a column as texts that sort: between any two there is always another.

A rank is a whole part and a fraction, both in base 36 over 0-9A-Z, which every collation sorts
alike. The whole part begins with a letter that tells its length and sign, so that putting cards
on top again and again makes the text longer only by its logarithm: `N` is one digit above zero,
`O` two …; `M` is one digit below zero, `L` two … A fraction never ends in 0. This is fractional
indexing as described by D. Greenspan ("Implementing Fractional Indexing", 2020), with a random
stride at the ends and a random tail between, so that two people who drop a card at the same
place at the same time seldom ask for the same rank; a unique constraint settles the rest.
"""

from __future__ import annotations

import random

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BASE = len(DIGITS)
#: Where the first card of a column goes.
FIRST = "N0"
#: How far a card is put from the end of its column, at most.
STRIDE = 1000
#: Random digits of a rank between two others.
TAIL = 2

_random = random.SystemRandom()


def between(above: str | None, below: str | None, rng: random.Random | None = None) -> str:
    """A rank after `above` and before `below`; None stands for the end of the column."""
    return spread(above, below, 1, rng)[0]


def spread(
    above: str | None, below: str | None, count: int, rng: random.Random | None = None
) -> list[str]:
    """`count` ranks in ascending order after `above` and before `below`."""
    chance = rng or _random
    if above is not None and below is not None and above >= below:
        raise ValueError(f"{above!r} does not come before {below!r}.")
    if count <= 0:
        return []
    if above is None and below is None:
        start = chance.randrange(STRIDE)
        return [whole(start + step * STRIDE) for step in range(count)]
    if below is None:
        start = _number(_split(above or FIRST)[0])
        return [
            whole(start + step * STRIDE + chance.randrange(1, STRIDE + 1)) for step in range(count)
        ]
    if above is None:
        start = _number(_split(below)[0])
        return [
            whole(start - step * STRIDE - chance.randrange(1, STRIDE + 1))
            for step in range(count - 1, -1, -1)
        ]
    ranks: list[str] = []
    _halve(above, below, count, chance, ranks)
    return ranks


def _halve(above: str, below: str, count: int, chance: random.Random, into: list[str]) -> None:
    """Fill the gap with `count` ranks, the middle one first, so that they stay short."""
    if count == 0:
        return
    middle = _middle(above, below, chance)
    before = (count - 1) // 2
    _halve(above, middle, before, chance, into)
    into.append(middle)
    _halve(middle, below, count - 1 - before, chance, into)


def _middle(above: str, below: str, chance: random.Random) -> str:
    """A rank strictly between two others, with a random tail."""
    low_whole, low = _split(above)
    high_whole, high = _split(below)
    if low_whole == high_whole:
        rank = low_whole + _fraction_between(low, high)
    else:
        next_whole = whole(_number(low_whole) + 1)
        # A whole number between the two is shortest; else a fraction above the lower one.
        rank = next_whole if next_whole < below else low_whole + _fraction_between(low, None)
    tail = "".join(chance.choice(DIGITS) for _ in range(TAIL - 1)) + chance.choice(DIGITS[1:])
    candidate = rank + tail
    # The tail keeps the order unless `below` begins with the rank itself.
    return candidate if above < candidate < below else rank


def _fraction_between(low: str, high: str | None) -> str:
    """A fraction above `low` ("" is zero) and below `high` (None is one)."""
    common = 0
    if high is not None:
        padded = low.ljust(len(high), "0")
        while common < len(high) and padded[common] == high[common]:
            common += 1
        if common:
            return high[:common] + _fraction_between(low[common:], high[common:])
    first = DIGITS.index(low[0]) if low else 0
    last = DIGITS.index(high[0]) if high is not None else BASE
    if last - first > 1:
        return DIGITS[(first + last) // 2]
    if high is not None and len(high) > 1:
        return high[0]
    return DIGITS[first] + _fraction_between(low[1:], None)


def _split(rank: str) -> tuple[str, str]:
    """The whole part of a rank, and its fraction."""
    head = rank[0]
    if not "A" <= head <= "Z":
        raise ValueError(f"{rank!r} is not a rank.")
    length = ord(head) - ord("N") + 1 if head >= "N" else ord("M") - ord(head) + 1
    if len(rank) < 1 + length:
        raise ValueError(f"{rank!r} is not a rank.")
    return rank[: 1 + length], rank[1 + length :]


def _number(whole: str) -> int:
    """The whole number that a whole part stands for."""
    head, digits = whole[0], whole[1:]
    length = len(digits)
    value = int(digits, BASE)
    offset: int = sum(BASE**size for size in range(1, length))
    if head >= "N":
        return offset + value
    return -(offset + int(BASE**length) - value)


def whole(number: int) -> str:
    """The rank that stands for a whole number; numbers and their ranks sort alike."""
    length, size = 1, BASE
    rest = number if number >= 0 else -number - 1
    while rest >= size:
        rest -= size
        length += 1
        size = BASE**length
    if length > 13:
        raise ValueError("The column is too long for a rank.")
    head = chr(ord("N") + length - 1) if number >= 0 else chr(ord("M") - length + 1)
    value = rest if number >= 0 else size - 1 - rest
    digits = ""
    for _ in range(length):
        value, digit = divmod(value, BASE)
        digits = DIGITS[digit] + digits
    return head + digits
