"""The leads before and after one, in the column or list from which its page was opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

from django.http import QueryDict
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import get_language, gettext

from core.money import format_number
from crm.models import User
from pipeline.models import Lead
from pipeline.narrowing import PLACED, Narrowing

if TYPE_CHECKING:
    from pipeline.querysets import LeadQuerySet

#: Places are counted up to here; beyond, "1,000+" is said.
MOST = 1000
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where one came from, the place in it, and the addresses of the leads beside this one."""

    back_url: str
    back: str
    place: str = ""
    previous: str = ""
    following: str = ""


def read_neighbours(user: User, lead: Lead, here: str) -> Neighbours:
    """The neighbours of a lead on the page at the address `here`, whose `from` tells where one
    came from; without it there is only the way to the lead's board."""
    board = Neighbours(reverse("board", args=[lead.pipeline_id]), lead.pipeline.name)
    came_from = parse_qs(urlsplit(here).query).get("from", [""])[0][:LONGEST]
    if not came_from.startswith("/") or came_from.startswith("//"):
        return board
    parts = urlsplit(came_from)
    try:
        match = resolve(parts.path)
    except Resolver404:
        return board
    query = QueryDict(parts.query)
    if match.view_name == "board":
        return _on_board(user, lead, came_from, query)
    return board


def _on_board(user: User, lead: Lead, came_from: str, query: QueryDict) -> Neighbours:
    """In a column: by the place."""
    wanted = Narrowing.read(query, user, without=PLACED)
    leads: LeadQuerySet = wanted.apply(Lead.objects.all()).visible_to(user)
    column = leads.active().exclude(status=Lead.Status.LOST).filter(stage=lead.stage_id)
    before = column.filter(position__lt=lead.position)
    after = column.filter(position__gt=lead.position)
    return Neighbours(
        back_url=came_from,
        back=lead.stage.name,
        place=_place(before, after),
        previous=_address(before.order_by("-position"), came_from),
        following=_address(after.order_by("position"), came_from),
    )


def _place(before: LeadQuerySet, after: LeadQuerySet) -> str:
    """ "3 of 7"."""
    language = get_language() or "en"
    first = before.order_by().values("pk")[: MOST + 1].count()
    rest = after.order_by().values("pk")[: MOST + 1].count()
    place, whole = first + 1, first + 1 + rest
    words = {
        "place": _number(place, language, over=first > MOST),
        "count": _number(whole, language, over=first > MOST or rest > MOST),
    }
    return gettext("%(place)s of %(count)s") % words


def _number(number: int, language: str, *, over: bool) -> str:
    return f"{format_number(MOST, language)}+" if over else format_number(number, language)


def _address(leads: LeadQuerySet, came_from: str) -> str:
    found = leads.values_list("pk", flat=True).first()
    if found is None:
        return ""
    return f"{reverse('lead', args=[found])}?{urlencode({'from': came_from})}"
