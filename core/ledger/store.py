"""The ledger's own SQL: changes and pendings in one statement, rows updated in one statement."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connections, models
from django.utils import timezone

from core.errors import Unguarded
from core.ledger.causes import OpenCause
from core.ledger.schema import Diff
from core.ledger.tables import Action, Cause, Change, Pending


@dataclass(slots=True)
class Entry:
    """A change about to be written. `before` and `after` are the row (by attname) around it, where
    it is known whole: not for a change of a set of related records."""

    model: type[models.Model]
    record_id: int
    action: Action
    diff: Diff
    at: datetime | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None

    @property
    def record_type(self) -> str:
        """The text under which the record stands in Change."""
        return self.model._meta.label_lower


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_CAUSE_COLUMNS = "id, kind, actor_id, label, reference, parent_id, depth, quiet, started_at"


def _cause_values(cause: OpenCause, using: str) -> list[Any]:
    row, connection = cause.as_row(), connections[using]
    return [
        field.get_db_prep_save(getattr(row, field.attname), connection)
        for field in Cause._meta.concrete_fields
    ]


def _as_json(entry: Entry) -> dict[str, Any]:
    return {
        "record_type": entry.record_type,
        "record_id": entry.record_id,
        "action": str(entry.action),
        "diff": entry.diff,
        "at": (entry.at or timezone.now()).isoformat(),
    }


def insert_changes(cause: OpenCause, entries: Sequence[Entry], using: str) -> None:
    """Write the cause (once), the entries in their order, and a pending for each.

    On PostgreSQL this is one statement. On SQLite the write lock is held, so that the ids
    above the highest before are ours.
    """
    now = timezone.now()
    for entry in entries:
        entry.at = entry.at or now
    connection = connections[using]
    change, pending = Change._meta.db_table, Pending._meta.db_table
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                WITH why AS (
                    INSERT INTO {Cause._meta.db_table} ({_CAUSE_COLUMNS})
                    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
                ), written AS (
                    INSERT INTO {change} (cause_id, record_type, record_id, action, diff, at)
                    SELECT %s, record_type, record_id, action, diff, at
                    FROM ROWS FROM (
                        json_to_recordset(%s::json) AS (
                            record_type text, record_id bigint, action text, diff jsonb,
                            at timestamptz
                        )
                    ) WITH ORDINALITY
                    ORDER BY ordinality
                    RETURNING id
                )
                INSERT INTO {pending} (change_id) SELECT id FROM written ORDER BY id
                """,
                [
                    *_cause_values(cause, using),
                    cause.id,
                    # One JSON text: an array for each column took twice as long.
                    _dump([_as_json(entry) for entry in entries]),
                ],
            )
        return
    adapt = Change._meta.get_field("at").get_db_prep_save
    cause_id = Cause._meta.pk.get_db_prep_save(cause.id, connection)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT OR IGNORE INTO {Cause._meta.db_table} ({_CAUSE_COLUMNS})"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            _cause_values(cause, using),
        )
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {change}")
        highest = cursor.fetchone()[0]
        cursor.executemany(
            f"INSERT INTO {change} (cause_id, record_type, record_id, action, diff, at)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [
                (
                    cause_id,
                    entry.record_type,
                    entry.record_id,
                    str(entry.action),
                    _dump(entry.diff),
                    adapt(entry.at, connection),
                )
                for entry in entries
            ],
        )
        cursor.execute(
            f"INSERT INTO {pending} (change_id) SELECT id FROM {change} WHERE id > %s ORDER BY id",
            [highest],
        )


def _array_type(kind: str) -> str:
    """The type in which values travel: a cast to varchar(n) would cut a text in silence, and one
    to numeric(p, s) round; the assignment to the column refuses what does not fit."""
    base = kind.partition("(")[0]
    return "text" if base == "varchar" else base


def update_rows(
    model: type[models.Model],
    attnames: Sequence[str],
    rows: Sequence[tuple[int, int | None, Sequence[Any]]],
    using: str,
    counting: bool = True,
) -> int:
    """Set `attnames` of many rows in one statement; return how many rows were met.

    `rows` holds `(id, version, values)`. With `counting` only a row still at `version` is met,
    and its version grows by one; without, the version is neither asked nor changed (machine
    columns).
    """
    if not rows:
        return 0
    connection = connections[using]
    quote = connection.ops.quote_name
    fields = {field.attname: field for field in model._meta.concrete_fields}
    chosen = [fields[attname] for attname in attnames]
    table = quote(model._meta.db_table)
    if connection.vendor == "postgresql":
        columns = [quote(str(field.column)) for field in chosen]
        types = [_array_type(str(field.db_type(connection))) for field in chosen]
        sets = [f"{column} = new.v{place}" for place, column in enumerate(columns)]
        names = [f"v{place}" for place in range(len(columns))]
        arrays = [f"%s::{kind}[]" for kind in types]
        condition = "old.id = new.id"
        parameters: list[Any] = [
            [field.get_db_prep_save(values[place], connection) for _, _, values in rows]
            for place, field in enumerate(chosen)
        ]
        if counting:
            sets.append("version = old.version + 1")
            condition += " AND old.version = new.was"
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} AS old SET {', '.join(sets)} "
                f"FROM unnest({', '.join([*arrays, '%s::bigint[]', '%s::integer[]'])}) "
                f"AS new({', '.join([*names, 'id', 'was'])}) WHERE {condition}",
                [
                    *parameters,
                    [record_id for record_id, _, _ in rows],
                    [version for _, version, _ in rows],
                ],
            )
            return int(cursor.rowcount)
    sets = [f"{quote(str(field.column))} = %s" for field in chosen]
    condition = "id = %s"
    if counting:
        sets.append("version = version + 1")
        condition += " AND version = %s"
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET {', '.join(sets)} WHERE {condition}",
            [
                (
                    *(
                        field.get_db_prep_save(value, connection)
                        for field, value in zip(chosen, values, strict=True)
                    ),
                    record_id,
                    *((version,) if counting else ()),
                )
                for record_id, version, values in rows
            ],
        )
        return int(cursor.rowcount)


def refresh_generated(instances: Sequence[Any], generated: Sequence[str], using: str) -> None:
    """Read the columns that the database computes back into `instances`."""
    if not instances or not generated:
        return
    model = type(instances[0])
    rows = {
        row[0]: row[1:]
        for row in model._base_manager.using(using)
        .filter(pk__in=[instance.pk for instance in instances])
        .values_list("pk", *generated)
    }
    for instance in instances:
        values = rows.get(instance.pk)
        if values is None:
            raise Unguarded(f"{instance!r} vanished while it was being written.")
        for attname, value in zip(generated, values, strict=True):
            instance.__dict__[attname] = value
