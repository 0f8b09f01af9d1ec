"""Loading a great many rows: COPY on PostgreSQL, multi-row statements on SQLite.

The indexes of the tables, on PostgreSQL their foreign keys too, are put away meanwhile, and made
again at once when all rows are there, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, models

from demo.writing import NULL, Table


@dataclass(frozen=True, slots=True)
class Load:
    """Rows of a table, as the text that COPY reads."""

    model: type[models.Model]
    columns: Sequence[str]
    text: bytes


def pack(table: Table) -> Load:
    """What waits in a table, ready to be loaded; the table is empty afterwards."""
    lines, table.lines = table.lines, []
    lines.append("")
    columns = [field.attname for field in table.fields]
    return Load(table.model, columns, "\n".join(lines).encode())


def load(what: Load) -> None:
    """Write rows into their table."""
    if not what.text:
        return
    fields = {field.attname: field for field in what.model._meta.concrete_fields}
    chosen = [fields[name] for name in what.columns]
    table = connection.ops.quote_name(what.model._meta.db_table)
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in chosen)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                copy.write(what.text)
            return
        places = ", ".join(["%s"] * len(chosen))
        statement = f"INSERT INTO {table} ({names}) VALUES ({places})"
        cursor.executemany(statement, list(_plain_rows(what.text, chosen)))


def _plain_rows(text: bytes, fields: Sequence[Any]) -> Iterator[list[str | None]]:
    """The rows of a text as SQLite keeps them: numbers by the type of their column, yes and no as
    1 and 0, moments without their zone, ids in hexadecimal."""
    times = [n for n, field in enumerate(fields) if isinstance(field, models.DateTimeField)]
    flags = [n for n, field in enumerate(fields) if isinstance(field, models.BooleanField)]
    for line in text.decode().splitlines():
        row = [None if cell == NULL else cell.replace("\\\\", "\\") for cell in line.split("\t")]
        for place in times:
            cell = row[place]
            if cell is not None:
                row[place] = cell.replace("T", " ").removesuffix("+00:00")
        for place in flags:
            if row[place] is not None:
                row[place] = "1" if row[place] == "true" else "0"
        yield row


def next_id(model: type[models.Model]) -> int:
    """An id above all that are taken; with the table locked it stays free."""
    highest = model._base_manager.aggregate(highest=models.Max("pk"))["highest"] or 0
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [model._meta.db_table]
            )
            return max(highest + 1, int(cursor.fetchone()[0]))
    return int(highest) + 1


def number_on(model: type[models.Model], last_id: int) -> None:
    """Let the database give ids after `last_id`."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)",
                [model._meta.db_table, last_id],
            )


def analyze(chosen: Sequence[type[models.Model]]) -> None:
    """Let the database learn what the tables hold now; nothing is planned by what is in JSON."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute("ANALYZE")
            return
        for model in chosen:
            columns = ", ".join(
                quote(str(field.column))
                for field in model._meta.concrete_fields
                if not isinstance(field, models.JSONField)
            )
            cursor.execute(f"ANALYZE {quote(model._meta.db_table)} ({columns})")


@contextmanager
def lean(tables: Sequence[str], *, enough: bool) -> Iterator[None]:
    """Inside the block, and where there are `enough` rows to pay for it, the tables have neither
    secondary indexes nor foreign keys. Takes their locks: nobody else writes until the end."""
    if connection.vendor != "postgresql":
        statements = _put_indexes_away(tables) if enough else []
        yield
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        names = ", ".join(map(connection.ops.quote_name, tables))
        cursor.execute(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")
    if not enough:
        yield
        return
    statements = _put_away(tables)
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _put_indexes_away(tables: Sequence[str]) -> list[str]:
    """Drop the indexes of SQLite tables that are not part of the table; what makes them again."""
    places = ", ".join(["%s"] * len(tables))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master"
            f" WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({places}) ORDER BY name",
            list(tables),
        )
        indexes = cursor.fetchall()
        for name, _statement in indexes:
            cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
    return [statement for _name, statement in indexes]


def _put_away(tables: Sequence[str]) -> list[str]:
    """Drop foreign keys, unique constraints and indexes; the statements that make them again,
    foreign keys last."""
    quote = connection.ops.quote_name
    again: list[str] = []
    with connection.cursor() as cursor:
        # What was written before is checked now: a table with checks pending cannot be altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(
            "SELECT t.relname, c.conname, pg_get_constraintdef(c.oid)"
            " FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid"
            " WHERE t.relname = ANY(%s) AND t.relnamespace = current_schema()::regnamespace"
            " AND c.contype IN ('f', 'u') ORDER BY c.contype DESC, t.relname, c.conname",
            [list(tables)],
        )
        for table, name, definition in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {quote(table)} DROP CONSTRAINT {quote(name)}")
            again.append(f"ALTER TABLE {quote(table)} ADD CONSTRAINT {quote(name)} {definition}")
        cursor.execute(
            "SELECT i.relname, pg_get_indexdef(x.indexrelid) FROM pg_index x"
            " JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid"
            " WHERE t.relname = ANY(%s) AND t.relnamespace = current_schema()::regnamespace"
            " AND NOT x.indisprimary ORDER BY i.relname",
            [list(tables)],
        )
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {quote(name)}")
    return [definition for _name, definition in indexes] + again
