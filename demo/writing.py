"""Rows and their changes as text, ready to be loaded many at a time.

What is written here is what the services would have left: rows, their changes in the ledger, and
no pendings, since everything that derives from the changes is written beside them. Values go
straight into the text that COPY reads (PostgreSQL), or that SQLite takes by the type of its
column: going through model instances takes several times as long.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any

from django.db import models

from core.ledger.memory import prepare_new
from core.ledger.schema import schema_of
from core.ledger.tables import Action, Change

Row = dict[str, Any]
Cells = Sequence[str | None]
#: A change: from when it holds, and its row in the ledger.
Event = tuple[dt.datetime, Cells]
Text = Callable[[Any], str | None]

#: The columns of Change that are written, in their order; the database numbers them.
CHANGE = ("cause_id", "record_type", "record_id", "action", "diff", "at")

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_SPECIAL = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _escaped(text: str) -> str:
    """A text as COPY reads it."""
    if "\\" in text or "\n" in text or "\t" in text or "\r" in text:
        return text.translate(_SPECIAL)
    return text


def _plain_moment(value: dt.datetime) -> str:
    return str(value.astimezone(dt.UTC).replace(tzinfo=None))


#: How a value becomes JSON in a diff; the codes are those of the ledger's schema.
JSON: Mapping[type, Callable[[Any], str]] = {
    str: encode_basestring,
    int: str,
    bool: lambda value: "true" if value else "false",
    Decimal: '"{}"'.format,
    dt.datetime: lambda value: f'"{value.isoformat()}"',
    dt.date: lambda value: f'"{value.isoformat()}"',
    type(None): lambda _: "null",
    dict: _encode,
    list: _encode,
}
_COMMON: Mapping[type, Text] = {
    int: str,
    bool: lambda value: "1" if value else "0",
    Decimal: str,
    dt.date: str,
}
#: How a value becomes text in a row, by the kind of database.
TEXTS: Mapping[str, Mapping[type, Text]] = {
    "postgresql": {
        **_COMMON,
        str: _escaped,
        dt.datetime: dt.datetime.isoformat,
        uuid.UUID: str,
        type(None): lambda _: "\\N",
        dict: lambda value: _escaped(_encode(value)),
        list: lambda value: _escaped(_encode(value)),
    },
    "sqlite": {
        **_COMMON,
        str: str,
        dt.datetime: _plain_moment,
        uuid.UUID: lambda value: value.hex,
        type(None): lambda _: None,
        dict: _encode,
        list: _encode,
    },
}


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did at a moment, why, and where its changes are gathered."""

    by: int
    at: dt.datetime
    cause: uuid.UUID
    events: list[Event]


class Table:
    """The rows of a model that wait to be loaded."""

    def __init__(self, model: type[models.Model], vendor: str, columns: Sequence[str] = ()) -> None:
        fields = [field for field in model._meta.concrete_fields if not field.generated]
        if columns:
            by_name = {field.attname: field for field in fields}
            fields = [by_name[name] for name in columns]
        self.name = model._meta.db_table
        self.columns = [str(field.column) for field in fields]
        self.places = {field.attname: place for place, field in enumerate(fields)}
        self.text = TEXTS[vendor]
        self.rows: list[Cells] = []

    def add(self, values: Iterable[Any]) -> None:
        """Have a row of values loaded, given in the order of the columns."""
        text = self.text
        self.rows.append([text[type(value)](value) for value in values])


