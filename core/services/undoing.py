"""Undoing a cause, as far as the person may."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core.errors import NotAllowed, NotFound, Refused
from core.ledger.causes import because
from core.ledger.locking import take_turn
from core.ledger.report import UndoReport
from core.ledger.schema import model_of
from core.ledger.tables import Action, Cause, Change, Kind, Undo
from core.ledger.undoing import Undoing, descendants
from core.models import ApiToken

if TYPE_CHECKING:
    from core.permissions import Person

#: The advisory lock of undoing: "UNDO" in ASCII.
TURN = 0x554E444F


def undo_cause(
    *, cause: uuid.UUID, by: Person | None, with_consequences: bool = False
) -> UndoReport:
    """Undo what `cause` did, and with it what it woke if asked; one transaction, one new cause.

    `by=None` is the system itself. Raises NotFound for an unknown cause, Refused for one that is
    undone already, NotAllowed when the person may not change the records.
    """
    with transaction.atomic():
        # One undo at a time: no record comes back while another undo locks what is there.
        take_turn(TURN, "default")
        found = Cause.objects.select_for_update().filter(pk=cause).first()
        if found is None:
            raise NotFound(_("There is no such cause."))
        if is_undone(found):
            raise Refused(_("This was undone already."))
        causes = [found.pk]
        if with_consequences:
            causes += [key for key in descendants(found.pk) if not _is_undone(key)]
        if not all(undoable_by(each, by) for each in Cause.objects.filter(pk__in=causes)):
            raise NotAllowed(_("You may not change everything that this changed."))
        label = found.label or str(found.get_kind_display())
        with because(
            Kind.UNDO, by=by, label=_("Undo: %s") % label, reference=str(found.pk), quiet=True
        ) as undo:
            undo.as_row().save(force_insert=True)
            report = Undoing(causes, undo.id, "default").run()
            # Named only now: what is undone is judged as things stood before.
            Undo.objects.bulk_create(
                Undo(cause_id=undo.id, undone_id=key, is_complete=report.is_complete)
                for key in causes
            )
            _rebuild(causes)
    return report


def _rebuild(causes: list[uuid.UUID]) -> None:
    """Make what is derived anew, now that the ledger knows what no longer counts."""
    from core.ledger import derivations

    touched: dict[str, set[int]] = defaultdict(set)
    rows = Change.objects.filter(cause__in=causes).values_list("record_type", "record_id")
    for record_type, record_id in rows.distinct().iterator(chunk_size=5000):
        touched[record_type].add(record_id)
    for record_type, ids in touched.items():
        derivations.rebuild(record_type, sorted(ids))


def is_undone(cause: Cause) -> bool:
    """Whether an undo of the whole cause stands, itself not undone."""
    return _is_undone(cause.pk)


def _is_undone(cause: uuid.UUID) -> bool:
    undos = Undo.objects.filter(undone=cause, is_complete=True).values_list("cause", flat=True)
    return any(not _is_undone(undo) for undo in undos)


def undoable_by(cause: Cause, by: Any) -> bool:
    """Whether a person may undo a cause: managers all, others what they may change entirely.

    A record that is gone by now counts as changeable by who did it, and so does what they made in
    it and still see. What gave or took power (accounts, roles, keys of machines) only
    administrators take back.
    """
    if by is None or by.is_admin:
        return True
    if gave_power([cause.pk]):
        return False
    if by.is_manager:
        return True
    touched: dict[str, set[int]] = defaultdict(set)
    rows = Change.objects.filter(cause=cause).values_list("record_type", "record_id").distinct()
    for record_type, record_id in rows.iterator(chunk_size=2000):
        touched[record_type].add(record_id)
    if not touched:
        return bool(cause.actor_id == by.pk)
    return all(_may_change(record_type, ids, cause, by) for record_type, ids in touched.items())


def gave_power(causes: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which causes made or ended accounts or keys, or changed who somebody is here.

    An account that nobody can log into, as an import makes them for the people whom a file names,
    gives no power; letting somebody in by it is another cause, and undo leaves it alone then.
    """
    account = Q(record_type=settings.AUTH_USER_MODEL.lower())
    asleep = Q(action=Action.CREATED, diff__is_active=[None, False])
    power = Q(diff__has_any_keys=["role", "is_active", "email"]) | ~Q(action=Action.UPDATED)
    key = Q(record_type=ApiToken._meta.label_lower)
    changes = Change.objects.filter(key | (account & power), cause__in=list(causes))
    return set(changes.exclude(asleep).order_by().values_list("cause", flat=True).distinct())


def _may_change(record_type: str, ids: set[int], cause: Cause, by: Any) -> bool:
    records: Any = model_of(record_type)._default_manager.filter(pk__in=ids)
    here = set(records.values_list("pk", flat=True))
    if here != ids and cause.actor_id != by.pk:
        return False
    if not here:
        return True
    if hasattr(records, "changeable_by"):
        visible = records.visible_to(by).filter(pk__in=records.changeable_by(by).values("pk"))
        left = here - set(visible.values_list("pk", flat=True))
        if not left or cause.actor_id != by.pk:
            return not left
        # What they made themselves they may take back for as long as they see it.
        made = Change.objects.filter(cause=cause, record_type=record_type, action=Action.CREATED)
        seen = records.visible_to(by).filter(pk__in=left).values_list("pk", flat=True)
        return left <= set(made.values_list("record_id", flat=True)) & set(seen)
    return bool(cause.actor_id == by.pk)
