import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from core import readiness
from tests.config.processes import run_python


def test_healthz_answers_anybody_without_asking_the_database(client):
    # No database fixture: a query would be an error here.
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_healthz_may_not_be_cached(client):
    assert "no-store" in client.get("/healthz")["Cache-Control"]


def test_healthz_is_for_reading(client):
    assert client.post("/healthz").status_code == 405


@pytest.mark.django_db
def test_readyz_answers_anybody_when_all_is_there(client):
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"database": "ok", "migrations": "ok", "broker": "ok"}


@pytest.mark.django_db
def test_readyz_refuses_work_while_a_migration_is_missing(client):
    last = MigrationRecorder.Migration.objects.filter(app="pipeline").latest("id")
    MigrationRecorder(connection).record_unapplied("pipeline", last.name)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["migrations"] == "pending"
    assert f"pipeline.{last.name}" in readiness.pending_migrations()


UNREACHABLE = """
import django; django.setup()
from django.test import Client
response = Client(headers={"host": "localhost"}).get("/readyz")
print(response.status_code, response.content.decode())
"""


def test_readyz_says_so_when_database_and_broker_are_away(tmp_path):
    answer = run_python(
        UNREACHABLE,
        {
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "RELANCE_VAR": str(tmp_path),
            "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
            "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
        },
    )
    assert answer.stdout.startswith("503 "), answer.stderr
    assert '"database": "unreachable"' in answer.stdout
    assert '"broker": "unreachable"' in answer.stdout


def test_readyz_keeps_serving_when_only_the_broker_is_away(tmp_path):
    answer = run_python(
        "import django; django.setup()\n"
        "from django.core.management import call_command\n"
        "call_command('migrate', verbosity=0)\n" + UNREACHABLE,
        {
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "RELANCE_VAR": str(tmp_path),
            "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
        },
    )
    assert answer.stdout.startswith("200 "), answer.stderr
    assert '"broker": "unreachable"' in answer.stdout
