"""Settings of the tests: SQLite unless DATABASE_URL says otherwise."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("SECRET_KEY", "tests-only-" + "x" * 50)
os.environ.setdefault("SITE_URL", "http://testserver")
os.environ.setdefault("ALLOWED_HOSTS", "testserver,localhost,127.0.0.1")
os.environ.setdefault(
    "RELANCE_VAR", str(Path(tempfile.gettempdir()) / f"relance-tests-{os.getpid()}")
)
os.environ.setdefault("DATABASE_URL", f"sqlite:///{os.environ['RELANCE_VAR']}/relance.sqlite3")

from config.settings import embedded
from config.settings.dev import *  # noqa: F403
from config.settings.dev import DATABASES, REST_FRAMEWORK

LANGUAGE_CODE = "en"
TIME_ZONE = "Europe/Paris"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
REST_FRAMEWORK = {**REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"token": "100000/min"}}
# Tests that run side by side share a broker, but not their work.
CELERY_TASK_DEFAULT_QUEUE = f"tests-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: threads and processes of the tests share it as the application does.
    DATABASES["default"]["TEST"] = {"NAME": str(embedded.VAR / "test.sqlite3")}
