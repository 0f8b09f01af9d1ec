"""The forecast: open leads by the month in which they should close, and what to expect of each.

A month's total is the sum of revenue times probability. Leads whose forecast category is "omitted"
are shown, and count nothing.
"""

from __future__ import annotations

import calendar
import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, DecimalField, F, IntegerField, Q, Sum, Value, When
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext, ngettext, pgettext

from core.calendar import Calendar
from core.calendar import calendar as calendar_of_house
from core.dates import next_month
from pipeline.cards import FIELDS, card_rows, make_cards
from pipeline.columnfaces import number_text, sums_text
from pipeline.dateview import DateView, month_after
from pipeline.faces import Face, Faces
from pipeline.models import Lead, Stage

#: Months side by side, and cards that are shown of each.
MONTHS, CARDS = 6, 20
NONE = "none"


@dataclass(slots=True)
class Month:
    """A column: its leads with `starts` ≤ expected close < `ends`, either open at its end.

    `key` is what a drop on it sends: a month as "2026-06", "none", or "" where nothing may be
    dropped. `quarter` is that of the fiscal year, where it begins.
    """

    key: str
    name: str
    starts: dt.date | None = None
    ends: dt.date | None = None
    number: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)
    weighted: dict[str, Decimal] = field(default_factory=dict)
    count: str = ""
    total: str = ""
    total_title: str = ""
    faces: list[tuple[Face, str]] = field(default_factory=list)
    more: str = ""
    more_url: str = ""
    is_late: bool = False
    quarter: str = ""

    @property
    def leads(self) -> Q:
        """Which leads stand in it."""
        if self.key == NONE:
            return Q(expected_close__isnull=True)
        found = Q(expected_close__isnull=False)
        if self.starts is not None:
            found &= Q(expected_close__gte=self.starts)
        if self.ends is not None:
            found &= Q(expected_close__lt=self.ends)
        return found

    @property
    def where(self) -> list[dict[str, Any]]:
        """The same as parts of a condition."""
        if self.key == NONE:
            return [{"field": "expected_close", "op": "is empty"}]
        parts = []
        if self.starts is not None:
            parts.append({"field": "expected_close", "op": ">=", "value": self.starts.isoformat()})
        if self.ends is not None:
            parts.append({"field": "expected_close", "op": "<", "value": self.ends.isoformat()})
        return parts


def last_day(month: dt.date) -> dt.date:
    """The last day of a month: what a drop on it means."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def read_forecast(view: DateView) -> list[Month]:
    """The columns, in a number of queries that does not grow with the leads."""
    months = _columns(view)
    leads = view.leads()
    bucket = Case(
        *(When(month.leads, then=Value(place)) for place, month in enumerate(months)),
        output_field=IntegerField(),
    )
    omitted = When(forecast_category=Lead.ForecastCategory.OMITTED, then=Value(Decimal(0)))
    counted = Case(omitted, default=F("probability"), output_field=DecimalField())
    rows = (
        leads.order_by()
        .annotate(bucket=bucket)
        .values("bucket", "currency")
        .annotate(
            n=Count("pk"),
            sum=Sum("expected_revenue"),
            weight=Sum(F("expected_revenue") * counted) / 100,
        )
        .order_by("currency")
    )
    for row in rows:
        month = months[row["bucket"]]
        month.number += row["n"]
        if row["sum"] is not None:
            month.sums[row["currency"]] = row["sum"]
            month.weighted[row["currency"]] = Decimal(row["weight"])
    _put_words(months)
    _put_cards(view, months)
    return [month for month in months if month.key or month.number]


def _columns(view: DateView) -> list[Month]:
    end = month_after(view.month, MONTHS)
    months, house = [], calendar_of_house()
    for first in (month_after(view.month, place) for place in range(MONTHS)):
        name, after = formats.date_format(first, "YEAR_MONTH_FORMAT"), next_month(first)
        words = name[:1].upper() + name[1:]
        months.append(
            Month(
                f"{first:%Y-%m}",
                words,
                first,
                after,
                is_late=after <= view.today,
                quarter=_quarter(first, house),
            )
        )
    before = Month("", pgettext("forecast", "Before"), None, view.month, is_late=True)
    later = Month("", pgettext("forecast", "Later"), end)
    return [before, *months, later, Month(NONE, pgettext("forecast", "No date"))]


def _quarter(month: dt.date, house: Calendar) -> str:
    """The quarter of the fiscal year that a month begins, in short; "" for the other months."""
    if not house.quarter_begins(month):
        return ""
    return pgettext("quarter, short", "Q%(n)s") % {"n": house.quarter_of(month)}


def _put_words(months: list[Month]) -> None:
    for month in months:
        month.count = number_text(month.number)
        month.total = sums_text(month.weighted, cents=False) or "–"
        month.total_title = gettext(
            "%(total)s to be expected: each amount times its probability, of %(sum)s in all"
        ) % {"total": month.total, "sum": sums_text(month.sums, cents=False) or "–"}


def _put_cards(view: DateView, months: list[Month]) -> None:
    """The nearest cards of each column; which ones by their keys alone, then all at once."""
    keys = {
        place: list(
            view.leads()
            .filter(month.leads)
            .order_by(F("expected_close").asc(nulls_last=True), "-expected_revenue", "pk")
            .values_list("pk", flat=True)[:CARDS]
        )
        for place, month in enumerate(months)
        if month.number
    }
    wanted = [key for part in keys.values() for key in part]
    rows = list(card_rows(Lead.objects.filter(pk__in=wanted), view.user))
    stages = Stage.objects.in_bulk({row[FIELDS.index("stage")] for row in rows})
    cards = {card.id: card for card in make_cards(rows, stages)}
    maker = Faces(list(stages.values()), timezone.now())
    for place, part in keys.items():
        month = months[place]
        shown = [cards[key] for key in part if key in cards]
        month.faces = [(maker.of(card), maker.names[card.stage]) for card in shown]
        left = month.number - len(shown)
        if left > 0:
            words = ngettext("%(n)s more", "%(n)s more", left)
            month.more = words % {"n": number_text(left)}
            month.more_url = reverse("leads") + _list_query(view, month)


def _list_query(view: DateView, month: Month) -> str:
    """The list of what a column holds: the filter of the page, and the month."""
    parts: list[Any] = list(month.where)
    own: Mapping[str, str] = view.narrowing.values
    if "where" in own:
        parts.insert(0, json.loads(own["where"]))
    where = parts[0] if len(parts) == 1 else {"all": parts}
    return view.narrowing.query(
        where=json.dumps(where, separators=(",", ":")), status="open", sort="expected_close"
    )
