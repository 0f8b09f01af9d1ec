"""My day: what waits, and what one does about it without leaving the page."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.numbers import key_in
from core.requests import Request
from crm.models import Team, User
from crm.starting import read_start
from pipeline.brief import read_brief
from pipeline.day import read_day
from pipeline.targets import read_progress
from pipeline.views.parts import DAY, here_of


def day(request: Request) -> HttpResponse:
    """The day of the person, or with `owner` of somebody whose leads they see."""
    context = _context(request, request.get_full_path())
    if context["day"].is_own:
        context["start"] = read_start(request.user)
    return render(request, "pipeline/day.html", context)


def day_part(request: Request) -> HttpResponse:
    """The day as a fragment, after something in it was done."""
    context = _context(request, here_of(request, reverse("day")))
    return render(request, "pipeline/day.html#body", context)


def brief(request: Request, pk: int) -> HttpResponse:
    """What one wants to know of a lead before a call."""
    context = {"brief": read_brief(request.user, pk), "here": here_of(request, reverse("day"))}
    name = "pipeline/brief.html" + ("#brief" if request.htmx else "")
    return render(request, name, context)


def _context(request: Request, here: str) -> dict[str, Any]:
    query = {name: values[0] for name, values in parse_qs(urlsplit(here).query).items()}
    owner = _owner(request.user, key_in(query, "owner"))
    return {
        "day": read_day(request.user, owner, opened=query.get("show", "")),
        "progress": read_progress(request.user, owner),
        "colleagues": _colleagues(request.user),
        "here": here,
        "place": DAY,
    }


def _owner(user: User, wanted: int | None) -> User:
    if wanted is None or wanted == user.pk:
        return user
    found: User | None = User.objects.active().filter(pk=wanted).first()
    if found is None:
        raise NotFound(_("There is no such active user."))
    return found


def _colleagues(user: User) -> list[User]:
    """Whose day the person may look at: a leader that of the team, a manager everybody's."""
    people = User.objects.active().exclude(pk=user.pk)
    if user.is_manager:
        return list(people)
    if user.role != "leader":
        return []
    teams = Team.objects.led_by(user).values("pk")
    return list(people.filter(memberships__team__in=teams, memberships__is_active=True).distinct())
