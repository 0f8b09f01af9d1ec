"""The page of demo data: take it, look how much of it is here, remove it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.errors import NotAllowed
from core.requests import Request
from demo.orders import order_demo
from demo.trial import LEADS, read_trial, remove_demo


def show(request: Request) -> HttpResponse:
    """What there is of demo data, and what can be done about it."""
    if not request.user.is_admin:
        raise NotAllowed(_("This is for administrators."))
    context = {"trial": read_trial(), "leads": LEADS}
    name = "demo/trial.html" + ("#state" if request.htmx else "")
    return render(request, name, context)


@require_POST
def take(request: Request) -> HttpResponse:
    """Have the empty installation filled."""
    order_demo(by=request.user)
    return redirect("demo-data")


@require_POST
def remove(request: Request) -> HttpResponse:
    """Have it removed."""
    remove_demo(by=request.user)
    return redirect("demo-data")
