"""The types of declared fields: which operators they have, how a value of theirs is read from
JSON, and what is tested once it is bound."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, override

from django.utils.translation import gettext as _

from core.calendar import USUAL, Calendar, calendar
from core.conditions import operators as op
from core.conditions import periods
from core.conditions.closed import (
    Contains,
    EndsWith,
    HasAll,
    HasAny,
    IsEmpty,
    OneOf,
    StartsWith,
    Test,
    Within,
)
from core.conditions.errors import ConditionError
from core.folding import fold

#: Values in one list, and characters in one text.
MAX_VALUES = 500
MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class Context:
    """For whom and when a condition is bound. `now` is aware; without a `calendar` that of the
    house is asked, where a date needs it."""

    now: dt.datetime
    zone: dt.tzinfo
    user: Any = None
    calendar: Calendar | None = None

    @property
    def today(self) -> dt.date:
        """The day that it is where the person is."""
        return self.now.astimezone(self.zone).date()

    def days_of(self, value: Any) -> periods.Days:
        """The days that a date of a condition means."""
        house = USUAL
        if periods.needs_calendar(value):
            house = self.calendar or calendar()
        return periods.days_of(value, self.today, house)


@dataclass(frozen=True, slots=True)
class Token:
    """Somebody or something told by its relation to the person: "me", "my_teams"."""

    name: str


class Type:
    """The base of all types: emptiness, and the count of values that an operator takes."""

    name: ClassVar[str] = ""
    operators: ClassVar[tuple[str, ...]] = op.EMPTINESS
    #: Which phrases the sentence uses.
    phrases: ClassVar[str] = "plain"
    #: Whether an empty text is an empty value.
    textual: ClassVar[bool] = False

    def read(self, operator: str, raw: Any, path: str) -> Any:
        """The value of a leaf from JSON: None, one value, or a tuple of them."""
        if operator in op.EMPTINESS:
            if raw not in (None, ""):
                raise ConditionError(
                    _("“%(operator)s” takes no value.") % {"operator": operator}, path
                )
            return None
        if operator == op.BETWEEN:
            if not isinstance(raw, list | tuple) or len(raw) != 2:
                raise ConditionError(_("“between” takes a list of two values."), path)
            return tuple(self.one(item, f"{path}[{place}]") for place, item in enumerate(raw))
        if operator in op.LISTS:
            items = raw if isinstance(raw, list | tuple) else [raw]
            if not items:
                raise ConditionError(_("The list of values is empty."), path)
            if len(items) > MAX_VALUES:
                raise ConditionError(
                    _("A list has at most %(count)s values.") % {"count": MAX_VALUES}, path
                )
            return tuple(self.one(item, f"{path}[{place}]") for place, item in enumerate(items))
        if raw is None:
            raise ConditionError(
                _("A value is missing: use “is empty” to ask for records without one."), path
            )
        return self.one(raw, path)

    def one(self, raw: Any, path: str) -> Any:
        """One value from JSON."""
        raise ConditionError(_("This field is only empty or not."), path)

    def close(self, operator: str, value: Any, context: Context) -> Test:
        """The test that an operator (none of `NEGATIONS`) means with a value that was read."""
        if operator == op.EMPTY:
            return IsEmpty()
        if operator in (op.EQUAL, op.IN):
            return OneOf(self.values(value if isinstance(value, tuple) else (value,), context))
        return self.ordered(operator, value)

    def values(self, items: Sequence[Any], context: Context) -> tuple[Any, ...]:
        """The values as they are compared, each once."""
        return tuple(dict.fromkeys(items))

    def ordered(self, operator: str, value: Any) -> Test:
        """The span that an ordering operator means, both ends of “between” included."""
        if operator == op.BETWEEN:
            return Within(low=value[0], high=value[1], high_in=True)
        if operator in (op.MORE, op.AT_LEAST):
            return Within(low=value, low_in=operator == op.AT_LEAST)
        return Within(high=value, high_in=operator == op.AT_MOST)

    def as_json(self, value: Any) -> Any:
        """A value that was read, as JSON again."""
        if isinstance(value, tuple):
            return [self.as_json(item) for item in value]
        if isinstance(value, Token):
            return value.name
        return value


def _text(raw: Any, path: str) -> str:
    if not isinstance(raw, str):
        raise ConditionError(_("“%(value)s” is no text.") % {"value": str(raw)[:60]}, path)
    if len(raw) > MAX_TEXT:
        raise ConditionError(
            _("A text has at most %(count)s characters.") % {"count": MAX_TEXT}, path
        )
    if "\x00" in raw or any("\ud800" <= char <= "\udfff" for char in raw):
        raise ConditionError(_("The text holds a character that cannot be stored."), path)
    return raw


class Text(Type):
    """A short text, compared on its folded key."""

    name = "text"
    textual = True
    operators: ClassVar[tuple[str, ...]] = (*op.CHOOSING, *op.SEEKING, *op.EMPTINESS)

    def __init__(self, key: Callable[[str], str] = fold) -> None:
        self.key = key

    @override
    def one(self, raw: Any, path: str) -> str:
        text = _text(raw, path)
        if not self.key(text):
            raise ConditionError(_("The text is empty: use “is empty”."), path)
        return text

    @override
    def values(self, items: Sequence[str], context: Context) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.key(item) for item in items))

    @override
    def close(self, operator: str, value: Any, context: Context) -> Test:
        match operator:
            case op.CONTAINS:
                return Contains(fold(value))
            case op.STARTS:
                return StartsWith(fold(value))
            case op.ENDS:
                return EndsWith((fold(value),))
            case op.AT_DOMAIN:
                return EndsWith(tuple("@" + fold(item).removeprefix("@") for item in value))
        return super().close(operator, value, context)


class Email(Text):
    """An e-mail address, compared on its normalised form; a broken address counts as empty."""

    name = "email"
    operators: ClassVar[tuple[str, ...]] = (*op.CHOOSING, op.AT_DOMAIN, *op.SEEKING, *op.EMPTINESS)


class Search(Text):
    """Many texts in one, only searched."""

    name = "search"
    operators: ClassVar[tuple[str, ...]] = (op.CONTAINS, op.NOT_CONTAINS)


class Code(Text):
    """A code such as a currency, compared exactly in its usual case."""

    name = "code"
    operators: ClassVar[tuple[str, ...]] = (*op.CHOOSING, *op.EMPTINESS)


class LongText(Type):
    """A text that is too long to compare: only whether there is one."""

    name = "long_text"
    textual = True


class Number(Type):
    """A number from `lowest` to `highest` with at most `places` decimals."""

    name = "number"
    operators: ClassVar[tuple[str, ...]] = (
        op.EQUAL,
        op.NOT_EQUAL,
        *op.ORDERING,
        op.IN,
        op.NOT_IN,
        *op.EMPTINESS,
    )

    def __init__(self, *, lowest: Decimal | int, highest: Decimal | int, places: int) -> None:
        self.lowest = lowest
        self.highest = highest
        self.places = places

    @override
    def one(self, raw: Any, path: str) -> Decimal | int:
        number = _decimal(raw, path)
        if not self.lowest <= number <= self.highest:
            raise ConditionError(
                _("%(value)s is not between %(lowest)s and %(highest)s.")
                % {"value": raw, "lowest": self.lowest, "highest": self.highest},
                path,
            )
        if int(number.normalize().as_tuple().exponent) < -self.places:
            raise ConditionError(
                _("%(value)s has more than %(count)s decimals.")
                % {"value": raw, "count": self.places},
                path,
            )
        return number if self.places else int(number)

    @override
    def as_json(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            return int(value) if value == value.to_integral_value() else str(value)
        return super().as_json(value)


def _decimal(raw: Any, path: str) -> Decimal:
    try:
        if isinstance(raw, bool) or not isinstance(raw, int | float | str | Decimal):
            raise ValueError
        if isinstance(raw, str) and len(raw) > 40:
            raise ValueError
        number = Decimal(str(raw))
        if not number.is_finite():
            raise ValueError
    except (ValueError, ArithmeticError):
        raise ConditionError(
            _("“%(value)s” is no number.") % {"value": str(raw)[:60]}, path
        ) from None
    if number == 0:
        return Decimal(0)
    parts = number.normalize().as_tuple()
    if len(parts.digits) > 15 or not -15 <= number.adjusted() < 15:
        raise ConditionError(_("A number has at most 15 digits."), path)
    return number


def money() -> Number:
    """An amount of at most 15 digits, two of them decimals."""
    most = Decimal("9999999999999.99")
    return Money(lowest=-most, highest=most, places=2)


class Money(Number):
    """An amount in the currency of its record."""

    name = "money"


class Percent(Number):
    """A number per cent."""

    name = "percent"

    def __init__(self) -> None:
        super().__init__(lowest=Decimal(0), highest=Decimal(100), places=2)


class YesNo(Type):
    """Yes, no, or not known."""

    name = "yes_no"
    operators: ClassVar[tuple[str, ...]] = (op.EQUAL, op.NOT_EQUAL, *op.EMPTINESS)

    @override
    def one(self, raw: Any, path: str) -> bool:
        if not isinstance(raw, bool):
            raise ConditionError(
                _("“%(value)s” is neither true nor false.") % {"value": str(raw)[:60]}, path
            )
        return raw


class Choice(Type):
    """One of a few options, told by id."""

    name = "choice"
    textual = True
    operators: ClassVar[tuple[str, ...]] = (*op.CHOOSING, *op.EMPTINESS)

    def __init__(self, options: Callable[[], Iterable[tuple[str, Any]]]) -> None:
        self.options = options

    @override
    def one(self, raw: Any, path: str) -> str:
        known = [key for key, _label in self.options() if key]
        if not isinstance(raw, str) or raw not in known:
            raise ConditionError(
                _("“%(value)s” is none of: %(options)s.")
                % {"value": str(raw)[:60], "options": ", ".join(known)},
                path,
            )
        return raw

    def labels(self) -> dict[str, str]:
        """The words of the options."""
        return {key: str(label) for key, label in self.options()}


class Choices(Choice):
    """Several of a few options."""

    name = "choices"
    operators: ClassVar[tuple[str, ...]] = (*op.HAVING, *op.EMPTINESS)

    @override
    def close(self, operator: str, value: Any, context: Context) -> Test:
        return IsEmpty() if operator == op.EMPTY else having(operator, value)


def having(operator: str, members: tuple[Any, ...]) -> Test:
    """The test of a set that an operator means."""
    once = tuple(dict.fromkeys(members))
    return HasAny(once) if operator == op.HAS_ANY else HasAll(once)
