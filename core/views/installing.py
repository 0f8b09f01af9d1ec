"""What makes Relance an app of a phone or a desktop: its manifest, its worker, the offline page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, gettext, override
from django.views.decorators.cache import cache_control

#: The colours of the window: --r-bg of static/css/tokens.css.
LIGHT, DARK = "#f4f5f3", "#121614"
#: What the offline page is made of, and all that the worker keeps.
PARTS = ("css/tokens.css", "css/offline.css", "js/theme.js", "js/offline.js", "img/icon.svg")


def _icon(name: str, size: int, purpose: str = "any") -> dict[str, str]:
    kind = {"src": static(f"img/{name}"), "sizes": f"{size}x{size}", "type": "image/png"}
    return {**kind, "purpose": purpose}


@login_not_required
@cache_control(private=True, max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:
    """The web app manifest (W3C), in the person's language."""
    shortcuts = [
        {"name": gettext("New lead"), "url": reverse("lead-new")},
        {"name": gettext("Board"), "url": reverse("boards")},
        {"name": gettext("Search"), "url": reverse("search")},
    ]
    content: dict[str, Any] = {
        "id": "/",
        "name": gettext("Relance: no lead goes cold"),
        "short_name": "Relance",
        "description": gettext("Leads, next steps and the board of your sales team."),
        "lang": get_language() or "en",
        "start_url": reverse("start"),
        "scope": "/",
        "display": "standalone",
        "background_color": LIGHT,
        "theme_color": LIGHT,
        "icons": [
            {"src": static("img/icon.svg"), "sizes": "any", "type": "image/svg+xml"},
            _icon("icon-192.png", 192),
            _icon("icon-512.png", 512),
            _icon("icon-maskable-512.png", 512, "maskable"),
        ],
        "shortcuts": shortcuts,
    }
    return JsonResponse(content, content_type="application/manifest+json")


def _language(request: HttpRequest) -> str:
    wanted = request.GET.get("lang", "")
    return wanted if wanted in dict(settings.LANGUAGES) else get_language() or "en"


@login_not_required
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker: it keeps the offline page in one language and nothing else."""
    language = _language(request)
    context = {
        "shelf": f"offline-{settings.VERSION}-{language}",
        "page": f"{reverse('offline')}?lang={language}",
        "parts": [static(part) for part in PARTS],
    }
    return render(request, "core/worker.js", context, content_type="text/javascript")


@login_not_required
def offline(request: HttpRequest) -> HttpResponse:
    """What the worker shows when the server cannot be reached."""
    with override(_language(request)):
        return render(request, "core/offline.html", {"parts": PARTS})
