"""Text search on PostgreSQL: its indexes are there and used; without the extension it says so."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.db import connection

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL"),
]


def run(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def create() -> None:
    """What the migration does."""
    operation = import_module("core.migrations.0002_trigrams").Trigrams()
    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("core", editor, None, None)


@pytest.mark.parametrize(
    ("index", "kind"),
    [
        ("lead_search_trigrams", "gin (search_text gin_trgm_ops)"),
        ("lead_title_begins", "btree (title_key varchar_pattern_ops)"),
        ("contact_name_trigrams", "gin (name_key gin_trgm_ops)"),
        ("contact_name_begins", "btree (name_key varchar_pattern_ops)"),
        ("company_name_trigrams", "gin (name_key gin_trgm_ops)"),
        ("company_name_begins", "btree (name_key varchar_pattern_ops)"),
    ],
)
def test_texts_that_are_searched_are_indexed(index: str, kind: str) -> None:
    found = run(f"SELECT indexdef FROM pg_indexes WHERE indexname = '{index}'")
    assert [definition.endswith(kind) for (definition,) in found] == [True]


def test_an_extension_that_is_there_is_taken_as_it_is() -> None:
    create()
    assert run("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'") == [(1,)]


def test_who_may_not_create_it_is_told_what_to_do() -> None:
    run("DROP EXTENSION pg_trgm CASCADE")
    run("CREATE ROLE may_nothing NOLOGIN")
    run("SET LOCAL ROLE may_nothing")
    with pytest.raises(RuntimeError, match="CREATE EXTENSION pg_trgm; and migrate again"):
        create()
