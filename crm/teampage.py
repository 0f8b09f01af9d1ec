"""What the page of a team shows: its members, how much they carry, what they take and prefer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from core.conditions import ConditionError, sentence
from core.dates import day
from core.money import format_number
from core.templatetags.relance import percent_text
from core.views.conditions import build_url
from crm.models import Membership, Team, User
from crm.services.checks import LEADS

#: The conditions of a member: the column, and what it is called on the page.
CONDITIONS = {"territory": gettext_lazy("Takes"), "preferred": gettext_lazy("Gets first")}


@dataclass(frozen=True, slots=True)
class Load:
    """How many leads of a team somebody has open, and got in the last 30 days; each with the list
    that holds just these."""

    open: int
    new: int
    open_url: str
    new_url: str


#: The load of people in a team, as far as a person sees its leads. Told by the floor that has them.
LoadReader = Callable[[User, Team, Sequence[int]], Mapping[int, Load]]
_readers: list[LoadReader] = []


def register_load(reader: LoadReader) -> None:
    """Show on the page of a team how much its members carry."""
    _readers[:] = [reader]


@dataclass(frozen=True, slots=True)
class Told:
    """A condition of a member in words, and where it is built."""

    label: str
    words: str
    edit_url: str


@dataclass(frozen=True, slots=True)
class Face:
    """A member as a row of the page. `fill` is how full the capacity is, in percent."""

    pk: int
    user: User
    is_active: bool
    is_leader: bool
    open: str
    open_url: str
    new: str
    new_url: str
    capacity: str
    fill: int
    is_over: bool
    share: str
    part: str
    absence: str
    is_absent: bool
    conditions: Sequence[Told]


def read_members(user: User, team: Team) -> list[Face]:
    """The members of a team as a person sees them, in a fixed number of queries."""
    members = list(Membership.objects.filter(team=team).for_page())
    people = [member.user_id for member in members]
    load = _readers[0](user, team, people) if _readers and people else {}
    today, language = timezone.localdate(), get_language() or "en"
    present = [one for one in members if one.is_active and not one.is_absent(today)]
    whole = sum(one.share for one in present)
    faces = []
    for member in members:
        carried = load.get(member.user_id, Load(0, 0, "", ""))
        part = ""
        if member in present and whole:
            part = percent_text(Decimal(round(100 * member.share / whole)))
        faces.append(
            Face(
                member.pk,
                member.user,
                member.is_active,
                member.user_id == team.leader_id,
                format_number(carried.open, language),
                carried.open_url,
                format_number(carried.new, language),
                carried.new_url,
                format_number(member.capacity, language),
                min(100 * carried.new // member.capacity, 100) if member.capacity else 100,
                carried.new > member.capacity,
                percent_text(Decimal(member.share)),
                part,
                absence_words(member),
                member.is_absent(today),
                [_told(member, name, user) for name in CONDITIONS],
            )
        )
    return faces


def absence_words(member: Membership) -> str:
    """When somebody is away; "" where nothing is said, or it is over."""
    start, end = member.absent_from, member.absent_until
    if end is not None and end < timezone.localdate():
        return ""
    if start is not None and end is not None:
        return _("%(start)s to %(end)s") % {"start": day(start), "end": day(end)}
    if start is not None:
        return _("from %(day)s") % {"day": day(start)}
    return _("until %(day)s") % {"day": day(end)} if end is not None else ""


def _told(member: Membership, name: str, user: User) -> Told:
    tree = getattr(member, name)
    words = ""
    if tree:
        try:
            words = sentence(tree, LEADS, user)
        except ConditionError as error:
            words = str(error.problem)
    return Told(str(CONDITIONS[name]), words, condition_url(member, name))


def condition_url(member: Membership, name: str) -> str:
    """Where a condition of a member is built."""
    kept = QueryDict(mutable=True)
    kept["member"] = str(member.pk)
    tree = getattr(member, name)
    if tree:
        kept["where"] = json.dumps(tree, ensure_ascii=False)
    return build_url(built_name(name), reverse("team", args=[member.team_id]), kept)


def built_name(name: str) -> str:
    """The name under which the form of conditions knows a condition of members."""
    return f"members-{name}"
