"""May they? And which rows exactly: the first half of every service that changes records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models
from django.utils.translation import gettext as _

from core.errors import Conflict, NotAllowed, NotFound
from core.ledger.writing import lock

if TYPE_CHECKING:
    from core.ledger.tracked import Tracked
    from crm.models import User

Record = TypeVar("Record", bound="Tracked")


def require_active(by: User | None) -> None:
    """Refuse whoever may no longer log in. None is the system itself."""
    if by is not None and not by.is_active:
        raise NotAllowed(_("Your account is not active."))


def require_manager(by: User | None) -> None:
    """Refuse whoever does not configure the CRM."""
    require_active(by)
    if by is not None and not by.is_manager:
        raise NotAllowed(_("Only managers may change this."))


def locked_for_change[Record: "Tracked"](
    model: type[Record], ids: Sequence[int], by: User | None
) -> list[Record]:
    """The records of `ids`, in that order, under lock, once `by` may change them all.

    Inside a transaction. One out of sight raises NotFound, one that is seen but not to be
    changed NotAllowed.
    """
    require_active(by)
    wanted = list(dict.fromkeys(ids))
    found = {record.pk: record for record in lock(model._base_manager.filter(pk__in=wanted))}
    if len(found) != len(wanted):
        raise NotFound(_("There is no such record."))
    if by is not None and not by.is_manager:
        queryset: Any = model._default_manager
        if _count(queryset.visible_to(by), wanted) != len(wanted):
            raise NotFound(_("There is no such record."))
        if _count(queryset.changeable_by(by), wanted) != len(wanted):
            raise NotAllowed(_("You may see this record, but not change it."))
    return [found[pk] for pk in wanted]


def _count(queryset: models.QuerySet[Any], ids: Sequence[int]) -> int:
    return queryset.filter(pk__in=ids).values("pk").distinct().count()


def require_version(record: Tracked, expected: int | None) -> None:
    """Refuse an edit that was begun on an older state of the record."""
    if expected is not None and record.version != expected:
        raise Conflict(_("Somebody else changed this record meanwhile."))
