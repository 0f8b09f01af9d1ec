"""The cards of a board: what one shows of a lead, as plain values, read in three queries a page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from crm.models import User
from pipeline.models import Activity, LeadContact, LeadTag, Stage

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from pipeline.querysets import LeadQuerySet

type Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Owner:
    """Who works on a lead."""

    id: int
    name: str
    initials: str


@dataclass(frozen=True, slots=True)
class NextStep:
    """The planned activity that is due first."""

    id: int
    type: str
    icon: str
    summary: str
    due_at: dt.datetime
    all_day: bool


@dataclass(frozen=True, slots=True)
class TagMark:
    """A tag on a card."""

    id: int
    name: str
    colour: str


@dataclass(frozen=True, slots=True)
class Card:
    """A lead on the board. `days` is its age in the stage by the calendar, `is_over` whether it
    stands there for longer than the stage expects."""

    id: int
    version: int
    title: str
    status: str
    stage: int
    position: str
    amount: Decimal | None
    currency: str
    company: str
    contact: str
    owner: Owner | None
    stars: int
    probability: Decimal
    expected_close: dt.date | None
    close_pushed: int
    closed_at: dt.datetime | None
    days: int
    is_over: bool
    next_step: NextStep | None
    tags: tuple[TagMark, ...]
    source: str
    may_change: bool
    custom: Mapping[str, Any]


#: What a card needs of its lead.
FIELDS = (
    "id",
    "version",
    "title",
    "status",
    "stage",
    "position",
    "expected_revenue",
    "currency",
    "company_name",
    "contact_name",
    "stars",
    "probability",
    "expected_close",
    "close_pushed",
    "closed_at",
    "stage_entered_at",
    "next_activity_at",
    "company__name",
    "owner",
    "owner__name",
    "owner__email",
    "source__name",
    "custom",
)


#: And what is asked beside it: the main contact's name, whether the person may change the lead.
MORE = ("person", "may_change")


def card_rows(leads: LeadQuerySet, user: User) -> QuerySet[Any, Row]:
    """What the cards that a person sees need of leads, as a row of FIELDS and MORE each."""
    people = LeadContact.objects.filter(lead=OuterRef("pk"), is_main=True)
    named = leads.annotate(person=Subquery(people.values("contact__name")[:1]))
    rows: QuerySet[Any, Row] = named.with_may_change(user).values_list(*FIELDS, *MORE)
    return rows


def make_cards(rows: Iterable[Row], stages: Mapping[int, Stage]) -> list[Card]:
    """Cards from rows of `card_rows` in their order; steps and tags by one query each."""
    found = [dict(zip((*FIELDS, *MORE), row, strict=True)) for row in rows]
    keys = [row["id"] for row in found]
    now = timezone.now()
    zone = timezone.get_current_timezone()
    today = now.astimezone(zone).date()
    tags = _tags(keys)
    steps = _next_steps([row["id"] for row in found if row["next_activity_at"] is not None])
    owners: dict[int, Owner] = {}
    cards = []
    for row in found:
        owner, entered = row["owner"], row["stage_entered_at"]
        if owner is not None and owner not in owners:
            person = User(name=row["owner__name"], email=row["owner__email"])
            owners[owner] = Owner(owner, str(person), person.initials)
        cards.append(
            Card(
                id=row["id"],
                version=row["version"],
                title=row["title"],
                status=row["status"],
                stage=row["stage"],
                position=row["position"],
                amount=row["expected_revenue"],
                currency=row["currency"],
                company=row["company__name"] or row["company_name"],
                contact=row["person"] or row["contact_name"],
                owner=owners[owner] if owner is not None else None,
                stars=row["stars"],
                probability=row["probability"],
                expected_close=row["expected_close"],
                close_pushed=row["close_pushed"],
                closed_at=row["closed_at"],
                days=(today - entered.astimezone(zone).date()).days if entered else 0,
                is_over=_is_over(row, stages[row["stage"]], now),
                next_step=steps.get(row["id"]),
                tags=tuple(tags.get(row["id"], ())),
                source=row["source__name"] or "",
                may_change=bool(row["may_change"]),
                custom=row["custom"] or {},
            )
        )
    return cards


def _is_over(row: Mapping[str, Any], stage: Stage, now: dt.datetime) -> bool:
    entered = row["stage_entered_at"]
    if row["status"] != "open" or stage.days_max is None or entered is None:
        return False
    return bool(entered < now - dt.timedelta(days=stage.days_max))


def _next_steps(leads: Sequence[int]) -> dict[int, NextStep]:
    rows = (
        Activity.objects.filter(lead__in=leads, done_at__isnull=True)
        .order_by("due_at", "id")
        .values_list("lead", "id", "type__name", "type__icon", "summary", "due_at", "all_day")
    )
    steps: dict[int, NextStep] = {}
    for lead, *values in rows:
        steps.setdefault(lead, NextStep(*values))
    return steps


def _tags(leads: Sequence[int]) -> dict[int, list[TagMark]]:
    rows = LeadTag.objects.filter(lead__in=leads).order_by("tag__name", "tag")
    marks: dict[int, list[TagMark]] = {}
    for lead, *values in rows.values_list("lead", "tag", "tag__name", "tag__colour"):
        marks.setdefault(lead, []).append(TagMark(*cast("tuple[int, str, str]", values)))
    return marks
