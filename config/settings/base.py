"""Production settings. Everything that differs between installations is in the environment."""

from pathlib import Path
from typing import Any

from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from config import environment
from config.version import read_version

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VERSION = read_version(BASE_DIR / "CHANGELOG.md")

DEBUG = False
# True only where the seeded accounts with their known password may log in.
DEMO = False
SECRET_KEY = environment.text("SECRET_KEY")
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS")
SITE_URL = environment.text("SITE_URL").rstrip("/")
CSRF_TRUSTED_ORIGINS = [SITE_URL]
DATABASES = {"default": environment.database(environment.text("DATABASE_URL"), BASE_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The language, currency, time zone and country that a new installation starts with; all but the
# country are set in its settings then.
LANGUAGE_CODE = environment.text("LANGUAGE_CODE", "en")
DEFAULT_CURRENCY = environment.text("DEFAULT_CURRENCY", "EUR")
DEFAULT_COUNTRY = environment.text("DEFAULT_COUNTRY", "FR")
# Whether a person is in one team at most: who joins another is no longer active in the first.
SINGLE_TEAM = environment.flag("SINGLE_TEAM", False)
TIME_ZONE = environment.text("TIME_ZONE", "Europe/Paris")
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True

INSTALLED_APPS = [
    "demo",
    "capture",
    "messaging",
    "pipeline",
    "crm",
    "core",
    "core.apps.AdminSiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "crm.organisation.middleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "core.middleware.LoginRequired",
    "core.middleware.user_preferences",
    "core.middleware.because_of_request",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.middleware.answer_errors",
    "core.middleware.refuse_too_large",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context.shell",
            ],
        },
    },
    {
        # For what repeats by the hundred on a page: asked for by name (using="jinja2").
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
    },
]

# People
AUTH_USER_MODEL = "crm.User"
AUTHENTICATION_BACKENDS = ["crm.authentication.EmailBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# Whoever makes the first administrator in the browser has to know it; without one nobody can there.
SETUP_TOKEN = environment.text("SETUP_TOKEN", "")
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "start"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600

# Safety
SECURE_SSL_REDIRECT = environment.flag("SECURE_SSL_REDIRECT", True)
SECURE_PROXY_SSL_HEADER: tuple[str, str] | None = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = environment.number("SECURE_HSTS_SECONDS", 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = environment.flag("SECURE_HSTS_INCLUDE_SUBDOMAINS", True)
SECURE_HSTS_PRELOAD = environment.flag("SECURE_HSTS_PRELOAD", True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_SECURE = True
CSRF_FAILURE_VIEW = "core.views.failures.stale_form"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "connect-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# Files
STATIC_URL = "static/"
STATIC_ROOT = environment.text("STATIC_ROOT", str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
# What people bring in is below this folder: web and worker share it, nothing in it is served.
VAR = Path(environment.text("RELANCE_VAR", str(BASE_DIR / "var")))
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "core.staticfiles.Storage"},
    "files": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(VAR / "files"), "base_url": None},
    },
}

FILE_SIZE = environment.number("FILE_SIZE_MB", 20) * 1024 * 1024
FILES_AT_ONCE = 10
# Days for which a deleted file can be brought back.
FILE_KEEP_DAYS = environment.number("FILE_KEEP_DAYS", 90)
IMPORT_FOLDER = str(VAR / "imports")
IMPORT_FILES = 10
IMPORT_FILE_SIZE = 50 * 1024 * 1024
IMPORT_SIZE = 100 * 1024 * 1024
IMPORT_KEEP_DAYS = 7
# What announces more is refused before any of it is read.
REQUEST_SIZE = max(IMPORT_SIZE, FILES_AT_ONCE * FILE_SIZE) + 5 * 1024 * 1024

# Mail
DEFAULT_FROM_EMAIL = environment.text("DEFAULT_FROM_EMAIL", "Relance <relance@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
MAILERS = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": environment.text("EMAIL_HOST", "localhost"),
            "port": environment.number("EMAIL_PORT", 25),
            "username": environment.text("EMAIL_USER", "") or None,
            "password": environment.text("EMAIL_PASSWORD", "") or None,
            "use_tls": environment.flag("EMAIL_TLS", False),
            "timeout": 15,
        },
    },
}

# Work in the background
CELERY_BROKER_URL = environment.text(
    "CELERY_BROKER_URL", environment.text("REDIS_URL", "redis://127.0.0.1:6379/0")
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 300
CELERY_TASK_TIME_LIMIT = 330
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": environment.text("REDIS_URL", "redis://127.0.0.1:6379/0"),
        "KEY_PREFIX": "relance",
    }
}

# The API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "core.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["core.api.permissions.ScopedAndActive"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "core.api.paging.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.api.problems.answer",
    "DEFAULT_THROTTLE_CLASSES": ["core.api.throttling.TokenThrottle"],
    "DEFAULT_THROTTLE_RATES": {"token": environment.text("API_RATE", "600/min")},
    "DEFAULT_VERSION": "v1",
    "PAGE_SIZE": 50,
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Relance",
    "DESCRIPTION": "The pipeline of Relance, for machines.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.api.schema.share_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "LeadKind": "pipeline.models.Lead.Kind",
        "StageKind": "pipeline.models.Stage.Kind",
        "CauseKind": "core.ledger.tables.Kind",
        "UserRole": "crm.models.people.Role",
        "LeadContactRole": "pipeline.models.LeadContact.Role",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": environment.text("LOG_LEVEL", "INFO")},
}
