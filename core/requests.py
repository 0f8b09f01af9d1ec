"""A request as views get it, after the middleware."""

from typing import Any

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class Request(HttpRequest):
    """Carries the person who is logged in, and what htmx said; for type checkers only."""

    user: Any
    htmx: HtmxDetails
