"""A person's day: what is overdue, due today and within a week, and leads without a next step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, Q, Window
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext, pgettext

from core.money import format_money, format_number
from crm.models import User
from pipeline.models import Activity, Lead, LeadContact
from pipeline.services.nextsteps import zone_of
from pipeline.todo import Planned, Planner, Whom
from pipeline.words import age_in_days, days_text

#: Rows that are shown of a part of the day, and of the one part that is opened.
MOST, OPENED = 20, 250
DAYS = 7
#: What is read of a lead without a next step.
COLD = (
    "title",
    "expected_revenue",
    "currency",
    "contact_name",
    "phone",
    "phone_key",
    "company_name",
    "company__name",
    "stage__name",
    "stage_entered_at",
)


@dataclass(frozen=True, slots=True)
class Row:
    """A step of the day, with the record that it is on."""

    step: Planned
    title: str
    url: str
    company: str
    amount: str
    brief_url: str = ""


@dataclass(frozen=True, slots=True)
class Cold:
    """A lead without a next step."""

    pk: int
    title: str
    url: str
    company: str
    amount: str
    stage: str
    age: str
    whom: Whom
    brief_url: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the day: its rows, and how many there are in all."""

    name: str
    title: str
    count: int
    count_text: str
    more: str
    more_url: str
    rows: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Day:
    """The day of `owner` as the person who looks sees it."""

    owner: User
    is_own: bool
    parts: Sequence[Part]

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all waits."""
        return not any(part.count for part in self.parts)


def read_day(user: User, owner: User, now: dt.datetime | None = None, *, opened: str = "") -> Day:
    """The day of `owner`, as far as `user` sees the records; in a fixed number of queries.

    Of the part named `opened` more rows are read than of the others.
    """
    now = now or timezone.now()
    tonight = _midnight(now, 1, owner)
    week = _midnight(now, 1 + DAYS, owner)
    steps = Activity.objects.due_for(owner, until=week)
    if user.pk != owner.pk:
        steps = steps.visible_to(user)
    ranges = {
        "over": Q(due_at__lt=now),
        "today": Q(due_at__gte=now, due_at__lt=tonight),
        "week": Q(due_at__gte=tonight),
    }
    counts = steps.aggregate(**{name: Count("pk", filter=part) for name, part in ranges.items()})
    # Each part by its keys alone, then the rows of all parts at once: joined for every part, the
    # plan alone takes longer than the rows.
    walked = steps.order_by("due_at", "id").values_list("pk", flat=True)
    keys = {
        name: list(walked.filter(part)[: _limit(name, opened)]) if counts[name] else []
        for name, part in ranges.items()
    }
    found = _steps(keys, owner)
    cold, cold_count = _cold(user, owner, _limit("cold", opened))
    rows = _Rows(user, owner, now, [step for part in found.values() for step in part], cold)
    whose = None if owner.pk == user.pk else owner
    titles = {
        "over": pgettext("part of the day", "Overdue"),
        "today": pgettext("part of the day", "Today"),
        "week": pgettext("part of the day", "Next 7 days"),
    }
    parts = [
        _part(name, titles[name], counts[name], [rows.of(step) for step in found[name]], whose)
        for name in titles
    ]
    title = pgettext("part of the day", "Leads without a next step")
    parts.append(_part("cold", title, cold_count, [rows.cold(lead) for lead in cold], whose))
    return Day(owner, owner.pk == user.pk, parts)


def _limit(name: str, opened: str) -> int:
    return OPENED if name == opened else MOST


def _steps(keys: Mapping[str, Sequence[int]], owner: User) -> dict[str, list[Activity]]:
    """The steps of each part, in the order of their keys."""
    steps = Activity.objects.for_day().in_bulk([key for part in keys.values() for key in part])
    for step in steps.values():
        step.assignee = owner
    return {name: [steps[key] for key in part if key in steps] for name, part in keys.items()}


def _midnight(now: dt.datetime, days: int, owner: User) -> dt.datetime:
    """The midnight before the day that is `days` from now, where the owner of the day lives."""
    zone = zone_of(owner)
    day = timezone.localdate(now, zone) + dt.timedelta(days=days)
    return dt.datetime.combine(day, dt.time(), zone)


def _part(name: str, title: str, count: int, rows: Sequence[Any], owner: User | None) -> Part:
    language, left = get_language() or "en", count - len(rows)
    more = ""
    if left > 0:
        more = ngettext("%(n)s more after these", "%(n)s more after these", left) % {
            "n": format_number(left, language)
        }
    query = {"show": name} if owner is None else {"show": name, "owner": owner.pk}
    url = f"{reverse('day')}?{urlencode(query)}#part-{name}"
    return Part(name, title, count, format_number(count, language), more, url, rows)


def _cold(user: User, owner: User, limit: int) -> tuple[list[Lead], int]:
    """Open leads without a next step, those that nobody has touched for longest first."""
    leads = Lead.objects.filter(owner=owner).active().without_next_step()
    if user.pk != owner.pk:
        leads = leads.visible_to(user)
    # Which ones and how many by one walk over the person's leads; then what a row needs of them.
    walked = leads.order_by(F("touched_at").asc(nulls_first=True), "id").annotate(
        whole=Window(Count("*"))
    )
    keys = list(walked.values_list("pk", "whole")[:limit])
    listed = Lead.objects.select_related("company", "stage").only(*COLD)
    found = listed.in_bulk([key for key, _whole in keys])
    return [found[key] for key, _whole in keys if key in found], keys[0][1] if keys else 0


class _Rows:
    """Makes the rows of a day; people and rights are read for all of them at once."""

    def __init__(
        self,
        user: User,
        owner: User,
        now: dt.datetime,
        steps: Sequence[Activity],
        cold: Sequence[Lead],
    ) -> None:
        self.planner, self.now = Planner(now), now
        self.language = get_language() or "en"
        leads = [step.lead_id for step in steps if step.lead_id] + [lead.pk for lead in cold]
        self.people = _main_contacts(leads)
        self.changeable: set[int] | None = None
        if user.pk != owner.pk and not user.is_manager:
            mine = Activity.objects.changeable_by(user).filter(pk__in=[step.pk for step in steps])
            self.changeable = set(mine.values_list("pk", flat=True))

    def of(self, step: Activity) -> Row:
        """The row of a step."""
        lead = step.lead
        can_change = self.changeable is None or step.pk in self.changeable
        if lead is None:
            record: Any = step.contact or step.company
            phone = getattr(record, "mobile", "") or record.phone
            dial = getattr(record, "mobile_key", "") or record.phone_key or phone
            url = record.get_absolute_url() if hasattr(record, "get_absolute_url") else ""
            whom = Whom(str(record), phone, dial)
            planned = self.planner.of(step, whom, can_change=can_change)
            return Row(planned, str(record), url, "", "")
        planned = self.planner.of(step, self._whom(lead), can_change=can_change)
        return Row(
            planned,
            lead.title,
            lead.get_absolute_url(),
            _company(lead),
            self._money(lead),
            reverse("lead-brief", args=[lead.pk]),
        )

    def cold(self, lead: Lead) -> Cold:
        """The row of a lead without a next step."""
        return Cold(
            lead.pk,
            lead.title,
            lead.get_absolute_url(),
            _company(lead),
            self._money(lead),
            lead.stage.name,
            days_text(age_in_days(lead.stage_entered_at, self.now)),
            self._whom(lead),
            reverse("lead-brief", args=[lead.pk]),
        )

    def _whom(self, lead: Lead) -> Whom:
        name, phone, dial = self.people.get(lead.pk, (lead.contact_name, "", ""))
        if not phone:
            phone, dial = lead.phone, lead.phone_key
        return Whom(name or lead.contact_name, phone, dial or phone)

    def _money(self, lead: Lead) -> str:
        return format_money(lead.expected_revenue, lead.currency, self.language)


def _company(lead: Lead) -> str:
    return lead.company.name if lead.company else lead.company_name


def _main_contacts(leads: Sequence[int]) -> Mapping[int, tuple[str, str, str]]:
    """Name, phone, and phone to dial of the main contacts of leads."""
    rows = LeadContact.objects.filter(lead__in=leads, is_main=True).values_list(
        "lead",
        "contact__name",
        "contact__mobile",
        "contact__mobile_key",
        "contact__phone",
        "contact__phone_key",
    )
    return {
        lead: (name, mobile or phone, mobile_key or phone_key or mobile or phone)
        for lead, name, mobile, mobile_key, phone, phone_key in rows
    }
