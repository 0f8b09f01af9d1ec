"""Who can be mentioned, offered while one types."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.utils.translation import gettext as _

from core.folding import fold
from crm.models import Team, User

MOST = 6


@dataclass(frozen=True, slots=True)
class Option:
    """A person or team: `text` is what is written behind the @."""

    name: str
    text: str
    beside: str
    icon: str


def mentionable(typed: str) -> list[Option]:
    """People and teams one word of whose name begins with what was typed, first names first.

    Of two with one name each is written by their e-mail address.
    """
    people = list(User.objects.active().order_by("name", "pk").values_list("name", "email"))
    teams = list(Team.objects.filter(is_active=True).values_list("name", flat=True))
    names = Counter(fold(name) for name in (*(name for name, _email in people), *teams))
    found = [
        Option(name, name if names[fold(name)] == 1 else email, email, "user")
        for name, email in people
    ]
    found += [Option(name, name, _("team"), "users") for name in teams if names[fold(name)] == 1]
    key = fold(typed)
    fitting = [option for option in found if f" {key}" in f" {fold(option.name)}"]
    fitting.sort(key=lambda option: not fold(option.name).startswith(key))
    return fitting[:MOST]
