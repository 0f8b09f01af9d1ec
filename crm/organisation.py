"""What holds for our organisation, read once in a request and without a query of its own.

The row comes along with the user of a session (`with_organisation`); who asks elsewhere reads it
when it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.http import HttpRequest, HttpResponse

from core import calendar
from core.calendar import Calendar
from crm.models import Organisation

FIELDS = ("name", "currency", "language", "time_zone", "fiscal_month", "first_weekday")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is set, or what the environment says of it."""

    name: str
    currency: str
    language: str
    time_zone: str
    fiscal_month: int
    first_weekday: int | None

    @property
    def calendar(self) -> Calendar:
        """When its weeks and years begin."""
        return Calendar(self.first_weekday, self.fiscal_month)


#: What this request knows; a list that is empty until it was read. None outside of requests.
_known: ContextVar[list[Facts] | None] = ContextVar("relance_organisation", default=None)


def usual() -> Facts:
    """What holds until somebody sets something else: the environment."""
    return Facts("", settings.DEFAULT_CURRENCY, settings.LANGUAGE_CODE, settings.TIME_ZONE, 1, None)


def organisation() -> Facts:
    """What holds for the organisation."""
    known = _known.get()
    if known:
        return known[0]
    facts = _facts(Organisation.objects.values(*FIELDS).first())
    if known is not None:
        known.append(facts)
    return facts


def forget() -> None:
    """Read anew what this request knows: it has just been written."""
    known = _known.get()
    if known is not None:
        known.clear()


def with_organisation[Users: QuerySet[Any]](users: Users) -> Users:
    """The users with the organisation's row, for `remember`."""
    row = Organisation.objects.values(row=JSONObject(**{name: name for name in FIELDS}))
    found: Users = users.annotate(organisation_row=Subquery(row[:1]))
    return found


def remember(user: Any) -> None:
    """Keep for this request what came along with its user."""
    known = _known.get()
    if known is not None and not known:
        known.append(_facts(user.organisation_row))


@contextmanager
def read_once() -> Iterator[None]:
    """Read it once at most within the block."""
    mark = _known.set([])
    try:
        yield
    finally:
        _known.reset(mark)


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Any:
    """A request reads it once at most."""

    def answer(request: HttpRequest) -> HttpResponse:
        with read_once():
            return get_response(request)

    return answer


def _facts(row: Mapping[str, Any] | None) -> Facts:
    return Facts(**row) if row else usual()


def register() -> None:
    """Called once, when the app is ready: weeks and years begin as the organisation says."""
    calendar.register(lambda: organisation().calendar)
