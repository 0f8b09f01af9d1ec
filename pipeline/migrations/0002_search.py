"""Indexes for text search on PostgreSQL: words anywhere by trigrams, beginnings by pattern."""

from django.db import migrations

INDEXES = {
    "lead_search_trigrams": "pipeline_lead USING gin (search_text {schema}.gin_trgm_ops)",
    "lead_title_begins": "pipeline_lead (title_key varchar_pattern_ops)",
}


def _schema_of_trigrams(cursor):
    """Where the extension lives; it need not be where tables are looked for."""
    cursor.execute(
        "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace "
        "WHERE e.extname = 'pg_trgm'"
    )
    return cursor.fetchone()[0]


def add(apps, schema_editor):
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        # Of a large table an index takes minutes.
        cursor.execute("SET LOCAL statement_timeout = 0")
        schema = quote(_schema_of_trigrams(cursor))
        for name, on in INDEXES.items():
            cursor.execute(f"CREATE INDEX {quote(name)} ON {on.format(schema=schema)}")


def drop(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for name in INDEXES:
        schema_editor.execute(f"DROP INDEX IF EXISTS {schema_editor.quote_name(name)}")


class Migration(migrations.Migration):
    dependencies = [("core", "0002_trigrams"), ("pipeline", "0001_initial")]

    operations = [migrations.RunPython(add, drop)]
