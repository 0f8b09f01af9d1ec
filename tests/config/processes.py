"""Running Relance in processes of its own, with nothing of the tests' settings left in them."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
OURS = (
    "ALLOWED_HOSTS",
    "CELERY_BROKER_URL",
    "DJANGO_ALLOW_ASYNC_UNSAFE",
    "DATABASE_URL",
    "DJANGO_SETTINGS_MODULE",
    "HOST",
    "PORT",
    "REDIS_URL",
    "RELANCE_VAR",
    "SECRET_KEY",
    "SECURE_HSTS_SECONDS",
    "SECURE_SSL_REDIRECT",
    "SITE_URL",
)
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.base",
    "SECRET_KEY": "production-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "SITE_URL": "https://crm.example.org",
    "ALLOWED_HOSTS": "crm.example.org",
}


def clean(environment: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without our variables, then with those given."""
    return {key: value for key, value in os.environ.items() if key not in OURS} | dict(environment)


def run_python(code: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a piece of Python in the project's folder."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=clean(environment),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def run_manage(*arguments: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command of manage.py."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=clean(environment),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
