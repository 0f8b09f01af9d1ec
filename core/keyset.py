"""Pages by keyset: each page starts after the last row of the one before, however deep it lies.

A row that is inserted or moved meanwhile never shifts the others, so nothing is shown twice or left
out. The cursor holds the ordering and the last row's values; empty values sort last, both ways.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

#: Counting stops here: beyond, the number says less than it costs.
COUNT_CAP = 1000


class BadCursor(ValueError):
    """A cursor that was not written for this ordering."""


@dataclass(frozen=True, slots=True)
class Key:
    """One part of an ordering: a field by path, and its direction; or an expression, which
    `with_keys` annotates under the path."""

    path: str
    descending: bool
    field: models.Field[Any, Any]
    nullable: bool
    source: Any = None

    def expression(self) -> Any:
        """What `order_by` takes."""
        column = F(self.path)
        last = True if self.nullable else None
        return column.desc(nulls_last=last) if self.descending else column.asc(nulls_last=last)

    def value_of(self, record: Any) -> Any:
        """The record's value; of another record its id."""
        value = record
        for part in self.path.split("__"):
            value = getattr(value, part, None)
            if value is None:
                return None
        return value.pk if isinstance(value, models.Model) else value

    def equal(self, value: Any) -> Q:
        """Rows with the same value."""
        return Q(**{f"{self.path}__isnull": True}) if value is None else Q(**{self.path: value})

    def after(self, value: Any) -> Q:
        """Rows that come later by this key alone."""
        if value is None:
            return Q(pk__in=[])
        later = Q(**{f"{self.path}__{'lt' if self.descending else 'gt'}": value})
        return later | Q(**{f"{self.path}__isnull": True}) if self.nullable else later


def key_of(model: type[models.Model], path: str, descending: bool) -> Key:
    """The key of a field path of `model`; raises FieldDoesNotExist."""
    here: Any = model
    nullable = False
    field: Any = None
    for part in path.split("__"):
        field = here._meta.get_field(part)
        nullable = nullable or field.null
        here = field.related_model
    return Key(path, descending, field, nullable)


def with_keys[Rows: models.QuerySet[Any]](rows: Rows, keys: Sequence[Key]) -> Rows:
    """The rows with what the keys sort by where that is no column."""
    made = {key.path: key.source for key in keys if key.source is not None}
    return rows.annotate(**made) if made else rows


def total(model: type[models.Model], keys: Sequence[Key]) -> list[Key]:
    """The keys, made total by the id."""
    pk = model._meta.pk.name
    if any(key.path == pk for key in keys):
        return list(keys)
    return [*keys, key_of(model, pk, keys[-1].descending)]


def write_cursor(keys: Sequence[Key], record: Any) -> str:
    """The cursor that stands behind `record`."""
    return cursor_behind(keys, [key.value_of(record) for key in keys])


def cursor_behind(keys: Sequence[Key], values: Sequence[Any]) -> str:
    """The cursor that stands behind a row with these values of the keys."""
    return pack([["-" * key.descending + key.path for key in keys], list(values)])


def pack(content: Sequence[Any]) -> str:
    """A place in some order as a text for an address."""
    text = json.dumps(content, separators=(",", ":"), default=_as_json)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def unpack(cursor: str) -> list[Any]:
    """What `pack` was given; BadCursor for a text that is none of its."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        content = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise BadCursor(str(error)) from error
    if not isinstance(content, list) or not content:
        raise BadCursor("not a place")
    return content


def _as_json(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def read_cursor(keys: Sequence[Key], cursor: str) -> list[Any]:
    """The values of a cursor that was written for this ordering; BadCursor for any other."""
    try:
        names, values = unpack(cursor)
        if names != ["-" * key.descending + key.path for key in keys]:
            raise ValueError("another ordering")
        if len(values) != len(keys):
            raise ValueError("another length")
        return [
            None if value is None else _to_python(key.field, value)
            for key, value in zip(keys, values, strict=True)
        ]
    except (ValueError, TypeError, ValidationError) as error:
        raise BadCursor(str(error)) from error


def _to_python(field: models.Field[Any, Any], value: Any) -> Any:
    """The value as the column takes it; raises for what could not have been written."""
    while field.is_relation:
        field = field.target_field  # type: ignore[attr-defined]
    if isinstance(value, list | dict) or (isinstance(value, str) and "\x00" in value):
        raise TypeError("not a value")
    found = field.to_python(value)
    if isinstance(found, int) and abs(found) >= 2**63:
        raise ValueError("out of range")
    if isinstance(found, dt.datetime) and found.tzinfo is None:
        raise ValueError("without a zone")
    return found


def rows_after(keys: Sequence[Key], values: Sequence[Any]) -> Q:
    """The rows that come after one with `values`: (a, b, id) > (x, y, z), each in its direction."""
    found = Q(pk__in=[])
    equal = Q()
    for key, value in zip(keys, values, strict=True):
        found |= equal & key.after(value)
        equal &= key.equal(value)
    first, value = keys[0], values[0]
    if value is not None and not first.nullable and len(keys) > 1:
        # Said once more, plainly, so that an index on the first key starts in the right place.
        found &= Q(**{f"{first.path}__{'lte' if first.descending else 'gte'}": value})
    return found


def capped_count(queryset: models.QuerySet[Any], cap: int) -> int:
    """How many records there are, up to one more than `cap`."""
    return queryset.order_by()[: cap + 1].count()
