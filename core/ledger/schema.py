"""What of a record the ledger keeps, and how a value is written into a diff.

A diff holds JSON: decimals as text in the column's own scale, dates and times in ISO 8601 (times
in UTC), keys of other records as their id. Encoding is canonical: equal values have equal codes.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models.expressions import BaseExpression, Combinable

from core.errors import Unguarded

type Json = Any
type Diff = dict[str, Any]

#: The bookkeeping of the ledger on a row: neither tracked nor somebody's machine column.
BOOKKEEPING = frozenset({"version", "updated_at"})


@dataclass(frozen=True, slots=True)
class Column:
    """A concrete field of a tracked model as the ledger sees it."""

    name: str
    attname: str
    field: models.Field[Any, Any]
    encode: Callable[[Any], Json]
    decode: Callable[[Json], Any]
    blank: Any
    tracked: bool


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of one tracked model, by what the ledger does with them."""

    model: type[models.Model]
    record_type: str
    tracked: tuple[Column, ...]
    columns: tuple[Column, ...]
    by_name: Mapping[str, Column]
    by_attname: Mapping[str, Column]
    custom: str | None
    together: Mapping[str, frozenset[str]]
    generated: tuple[str, ...]
    unlisted: frozenset[str]
    decimals: tuple[Column, ...]

    def blank_of(self, key: str) -> Any:
        """The code of an empty value of the field (or custom field) `key`."""
        column = self.by_name.get(key)
        return column.blank if column else None

    def created_diff(self, row: Mapping[str, Any]) -> Diff:
        """`{field: [null, new]}` of the tracked values in `row` (by attname) that are not empty."""
        diff: Diff = {}
        for column in self.tracked:
            value = row.get(column.attname)
            if value is not None and value != "":
                diff[column.name] = [None, column.encode(value)]
        if self.custom:
            for key, value in (row.get(self.custom) or {}).items():
                if value is not None:
                    diff[f"{self.custom}.{key}"] = [None, value]
        return diff

    def deleted_diff(self, row: Mapping[str, Any]) -> Diff:
        """`{field: [old, null]}` of all columns of `row` (by attname) but secrets."""
        diff: Diff = {}
        for column in self.columns:
            value = row.get(column.attname)
            if value is not None and value != "":
                diff[column.name] = [column.encode(value), None]
        if self.custom:
            for key, value in (row.get(self.custom) or {}).items():
                if value is not None:
                    diff[f"{self.custom}.{key}"] = [value, None]
        if "version" in row:
            # So that the version of a record that comes back goes on from there.
            diff["version"] = [row["version"], None]
        return diff

    def updated_diff(
        self, old: Mapping[str, Any], new: Mapping[str, Any], attnames: Iterable[str]
    ) -> Diff:
        """`{field: [old, new]}` of those of `attnames` whose value differs."""
        diff: Diff = {}
        for attname in attnames:
            if attname == self.custom:
                before, after = old.get(attname) or {}, new.get(attname) or {}
                for key in [*before, *(key for key in after if key not in before)]:
                    if before.get(key) != after.get(key):
                        diff[f"{attname}.{key}"] = [before.get(key), after.get(key)]
                continue
            column = self.by_attname.get(attname)
            if column is None or not column.tracked:  # a secret, or a machine's
                continue
            was, now = old[attname], new[attname]
            if was is not now and was != now:
                was = None if was is None else column.encode(was)
                now = None if now is None else column.encode(now)
                if was != now:
                    diff[column.name] = [was, now]
        return diff


def is_tracked(model: type[models.Model]) -> bool:
    """Whether the ledger follows `model`."""
    return bool(getattr(model, "ledger_tracks", False)) and not model._meta.abstract


def tracked_models() -> list[type[models.Model]]:
    """Every model that the ledger follows."""
    return [model for model in apps.get_models() if is_tracked(model)]


@cache
def schema_of(model: type[models.Model]) -> Schema:
    """The schema of a tracked model."""
    exclude: frozenset[str] = getattr(model, "ledger_exclude", frozenset())
    machine: Mapping[str, str] = getattr(model, "ledger_machine", {})
    custom: str | None = getattr(model, "ledger_custom", None)
    columns = []
    for field in model._meta.concrete_fields:
        if field.primary_key or field.generated or field.name in BOOKKEEPING:
            continue
        if field.name in exclude or field.name == custom:
            continue
        encode, decode = codec_of(field)
        blank = "" if _is_text(field) and not field.null else None
        columns.append(
            Column(
                field.name, field.attname, field, encode, decode, blank, field.name not in machine
            )
        )
    groups: dict[str, frozenset[str]] = {}
    for group in getattr(model, "ledger_together", ()):
        for name in group:
            groups[name] = frozenset(group)
    return Schema(
        model=model,
        record_type=model._meta.label_lower,
        tracked=tuple(column for column in columns if column.tracked),
        columns=tuple(columns),
        by_name={column.name: column for column in columns},
        by_attname={column.attname: column for column in columns},
        custom=custom,
        together=groups,
        generated=tuple(f.attname for f in model._meta.concrete_fields if f.generated),
        unlisted=frozenset(getattr(model, "ledger_unlisted", ())),
        decimals=tuple(c for c in columns if isinstance(c.field, models.DecimalField)),
    )


def model_of(record_type: str) -> type[models.Model]:
    """The model of a record type as it stands in Change; unknown types raise LookupError."""
    return apps.get_model(record_type)


def _is_text(field: models.Field[Any, Any]) -> bool:
    return isinstance(field, models.CharField | models.TextField)


def codec_of(field: models.Field[Any, Any]) -> tuple[Callable[[Any], Json], Callable[[Json], Any]]:
    """How a value of `field` becomes JSON, and how it comes back. None is handled by the caller."""
    if field.is_relation:
        return codec_of(field.target_field)  # type: ignore[attr-defined]
    if isinstance(field, models.DecimalField):
        step = Decimal(1).scaleb(-(field.decimal_places or 0))
        to_python = field.to_python

        def encode_decimal(value: Any) -> Json:
            if isinstance(value, Combinable):
                return _no_expression(value)
            return str(to_python(value).quantize(step))

        return encode_decimal, to_python
    if isinstance(field, models.DateTimeField):
        return _encode_time, _decode_time
    if isinstance(field, models.DateField):
        return lambda value: field.to_python(value).isoformat(), field.to_python
    if isinstance(field, models.TimeField):
        return lambda value: field.to_python(value).isoformat(), field.to_python
    if isinstance(field, models.UUIDField):
        return lambda value: str(field.to_python(value)), uuid.UUID
    if isinstance(field, models.JSONField):
        return _encode_as_it_is, _encode_as_it_is
    native: type = bool if isinstance(field, models.BooleanField) else int
    if _is_text(field):
        native = str
    to_native = field.to_python

    def encode(value: Any) -> Json:
        if type(value) is native:
            return value
        if isinstance(value, Combinable | BaseExpression):
            return _no_expression(value)
        value = to_native(value)
        return str(value) if native is str else value

    return encode, field.to_python


def _encode_as_it_is(value: Any) -> Json:
    return value


def _encode_time(value: Any) -> Json:
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    if isinstance(value, Combinable | BaseExpression):
        return _no_expression(value)
    return value.astimezone(dt.UTC).isoformat()


def _decode_time(value: Json) -> dt.datetime:
    return dt.datetime.fromisoformat(value)


def _no_expression(value: Any) -> Json:
    raise Unguarded(f"{value!r} is computed by the database; the ledger needs the value itself.")
