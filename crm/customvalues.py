"""Values of custom fields in their one canonical form: what JSON, both databases and both
condition evaluators can compare."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from django.utils.translation import gettext as _

#: Money and numbers have at most this many digits, so that a JSON number holds them exactly.
MAX_DIGITS = 15
MAX_TEXT = 10_000


class Definition(Protocol):
    """What is asked of a definition: see crm.models.CustomField."""

    key: str
    type: str
    options: list[dict[str, Any]]


class BadValue(ValueError):
    """A value that its field cannot hold; the message is for the person who typed it."""


def canonical(definition: Definition, value: Any) -> Any:
    """`value` as it is stored: text, number, ISO date, option id(s), yes/no, or a record's id.

    An empty value (None, "", an empty list) is None: the key is left out. Money has two
    decimals. Raises BadValue.
    """
    if value is None or value in ("", [], ()):
        return None
    return _READERS[definition.type](definition, value)


def canonical_values(
    definitions: Sequence[Definition], values: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Canonical `values` by key, and the errors by `custom.<key>`; unknown keys are errors."""
    known = {definition.key: definition for definition in definitions}
    clean: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for key, value in values.items():
        definition = known.get(key)
        if definition is None:
            errors[f"custom.{key}"] = [_("There is no custom field “%(key)s”.") % {"key": key}]
            continue
        try:
            clean[key] = canonical(definition, value)
        except BadValue as error:
            errors[f"custom.{key}"] = [str(error)]
    return clean, errors


def merged(old: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`old` with `changes` laid over it; a key set to None is taken out."""
    both = {**old, **changes}
    return {key: value for key, value in both.items() if value is not None}


def _text(definition: Definition, value: Any) -> str:
    text = str(value).strip()
    if len(text) > MAX_TEXT:
        raise BadValue(_("At most %(count)s characters.") % {"count": MAX_TEXT})
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise BadValue(_("The text holds a character that cannot be stored."))
    return text or None  # type: ignore[return-value]


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool):
        raise BadValue(_("Enter a number."))
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise BadValue(_("Enter a number.")) from None
    if not number.is_finite():
        raise BadValue(_("Enter a number."))
    if len(number.normalize().as_tuple().digits) > MAX_DIGITS or abs(number) >= 10**MAX_DIGITS:
        raise BadValue(_("At most %(count)s digits.") % {"count": MAX_DIGITS})
    return number


def _number(definition: Definition, value: Any) -> int | float:
    number = _decimal(value)
    return int(number) if number == number.to_integral_value() else float(number)


def _money(definition: Definition, value: Any) -> int | float:
    number = _decimal(value)
    if number != round(number, 2):
        raise BadValue(_("At most two decimals."))
    return _number(definition, number)


def _date(definition: Definition, value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    try:
        return dt.date.fromisoformat(str(value).strip()).isoformat()
    except ValueError:
        raise BadValue(_("Enter a date such as 2026-03-31.")) from None


def _option(definition: Definition, value: Any) -> str:
    ids = [str(option["id"]) for option in definition.options]
    if isinstance(value, (str, int)) and str(value) in ids:
        return str(value)
    raise BadValue(_("Choose one of: %(choices)s.") % {"choices": ", ".join(ids)})


def _options(definition: Definition, value: Any) -> list[str]:
    if not isinstance(value, list | tuple | set | frozenset):
        raise BadValue(_("Give a list of choices."))
    chosen = {_option(definition, item) for item in value}
    return [str(option["id"]) for option in definition.options if str(option["id"]) in chosen]


def _yes_no(definition: Definition, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise BadValue(_("Enter true or false."))


def _record(definition: Definition, value: Any) -> int:
    key = getattr(value, "pk", value)
    if isinstance(key, bool) or not (isinstance(key, int) or str(key).isdecimal()):
        raise BadValue(_("Give the id of a record."))
    number = int(key)
    if not 0 < number < 2**63:
        raise BadValue(_("Give the id of a record."))
    return number


_READERS = {
    "text": _text,
    "number": _number,
    "money": _money,
    "date": _date,
    "choice": _option,
    "choices": _options,
    "yes_no": _yes_no,
    "user": _record,
    "company": _record,
}
