"""How often somebody may try a password, or ask for a new one."""

from __future__ import annotations

import hashlib

from django.core.cache import cache
from django.http import HttpRequest

#: Attempts that may fail within the window, for one account from one place.
ATTEMPTS = 10
WINDOW = 15 * 60


def _key(request: HttpRequest, what: str, address: str) -> str:
    told = f"{address.strip().lower()}|{request.META.get('REMOTE_ADDR', '')}"
    return f"throttle:{what}:{hashlib.sha256(told.encode()).hexdigest()}"


def too_many(request: HttpRequest, what: str, address: str) -> bool:
    """Whether the attempts of the window are used up."""
    return bool((cache.get(_key(request, what, address)) or 0) >= ATTEMPTS)


def count_attempt(request: HttpRequest, what: str, address: str) -> None:
    """Count one more; the window starts with the first."""
    key = _key(request, what, address)
    if cache.add(key, 1, WINDOW):
        return
    try:
        cache.incr(key)
    except ValueError:  # it ran out in between
        cache.add(key, 1, WINDOW)


def forget_attempts(request: HttpRequest, what: str, address: str) -> None:
    """Start anew, after a success."""
    cache.delete(_key(request, what, address))
