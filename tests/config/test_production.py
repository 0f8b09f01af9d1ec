"""What production settings refuse, tried in processes that have only what they are given."""

import re

import pytest

from tests.config.processes import PRODUCTION, ROOT, run_manage, run_python

REQUIRED = ("SECRET_KEY", "SITE_URL", "DATABASE_URL")


@pytest.fixture
def production(tmp_path):
    return PRODUCTION | {"DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3"}


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", [None, ""])
def test_production_does_not_start_without(production, name, value):
    environment = {key: text for key, text in production.items() if key != name}
    if value is not None:
        environment[name] = value
    answer = run_python("import django; django.setup()", environment)
    assert answer.returncode != 0
    assert f"Set the environment variable {name}" in answer.stderr


def test_production_is_the_default_of_the_web_server(production):
    del production["DJANGO_SETTINGS_MODULE"]
    answer = run_python(
        "import config.wsgi; from django.conf import settings;"
        "print(settings.SETTINGS_MODULE, settings.DEBUG, settings.DEMO)",
        production,
    )
    assert answer.stdout.split() == ["config.settings.base", "False", "False"], answer.stderr


def test_production_passes_the_deployment_check(production):
    answer = run_manage("check", "--deploy", "--fail-level", "WARNING", environment=production)
    assert answer.returncode == 0, answer.stderr


LOG_IN = """
import django; django.setup()
from django.contrib.auth import authenticate, get_user_model
from django.core.management import call_command
from core.ledger.causes import because
from core.ledger.tables import Kind
call_command("migrate", verbosity=0)
for address in ("admin@demo.example", "anna@example.org"):
    with because(Kind.SYSTEM, label="test"):
        user = get_user_model()(email=address, name="Anna", role="admin")
        user.set_password("demo")
        user.save()
    print(address, authenticate(username=address, password="demo") is not None)
"""


def test_the_demo_logins_are_refused_in_production(production):
    answer = run_python(LOG_IN, production)
    assert answer.stdout.splitlines() == ["admin@demo.example False", "anna@example.org True"], (
        answer.stderr
    )


def test_the_demo_logins_work_in_the_trial(tmp_path):
    answer = run_python(
        LOG_IN, {"DJANGO_SETTINGS_MODULE": "config.settings.dev", "RELANCE_VAR": str(tmp_path)}
    )
    assert answer.stdout.splitlines() == ["admin@demo.example True", "anna@example.org True"], (
        answer.stderr
    )


def test_the_demo_command_is_refused_in_production(production):
    answer = run_manage("demo", environment=production)
    assert answer.returncode != 0
    assert "config.settings.dev only" in answer.stderr


def test_static_files_are_collected_under_hashed_names(production, tmp_path):
    production["STATIC_ROOT"] = str(tmp_path / "static")
    answer = run_manage("collectstatic", "--no-input", environment=production)
    assert answer.returncode == 0, answer.stderr
    assert list((tmp_path / "static" / "vendor" / "htmx").glob("htmx.min.*.js"))


def test_the_example_names_every_variable_that_production_reads():
    settings = (ROOT / "config" / "settings" / "base.py").read_text("utf-8")
    read = set(re.findall(r'environment\.\w+\(\s*"([A-Z_]+)"', settings))
    read |= set(re.findall(r'"([A-Z_]+)"', (ROOT / "config" / "gunicorn.py").read_text("utf-8")))
    example = (ROOT / ".env.example").read_text("utf-8")
    named = set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))
    # Where the image keeps things, not a choice of the installation.
    inside = {"STATIC_ROOT", "HOST", "PORT", "WEB_GRACE_SECONDS", "WEB_ACCESS_LOG"}
    assert read - named - inside == set()
