"""The forecast as it is printed: columns of months with ready texts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext, ngettext

from core.dates import next_month
from pipeline.columnfaces import number_text, sums_text
from pipeline.faces import Face, Faces
from pipeline.forecast import LATER, MORE, NONE, PAST, Month, months_from, read_forecast
from pipeline.models import Lead
from pipeline.narrowing import Narrowing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm.models import User

#: What a forecast shows anyhow: leads that are open.
SETTLED = frozenset({"status", "archived"})
#: So many months one goes on or back at a click.
STEP = 3


@dataclass(frozen=True, slots=True)
class ForecastView:
    """A person's look at the forecast: the filter, the first month, the column that is opened."""

    user: User
    narrowing: Narrowing
    start: dt.date
    opened: str = ""
    saved: str = ""

    @classmethod
    def read(cls, data: Mapping[str, str], user: User) -> ForecastView:
        """The look in an address; what is unknown is passed over."""
        narrowing = Narrowing.read(data, user, without=SETTLED)
        opened, saved = data.get("more", "")[:10], data.get("view", "")[:20]
        return cls(user, narrowing, _month(data.get("start", "")), opened, saved)

    def address(self, **changes: str | None) -> str:
        """The address of this look, changed."""
        start = "" if self.start == _month("") else f"{self.start:%Y-%m}"
        values = {"start": start, "view": self.saved, **changes}
        return reverse("forecast") + self.narrowing.query(**values)


@dataclass(slots=True)
class MonthFace:
    """A column as it is printed; `drop` is what a card dropped there is sent, "" for none."""

    key: str
    name: str
    count: str
    weighted: str
    sum: str
    without: str
    without_title: str
    label: str
    drop: str
    hint: str
    here: str
    more: str = ""
    more_url: str = ""
    faces: list[Face] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ForecastPage:
    """All that the page prints."""

    columns: list[MonthFace]
    total: str
    before_url: str
    after_url: str
    today_url: str
    is_empty: bool


def _month(text: str) -> dt.date:
    """The first day of a month told as "2026-06"; of this one for anything else."""
    this = timezone.localdate().replace(day=1)
    try:
        first = dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        return this
    return first if 1990 <= first.year < 2100 else this


def forecast_page(view: ForecastView) -> ForecastPage:
    """The forecast of a person."""
    leads = view.narrowing.apply(Lead.objects.visible_to(view.user))
    found = read_forecast(user=view.user, leads=leads, start=view.start, opened=view.opened)
    maker = Faces([], timezone.now(), detailed=False)
    columns = [_face(view, column, maker) for column in found]
    total: dict[str, Decimal] = {}
    for column in found:
        if column.first is not None:
            for code, amount in column.weighted.items():
                total[code] = total.get(code, Decimal(0)) + amount
    ahead = months_from(view.start, STEP + 1)[-1]
    behind = view.start
    for _ in range(STEP):
        behind = (behind - dt.timedelta(days=1)).replace(day=1)
    return ForecastPage(
        columns,
        sums_text(total, cents=False) or "–",
        view.address(start=f"{behind:%Y-%m}"),
        view.address(start=f"{ahead:%Y-%m}"),
        view.address(start=""),
        not any(column.count for column in found),
    )


def month_name(first: dt.date) -> str:
    """A month with its year, as the reader writes it."""
    return formats.date_format(first, "F Y")


def _face(view: ForecastView, column: Month, maker: Faces) -> MonthFace:
    name, drop = _name(view, column)
    count = number_text(column.count)
    label = ngettext("%(name)s, %(n)s lead", "%(name)s, %(n)s leads", column.count)
    title = ngettext("%(n)s lead without amount", "%(n)s leads without amount", column.count)
    without = number_text(column.without_amount)
    face = MonthFace(
        column.key,
        name,
        count,
        sums_text(column.weighted, cents=False) or "–",
        gettext("of %(sum)s") % {"sum": sums_text(column.amounts, cents=False)}
        if column.amounts
        else "",
        f"+ {without} ?" if column.without_amount else "",
        title % {"n": without},
        label % {"name": name, "n": count},
        drop,
        gettext("Drag leads here.") if drop else gettext("No leads."),
        quote(view.address(more=view.opened), safe=""),
    )
    face.faces = [replace(maker.of(card), after=None) for card in column.cards]
    left = column.count - len(column.cards)
    if left > 0:
        face.more = gettext("%(n)s more ↓") % {"n": number_text(left)}
        if len(column.cards) < MORE and view.opened != column.key:
            face.more_url = view.address(more=column.key) + f"#month-{column.key}"
    return face


def _name(view: ForecastView, column: Month) -> tuple[str, str]:
    """What a column is called, and what a drop on it says."""
    if column.first is not None:
        return month_name(column.first), column.key
    if column.key == NONE:
        return gettext("No date"), NONE
    ends = months_from(view.start)
    names = {
        PAST: gettext("Before %(month)s") % {"month": month_name(ends[0])},
        LATER: gettext("From %(month)s") % {"month": month_name(next_month(ends[-1]))},
    }
    return names[column.key], ""


def month_choices(lead: Lead, months: int = 18) -> Sequence[tuple[str, str]]:
    """The months that a lead may be put in, from the menu."""
    firsts = months_from(timezone.localdate(), months)
    choices = [(f"{first:%Y-%m}", month_name(first)) for first in firsts]
    close = lead.expected_close
    if close is not None and f"{close:%Y-%m}" not in dict(choices):
        choices.insert(0, (f"{close:%Y-%m}", month_name(close)))
    return [(NONE, gettext("No date")), *choices]
