"""Leads by date: the forecast by months, the calendar by days, and putting a lead elsewhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.answers import next_address, say, with_toast, written_cause
from core.dates import day as day_words
from core.errors import Conflict, NotAllowed, Refused
from core.numbers import key_in
from core.requests import Request
from crm.savedviews import first_address, read_menu
from pipeline.dateview import CLOSE, STEP, DateView, month_of, ways
from pipeline.forecast import NONE, last_day, read_forecast
from pipeline.leadpage import visible_lead
from pipeline.lists import LEADS
from pipeline.monthgrid import read_grid
from pipeline.narrowing import IN_SIGHT
from pipeline.services.leads import update_lead
from pipeline.services.nextsteps import reschedule_activity
from pipeline.todo import step_text
from pipeline.views.steps import visible_step


def forecast(request: Request) -> HttpResponse:
    """Open leads by the month in which they should close."""
    if first := first_address(request, LEADS.name):
        return redirect(first)
    view = DateView.read("forecast", request.GET, request.user)
    months = read_forecast(view)
    context = {
        **_around(request, view),
        "months": months,
        "moves": [(month.key, month.name) for month in months if month.key],
        "is_empty": not any(month.number for month in months),
    }
    return render(request, "pipeline/forecast.html", context)


def calendar(request: Request) -> HttpResponse:
    """A month of next steps, or of expected closes."""
    if first := first_address(request, LEADS.name):
        return redirect(first)
    view = DateView.read("calendar", request.GET, request.user)
    kinds = {STEP: _("Next steps"), CLOSE: _("Expected close")}
    context = {
        **_around(request, view),
        "grid": read_grid(view),
        "kinds": [
            (label, view.address(by="" if name == STEP else name), name == view.by)
            for name, label in kinds.items()
        ],
        "closed": view.address(day=None),
    }
    return render(request, "pipeline/calendar.html", context)


def _around(request: Request, view: DateView) -> dict[str, Any]:
    """What stands around the leads on both pages."""
    kept = {"by": view.by if view.by == CLOSE else "", "month": f"{view.month:%Y-%m}"}
    today = view.address(month=None, day=None)
    return {
        "view": view,
        "ways": ways(view.narrowing, view.route),
        "chips": [
            (c.label, view.address(**c.changes), c.current) for c in view.narrowing.choices()
        ],
        "told": [
            (part.words, reverse(view.route) + part.without)
            for part in view.narrowing.told(apart_from=IN_SIGHT, **kept)
        ],
        "filter_url": reverse("lead-narrow") + view.query(to=reverse(view.route)),
        "previous": view.other_month(-1),
        "following": view.other_month(1),
        "today_url": today,
        "problems": view.narrowing.problems,
        "kept": [
            (name, value)
            for name, value in {**view.narrowing.values, **kept}.items()
            if value and name != "q"
        ],
        "views": read_menu(
            request.user, LEADS.name, request.GET, path=request.path, query=view.query(view="")
        ),
        "here": request.get_full_path(),
    }


@require_POST
def put_close(request: Request, pk: int) -> HttpResponse:
    """Set the day on which a lead should close: a day, the last day of a month, or none."""
    lead = visible_lead(request.user, pk)

    def done() -> str:
        close = _close_of(request.POST.get("to", ""))
        update_lead(
            lead=pk,
            values={"expected_close": close},
            by=request.user,
            expected_version=key_in(request.POST, "version"),
        )
        if close is None:
            return _("“%(lead)s” has no expected close now.") % {"lead": lead.title}
        words = {"lead": lead.title, "day": day_words(close)}
        return _("“%(lead)s” should close on %(day)s.") % words

    return _answer(request, done)


def _close_of(to: str) -> dt.date | None:
    if to == NONE:
        return None
    month = month_of(to)
    return last_day(month) if month is not None else _day_of(to)


def _day_of(to: str) -> dt.date:
    try:
        return dt.date.fromisoformat(to)
    except ValueError:
        raise Refused(_("That is no day.")) from None


@require_POST
def put_step(request: Request, pk: int) -> HttpResponse:
    """Set the day of a next step; its hour stays."""
    step = visible_step(request.user, pk)

    def done() -> str:
        day = _day_of(request.POST.get("to", ""))
        due: dict[str, Any] = {"due_on": day}
        if not step.all_day:
            local = timezone.localtime(step.due_at)
            due = {"due_at": timezone.make_aware(dt.datetime.combine(day, local.time()))}
        moved = reschedule_activity(
            activity=pk,
            by=request.user,
            expected_version=key_in(request.POST, "version"),
            **due,
        )
        return _("Rescheduled: %s.") % step_text(moved)

    return _answer(request, done)


def _answer(request: Request, work: Callable[[], str]) -> HttpResponse:
    """Do it, and say what was done: by script as a toast, else on the page where it was asked."""
    try:
        text = work()
    except (Refused, Conflict, NotAllowed) as refused:
        if not request.htmx:
            raise
        status = 409 if isinstance(refused, Conflict) else 422
        return with_toast(HttpResponse(status=status), refused.message, kind="error")
    if request.htmx:
        return with_toast(HttpResponse(status=204), text, undo=written_cause())
    say(request, text, undo=written_cause())
    return redirect(next_address(request, reverse("forecast")))
