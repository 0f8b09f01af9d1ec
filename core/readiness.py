"""Is what this process leans on there: the database, its schema, the broker?"""

from celery import current_app
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from kombu.exceptions import OperationalError

BROKER_SECONDS = 2


def database_state() -> tuple[str, str]:
    """`ok` or `unreachable`, and `ok`, `pending` or `unknown` for the migrations."""
    try:
        return "ok", "pending" if pending_migrations() else "ok"
    except DatabaseError:
        return "unreachable", "unknown"


def pending_migrations() -> list[str]:
    """Names of the migrations that this code has and the database lacks, in order."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def broker_state() -> str:
    """`ok` or `unreachable`, after at most some seconds."""
    try:
        with current_app.connection_for_write(connect_timeout=BROKER_SECONDS) as broker:
            broker.ensure_connection(max_retries=1, timeout=BROKER_SECONDS)
    except (OperationalError, OSError):
        return "unreachable"
    return "ok"
