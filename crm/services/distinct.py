"""Telling records apart that look alike, and taking that back. Those who review duplicates, and the
hints and panels that show them, leave out what was told apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import NotAllowed, NotFound, Refused
from core.ledger.writing import lock
from core.merging import register_moving
from crm.models import Distinct
from crm.services.rights import require_active

if TYPE_CHECKING:
    from crm.models import User

#: So many records are told apart at once.
MOST = 20


@transaction.atomic
def tell_apart[Pair: Distinct](
    *, model: type[Pair], ids: Sequence[int], by: User | None
) -> list[Pair]:
    """Remember that the records of `ids` are no duplicates of each other; the new pairs.

    Whoever says so sees all of them, and of each two may change one. What was told apart already
    stays as it is.
    """
    wanted = sorted(set(ids))
    if len(wanted) < 2:
        raise Refused(_("Choose at least two records."))
    if len(wanted) > MOST:
        raise Refused(_("At most %d records are told apart at once.") % MOST)
    _lock_records(model, wanted, by)
    pairs: Any = model._default_manager
    known = set(pairs.among(wanted).values_list("first", "second"))
    fresh = [pair for pair in combinations(wanted, 2) if pair not in known]
    made: list[Pair] = pairs.bulk_create(
        model(first_id=first, second_id=second) for first, second in fresh
    )
    return made


@transaction.atomic
def take_together(*, model: type[Distinct], ids: Sequence[int], by: User | None) -> int:
    """Forget that records were told apart: they may be one and the same again. How many pairs."""
    wanted = sorted(set(ids))
    _lock_records(model, wanted, by)
    pairs: Any = model._default_manager
    found = lock(pairs.among(wanted))
    pairs.filter(pk__in=[pair.pk for pair in found]).delete()
    return len(found)


def _lock_records(model: type[Distinct], wanted: Sequence[int], by: User | None) -> None:
    """Hold the records, so that none is merged or deleted meanwhile; as far as `by` may."""
    require_active(by)
    records: Any = model.of_what()._default_manager
    if len(lock(records.filter(pk__in=wanted))) < len(wanted):
        raise NotFound(_("There is no such record."))
    if by is None or by.is_manager:
        return
    if records.visible_to(by).filter(pk__in=wanted).values("pk").distinct().count() < len(wanted):
        raise NotFound(_("There is no such record."))
    mine = records.changeable_by(by).filter(pk__in=wanted).values("pk").distinct().count()
    if mine < len(wanted) - 1:
        raise NotAllowed(_("To tell records apart, you have to be able to change one of each two."))


def register_apart(model: type[Distinct]) -> None:
    """Say how pairs move when their records are merged: what was told apart from one that goes is
    told apart from the one that stays. What became one is told apart from nothing of its own."""
    name = model._meta.label_lower

    def move(head: Any, tails: Sequence[Any]) -> None:
        gone = {tail.pk for tail in tails}
        pairs: Any = model._default_manager
        pair: Any = model
        theirs = lock(pairs.filter(first__in=gone) | pairs.filter(second__in=gone))
        others = _members(theirs) - {head.pk, *gone} - _members(pairs.of(head.pk))
        # One that is merged or deleted meanwhile is waited for, and left out.
        there = lock(model.of_what()._default_manager.filter(pk__in=others))
        ordered = (sorted((head.pk, other.pk)) for other in there)
        pairs.bulk_create(pair(first_id=first, second_id=second) for first, second in ordered)

    register_moving(f"{name}.first", move=move)
    # One deed for both ends.
    register_moving(f"{name}.second", move=lambda head, tails: None)


def _members(pairs: Iterable[Any]) -> set[int]:
    """The records of pairs."""
    return {key for pair in pairs for key in (pair.first_id, pair.second_id)}
