"""Setting up an installation: a question a page, each of which can be skipped, left and taken up
again."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core.answers import posted, put_errors
from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.requests import Request
from crm import assistant
from crm.assistant import DONE, SKIPPED, Step


def _require(request: Request) -> None:
    if not request.user.is_manager:
        raise NotAllowed(_("Settings are for managers."))


def resume(request: Request) -> HttpResponse:
    """Go on where one left."""
    _require(request)
    step = assistant.next_step(request.user)
    return redirect("setup-end") if step is None else redirect("setup-step", step.name)


def step(request: Request, name: str) -> HttpResponse:
    """Ask one thing, do what is answered, and go on to the next."""
    _require(request)
    steps = assistant.steps()
    place = next((place for place, each in enumerate(steps) if each.name == name), None)
    if place is None:
        raise NotFound(_("There is no such page."))
    found, after = steps[place], steps[place + 1 : place + 2]
    onward = reverse("setup-step", args=[after[0].name]) if after else reverse("setup-end")
    if request.method == "POST" and "skip" in request.POST:
        if assistant.state_of(request.user).get(name) != DONE:
            assistant.mark(request.user, found, SKIPPED)
        return redirect(onward)
    form = found.form(posted(request), request.user)
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                found.save(form, request.user)
                assistant.mark(request.user, found, DONE)
        except (Refused, Conflict) as refused:
            status = put_errors(form, refused)
        else:
            return redirect(onward)
    back = reverse("setup-step", args=[steps[place - 1].name]) if place else ""
    context = {"form": form, "step": found, "back": back, **_progress(request, steps, place + 1)}
    return render(request, "crm/setup.html", context, status=status)


def end(request: Request) -> HttpResponse:
    """What to go on with."""
    _require(request)
    steps = assistant.steps()
    context = {
        "endings": assistant.endings(request.user),
        "back": reverse("setup-step", args=[steps[-1].name]),
        **_progress(request, steps, len(steps) + 1),
    }
    return render(request, "crm/setup_end.html", context)


def _progress(request: Request, steps: list[Step], number: int) -> dict[str, object]:
    state = assistant.state_of(request.user)
    return {
        "number": number,
        "count": len(steps) + 1,
        "trail": [(each, state.get(each.name, "")) for each in steps],
    }
