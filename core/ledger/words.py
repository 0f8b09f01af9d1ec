"""The ledger for readers: what a change did, field by field, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import dates
from core.ledger.report import Conflicting
from core.ledger.schema import Schema, model_of, schema_of
from core.ledger.tables import Action, Change
from core.money import format_number

#: A value is cut here; the ledger keeps it whole.
LONGEST = 200

Names = Mapping[type[models.Model], Mapping[int, str]]

#: The labels of custom fields by key, and what a value of one is called.
CustomTeller = tuple[Mapping[str, str], Callable[[str, Any], str]]

_custom_words: list[Callable[[str, Mapping[str, Sequence[Any]]], CustomTeller]] = []


@dataclass(frozen=True, slots=True)
class Line:
    """One field of one change: `old` and `new`; for a set of records `added` and `removed`."""

    field: str
    label: str
    old: str = ""
    new: str = ""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.added or self.removed:
            parts = [f"+ {name}" for name in self.added] + [f"− {name}" for name in self.removed]
            return f"{self.label}: {', '.join(parts)}"
        if not self.old:
            return f"{self.label}: {self.new}"
        return f"{self.label}: {self.old} → {self.new or '–'}"


@dataclass(frozen=True, slots=True)
class Told:
    """A change in words: what it did to which record, line by line."""

    change: Change
    kind_of_record: str
    record: str
    action: str
    lines: tuple[Line, ...]


def register_custom_words(
    words: Callable[[str, Mapping[str, Sequence[Any]]], CustomTeller],
) -> None:
    """Have custom fields told by `words(record_type, {key: values})`."""
    _custom_words.append(words)


def tell(changes: Sequence[Change], known: Names | None = None) -> list[Told]:
    """`changes` in words, in their order; names are read with one query for each kind of record,
    save those that are `known`."""
    names = _names(changes, known or {})
    values: dict[str, dict[str, list[Any]]] = {}
    for change in changes:
        for field, value in change.diff.items():
            if field.startswith("custom."):
                kept = values.setdefault(change.record_type, {})
                kept.setdefault(field.removeprefix("custom."), []).extend(value)
    customs = {
        kind: read(kind, several) for kind, several in values.items() for read in _custom_words
    }
    return [_told(change, names, customs.get(change.record_type)) for change in changes]


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A value that an undo left alone, in words: what it expected to find, and what it found."""

    kind_of_record: str
    record: str
    url: str
    label: str
    expected: str
    found: str


def tell_conflicts(conflicts: Sequence[Conflicting]) -> list[LeftAlone]:
    """What an undo left alone, in words: each as the change that was made of it since."""
    changes = []
    for item in conflicts:
        record_type, _colon, record_id = item.record.rpartition(":")
        change = Change(record_type=record_type, record_id=int(record_id), action=Action.UPDATED)
        change.diff = {item.field: _as_diff(record_type, item)} if item.field else {}
        changes.append(change)
    return [_left_alone(told, item) for told, item in zip(tell(changes), conflicts, strict=True)]


def _as_diff(record_type: str, item: Conflicting) -> Any:
    try:
        is_set = model_of(record_type)._meta.get_field(item.field).many_to_many
    except (LookupError, FieldDoesNotExist):
        is_set = False
    if not is_set:
        return [item.expected, item.found]
    words = {"remove": item.expected, "add": item.found}
    return {word: [member] for word, member in words.items() if isinstance(member, int)}


def _left_alone(told: Told, item: Conflicting) -> LeftAlone:
    line = next(iter(told.lines), Line(item.field, item.field, _plain(item.expected)))
    try:
        record: Any = model_of(told.change.record_type)(pk=told.change.record_id)
    except LookupError:
        record = None
    return LeftAlone(
        told.kind_of_record,
        told.record,
        record.get_absolute_url() if hasattr(record, "get_absolute_url") else "",
        line.label,
        line.old or ", ".join(line.removed),
        line.new or ", ".join(line.added),
    )


