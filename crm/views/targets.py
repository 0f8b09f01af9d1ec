"""The grid of targets: managers set all, a leader those of their team."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.answers import go_to, say, written_cause
from core.errors import Conflict, NotAllowed, Refused
from core.exports import CSV_TYPE
from core.requests import Request
from crm.models import Target, Team
from crm.periods import Period
from crm.services.targets import set_targets
from crm.targetgrid import Asked, Sent, as_csv, filled, read_grid, read_sent


def grid(request: Request) -> HttpResponse:
    """The targets of a year; POST writes what was changed, as one deed."""
    _let_in(request)
    asked = Asked.read(request.GET)
    if request.method != "POST":
        return _page(request, asked)
    sent = read_sent(request.user, asked, request.POST)
    if sent.wrong:
        count = len(sent.wrong)
        words = ngettext("%(n)s cell holds no number.", "%(n)s cells hold no number.", count)
        return _page(request, asked, sent, words % {"n": count}, 422)
    start = _start(asked, request.POST.get("copy", ""))
    cells = filled(asked, sent.cells, start) if start else sent.cells
    try:
        count = set_targets(
            cells=cells,
            metric=asked.metric,
            period=asked.period,
            currency=asked.currency,
            by=request.user,
        )
    except (Refused, Conflict) as refused:
        status = 409 if isinstance(refused, Conflict) else 422
        return _page(request, asked, sent, refused.message, status)
    if count:
        words = ngettext("%(n)s target is saved.", "%(n)s targets are saved.", count)
        say(request, words % {"n": count}, undo=written_cause())
    else:
        say(request, _("Nothing was changed."))
    return go_to(request, reverse("targets") + asked.query())


def export(request: Request) -> HttpResponse:
    """The grid as CSV."""
    _let_in(request)
    asked = Asked.read(request.GET)
    response = HttpResponse(as_csv(request.user, asked), content_type=CSV_TYPE)
    name = f"targets-{asked.metric}-{asked.period}-{asked.year}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _let_in(request: Request) -> None:
    user = request.user
    if not user.is_manager and not Team.objects.led_by(user).exists():
        raise NotAllowed(_("Managers set all targets, a leader those of their team."))


def _start(asked: Asked, text: str) -> dt.date | None:
    """The period that is to be filled from the one before."""
    return next((start for start in asked.starts if start.isoformat() == text), None)


def _page(
    request: Request, asked: Asked, sent: Sent | None = None, problem: str = "", status: int = 200
) -> HttpResponse:
    found = read_grid(request.user, asked, sent)
    choices: list[Any] = [
        (label, asked.query(metric=key), key == asked.metric)
        for key, label in Target.Metric.choices
    ]
    context = {
        "grid": found,
        "asked": asked,
        "problem": problem,
        "metrics": choices,
        "periods": [
            (label, asked.query(period=key), key == asked.period) for key, label in Period.choices
        ],
        "before": asked.query(year=asked.year - 1),
        "after": asked.query(year=asked.year + 1),
        "here": reverse("targets") + asked.query(),
        "export": reverse("targets-export") + asked.query(),
    }
    return render(request, "crm/targets.html", context, status=status)
