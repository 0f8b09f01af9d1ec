"""Companies while one types."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from core.folding import fold
from core.requests import Request
from crm.models import Company

SUGGESTIONS = 12


def suggest(request: Request) -> HttpResponse:
    """The companies whose name starts with what was typed, for the list under a field."""
    key = fold(request.GET.get("company", ""))[:200]
    companies = Company.objects.none()
    if key:
        companies = (
            Company.objects.visible_to(request.user)
            .active()
            .filter(name_key__startswith=key)
            .order_by("name_key")[:SUGGESTIONS]
        )
    return render(request, "crm/company_options.html", {"companies": companies})
