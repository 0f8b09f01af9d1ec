"""What of the pipeline is found in the palette: leads, boards, and what one does with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.commands import Command, Found, Source, page_of, plain
from core.money import format_money
from core.searching import latest
from pipeline.models import Lead, Pipeline


def _leads(user: Any, text: str, limit: int) -> Sequence[Found]:
    seen = Lead.objects.visible_to(user, singly=True).active().searching(text)
    leads = (
        Lead.objects.filter(pk__in=latest(seen, limit))
        .select_related("stage", "company")
        .only(
            "title",
            "status",
            "company_name",
            "expected_revenue",
            "currency",
            "stage__name",
            "company__name",
        )
        .order_by("-updated_at", "-pk")
    )
    return [
        Found(
            label=lead.title,
            url=reverse("lead", args=[lead.pk]),
            icon="flag",
            detail=" · ".join(filter(None, _about(lead))),
            marked=format_html("{}", lead.title),
        )
        for lead in leads
    ]


def _about(lead: Lead) -> Sequence[str]:
    company = lead.company.name if lead.company else lead.company_name
    amount = format_money(lead.expected_revenue, lead.currency, get_language() or "en")
    status = "" if lead.status == Lead.Status.OPEN else lead.get_status_display()  # type: ignore[attr-defined]
    return company, status or lead.stage.name, amount


def _pipelines(user: Any, text: str, limit: int) -> Sequence[Found]:
    wanted = plain(text).split()
    boards = Pipeline.objects.visible_to(user).active()
    named = [
        board
        for board in boards
        if all(
            word in plain(board.name).split() or plain(board.name).startswith(word)
            for word in wanted
        )
    ]
    return [
        Found(
            label=board.name,
            url=reverse("board", args=[board.pk]),
            icon="layout-kanban",
            marked=format_html("{}", board.name),
        )
        for board in named[:limit]
    ]


LEADS = Source("leads", _("Leads"), 10, _leads)
PIPELINES = Source("boards", _("Boards"), 40, _pipelines)


COMMANDS = [
    Command(
        "lead-new",
        _("New lead"),
        "plus",
        page_of("lead-new"),
        ("add", "create", "new opportunity", "deal", "ajouter", "créer", "nouvelle affaire"),
        keys="c",
        first=True,
    ),
    Command(
        "forecast",
        _("Forecast"),
        "chart-histogram",
        page_of("forecast"),
        ("expected revenue", "by month", "close date", "prévision", "par mois", "clôture"),
    ),
    Command(
        "calendar",
        _("Calendar"),
        "calendar",
        page_of("calendar"),
        ("month", "meetings", "agenda", "calendrier", "mois", "rendez-vous"),
    ),
]
