"""What the dates of a row tell: when a lead was made, entered its stages, and closed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from capture.stages import KnownStage, StageBook, Status


@dataclass(frozen=True, slots=True)
class Point:
    """From a moment on, a lead stands in a stage with a status."""

    at: dt.datetime
    stage: int
    status: Status


#: Noon is on the same day in nearly every time zone, so that a plain date stays that date.
_NOON = dt.time(12)


def moment_of(value: dt.date | dt.datetime, zone: dt.tzinfo, now: dt.datetime) -> dt.datetime:
    """The moment that stands for a date, never later than now."""
    if not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, _NOON, zone)
    return min(value, now)


def closing_date(values: Mapping[str, Any], status: Status) -> dt.date | dt.datetime | None:
    """When the row says that its lead was closed."""
    by_status = values.get("won_at" if status is Status.WON else "lost_at")
    return by_status or values.get("closed_at") or values.get("close_date")


def history_of(
    values: Mapping[str, Any],
    stage: KnownStage,
    status: Status,
    book: StageBook,
    *,
    zone: dt.tzinfo,
    now: dt.datetime,
) -> list[Point]:
    """The dated course of a lead that stands in `stage` with `status`; empty without any date.

    The first point is the lead's creation. Where a file only says when a lead was made and when
    it closed, it began in the first stage. Dates behind the close are left aside.
    """
    entered = entered_stages(values, book, zone=zone, now=now)
    if status is Status.OPEN and values.get("stage_entered_at"):
        last = moment_of(values["stage_entered_at"], zone, now)
        entered = [*(point for point in entered if point[0] < last), (last, stage.id)]
    created = values.get("created_at")
    closing = None if status is Status.OPEN else closing_date(values, status)
    closed = moment_of(closing, zone, now) if closing else None
    if closed is not None:
        entered = [point for point in entered if point[0] <= closed]
    moments = [at for at, _stage in entered]
    if created:
        moments.append(moment_of(created, zone, now))
    if not moments and closed is None:
        return []
    begin = min([*moments, *([closed] if closed else [])])
    if not entered or entered[0][0] > begin:
        alone = not entered and status is Status.OPEN
        entered.insert(0, (begin, stage.id if alone else book.first.id))
    return _points(entered, closed, stage, status)


def entered_stages(
    values: Mapping[str, Any], book: StageBook, *, zone: dt.tzinfo, now: dt.datetime
) -> list[tuple[dt.datetime, int]]:
    """The open stages that a row gives a date for, in the order of their dates."""
    entered: list[tuple[dt.datetime, int]] = []
    for name, value in values.items():
        if name.startswith("entered:"):
            found = book.find(name.removeprefix("entered:"))
            if isinstance(found, KnownStage) and not found.is_won:
                entered.append((moment_of(value, zone, now), found.id))
    places = {known.id: place for place, known in enumerate(book.stages)}
    return sorted(entered, key=lambda point: (point[0], places[point[1]]))


def _points(
    entered: list[tuple[dt.datetime, int]],
    closed: dt.datetime | None,
    stage: KnownStage,
    status: Status,
) -> list[Point]:
    points: list[Point] = []
    for at, place in entered:
        if points and points[-1].at == at:
            points.pop()
        if not points or points[-1].stage != place:
            points.append(Point(at, place, Status.OPEN))
    if status is not Status.OPEN:
        at = max(closed or points[-1].at, points[-1].at)
        points.append(Point(at, stage.id, status))
    elif points[-1].stage != stage.id:
        # The last date is that of another stage: the lead has gone on (or back) at once.
        last = points.pop()
        if not points or points[-1].stage != stage.id:
            points.append(Point(last.at, stage.id, Status.OPEN))
    return points
