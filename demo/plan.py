"""When the leads of a believable company came, how they went through the stages, and how they
ended. Pure: moments are seconds since 1970 (UTC), stages are places in their pipeline."""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from demo.times import DAY

#: The shape of the yardstick: shares of open and won leads; the rest is lost.
OPEN, WON = 0.70, 0.15
#: The shortest way from first contact to a closed deal.
SHORTEST = 2 * DAY


class Outline(NamedTuple):
    """A lead before its life is told: when it came and how it stands now."""

    created: int
    status: str


class Turn(NamedTuple):
    """From a moment on a lead stood in a stage, with a status."""

    at: int
    stage: int
    status: str


def outlines(rng: random.Random, count: int, months: int, now: int) -> Iterator[Outline]:
    """`count` leads in the order in which they came: more of the open ones lately, since a company
    grows and closes; closed ones over the whole time."""
    period = months * 365.25 / 12 * DAY
    opened, won = round(count * OPEN), round(count * WON)
    groups = {"open": opened, "won": won, "lost": count - opened - won}
    times, kinds = array("q"), array("B")
    for kind, (status, size) in enumerate(groups.items()):
        for _ in range(size):
            age = (
                period * rng.random() ** 2
                if status == "open"
                else SHORTEST + (period - SHORTEST) * rng.random() ** 1.2
            )
            times.append(at_work(rng, int(now - age), now))
            kinds.append(kind)
    names = list(groups)
    for place in sorted(range(count), key=times.__getitem__):
        yield Outline(times[place], names[kinds[place]])


def turns(rng: random.Random, outline: Outline, usual: Sequence[float], now: int) -> list[Turn]:
    """The way of a lead through the open stages, whose usual stays in seconds are given; the won
    stage comes after the last of them.

    An open lead stands where its stays have brought it by now; one that has been on its way for
    longer than a sale takes has fallen asleep somewhere.
    """
    created, status = outline
    stays = [stay * rng.lognormvariate(0, 0.7) for stay in usual]
    age = now - created
    last = len(stays) - 1
    if status == "open":
        reached = _reached(stays, age)
        if reached < 0:
            reached = _early(rng, last)
            stays = _squeezed(stays[:reached], age * rng.uniform(0.05, 0.8))
        stations = [(stage, "open") for stage in range(reached + 1)]
    else:
        reached = last if status == "won" else _early(rng, last)
        if sum(stays[: reached + 1]) > age * 0.97:
            stays = _squeezed(stays[: reached + 1], age * rng.uniform(0.4, 0.97))
        stations = [(stage, "open") for stage in range(reached + 1)]
        stations.append((last + 1, "won") if status == "won" else (reached, "lost"))
    found = [Turn(created, *stations[0])]
    moment: float = created
    for place, (stage, then) in enumerate(stations[1:], 1):
        moment += stays[place - 1]
        # Now and then a stage is skipped.
        if place == len(stations) - 1 or rng.random() > 0.08:
            found.append(
                Turn(after(found[-1].at, at_work(rng, int(moment), now), now), stage, then)
            )
    return found


def _early(rng: random.Random, last: int) -> int:
    """One of the stages up to the last, an early one rather than a late one."""
    return int(rng.random() ** 1.6 * (last + 1))


def _reached(stays: Sequence[float], age: float) -> int:
    """The stage in which a lead stands after a time; -1 when it should have closed before."""
    for stage, stay in enumerate(stays):
        if age < stay:
            return stage
        age -= stay
    return -1


def _squeezed(stays: Sequence[float], length: float) -> list[float]:
    whole = sum(stays)
    return [stay / whole * length for stay in stays]


def at_work(rng: random.Random, moment: int, now: int) -> int:
    """A moment of the same day, or the Friday before a weekend, at working hours; the moment
    itself when that would not have come yet."""
    day = moment // DAY
    weekday = (day + 3) % 7  # 1 January 1970 was a Thursday
    if weekday > 4:
        day -= weekday - 4
    found = day * DAY + 27_000 + int(rng.random() * 34_200)
    return found if found < now else moment


def after(previous: int, moment: int, now: int) -> int:
    """The moment, or one between the previous and now when it does not lie there."""
    if previous < moment < now:
        return moment
    return previous + max(min((now - previous) // 2, 3600), 0)
