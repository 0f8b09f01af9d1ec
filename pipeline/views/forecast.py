"""The forecast by months, and putting a lead into one of them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import dates
from core.answers import go_to, next_address, posted, put_errors, say, with_toast, written_cause
from core.errors import Conflict, Refused
from core.forms import Styled
from core.requests import Request
from crm.savedviews import first_address, read_menu
from pipeline.forecast import NONE, last_day
from pipeline.forecastpage import ForecastView, forecast_page, month_choices
from pipeline.lists import LEADS
from pipeline.looks import looks_of
from pipeline.models import Lead
from pipeline.narrowing import IN_SIGHT
from pipeline.services.leads import update_lead
from pipeline.views.facts import changeable
from pipeline.views.leads import dialog


class MonthForm(Styled):
    """The month in which a lead is expected to close."""

    month = forms.ChoiceField()
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any, *, lead: Lead) -> None:
        close = lead.expected_close
        month = f"{close:%Y-%m}" if close else NONE
        super().__init__(data, initial={"month": month, "version": lead.version})
        chosen: Any = self.fields["month"]
        chosen.label, chosen.choices = _("Expected close"), month_choices(lead)


def forecast(request: Request) -> HttpResponse:
    """Open leads by the month of their expected close; without a query the view that opens
    first."""
    if first := first_address(request, LEADS.name):
        return redirect(first)
    view = ForecastView.read(request.GET, request.user)
    narrowing = view.narrowing
    kept = {**narrowing.values, "start": request.GET.get("start", "")}
    context = {
        "page": forecast_page(view),
        "text": narrowing.text,
        "problems": narrowing.problems,
        "chips": [(c, view.address(**c.changes)) for c in narrowing.choices()],
        "told": [
            (part.words, view.address(**{part.name: None}))
            for part in narrowing.told(apart_from=IN_SIGHT)
        ],
        "narrow_url": reverse("lead-narrow")
        + narrowing.query(to=request.path, start=request.GET.get("start", "")),
        "kept": [(name, value) for name, value in kept.items() if value and name != "q"],
        "looks": looks_of(narrowing, "forecast"),
        "views": read_menu(
            request.user,
            LEADS.name,
            request.GET,
            path=request.path,
            query=view.address(view="", start="").removeprefix(request.path),
        ),
    }
    return render(request, "pipeline/forecast.html", context)


def month(request: Request, pk: int) -> HttpResponse:
    """Ask for the month in which a lead is expected to close, or set its last day."""
    lead = changeable(request.user, pk)
    if "dragged" in request.POST:
        return _dropped(request, lead)
    form = MonthForm(posted(request), lead=lead)
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"]
        try:
            text = _put(request, lead, form.cleaned_data["month"], version)
        except (Refused, Conflict) as refused:
            status = put_errors(form, refused)
        else:
            if request.htmx:
                return with_toast(HttpResponse(status=204), text, undo=written_cause())
            say(request, text, undo=written_cause())
            return go_to(request, next_address(request, reverse("forecast")))
    here = next_address(request, reverse("forecast"))
    context = {"form": form, "lead": lead, "here": here}
    return dialog(request, "pipeline/lead_month.html", context, status=status)


def _dropped(request: Request, lead: Lead) -> HttpResponse:
    version = request.POST.get("version", "")
    wanted = int(version) if version.isdigit() else None
    text = _put(request, lead, request.POST.get("month", ""), wanted)
    return with_toast(HttpResponse(status=204), text, undo=written_cause())


def _put(request: Request, lead: Lead, wanted: str, version: int | None) -> str:
    try:
        day = last_day(wanted)
    except ValueError:
        raise Refused(_("That is no month.")) from None
    update_lead(
        lead=lead.pk, values={"expected_close": day}, by=request.user, expected_version=version
    )
    if day is None:
        return _("“%s” has no expected close.") % lead.title
    words = {"lead": lead.title, "day": dates.day(day)}
    return _("“%(lead)s” is expected to close on %(day)s.") % words
