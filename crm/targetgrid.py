"""The grid of targets: people and teams down, the periods of a year across."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.cells import harmless
from core.forms import read_amount
from core.money import format_number
from crm.models import Membership, Target, Team, User
from crm.organisation import organisation
from crm.periods import Period, after, begins, full_name, of_year, short_name
from crm.services.targets import Cell

FIRST_YEAR, LAST_YEAR = 2000, 2100
_CURRENCY = re.compile(r"[A-Z]{3}")
#: The most that a column of targets holds, and its smallest unit.
MOST, UNIT = Decimal(10) ** 13, Decimal("0.01")
BYTE_ORDER_MARK = "\ufeff"
#: Whose target: a team or a person, and which.
Holder = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which grid: what is counted, in which periods of which year, money in which currency."""

    metric: str
    period: str
    year: int
    money: str

    @classmethod
    def read(cls, data: Mapping[str, str]) -> Asked:
        """The grid that an address asks for; what cannot be read is as it is by default."""
        metric, period = data.get("metric", ""), data.get("period", "")
        year, money = data.get("year", ""), data.get("currency", "").strip().upper()
        now = timezone.localdate().year
        found = int(year) if year.isascii() and year.isdigit() and len(year) == 4 else now
        return cls(
            metric if metric in Target.Metric.values else Target.Metric.REVENUE.value,
            period if period in Period.values else Period.MONTH.value,
            found if FIRST_YEAR <= found <= LAST_YEAR else now,
            money if _CURRENCY.fullmatch(money) else organisation().currency,
        )

    @property
    def currency(self) -> str:
        """The currency of the targets; none where no money is counted."""
        return self.money if self.is_money else ""

    @property
    def is_money(self) -> bool:
        """Whether the targets are amounts."""
        return self.metric == Target.Metric.REVENUE

    @property
    def starts(self) -> list[dt.date]:
        """The first days of the periods."""
        return of_year(self.period, self.year)

    def query(self, **changes: Any) -> str:
        """The query of the address of this grid, changed."""
        held = {
            "metric": self.metric,
            "period": self.period,
            "year": self.year,
            "currency": self.money,
            **changes,
        }
        return f"?{urlencode(held)}"


@dataclass(frozen=True, slots=True)
class Field:
    """A cell: the name of its field, what stands there, and what stood there when it was read."""

    name: str
    text: str
    before: str
    label: str
    is_wrong: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """What a team or a person is to reach, period by period."""

    holder: Holder
    label: str
    fields: Sequence[Field]
    total: str

    @property
    def is_team(self) -> bool:
        """Whether it is a team’s."""
        return self.holder[0] == "team"


@dataclass(frozen=True, slots=True)
class Column:
    """A period, and the one before it that may be copied."""

    start: str
    label: str
    copy_label: str
    is_now: bool


@dataclass(frozen=True, slots=True)
class Sum:
    """The sums of people or of teams. What stands in a team counts its people too, so they are
    never one sum."""

    kind: str
    label: str
    texts: Sequence[str]
    total: str


@dataclass(frozen=True, slots=True)
class Grid:
    """The whole: who may see it sees these rows, and may change each."""

    asked: Asked
    columns: Sequence[Column]
    rows: Sequence[Row]
    sums: Sequence[Sum]


@dataclass(slots=True)
class Sent:
    """A grid that was sent: its cells, and the texts of those that are no number."""

    cells: list[Cell] = field(default_factory=list)
    typed: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def holders_for(user: User, asked: Asked) -> list[tuple[Holder, str]]:
    """Whose targets a person sets, and their names: each team with its people, then people of no
    team. Who no longer counts stays while something stands in the year."""
    starts = asked.starts
    held = Target.objects.filter(
        metric=asked.metric, period=asked.period, currency=asked.currency, starts_on__in=starts
    )
    teams = list(
        Team.objects.managed_by(user)
        .filter(Q(is_active=True) | Q(pk__in=held.values("team")))
        .select_related("leader")
        .in_order()
    )
    people = User.objects.all() if user.is_manager else User.objects.led_by(user)
    people = people.filter(Q(is_active=True) | Q(pk__in=held.values("user")))
    names = {person.pk: str(person) for person in people}
    members: dict[int, list[int]] = {team.pk: [] for team in teams}
    rows = Membership.objects.filter(team__in=members, is_active=True)
    for team_id, person_id in rows.order_by("user__name", "user").values_list("team", "user"):
        members[team_id].append(person_id)
    found: list[tuple[Holder, str]] = []
    shown: set[int] = set()
    for team in teams:
        found.append((("team", team.pk), team.name))
        leading = [team.leader_id] if team.leader_id is not None else []
        for person_id in [*leading, *members[team.pk]]:
            if person_id in names and person_id not in shown:
                shown.add(person_id)
                found.append((("user", person_id), names[person_id]))
    found += [(("user", pk), name) for pk, name in names.items() if pk not in shown]
    return found


def values_of(
    asked: Asked, holders: Sequence[Holder], starts: Sequence[dt.date]
) -> dict[tuple[Holder, dt.date], Decimal]:
    """What stands in the cells of holders."""
    targets = Target.objects.filter(
        Q(team__in=[pk for kind, pk in holders if kind == "team"])
        | Q(user__in=[pk for kind, pk in holders if kind == "user"]),
        metric=asked.metric,
        period=asked.period,
        currency=asked.currency,
        starts_on__in=starts,
    )
    found: dict[tuple[Holder, dt.date], Decimal] = {}
    for team, user, start, value in targets.values_list("team", "user", "starts_on", "value"):
        holder = ("team", team) if team is not None else ("user", user)
        found[holder, start] = value
    return found


