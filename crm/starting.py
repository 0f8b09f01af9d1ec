"""“Start here”: what is worth doing in the first weeks, ticked by what stands in the database.

It is for managers, stands on their own day, and asks the database nothing once a person has put it
away or finished it. Floors above register what they know how to see.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import commands
from crm.models import Organisation, SavedView, User

#: Under this name a person's preferences say that the list is away or finished.
PREFERENCE = "start_here"
AWAY, FINISHED = "away", "finished"
#: For so long after a person's account is made it is shown.
FIRST = dt.timedelta(weeks=6)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something worth doing. `seen(user)` is the rows that prove that it was done, `url` names the
    route where it is."""

    name: str
    label: Any
    order: int
    url: Callable[[], str]
    seen: Callable[[User], Any]


@dataclass(frozen=True, slots=True)
class Line:
    """A fact as it is shown."""

    label: str
    url: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class StartHere:
    """The list for a person."""

    lines: list[Line]

    @property
    def done(self) -> int:
        """How many are done."""
        return sum(line.is_done for line in self.lines)

    @property
    def is_finished(self) -> bool:
        """Whether all are."""
        return self.done == len(self.lines)


_facts: dict[str, Fact] = {}


def register(*facts: Fact) -> None:
    """List these; a second one of the same name replaces the first."""
    for fact in facts:
        _facts[fact.name] = fact


def is_shown(user: User) -> bool:
    """Whether a person has the list before them; costs no query."""
    new = user.created_at > timezone.now() - FIRST
    return user.is_manager and new and PREFERENCE not in user.preferences


def read_start(user: User) -> StartHere | None:
    """The list, in one query; None for whom it is not there."""
    if not is_shown(user):
        return None
    facts = sorted(_facts.values(), key=lambda fact: fact.order)
    asked = {fact.name: Exists(fact.seen(user)) for fact in facts}
    found = User.objects.filter(pk=user.pk).values(**asked).get()
    return StartHere([Line(str(fact.label), fact.url(), found[fact.name]) for fact in facts])


def register_facts() -> None:
    """Called once, when the app is ready."""
    register(
        Fact(
            "organisation",
            _("Name your organisation"),
            10,
            lambda: reverse("organisation"),
            lambda user: Organisation.objects.exclude(name=""),
        ),
        Fact(
            "colleague",
            _("Invite a colleague"),
            20,
            lambda: reverse("setup-step", args=["people"]),
            lambda user: User.objects.active().exclude(pk=user.pk),
        ),
        Fact(
            "view",
            _("Save a look at your leads as a view"),
            60,
            lambda: reverse("leads"),
            lambda user: SavedView.objects.filter(owner=user),
        ),
    )
    commands.register(
        commands.Command(
            "start-here",
            _("Show “Start here” again"),
            "checkbox",
            lambda user: reverse("start-here"),
            ("first steps", "onboarding", "premiers pas", "par où commencer"),
            fields={"state": ""},
            allowed=lambda user: user.is_manager and PREFERENCE in user.preferences,
        )
    )
