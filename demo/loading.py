"""Loading a great many rows into PostgreSQL: its indexes and foreign keys are put away meanwhile,
and made again at once when all rows are there, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection


@contextmanager
def lean(tables: Sequence[str], *, enough: bool) -> Iterator[None]:
    """Inside the block, and where there are `enough` rows to pay for it, the tables have neither
    secondary indexes nor foreign keys. Takes their locks: nobody else writes until the end."""
    if connection.vendor != "postgresql":
        yield
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
            "SELECT t.relname, c.conname, pg_get_constraintdef(c.oid), c.contype"
            " FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid"
            " WHERE t.relname = ANY(%s) AND t.relnamespace = current_schema()::regnamespace"
            " AND c.contype IN ('f', 'u') ORDER BY c.contype DESC, t.relname, c.conname",
            [list(tables)],
        )
        constraints = cursor.fetchall()
        for table, name, definition, _kind in constraints:
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
