"""The calendar: a month of leads, by their next step or by their expected close."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, OuterRef, Subquery, Window
from django.db.models.functions import RowNumber, TruncDate
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import get_language, gettext, ngettext

from core import dates
from core.calendar import calendar
from core.money import format_money
from crm.models import Company
from pipeline.columnfaces import number_text
from pipeline.dateview import CLOSE, STEP, DateView
from pipeline.models import Activity, Lead
from pipeline.querysets import LeadQuerySet

#: Entries of a day that are shown in the month, and of the day that is opened.
SHOWN, OPENED = 4, 200
DAYS = 7


@dataclass(frozen=True, slots=True)
class Entry:
    """A lead on a day. `put` is where a drop on another day is sent, "" for who may not."""

    pk: int
    version: int
    url: str
    title: str
    what: str
    icon: str
    time: str
    whom: str
    amount: str
    is_late: bool
    put: str
    label: str


@dataclass(slots=True)
class Day:
    """A day of the grid."""

    date: dt.date
    name: str
    is_other_month: bool
    is_today: bool
    url: str
    number: int = 0
    entries: list[Entry] = field(default_factory=list)
    more: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """The weeks of a month, the names of their days, and the day that is opened, if any."""

    title: str
    weekdays: Sequence[str]
    weeks: Sequence[Sequence[Day]]
    opened: Day | None
    number: int


def read_grid(view: DateView) -> Grid:
    """The month that the person looks at; in a fixed number of queries."""
    starts, ends = _bounds(view.month)
    days = [_day(view, starts + dt.timedelta(days=n)) for n in range((ends - starts).days)]
    by_date = {day.date: day for day in days}
    rows = (_Steps if view.by == STEP else _Closes)(view, starts, ends)
    found, counts = rows.shown(SHOWN)
    for date, number in counts.items():
        if date in by_date:
            by_date[date].number = number
    for date, entry in found:
        if date in by_date:
            by_date[date].entries.append(entry)
    for day in days:
        left = day.number - len(day.entries)
        if left > 0:
            day.more = ngettext("%(n)s more", "%(n)s more", left) % {"n": number_text(left)}
    opened = None
    if view.day is not None and view.day in by_date:
        opened = _day(view, view.day)
        opened.entries = [entry for _date, entry in rows.on(view.day, OPENED)]
        opened.number = by_date[view.day].number
    title = formats.date_format(view.month, "YEAR_MONTH_FORMAT")
    return Grid(
        title[:1].upper() + title[1:],
        [formats.date_format(day.date, "D") for day in days[:DAYS]],
        [days[first : first + DAYS] for first in range(0, len(days), DAYS)],
        opened,
        sum(day.number for day in days if not day.is_other_month),
    )


def _bounds(month: dt.date) -> tuple[dt.date, dt.date]:
    """The first day of the first week, and the day after the last one. Weeks begin as the
    organisation says, else as the reader's language has it."""
    first = calendar().first_weekday
    if first is None:
        first = (int(formats.get_format("FIRST_DAY_OF_WEEK")) - 1) % DAYS  # there, 0 is Sunday
    back = (month.weekday() - first) % DAYS
    starts = month - dt.timedelta(days=back)
    after = dates.next_month(month)
    return starts, after + dt.timedelta(days=-(after - starts).days % DAYS)


def _day(view: DateView, date: dt.date) -> Day:
    return Day(
        date,
        formats.date_format(date, "l j F"),
        date.month != view.month.month,
        date == view.today,
        view.address(day=date.isoformat()),
    )


class _Rows:
    """Leads on days: the first of each day, and how many there are."""

    def __init__(self, view: DateView, starts: dt.date, ends: dt.date) -> None:
        raise NotImplementedError

    #: The records that stand in the calendar, with `on` (their day) and `order`.
    records: Any
    order: tuple[str, ...]

    def shown(self, most: int) -> tuple[list[tuple[dt.date, Entry]], Mapping[dt.date, int]]:
        """The first entries of each day, and the numbers of all."""
        counted = self.records.order_by().values("on").annotate(n=Count("pk"))
        counts = {row["on"]: row["n"] for row in counted}
        nth = Window(RowNumber(), partition_by=[F("on")], order_by=self.order)
        keys = self.records.annotate(nth=nth).filter(nth__lte=most).values_list("pk", "on")
        return self.entries(dict(keys)), counts

    def on(self, day: dt.date, most: int) -> list[tuple[dt.date, Entry]]:
        """The entries of one day."""
        keys = self.records.filter(on=day).order_by(*self.order).values_list("pk", "on")[:most]
        return self.entries(dict(keys))

    def entries(self, keys: Mapping[int, dt.date]) -> list[tuple[dt.date, Entry]]:
        """The entries of these records, in order."""
        raise NotImplementedError