class Records:
    """The rows of one tracked model, with the changes that brought them about.

    A row is a dict of what is set in it; whatever is not there is as in a new record.
    """

    def __init__(self, model: type[models.Model], vendor: str, first_id: int = 1) -> None:
        self.model = model
        self.table = Table(model, vendor)
        self.text = TEXTS[vendor]
        self.next_id = first_id
        schema = schema_of(model)
        self.type = schema.record_type
        self.names = {column.attname: f'"{column.name}":' for column in schema.tracked}
        new = model().__dict__
        self.defaults = {name: new.get(name) for name in self.table.places}
        self.blank = [self._text(value) for value in self.defaults.values()]
        self.start = {
            name: f"{self.names[name]}[null,{_code(value)}]"
            for name, value in self.defaults.items()
            if name in self.names and value is not None and value != ""
        }

    def _text(self, value: Any) -> str | None:
        convert = self.text.get(type(value)) or self.text[str]
        return convert(value if type(value) in self.text else str(value))

    def new(self, values: Row, at: dt.datetime) -> Row:
        """A new record with an id; `write` it when it is as it shall be."""
        values["id"] = self.next_id
        self.next_id += 1
        values["version"] = 1
        values["updated_at"] = at
        return values

    def from_instance(self, instance: Any, at: dt.datetime) -> Row:
        """The row of a new record that its model has prepared itself."""
        prepare_new(instance)
        values = {name: instance.__dict__[name] for name in self.table.places}
        plain = {
            name: str(value) if isinstance(value, str) else value for name, value in values.items()
        }
        return self.new(plain, at)

    def write(self, row: Row) -> None:
        """Have a record loaded."""
        cells = self.blank.copy()
        places, text = self.table.places, self.text
        for name, value in row.items():
            cells[places[name]] = text[type(value)](value)
        self.table.rows.append(cells)

    def created(self, row: Row, at: dt.datetime, cause: uuid.UUID) -> Event:
        """The change that made a record."""
        pieces, names = self.start.copy(), self.names
        for attname, value in row.items():
            name = names.get(attname)
            if name is None:
                continue
            if value is None or value == "":
                pieces.pop(attname, None)
            else:
                pieces[attname] = f"{name}[null,{JSON[type(value)](value)}]"
        return self._event(row, Action.CREATED.value, ",".join(pieces.values()), at, cause)

    def change(self, row: Row, values: Row, at: dt.datetime, cause: uuid.UUID) -> Event:
        """Set values of a record; the change that did it."""
        pieces, names, defaults = [], self.names, self.defaults
        for attname, value in values.items():
            name = names.get(attname)
            if name is None:
                continue
            old = row[attname] if attname in row else defaults[attname]
            if old != value:
                pieces.append(f"{name}[{JSON[type(old)](old)},{JSON[type(value)](value)}]")
        row.update(values)
        return self._changed(row, ",".join(pieces), at, cause)

    def add_to_set(
        self, row: Row, name: str, members: Iterable[int], at: dt.datetime, cause: uuid.UUID
    ) -> Event:
        """Count the members that a set of a record got; the change that did it."""
        added = ",".join(map(str, sorted(members)))
        return self._changed(row, f'"{name}":{{"add":[{added}]}}', at, cause)

    def _changed(self, row: Row, diff: str, at: dt.datetime, cause: uuid.UUID) -> Event:
        row["version"] += 1
        row["updated_at"] = at
        return self._event(row, Action.UPDATED.value, diff, at, cause)

    def _event(self, row: Row, action: str, diff: str, at: dt.datetime, cause: uuid.UUID) -> Event:
        text = self.text
        return (
            at,
            (
                text[uuid.UUID](cause),
                self.type,
                str(row["id"]),
                action,
                text[str](f"{{{diff}}}"),
                text[dt.datetime](at),
            ),
        )


def _code(value: Any) -> str:
    return JSON.get(type(value), JSON[str])(str(value) if isinstance(value, str) else value)


class Ledger:
    """Changes that wait to be loaded, each record's in the order in which they were made."""

    def __init__(self, vendor: str) -> None:
        self.changes = Table(Change, vendor, CHANGE)
        self._order = itemgetter(0)

    def add(self, events: list[Event]) -> None:
        """Have changes loaded that belong together, by the moments from which they hold."""
        events.sort(key=self._order)
        self.changes.rows += [cells for _, cells in events]
