"""How often a token may ask."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from core.models import ApiToken

if TYPE_CHECKING:
    from rest_framework.views import APIView

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def read_rate(rate: str) -> tuple[int, int]:
    """`600/min` as (600 requests, 60 seconds)."""
    number, _slash, period = rate.partition("/")
    return int(number), SECONDS[period[0]]


class TokenThrottle(BaseThrottle):
    """Counts the requests of a token in fixed windows, over all processes that share the cache."""

    seconds_left = 0

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Whether the window of this token still has room. Sessions are not throttled here."""
        if not isinstance(request.auth, ApiToken):
            return True
        limit, period = read_rate(str(api_settings.DEFAULT_THROTTLE_RATES["token"]))
        now = time.time()
        key = f"token-rate:{request.auth.pk}:{int(now // period)}"
        if cache.add(key, 1, period * 2):
            return limit >= 1
        try:
            used = cache.incr(key)
        except ValueError:  # the window ended between the two calls
            return True
        self.seconds_left = math.ceil(period - now % period)
        return used <= limit

    def wait(self) -> float | None:
        """Seconds until the next window, for `Retry-After`."""
        return self.seconds_left or None
