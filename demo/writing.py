"""Writing many rows with their history at once: COPY on PostgreSQL, multi-row statements elsewhere.

What is written here is what the services would have left: rows, their changes in the ledger, and
no pendings, since everything that derives from the changes is written beside them.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from operator import itemgetter
from typing import Any

from django.db import connection, models

from core.ledger.causes import OpenCause
from core.ledger.memory import prepare_new
from core.ledger.schema import Schema, schema_of
from core.ledger.tables import Action, Cause, Change

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

Row = dict[str, Any]
#: A change: from when it holds, type and id of its record, action, diff, cause.
Event = tuple[dt.datetime, str, int, str, str, uuid.UUID]


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did at a moment, why, and where its changes are gathered."""

    by: int
    at: dt.datetime
    cause: uuid.UUID
    events: list[Event]


class Table:
    """The rows of a model that wait to be written, and how a new one looks."""

    def __init__(self, model: type[models.Model], *, with_id: bool = True) -> None:
        self.model = model
        fields = [
            field
            for field in model._meta.concrete_fields
            if not field.generated and (with_id or not field.primary_key)
        ]
        self.columns = [str(field.column) for field in fields]
        self.attnames = [field.attname for field in fields]
        self._values = itemgetter(*self.attnames)
        self._json = [
            place for place, field in enumerate(fields) if isinstance(field, models.JSONField)
        ]
        # Defaults that the database would set come from the caller.
        blank = model()
        self.blank: Row = {name: blank.__dict__.get(name) for name in self.attnames}
        self.ids = count(self._highest() + 1) if with_id else iter(())
        self.last_id = 0
        self.waiting: list[Sequence[Any]] = []

    def _highest(self) -> int:
        key = self.model._meta.pk
        if not isinstance(key, models.BigAutoField | models.AutoField):
            return 0
        highest = self.model._base_manager.aggregate(highest=models.Max("pk"))["highest"] or 0
        if connection.vendor != "postgresql":
            return int(highest)
        with connection.cursor() as cursor:
            # Others may have numbers in hand that are not in rows yet.
            cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [self.name])
            return max(int(highest), int(cursor.fetchone()[0]))

    @property
    def name(self) -> str:
        """The table's name in the database."""
        return self.model._meta.db_table

    def new_id(self) -> int:
        """The next id."""
        self.last_id = next(self.ids)
        return self.last_id

    def row(self, values: Mapping[str, Any]) -> Row:
        """A row that is empty but for `values`."""
        return {**self.blank, **values}

    def add(self, row: Row) -> None:
        """Have a whole row written."""
        values = self._values(row)
        if self._json:
            values = list(values)
            for place in self._json:
                values[place] = encode(values[place])
        self.waiting.append(values)

    def add_in_order(self, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Have rows written that hold just these columns' values, in the table's own order."""
        if list(columns) != self.attnames:
            raise ValueError(f"{self.name} has the columns {self.attnames}.")
        self.waiting += rows

    def write(self) -> None:
        """Write what waits."""
        if not self.waiting:
            return
        names = ", ".join(map(connection.ops.quote_name, self.columns))
        table = connection.ops.quote_name(self.name)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                    for values in self.waiting:
                        copy.write_row(values)
            else:
                places = ", ".join(["%s"] * len(self.columns))
                cursor.executemany(
                    f"INSERT INTO {table} ({names}) VALUES ({places})",
                    [tuple(map(_plain, values)) for values in self.waiting],
                )
        self.waiting.clear()

    def settle_ids(self) -> None:
        """Let the database number on after the last id that was given here."""
        if self.last_id and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [self.name, self.last_id]
                )


def _plain(value: Any) -> Any:
    """A value as Django keeps it where the database has no type of its own for it."""
    convert = _PLAIN.get(type(value))
    return value if convert is None else convert(value)


_PLAIN: dict[type, Callable[[Any], Any]] = {
    dt.datetime: lambda value: str(value.astimezone(dt.UTC).replace(tzinfo=None)),
    dt.date: str,
    Decimal: str,
    uuid.UUID: lambda value: value.hex,
}


CHANGE = ["cause_id", "record_type", "record_id", "action", "diff", "at"]


class Ledger:
    """Changes that wait to be written, each record's in the order in which they were made."""

    def __init__(self) -> None:
        self.causes = Table(Cause)
        self.changes = Table(Change, with_id=False)
        self._order = itemgetter(0)

    def open(self, cause: OpenCause) -> None:
        """Have a cause written."""
        row = cause.as_row()
        self.causes.add({name: getattr(row, name) for name in self.causes.attnames})

    def add(self, events: list[Event]) -> None:
        """Have changes written that belong together, by the moments from which they hold."""
        events.sort(key=self._order)
        self.changes.add_in_order(
            CHANGE,
            [
                (cause, record_type, record_id, action, diff, at)
                for at, record_type, record_id, action, diff, cause in events
            ],
        )


class Records:
    """The rows of one tracked model, with the changes that brought them about."""

    def __init__(self, model: type[models.Model]) -> None:
        self.table = Table(model)
        self.schema: Schema = schema_of(model)
        self.type = self.schema.record_type

    def new(self, values: Mapping[str, Any], at: dt.datetime) -> Row:
        """A new record with an id; `write` it when it is as it shall be."""
        row = {**self.table.blank, **values}
        row["id"] = self.table.new_id()
        row["version"] = 1
        row["updated_at"] = at
        return row

    def from_instance(self, instance: Any, at: dt.datetime) -> Row:
        """The row of a new record that its model has prepared itself."""
        prepare_new(instance)
        row = {name: instance.__dict__[name] for name in self.table.attnames}
        return {**row, "id": self.table.new_id(), "updated_at": at}

    def created(self, row: Row, at: dt.datetime, cause: uuid.UUID) -> Event:
        """The change that made a record."""
        diff = encode(self.schema.created_diff(row))
        return (at, self.type, row["id"], Action.CREATED.value, diff, cause)

    def change(
        self, row: Row, values: Mapping[str, Any], at: dt.datetime, cause: uuid.UUID
    ) -> Event:
        """Set values of a record; the change that did it."""
        diff = encode(self.schema.updated_diff(row, values, values))
        row.update(values)
        row["version"] += 1
        row["updated_at"] = at
        return (at, self.type, row["id"], Action.UPDATED.value, diff, cause)

    def add_to_set(
        self, row: Row, name: str, members: Iterable[int], at: dt.datetime, cause: uuid.UUID
    ) -> Event:
        """Count the members that a set of a record got; the change that did it."""
        row["version"] += 1
        row["updated_at"] = at
        diff = encode({name: {"add": sorted(members)}})
        return (at, self.type, row["id"], Action.UPDATED.value, diff, cause)
