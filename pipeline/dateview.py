"""How leads are looked at by date: what narrows them, and the month that one looks at.

Forecast and calendar share the filter of board and list; all of it is in the address.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.models import User
from pipeline.models import Lead
from pipeline.narrowing import Narrowing
from pipeline.querysets import LeadQuerySet

#: What has no meaning here: only open leads have a date that can still be met.
OPEN_ONLY = frozenset({"status", "archived"})
#: What stands in a calendar.
STEP, CLOSE = "step", "close"


def month_of(text: str) -> dt.date | None:
    """The first day of a month written as "2026-06"; None for what is no month."""
    try:
        found = dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return found if 1990 <= found.year <= 2199 and len(text) == 7 else None


def month_after(first: dt.date, months: int) -> dt.date:
    """The first day of the month that is so many months after (before, if negative) `first`."""
    number = first.year * 12 + first.month - 1 + months
    return dt.date(number // 12, number % 12 + 1, 1)


@dataclass(frozen=True, slots=True)
class DateView:
    """A person's look at the forecast (route `forecast`) or the calendar (`calendar`)."""

    route: str
    user: User
    narrowing: Narrowing
    today: dt.date
    month: dt.date
    by: str = STEP
    day: dt.date | None = None
    #: The saved view that the address names.
    saved: str = ""

    @classmethod
    def read(cls, route: str, data: QueryDict | Mapping[str, str], user: User) -> DateView:
        """The view in an address; what is unknown is passed over."""
        today = timezone.localdate()
        try:
            day = dt.date.fromisoformat(data.get("day", ""))
        except ValueError:
            day = None
        month = month_of(data.get("month", "")) or (day or today).replace(day=1)
        return cls(
            route,
            user,
            Narrowing.read(data, user, without=OPEN_ONLY),
            today,
            month,
            CLOSE if data.get("by") == CLOSE else STEP,
            day,
            data.get("view", "")[:20],
        )

    def leads(self) -> LeadQuerySet:
        """The open leads that the person sees and that are let through."""
        narrowed = self.narrowing.apply(Lead.objects.visible_to(self.user))
        return narrowed.open().active()

    def query(self, **changes: Any) -> str:
        """The query part of an address with this view, changed."""
        usual = self.month == self.today.replace(day=1)
        values = {
            "month": "" if usual else f"{self.month:%Y-%m}",
            "by": self.by if self.by == CLOSE else "",
            "view": self.saved,
            **changes,
        }
        return self.narrowing.query(**values)

    def address(self, **changes: Any) -> str:
        """The address of this page with this view, changed."""
        return reverse(self.route) + self.query(**changes)

    def other_month(self, months: int) -> str:
        """The address of this page so many months later."""
        return self.address(month=f"{month_after(self.month, months):%Y-%m}", day=None)


@dataclass(frozen=True, slots=True)
class Way:
    """A way of showing the same leads."""

    label: str
    icon: str
    url: str
    current: bool


def ways(narrowing: Narrowing, current: str, pipeline: int | None = None) -> list[Way]:
    """Board, list, calendar and forecast of what a filter lets through."""
    wanted = pipeline or narrowing.values.get("pipeline")
    board = reverse("board", args=[wanted]) if str(wanted or "").isdigit() else reverse("boards")
    query = narrowing.query(**({"pipeline": pipeline} if pipeline else {}))
    found = {
        "board": (_("Board"), "layout-kanban", board + narrowing.query(pipeline=None)),
        "leads": (_("List"), "list", reverse("leads") + query),
        "calendar": (_("Calendar"), "calendar", reverse("calendar") + query),
        "forecast": (_("Forecast"), "chart-histogram", reverse("forecast") + query),
    }
    return [Way(label, icon, url, current == name) for name, (label, icon, url) in found.items()]