def _told(change: Change, names: Names, customs: CustomTeller | None) -> Told:
    action = change.get_action_display()  # type: ignore[attr-defined]
    try:
        model = model_of(change.record_type)
    except LookupError:
        return Told(change, change.record_type, f"{change.record_id}", action, ())
    name = names.get(model, {}).get(change.record_id) or _name_in(change)
    lines = tuple(_lines(change, schema_of(model), names, customs))
    return Told(change, capfirst(str(model._meta.verbose_name)), name, action, lines)


def _lines(
    change: Change, schema: Schema, names: Names, customs: CustomTeller | None
) -> Iterable[Line]:
    for key, value in change.diff.items():
        if key.startswith("custom."):
            yield _custom_line(key.removeprefix("custom."), value, customs)
            continue
        try:
            field = schema.model._meta.get_field(key)
        except FieldDoesNotExist:
            continue
        label = capfirst(str(getattr(field, "verbose_name", key)))
        if isinstance(value, dict):
            known = names.get(field.related_model, {})  # type: ignore[arg-type]
            added, removed = (
                tuple(known.get(pk) or _gone(pk) for pk in value.get(word, ()))
                for word in ("add", "remove")
            )
            yield Line(key, label, added=added, removed=removed)
            continue
        column = schema.by_name.get(key)
        if column is not None and column.tracked:
            old, new = (_shown(column.field, column.decode, item, names) for item in value)
            if old or new:
                yield Line(key, label, old, new)


def _custom_line(key: str, value: Sequence[Any], customs: CustomTeller | None) -> Line:
    labels, words = customs or ({}, lambda _key, value: _plain(value))
    old, new = (_plain(words(key, item) if key in labels else item) for item in value)
    return Line(f"custom.{key}", labels.get(key, key), old, new)


def _shown(
    field: models.Field[Any, Any], decode: Callable[[Any], Any], code: Any, names: Names
) -> str:
    """A value from a diff for reading; "" when it is empty."""
    if code is None or code == "":
        return ""
    if field.is_relation:
        return names.get(field.related_model, {}).get(code) or _gone(code)  # type: ignore[arg-type]
    if field.choices:
        return str(dict(field.flatchoices).get(code, code))
    return _plain(decode(code))


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dt.datetime):
        return dates.moment(value)
    if isinstance(value, dt.date):
        return dates.day(value)
    if isinstance(value, Decimal | float):
        whole = value == int(value)
        return format_number(Decimal(str(value)), get_language() or "en", 0 if whole else 2)
    if isinstance(value, list):
        return ", ".join(_plain(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(item)}" for key, item in value.items())
    text = str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _gone(pk: Any) -> str:
    return _("no. %(id)s") % {"id": pk}


def _name_in(change: Change) -> str:
    """The name of a record that is gone, from its last row."""
    for key in ("title", "name", "summary"):
        pair = change.diff.get(key)
        if isinstance(pair, list) and (pair[0] or pair[1]):
            return str(pair[1] or pair[0])
    return _gone(change.record_id)


def _names(changes: Sequence[Change], known: Names) -> Names:
    """The names of all records that the changes are of or speak of."""
    wanted: dict[type[models.Model], set[int]] = defaultdict(set)
    for change in changes:
        try:
            model = model_of(change.record_type)
        except LookupError:
            continue
        wanted[model].add(change.record_id)
        for key, value in change.diff.items():
            try:
                field = model._meta.get_field(key)
            except FieldDoesNotExist:
                continue
            related: Any = field.related_model
            if not related:
                continue
            if isinstance(value, dict):
                wanted[related].update(value.get("add", ()), value.get("remove", ()))
            else:
                wanted[related].update(item for item in value if isinstance(item, int))
    names: dict[type[models.Model], Mapping[int, str]] = {}
    for model, keys in wanted.items():
        told = known.get(model, {})
        missing = keys - told.keys()
        names[model] = {**told, **_read_names(model, missing)} if missing else told
    return names


def _read_names(model: type[models.Model], keys: set[int]) -> dict[int, str]:
    records = model._base_manager.filter(pk__in=keys).fetch_mode(models.FETCH_PEERS)
    return {record.pk: str(record) for record in records}
