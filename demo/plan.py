"""When the leads of a believable company came, how they went through the stages, and how they
ended. Pure: times are seconds since 1970 (UTC), stages are places in their pipeline."""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

DAY = 86_400
#: The shape of the yardstick: shares of open and won leads; the rest is lost.
OPEN, WON = 0.70, 0.15
#: The shortest way from first contact to a closed deal.
SHORTEST = 2 * DAY


@dataclass(frozen=True, slots=True)
class Outline:
    """A lead before its life is told: when it came and how it stands now."""

    created: float
    status: str


@dataclass(frozen=True, slots=True)
class Turn:
    """From a moment on a lead stood in a stage, with a status."""

    at: float
    stage: int
    status: str


def outlines(rng: random.Random, count: int, months: int, now: float) -> Iterator[Outline]:
    """`count` leads in the order in which they came: more of the open ones lately, since a company
    grows and closes; closed ones over the whole time."""
    period = months * 365.25 / 12 * DAY
    opened, won = round(count * OPEN), round(count * WON)
    groups = {"open": opened, "won": won, "lost": count - opened - won}
    times, kinds = array("d"), array("B")
    for kind, (status, size) in enumerate(groups.items()):
        for _ in range(size):
            age = (
                period * rng.random() ** 2
                if status == "open"
                else SHORTEST + (period - SHORTEST) * rng.random() ** 1.2
            )
            times.append(at_work(rng, now - age, now))
            kinds.append(kind)
    names = list(groups)
    for place in sorted(range(count), key=times.__getitem__):
        yield Outline(times[place], names[kinds[place]])


def turns(
    rng: random.Random, outline: Outline, usual: Sequence[float], now: float
) -> tuple[Turn, ...]:
    """The way of a lead through the open stages, whose usual stays in seconds are given; the won
    stage comes after the last of them.

    An open lead stands where its stays have brought it by now; one that has been on its way for
    longer than a sale takes has fallen asleep somewhere.
    """
    stays = [stay * rng.lognormvariate(0, 0.7) for stay in usual]
    age = now - outline.created
    last = len(stays) - 1
    if outline.status == "open":
        reached = _reached(stays, age)
        if reached is None:
            reached = rng.choices(range(last + 1), (5, 5, 4, 3)[: last + 1] or None)[0]
            stays = _squeezed(stays[:reached], age * rng.uniform(0.05, 0.8))
        entries = [outline.created]
        for stay in stays[:reached]:
            entries.append(entries[-1] + stay)
        ends: list[tuple[int, str]] = []
    else:
        reached = last if outline.status == "won" else rng.randrange(last + 1)
        if sum(stays[: reached + 1]) > age * 0.97:
            stays = _squeezed(stays[: reached + 1], age * rng.uniform(0.4, 0.97))
        entries = [outline.created]
        for stay in stays[: reached + 1]:
            entries.append(entries[-1] + stay)
        ends = [(last + 1, "won") if outline.status == "won" else (reached, "lost")]
    stations = [(stage, "open") for stage in range(reached + 1)] + ends
    return _timed(rng, entries, stations, now)


def _reached(stays: Sequence[float], age: float) -> int | None:
    """The stage in which a lead stands after a time; None when it should have closed before."""
    for stage, stay in enumerate(stays):
        if age < stay:
            return stage
        age -= stay
    return None


def _squeezed(stays: Sequence[float], length: float) -> list[float]:
    whole = sum(stays)
    return [stay / whole * length for stay in stays] if whole else []


def _timed(
    rng: random.Random, entries: Sequence[float], stations: Sequence[tuple[int, str]], now: float
) -> tuple[Turn, ...]:
    """The stations at working hours, in order, all before now; now and then a stage is skipped."""
    found: list[Turn] = []
    previous = 0.0
    for place, (moment, (stage, status)) in enumerate(zip(entries, stations, strict=True)):
        skipped = 0 < place < len(stations) - 1 and rng.random() < 0.08
        if skipped:
            continue
        worked = at_work(rng, moment, now) if place else moment
        previous = after(previous, worked, now)
        found.append(Turn(previous, stage, status))
    return tuple(found)


def at_work(rng: random.Random, moment: float, now: float) -> float:
    """A moment of the same day, or the Friday before a weekend, at working hours; the moment
    itself when that would not have come yet."""
    day = int(moment // DAY)
    weekday = (day + 3) % 7  # 1 January 1970 was a Thursday
    day -= max(weekday - 4, 0)
    found = day * DAY + rng.randrange(27_000, 61_200)
    return found if found < now else float(int(moment))


def after(previous: float, moment: float, now: float) -> float:
    """The moment, or one between the previous and now when it does not lie there."""
    if previous < moment < now:
        return moment
    return previous + min((now - previous) / 2, 3600.0)