class _Closes(_Rows):
    """Open leads on the day on which they should close."""

    order = ("expected_close", "-expected_revenue", "pk")

    def __init__(self, view: DateView, starts: dt.date, ends: dt.date) -> None:
        self.view = view
        self.records = (
            view.leads()
            .filter(expected_close__gte=starts, expected_close__lt=ends)
            .annotate(on=F("expected_close"))
        )

    def entries(self, keys: Mapping[int, dt.date]) -> list[tuple[dt.date, Entry]]:
        leads = _faces_of(Lead.objects.filter(pk__in=keys), self.view)
        put = reverse("calendar-close", args=[0])
        words = gettext("Expected close")
        return [
            (
                keys[lead.pk],
                _entry(
                    lead,
                    self.view,
                    what=words,
                    icon="flag",
                    is_late=keys[lead.pk] < self.view.today,
                    put=put.replace("/0/", f"/{lead.pk}/") if lead.may_change else "",
                ),
            )
            for lead in leads.order_by(*self.order)
        ]


class _Steps(_Rows):
    """Open leads on the day of their next step, where the reader is."""

    order = ("due_at", "pk")

    def __init__(self, view: DateView, starts: dt.date, ends: dt.date) -> None:
        self.view, self.now = view, timezone.now()
        zone = timezone.get_current_timezone()
        first, last = (
            timezone.make_aware(dt.datetime.combine(day, dt.time()), zone) for day in (starts, ends)
        )
        following = (
            Activity.objects.to_do()
            .filter(lead=OuterRef("pk"))
            .order_by("due_at", "pk")
            .values("pk")[:1]
        )
        leads = view.leads().filter(next_activity_at__gte=first, next_activity_at__lt=last)
        steps = leads.order_by().annotate(step=Subquery(following)).values("step")
        self.records = Activity.objects.filter(pk__in=steps).annotate(
            on=TruncDate("due_at", tzinfo=zone)
        )

    def entries(self, keys: Mapping[int, dt.date]) -> list[tuple[dt.date, Entry]]:
        steps = list(
            Activity.objects.filter(pk__in=keys).select_related("type").order_by(*self.order)
        )
        wanted = Lead.objects.filter(pk__in=[step.lead_id for step in steps])
        leads = {lead.pk: lead for lead in _faces_of(wanted, self.view)}
        put = reverse("calendar-step", args=[0])
        found = []
        for step in steps:
            lead = leads[step.lead_id]
            mine = lead.may_change or step.assignee_id in (None, self.view.user.pk)
            time = (
                "" if step.all_day else formats.date_format(timezone.localtime(step.due_at), "H:i")
            )
            entry = _entry(
                lead,
                self.view,
                what=str(step),
                icon=step.type.icon,
                time=time,
                is_late=step.due_at < self.now,
                put=put.replace("/0/", f"/{step.pk}/") if mine else "",
                version=step.version,
            )
            found.append((keys[step.pk], entry))
        return found


def _faces_of(leads: LeadQuerySet, view: DateView) -> Any:
    companies = Company.objects.filter(pk=OuterRef("company")).values("name")[:1]
    return leads.annotate(company_now=Subquery(companies)).with_may_change(view.user)


def _entry(
    lead: Any,
    view: DateView,
    *,
    what: str,
    icon: str,
    is_late: bool,
    put: str,
    time: str = "",
    version: int | None = None,
) -> Entry:
    whom = lead.company_now or lead.company_name or lead.contact_name
    amount = format_money(lead.expected_revenue, lead.currency, get_language() or "en")
    first = lead.title if view.by == CLOSE else what
    parts = (time, first, lead.title if view.by == STEP else "", whom, amount)
    return Entry(
        lead.pk,
        lead.version if version is None else version,
        lead.get_absolute_url(),
        lead.title,
        what,
        icon,
        time,
        whom,
        amount,
        is_late,
        put,
        ", ".join(part for part in parts if part),
    )
