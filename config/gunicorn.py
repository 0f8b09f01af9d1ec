"""How gunicorn serves Relance: `gunicorn --config python:config.gunicorn config.wsgi`."""

import os

bind = f"{os.environ.get('HOST') or '0.0.0.0'}:{os.environ.get('PORT') or 8000}"  # noqa: S104
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = int(os.environ.get("WEB_THREADS") or 8)
timeout = 60
graceful_timeout = int(os.environ.get("WEB_GRACE_SECONDS") or 30)
keepalive = 5
# A process that has grown is replaced; not all of them at once.
max_requests = 10_000
max_requests_jitter = 1_000
errorlog = "-"
accesslog = "-" if os.environ.get("WEB_ACCESS_LOG") else None
control_socket_disable = True
