"""What people and teams are to reach in a month or a quarter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core.errors import Conflict, NotAllowed, NotFound
from core.ledger.writing import lock
from core.services.configuration import check_saving
from crm.models import Target, Team, User
from crm.periods import full_name
from crm.services.rights import require_active, require_version
from crm.services.values import checked

#: What says whose target it is, of what, and when; given once.
KEYS = ("team", "user", "metric", "period", "starts_on", "currency")
FIELDS = frozenset({*KEYS, "value"})


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell of the grid, and what stood there when it was opened (None: nothing).

    Either `team` or `user` is given.
    """

    team: int | None
    user: int | None
    starts_on: dt.date
    value: Decimal | None
    before: Decimal | None

    @property
    def key(self) -> tuple[int | None, int | None, dt.date]:
        """Whose, and when."""
        return self.team, self.user, self.starts_on


@transaction.atomic
def set_targets(
    *, cells: Sequence[Cell], metric: str, period: str, currency: str, by: User | None
) -> int:
    """Write the cells that were changed; an empty one has no target. How many were changed.

    All or none: a cell that somebody else changed meanwhile is a Conflict that names it.
    """
    changed = [cell for cell in cells if cell.value != cell.before]
    if not changed:
        return 0
    _require_holders(
        by,
        {cell.team for cell in changed if cell.team is not None},
        {cell.user for cell in changed if cell.user is not None},
    )
    there = _there(changed, metric, period, currency)
    fresh = []
    for cell in changed:
        found = there.get(cell.key)
        stands = found.value if found else None
        if stands == cell.value:
            continue
        if stands != cell.before:
            words = {"whose": _named(cell), "when": full_name(period, cell.starts_on)}
            raise Conflict(_("Somebody else changed “%(whose)s”, %(when)s meanwhile.") % words)
        if found is None:
            fresh.append(
                {
                    "team": cell.team,
                    "user": cell.user,
                    "metric": metric,
                    "period": period,
                    "starts_on": cell.starts_on,
                    "currency": currency,
                    "value": cell.value,
                }
            )
        elif cell.value is None:
            found.delete()
        else:
            found.value = checked(Target, [{"value": cell.value}], by=by, allowed={"value"})[0][
                "value"
            ]
            check_saving(found)
            found.save()
    _insert(fresh, by)
    return len(changed)


def _there(
    cells: Sequence[Cell], metric: str, period: str, currency: str
) -> dict[tuple[int | None, int | None, dt.date], Target]:
    """The targets that stand in cells, under lock."""
    teams = {cell.team for cell in cells if cell.team is not None}
    users = {cell.user for cell in cells if cell.user is not None}
    rows: list[Target] = lock(
        Target._base_manager.filter(
            Q(team__in=teams) | Q(user__in=users),
            metric=metric,
            period=period,
            currency=currency,
            starts_on__in={cell.starts_on for cell in cells},
        )
    )
    return {(row.team_id, row.user_id, row.starts_on): row for row in rows}


def _named(cell: Cell) -> str:
    model: Any = Team if cell.team is not None else User
    return str(model.objects.filter(pk=cell.team or cell.user).first() or "")


@transaction.atomic
def create_target(*, values: Mapping[str, Any], by: User | None) -> Target:
    """Make a target of a team or a person."""
    return _insert([values], by, required=("metric", "period", "starts_on", "value"))[0]


@transaction.atomic
def update_target(
    *, target: int, values: Mapping[str, Any], by: User | None, expected_version: int | None = None
) -> Target:
    """Change what is to be reached; whose it is and when stays."""
    record = _locked(target, by)
    require_version(record, expected_version)
    for attname, value in checked(Target, [values], by=by, allowed={"value"})[0].items():
        setattr(record, attname, value)
    check_saving(record)
    record.save()
    return record


@transaction.atomic
def delete_target(*, target: int, by: User | None, expected_version: int | None = None) -> None:
    """Take a target back."""
    record = _locked(target, by)
    require_version(record, expected_version)
    record.delete()


def _insert(
    rows: Sequence[Mapping[str, Any]], by: User | None, required: Sequence[str] = ()
) -> list[Target]:
    clean = checked(Target, rows, by=by, allowed=FIELDS, required=required)
    made = [Target(**values) for values in clean]
    _require_holders(
        by,
        {one.team_id for one in made if one.team_id is not None},
        {one.user_id for one in made if one.user_id is not None},
    )
    for target in made:
        check_saving(target)
    try:
        with transaction.atomic():
            return Target.objects.bulk_create(made)
    except IntegrityError:
        raise Conflict(_("There is such a target already.")) from None


def _locked(target: int, by: User | None) -> Target:
    require_active(by)
    seen = Target.objects.all() if by is None else Target.objects.visible_to(by)
    found: list[Target] = lock(Target._base_manager.filter(pk=target))
    if not found or not seen.filter(pk=target).exists():
        raise NotFound(_("There is no such record."))
    record = found[0]
    _require_holders(by, {record.team_id} - {None}, {record.user_id} - {None})
    return record


def _require_holders(by: User | None, teams: set[Any], users: set[Any]) -> None:
    """Refuse who may not say what these are to reach: a manager all, a leader their own teams and
    the people in them."""
    require_active(by)
    if by is None or by.is_manager:
        return
    led = Team.objects.led_by(by).filter(pk__in=teams).count() == len(teams)
    if not led or User.objects.led_by(by).filter(pk__in=users).count() != len(users):
        raise NotAllowed(_("Managers set all targets, a leader those of their team."))
