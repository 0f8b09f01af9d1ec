"""The forecast: open leads in columns by the month in which they are expected to close.

What a column is worth is the sum of its leads weighted by their probability, by currency. Cards
and sums are read in a fixed number of queries, whatever the number of leads and of months.
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Case, Count, F, Q, Sum, Value, When, Window
from django.db.models.functions import RowNumber

from core.dates import next_month
from pipeline.cards import Card, card_rows, make_cards
from pipeline.models import Lead, Stage

if TYPE_CHECKING:
    from crm.models import User
    from pipeline.querysets import LeadQuerySet

#: Months that stand side by side.
MONTHS = 6
#: Cards of a column that are shown at first, and those of the one that is opened further.
CARDS = 20
MORE = 200
#: The columns beside the months: leads without a date, those of months gone by, those after.
NONE, PAST, LATER = "none", "past", "later"


@dataclass(slots=True)
class Month:
    """A column: `key` is NONE, PAST, LATER or the month ("2026-06"), whose first day is `first`."""

    key: str
    first: dt.date | None = None
    count: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)
    weighted: dict[str, Decimal] = field(default_factory=dict)
    without_amount: int = 0
    cards: list[Card] = field(default_factory=list)


def key_of(first: dt.date) -> str:
    """The key of a month's column."""
    return f"{first:%Y-%m}"


def last_day(month: str) -> dt.date | None:
    """The last day of a month told as "2026-06"; None for no date.

    Raises ValueError for what is neither.
    """
    if month in ("", NONE):
        return None
    first = dt.date.fromisoformat(f"{month}-01")
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def months_from(start: dt.date, count: int = MONTHS) -> list[dt.date]:
    """The first days of so many months."""
    firsts = [start.replace(day=1)]
    while len(firsts) < count:
        firsts.append(next_month(firsts[-1]))
    return firsts


def columns_from(start: dt.date) -> list[Month]:
    """The columns of a forecast that begins with a month, empty."""
    months = [Month(key_of(first), first) for first in months_from(start)]
    return [Month(NONE), Month(PAST), *months, Month(LATER)]


def in_column(start: dt.date) -> Case:
    """The key of the column that a lead stands in."""
    months = months_from(start)
    ends = [*months[1:], next_month(months[-1])]
    return Case(
        When(expected_close__isnull=True, then=Value(NONE)),
        When(expected_close__lt=months[0], then=Value(PAST)),
        *(
            When(expected_close__lt=end, then=Value(key_of(first)))
            for first, end in zip(months, ends, strict=True)
        ),
        default=Value(LATER),
    )


def only_column(leads: LeadQuerySet, start: dt.date, close: dt.date | None) -> LeadQuerySet:
    """The leads of the column in which one that closes on a day stands."""
    if close is None:
        return leads.filter(expected_close__isnull=True)
    months = months_from(start)
    end = next_month(months[-1])
    if close < months[0]:
        return leads.filter(expected_close__lt=months[0])
    if close >= end:
        return leads.filter(expected_close__gte=end)
    first = close.replace(day=1)
    return leads.filter(expected_close__gte=first, expected_close__lt=next_month(first))


def read_forecast(
    *, user: User, leads: LeadQuerySet, start: dt.date, opened: str = ""
) -> list[Month]:
    """The columns of the leads that are open among `leads` (one row a lead, those that the person
    sees), with `CARDS` cards each, of the one that is `opened` up to `MORE`."""
    chosen = leads.active().open().order_by().annotate(column=in_column(start))
    columns = {column.key: column for column in columns_from(start)}
    sums = chosen.values("column", "currency").annotate(
        n=Count("pk"),
        sum=Sum("expected_revenue"),
        weight=Sum(F("expected_revenue") * F("probability")) / Decimal(100),
        without=Count("pk", filter=Q(expected_revenue__isnull=True)),
    )
    for key, code, count, amount, weight, without in sums.values_list(
        "column", "currency", "n", "sum", "weight", "without"
    ):
        column = columns[key]
        column.count += count
        column.without_amount += without
        if count > without:
            column.amounts[code] = amount or Decimal(0)
            column.weighted[code] = weight or Decimal(0)
    place = Window(
        RowNumber(), partition_by=F("column"), order_by=[F("expected_close").asc(), F("pk").asc()]
    )
    shown = Q(place__lte=CARDS) | Q(place__lte=MORE, column=opened)
    column_of = dict(chosen.annotate(place=place).filter(shown).values_list("pk", "column"))
    found = Lead.objects.filter(pk__in=column_of).order_by("expected_close", "pk")
    rows = list(card_rows(found, user))
    stages = {stage.pk: stage for stage in Stage.objects.all()} if rows else {}
    for card in make_cards(rows, stages):
        columns[column_of[card.id]].cards.append(card)
    return list(columns.values())
