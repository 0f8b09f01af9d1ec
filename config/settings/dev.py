"""The embedded run: SQLite, a broker in a folder, mail to files. Python alone is enough."""

import os
import secrets

from config import environment
from config.settings import embedded

# What production demands, a trial on one machine may go without.
os.environ.setdefault("SECRET_KEY", embedded.secret_key() or secrets.token_urlsafe(50))
os.environ.setdefault("SITE_URL", f"http://localhost:{environment.number('PORT', 8000)}")
os.environ.setdefault("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
os.environ.setdefault("DATABASE_URL", f"sqlite:///{embedded.VAR / 'relance.sqlite3'}")
os.environ.setdefault("SECURE_SSL_REDIRECT", "false")
os.environ.setdefault("SECURE_HSTS_SECONDS", "0")

from config.settings.base import *  # noqa: F403

DEMO = True
SECURE_PROXY_SSL_HEADER = None
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_SECURE = False
CSRF_TRUSTED_ORIGINS = [
    f"http://{host}:{environment.number('PORT', 8000)}" for host in ("localhost", "127.0.0.1")
]
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT = embedded.folder("static")
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
MAILERS = {
    "default": {
        "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "OPTIONS": {"file_path": str(embedded.VAR / "mail")},
    },
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(embedded.VAR / "cache"),
    }
}
CELERY_BROKER_URL = environment.text("CELERY_BROKER_URL", "filesystem://localhost")
if CELERY_BROKER_URL.startswith("filesystem:"):
    CELERY_BROKER_TRANSPORT = "core.broker:Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS = embedded.broker_options(environment.text("DATABASE_URL"))
    # One worker: what it takes ahead, no other is kept from.
    CELERY_WORKER_PREFETCH_MULTIPLIER = 16
    # Nobody asks it anything: no queues for questions and answers.
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
    CELERY_BEAT_ENABLE_REMOTE_CONTROL = False