def read_grid(user: User, asked: Asked, sent: Sent | None = None) -> Grid:
    """The grid for a person; with `sent`, what they typed stands where it was no number."""
    named = holders_for(user, asked)
    values = values_of(asked, [holder for holder, _name in named], asked.starts)
    rows = [_row(asked, holder, name, values, sent or Sent()) for holder, name in named]
    columns = [
        Column(
            start.isoformat(),
            short_name(asked.period, start),
            _("Fill the empty cells of %(period)s from %(before)s")
            % {
                "period": full_name(asked.period, start),
                "before": full_name(asked.period, after(asked.period, start, -1)),
            },
            start == begins(asked.period, timezone.localdate()),
        )
        for start in asked.starts
    ]
    labels = {"user": _("All people"), "team": _("All teams")}
    present = [kind for kind in labels if any(holder[0] == kind for holder, _name in named)]
    sums = [_sum(asked, kind, labels[kind], values) for kind in present]
    return Grid(asked, columns, rows, sums)


def _row(
    asked: Asked,
    holder: Holder,
    name: str,
    values: Mapping[tuple[Holder, dt.date], Decimal],
    sent: Sent,
) -> Row:
    fields, total = [], Decimal(0)
    for start in asked.starts:
        value = values.get((holder, start))
        total += value or 0
        key = cell_name(holder, start)
        fields.append(
            Field(
                key,
                sent.typed.get(key, number_text(value)),
                "" if value is None else str(value),
                f"{name}, {full_name(asked.period, start)}",
                key in sent.wrong,
            )
        )
    return Row(holder, name, fields, number_text(total))


def _sum(
    asked: Asked, kind: str, label: str, values: Mapping[tuple[Holder, dt.date], Decimal]
) -> Sum:
    sums = [
        sum(
            (value for (held, at), value in values.items() if held[0] == kind and at == start),
            Decimal(),
        )
        for start in asked.starts
    ]
    return Sum(kind, label, [number_text(one) for one in sums], number_text(sum(sums, Decimal())))


def number_text(value: Decimal | None) -> str:
    """A target as it stands in its cell: cents only where there are any."""
    if value is None:
        return ""
    places = 0 if value == value.to_integral_value() else 2
    return format_number(value, get_language() or "en", places)


def cell_name(holder: Holder, start: dt.date) -> str:
    """The name of a cell's field; what stood there comes as the same with “was-” before it."""
    return f"{holder[0]}-{holder[1]}-{start.isoformat()}"


def read_sent(user: User, asked: Asked, data: Mapping[str, str]) -> Sent:
    """The cells that a form sent, of those that the person may set."""
    sent = Sent()
    for holder, _name in holders_for(user, asked):
        for start in asked.starts:
            key = cell_name(holder, start)
            if key not in data:
                continue
            sent.typed[key] = data[key]
            try:
                value = read_value(data[key], is_money=asked.is_money)
                before = read_value(data.get(f"was-{key}", ""), is_money=True)
            except InvalidOperation:
                sent.wrong.append(key)
                continue
            team = holder[1] if holder[0] == "team" else None
            person = holder[1] if holder[0] == "user" else None
            sent.cells.append(Cell(team, person, start, value, before))
    return sent


def read_value(text: str, *, is_money: bool) -> Decimal | None:
    """A typed target; None for an empty one or nothing. Raises InvalidOperation."""
    plain = read_amount(text.strip()[:40])
    if not plain:
        return None
    value = Decimal(plain)
    if not value.is_finite() or not 0 <= value < MOST or value != value.quantize(UNIT):
        raise InvalidOperation
    if not is_money and value != value.to_integral_value():
        raise InvalidOperation
    return value.quantize(UNIT) or None


def filled(asked: Asked, cells: Sequence[Cell], start: dt.date) -> list[Cell]:
    """The cells with the empty ones of a period filled from the period before."""
    before = after(asked.period, start, -1)
    known: dict[Any, Decimal | None] = {
        (cell.team, cell.user): cell.value for cell in cells if cell.starts_on == before
    }
    if before not in asked.starts:
        holders = [
            ("team", cell.team) if cell.team is not None else ("user", cell.user or 0)
            for cell in cells
        ]
        for (holder, _start), value in values_of(asked, holders, [before]).items():
            key = (holder[1], None) if holder[0] == "team" else (None, holder[1])
            known[key] = value
    return [
        replace(cell, value=known.get((cell.team, cell.user)))
        if cell.starts_on == start and cell.value is None
        else cell
        for cell in cells
    ]


def as_csv(user: User, asked: Asked) -> str:
    """The grid as a file: RFC 4180 with a byte order mark, a point as decimal sign."""
    named = holders_for(user, asked)
    values = values_of(asked, [holder for holder, _name in named], asked.starts)
    out = io.StringIO()
    writer = csv.writer(out)
    kinds = {"team": _("Sales team"), "user": _("Person")}
    unit = [asked.currency] if asked.is_money else []
    writer.writerow(
        [
            _("Kind"),
            _("Name"),
            *([_("Currency")] if asked.is_money else []),
            *(f"{start.isoformat()[:7]}" for start in asked.starts),
        ]
    )
    for holder, name in named:
        cells = [values.get((holder, start)) for start in asked.starts]
        writer.writerow(
            [
                kinds[holder[0]],
                harmless(name),
                *unit,
                *("" if value is None else f"{value.normalize():f}" for value in cells),
            ]
        )
    return BYTE_ORDER_MARK + out.getvalue()
