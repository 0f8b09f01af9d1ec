"""Many rows at once without an instance for each: COPY on PostgreSQL, executemany on SQLite."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connections, models

#: From this many rows on PostgreSQL copies instead of inserting.
COPY_FROM = 20


def reserve_ids(model: type[models.Model], count: int, using: str) -> list[int]:
    """`count` ids of `model` that nobody else will get. Inside a transaction."""
    connection = connections[using]
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [table, count],
            )
            return [row[0] for row in cursor.fetchall()]
        # The write lock is held, and an explicit id moves the sequence on.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
        first = (row[0] if row else 0) + 1
    return list(range(first, first + count))


def insert_rows(
    model: type[models.Model], attnames: Sequence[str], rows: Iterable[Sequence[Any]], using: str
) -> None:
    """Insert rows of Python values in the order of `attnames`; what is not named gets its
    database default."""
    found = list(rows)
    if not found:
        return
    connection = connections[using]
    quote = connection.ops.quote_name
    by_attname = {field.attname: field for field in model._meta.concrete_fields}
    fields = [by_attname[attname] for attname in attnames]
    table = quote(model._meta.db_table)
    columns = ", ".join(quote(str(field.column)) for field in fields)
    adapters = [_adapter(field, connection) for field in fields]
    adapted = [
        [
            value if value is None or adapt is None else adapt(value)
            for value, adapt in zip(row, adapters, strict=True)
        ]
        for row in found
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and len(adapted) >= COPY_FROM:
            with (
                connection.wrap_database_errors,
                cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy,
            ):
                for row in adapted:
                    copy.write_row(row)
            return
        places = f"({', '.join(['%s'] * len(fields))})"
        if connection.vendor == "postgresql":
            cursor.execute(
                f"INSERT INTO {table} ({columns}) VALUES {', '.join([places] * len(adapted))}",
                [value for row in adapted for value in row],
            )
        else:
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES {places}", adapted)


def _adapter(field: models.Field[Any, Any], connection: Any) -> Callable[[Any], Any] | None:
    """What a value must go through before the driver takes it; None where it may go as it is."""
    if isinstance(field, models.JSONField):
        return _dump
    if isinstance(field, models.CharField | models.TextField):
        return str  # a choice is a text of its own kind
    if connection.vendor == "postgresql" or field.is_relation:
        return None
    if isinstance(field, models.DecimalField | models.DateField | models.TimeField):
        return lambda value: field.get_db_prep_save(value, connection)
    return None


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
