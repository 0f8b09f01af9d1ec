"""What probes ask: is the process up, and may it be given work?"""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from config.celery import app

BROKER_SECONDS = 2


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; asks nothing of the database."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and its schema is that of this code, else 503.

    A broker that is away is told but keeps 200: pages work without it and changes wait in the
    database, so taking every web process out of service would make an outage of a delay.
    """
    database, migrations = database_state()
    ready = database == "ok" and migrations == "ok"
    body = {"database": database, "migrations": migrations, "broker": broker_state()}
    return JsonResponse(body, status=200 if ready else 503)


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
    """`ok` or `unreachable`."""
    try:
        with app.connection_for_write(connect_timeout=BROKER_SECONDS) as broker:
            broker.ensure_connection(max_retries=1, timeout=BROKER_SECONDS)
    except (OperationalError, OSError):
        return "unreachable"
    return "ok"
