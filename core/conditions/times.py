"""The types of declared fields that are about time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, ClassVar, override

from django.utils.translation import gettext as _

from core.conditions import operators as op
from core.conditions import periods
from core.conditions.closed import OneOf, Test, Within
from core.conditions.errors import ConditionError
from core.conditions.periods import Named, Relative
from core.conditions.types import Context, Number, Type

_OPERATORS = (op.EQUAL, op.NOT_EQUAL, *op.ORDERING, *op.EMPTINESS)


class _Time(Type):
    """A date or an instant. A value is a span: the field lies in it, before it or after it."""

    operators: ClassVar[tuple[str, ...]] = _OPERATORS
    phrases = "time"

    @override
    def as_json(self, value: Any) -> Any:
        if isinstance(value, Relative | Named):
            return value.as_json()
        return value.isoformat() if isinstance(value, dt.date) else super().as_json(value)

    @override
    def close(self, operator: str, value: Any, context: Context) -> Test:
        if operator == op.EMPTY:
            return super().close(operator, value, context)
        if operator == op.BETWEEN:
            low, _start_in, _until, _in = self.span(value[0], context)
            _first, _first_in, high, high_in = self.span(value[1], context)
            return Within(low=low, high=high, high_in=high_in)
        low, _low_in, high, high_in = self.span(value, context)
        match operator:
            case op.LESS:
                return Within(high=low)
            case op.AT_MOST:
                return Within(high=high, high_in=high_in)
            case op.AT_LEAST:
                return Within(low=low)
            case op.MORE:
                return Within(low=high, low_in=not high_in)
        return Within(low=low, high=high, high_in=high_in)

    def span(self, value: Any, context: Context) -> tuple[Any, bool, Any, bool]:
        """The bounds of a value and whether each belongs to it."""
        raise NotImplementedError


class Date(_Time):
    """A day. `form` makes the value that is compared."""

    name = "date"

    @override
    def one(self, raw: Any, path: str) -> Any:
        value = periods.read(raw, path)
        clock = isinstance(value, Relative) and value.unit in periods.CLOCK
        if clock or isinstance(value, dt.datetime) or value == Named("now"):
            raise ConditionError(
                _("“%(value)s” is a time; this field holds a day.") % {"value": str(raw)[:60]}, path
            )
        return value

    def form(self, day: dt.date) -> Any:
        """A day as it is compared."""
        return day

    @override
    def span(self, value: Any, context: Context) -> tuple[Any, bool, Any, bool]:
        days = context.days_of(value)
        return self.form(days.first), True, self.form(days.until), False


class IsoDate(Date):
    """A day that is kept as ISO 8601 text."""

    @override
    def form(self, day: dt.date) -> str:
        return day.isoformat()


class DateTime(_Time):
    """An instant; days and longer spans are those of the person's time zone."""

    name = "datetime"

    @override
    def one(self, raw: Any, path: str) -> Any:
        return periods.read(raw, path)

    @override
    def span(self, value: Any, context: Context) -> tuple[Any, bool, Any, bool]:
        instant = periods.instant_of(value, context.now, context.zone)
        if instant is not None:
            return instant, True, instant, True
        days = context.days_of(value)
        return (
            periods.start_of(days.first, context.zone),
            True,
            periods.start_of(days.until, context.zone),
            False,
        )


class Age(Number):
    """How many days ago an instant was, by the calendar of the person: yesterday is one.

    The column is the instant itself, so that the test is a span of instants.
    """

    name = "age"
    operators: ClassVar[tuple[str, ...]] = _OPERATORS

    def __init__(self) -> None:
        super().__init__(lowest=-36_500, highest=36_500, places=0)

    @override
    def close(self, operator: str, value: Any, context: Context) -> Test:
        def start(days_ago: int) -> dt.datetime:
            day = context.today - dt.timedelta(days=days_ago)
            return periods.start_of(day, context.zone)

        match operator:
            case op.EQUAL:
                return Within(low=start(value), high=start(value - 1))
            case op.LESS:
                return Within(low=start(value - 1))
            case op.AT_MOST:
                return Within(low=start(value))
            case op.MORE:
                return Within(high=start(value))
            case op.AT_LEAST:
                return Within(high=start(value - 1))
            case op.BETWEEN:
                return Within(low=start(value[1]), high=start(value[0] - 1))
        return super().close(operator, value, context)

    @override
    def values(self, items: Sequence[Any], context: Context) -> tuple[Any, ...]:
        raise NotImplementedError


__all__ = ["Age", "Date", "DateTime", "IsoDate", "OneOf"]
