"""Trigrams for text search. Needs PostgreSQL's pg_trgm; other databases search without."""

from django.contrib.postgres.operations import TrigramExtension
from django.db import DatabaseError, migrations


class Trigrams(TrigramExtension):
    """Creates the extension where it lacks; says what to do when it may not."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        except DatabaseError as error:
            settings = schema_editor.connection.settings_dict
            raise RuntimeError(
                "Text search needs the PostgreSQL extension pg_trgm, and it could not be created: "
                f"{str(error).strip()}\n"
                f"Let an administrator of the server run, in the database {settings['NAME']!r}: "
                "CREATE EXTENSION pg_trgm; and migrate again. (The extension is part of "
                "PostgreSQL; some systems keep it in a package named postgresql-contrib.)"
            ) from error

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        """The extension stays: it may have been there before, and others may use it."""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [Trigrams()]
