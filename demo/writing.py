"""Rows and their changes as lines of text, ready to be loaded many at a time.

What is written here is what the services would have left: rows, their changes in the ledger, and
no pendings, since everything that derives from the changes is written beside them. Values are
texts from the start, such as COPY reads and JSON holds: going through model instances, or through
values of many types, takes several times as long. So no value may need escaping; the words of a
company hold no quotation mark, no backslash and no control character.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any

from django.db import models

from core.ledger.memory import prepare_new
from core.ledger.schema import schema_of
from core.ledger.tables import Change
from demo.times import iso

#: Values of a row by attname, those that are not as in a new record.
Texts = dict[str, str]
#: A change: from when it holds (seconds since 1970), and its line.
Event = tuple[int, str]

NULL = "\\N"
#: The columns of Change that are written, in their order; the database numbers them.
CHANGE = ("cause_id", "record_type", "record_id", "action", "diff", "at")
#: Types whose JSON is the text itself.
BARE = (models.IntegerField, models.BooleanField, models.ForeignKey)


#: For each model, by the names of what is set in a new row: the forms of its line and its diff.
_shapes: dict[type[models.Model], dict[tuple[str, ...], tuple[str, str]]] = {}


class Table:
    """The lines of a model's table that wait to be loaded."""

    def __init__(self, model: type[models.Model], columns: Sequence[str] = ()) -> None:
        fields = [field for field in model._meta.concrete_fields if not field.generated]
        if columns:
            by_name = {field.attname: field for field in fields}
            fields = [by_name[name] for name in columns]
        self.model = model
        self.fields = fields
        self.lines: list[str] = []


class Records:
    """The rows of one tracked model, with the changes that brought them about."""

    def __init__(self, model: type[models.Model], first_id: int = 1) -> None:
        self.table = Table(model)
        self.next_id = first_id
        schema = schema_of(model)
        self.type = schema.record_type
        self.tracked = {column.attname: column for column in schema.tracked}
        self.quotes = {
            name: "" if isinstance(column.field, BARE) else '"'
            for name, column in self.tracked.items()
        }
        new = model().__dict__
        self.new = {field.attname: new.get(field.attname) for field in self.table.fields}
        self.blank = [plain_text(value) for value in self.new.values()]
        self.places = {name: place for place, name in enumerate(self.new)}
        self.shapes = _shapes.setdefault(model, {})

    def _shape(self, names: tuple[str, ...]) -> tuple[str, str]:
        """The line of a row in which just these values are set, and the diff of its creation."""
        cells, pieces = [], []
        for field in self.table.fields:
            name, value = field.attname, self.new[field.attname]
            column = self.tracked.get(name)
            if name in names:
                cells.append(f"%({name})s")
                if column is not None:
                    mark = self.quotes[name]
                    pieces.append(f'"{column.name}":[null,{mark}%({name})s{mark}]')
                continue
            cells.append(plain_text(value).replace("%", "%%"))
            if column is not None and value is not None and value != "":
                code = json.dumps(column.encode(value)).replace("%", "%%")
                pieces.append(f'"{column.name}":[null,{code}]')
        found = self.shapes[names] = ("\t".join(cells), f"{{{','.join(pieces)}}}")
        return found

    def number(self) -> str:
        """A free id."""
        self.next_id += 1
        return str(self.next_id - 1)

    def insert(self, row: Texts, at: int, cause: str) -> Event:
        """Have a new record loaded that nothing has changed since; the change that made it."""
        row["id"] = self.number()
        row["version"] = "1"
        row["updated_at"] = iso(at)
        names = tuple(row)
        shape = self.shapes.get(names) or self._shape(names)
        self.table.lines.append(shape[0] % row)
        return self.created(row, at, cause)

    def write(self, row: Texts) -> None:
        """Have a record loaded as it stands, after what changed it."""
        cells, places = self.blank.copy(), self.places
        for name, text in row.items():
            cells[places[name]] = text
        self.table.lines.append("\t".join(cells))

    def created(self, row: Texts, at: int, cause: str) -> Event:
        """The change that made a record."""
        names = tuple(row)
        shape = self.shapes.get(names) or self._shape(names)
        line = f"{cause}\t{self.type}\t{row['id']}\tcreated\t{shape[1] % row}\t{iso(at)}"
        return at, line

    def change(self, row: Texts, values: Texts, at: int, cause: str) -> Event:
        """Set values of a record; the change that did it. Columns of the machine make none."""
        pieces = []
        for name, value in values.items():
            mark = self.quotes.get(name)
            if mark is None:
                continue
            old = row.get(name)
            if old == value:
                continue
            if old is None:
                column = self.tracked[name]
                new = self.new[name]
                was = "null" if new is None else json.dumps(column.encode(new))
            else:
                was = f"{mark}{old}{mark}"
            pieces.append(f'"{self.tracked[name].name}":[{was},{mark}{value}{mark}]')
        row.update(values)
        return self._changed(row, ",".join(pieces), at, cause)

    def add_to_set(
        self, row: Texts, name: str, members: Iterable[int], at: int, cause: str
    ) -> Event:
        """Count the members that a set of a record got; the change that did it."""
        added = ",".join(map(str, sorted(members)))
        return self._changed(row, f'"{name}":{{"add":[{added}]}}', at, cause)

    def _changed(self, row: Texts, diff: str, at: int, cause: str) -> Event:
        row["version"] = str(int(row["version"]) + 1)
        moment = row["updated_at"] = iso(at)
        return at, f"{cause}\t{self.type}\t{row['id']}\tupdated\t{{{diff}}}\t{moment}"

    def texts(self, instance: Any) -> Texts:
        """What is set in a new record that its model prepares itself."""
        prepare_new(instance)
        values = {}
        for name, new in self.new.items():
            value = instance.__dict__.get(name)
            if value != new and value is not None:
                values[name] = plain_text(value)
        values.pop("version", None)
        return values


def plain_text(value: Any) -> str:
    """A value as COPY reads it."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, str | int | Decimal | dt.date):
        return str(value)
    raise TypeError(f"{value!r} has no plain text.")


class Ledger:
    """Changes that wait to be loaded, each record's in the order in which they were made."""

    def __init__(self) -> None:
        self.changes = Table(Change, CHANGE)
        self._order = itemgetter(0)

    def add(self, events: list[Event]) -> None:
        """Have changes loaded that belong together, by the moments from which they hold."""
        events.sort(key=self._order)
        self.changes.lines += [line for _, line in events]
