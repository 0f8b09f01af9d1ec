"""What the frame around every page needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from core.navigation import items_for


def shell(request: HttpRequest) -> dict[str, Any]:
    """Navigation, appearance and languages; safe on pages that come before anybody is let in."""
    user = getattr(request, "user", None)
    inside = user is not None and user.is_authenticated
    theme = getattr(user, "theme", None) if inside else request.COOKIES.get("theme")
    return {
        "nav": items_for(user, request) if inside and user is not None else [],
        "theme": theme if theme in ("light", "dark") else "auto",
        "languages": settings.LANGUAGES,
    }
