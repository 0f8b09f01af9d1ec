"""The leads before and after one, in the column or list from which its page was opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.db.models import F, OrderBy, Q
from django.http import QueryDict
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import get_language, gettext

from core.keyset import Key, key_of, rows_after, with_keys
from core.lists import View
from core.money import format_number
from crm.models import User
from pipeline.dateview import STEP, DateView
from pipeline.lists import LEADS
from pipeline.models import Lead
from pipeline.narrowing import PLACED, Narrowing

if TYPE_CHECKING:
    from pipeline.querysets import LeadQuerySet

#: Places are counted up to here; beyond, "100+" is said.
MOST = 100
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
    query = QueryDict(parts.query)
    match _name(parts.path):
        case "board":
            return _on_board(user, lead, came_from, query)
        case "leads":
            return _in_list(user, lead, came_from, query)
        case "calendar" | "forecast" as route:
            return _by_date(user, lead, came_from, DateView.read(route, query, user))
    return board


def is_walked(path: str) -> bool:
    """Whether the leads of a page are walked from one to the next."""
    return _name(path) in ("board", "leads", "calendar", "forecast")


def _name(path: str) -> str:
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""


def _on_board(user: User, lead: Lead, came_from: str, query: QueryDict) -> Neighbours:
    """In a column: by the place."""
    wanted = Narrowing.read(query, user, without=PLACED)
    leads: LeadQuerySet = wanted.apply(Lead.objects.all()).visible_to(user)
    column = leads.active().exclude(status=Lead.Status.LOST).filter(stage=lead.stage_id)
    before = column.filter(position__lt=lead.position)
    after = column.filter(position__gt=lead.position)
    return Neighbours(
        came_from,
        lead.stage.name,
        *_beside(before.order_by("-position"), after.order_by("position"), came_from),
    )


def _in_list(user: User, lead: Lead, came_from: str, query: QueryDict) -> Neighbours:
    """In the list: by its sort, each key in its direction, empty values last."""
    wanted = Narrowing.read(query, user)
    leads: LeadQuerySet = wanted.apply(Lead.objects.visible_to(user))
    keys = View.read(LEADS, query, user).keys
    leads = with_keys(leads, keys)
    one = with_keys(Lead.objects.filter(pk=lead.pk), keys)
    values = one.values_list(*(key.path for key in keys)).get()
    after = leads.filter(rows_after(keys, values)).order_by(*(key.expression() for key in keys))
    before = leads.filter(_rows_before(keys, values)).order_by(*(_backwards(key) for key in keys))
    return Neighbours(came_from, gettext("Leads"), *_beside(before, after, came_from))


def _by_date(user: User, lead: Lead, came_from: str, view: DateView) -> Neighbours:
    """In the calendar or the forecast: by the date, those without one last."""
    by_step = view.route == "calendar" and view.by == STEP
    name = "next_activity_at" if by_step else "expected_close"
    title = gettext("Calendar") if view.route == "calendar" else gettext("Forecast")
    keys = [key_of(Lead, name, False), key_of(Lead, "id", False)]
    values = (getattr(lead, name), lead.pk)
    leads = view.leads()
    after = leads.filter(rows_after(keys, values)).order_by(*(key.expression() for key in keys))
    before = leads.filter(_rows_before(keys, values)).order_by(*(_backwards(key) for key in keys))
    return Neighbours(came_from, title, *_beside(before, after, came_from))


def _rows_before(keys: Sequence[Key], values: Sequence[Any]) -> Q:
    """The rows that come before one with `values`."""
    found, equal = Q(pk__in=[]), Q()
    for key, value in zip(keys, values, strict=True):
        if value is None:
            found |= equal & Q(**{f"{key.path}__isnull": False})
        else:
            found |= equal & Q(**{f"{key.path}__{'gt' if key.descending else 'lt'}": value})
        equal &= key.equal(value)
    return found


def _backwards(key: Key) -> OrderBy:
    """The order of a key from the end."""
    first = True if key.nullable else None
    column = F(key.path)
    return column.asc(nulls_first=first) if key.descending else column.desc(nulls_first=first)


def _beside(before: LeadQuerySet, after: LeadQuerySet, came_from: str) -> tuple[str, str, str]:
    """The place among the others, and the addresses of the nearest on both sides: what is nearest
    comes first in `before` as in `after`."""
    first, rest = (
        list(leads.values_list("pk", flat=True)[: MOST + 1]) for leads in (before, after)
    )
    return _place(len(first), len(rest)), _address(first, came_from), _address(rest, came_from)


def _place(before: int, after: int) -> str:
    """ "3 of 7", or where there are many "100+ of 100+"."""
    language = get_language() or "en"
    words = {
        "place": _number(before + 1, language, over=before > MOST),
        "count": _number(before + 1 + after, language, over=before > MOST or after > MOST),
    }
    return gettext("%(place)s of %(count)s") % words


def _number(number: int, language: str, *, over: bool) -> str:
    return f"{format_number(MOST, language)}+" if over else format_number(number, language)


def _address(leads: list[int], came_from: str) -> str:
    if not leads:
        return ""
    return f"{reverse('lead', args=[leads[0]])}?{urlencode({'from': came_from})}"
