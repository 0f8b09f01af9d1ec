"""Demo data in an installation: taken to look around, and removed again without a trace."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from core.errors import NotAllowed, Refused
from core.ledger.tables import Action, Cause, Change
from core.ledger.undoing import descendants
from core.models import UndoOrder
from core.services.undoing import is_undone
from core.services.undoorders import order_undo
from crm.models import User
from crm.services.users import deactivate_user
from demo.models import DemoOrder
from demo.why import REFERENCE
from demo.world import CAST
from pipeline.models import Lead

if TYPE_CHECKING:
    from uuid import UUID

LEADS, PEOPLE, MONTHS = 60, len(CAST) + 1, 6
RECORDS = {
    "leads": "pipeline.lead",
    "contacts": "crm.contact",
    "companies": "crm.company",
    "people": "crm.user",
}


@dataclass(frozen=True, slots=True)
class Trial:
    """Whether demo data is here: the cause of its seed, how much it brought, and the removal that
    is under way or done."""

    cause: Cause | None = None
    counts: dict[str, int] | None = None
    order: UndoOrder | None = None
    taking: DemoOrder | None = None
    may_take: bool = False

    @property
    def is_coming(self) -> bool:
        """Whether a worker is to make it."""
        return self.taking is not None and bool(self.taking.waits)

    @property
    def is_leaving(self) -> bool:
        """Whether a worker is to remove it."""
        return self.order is not None and self.order.is_waiting

    @property
    def is_gone(self) -> bool:
        """Whether it was removed, perhaps but for what somebody worked on."""
        return self.order is not None and self.order.report is not None


def read_trial() -> Trial:
    """What there is of demo data."""
    return replace(_read(), taking=DemoOrder.objects.order_by("-pk").first())


def _read() -> Trial:
    roots = Cause.objects.filter(reference=REFERENCE, parent=None)
    orders = UndoOrder.objects.filter(cause__in=roots.values("pk")).order_by("pk")
    last = {order.cause_id: order for order in orders}
    found = [Trial(cause, order=last.get(cause.pk)) for cause in roots if not is_undone(cause)]
    # One whose removal left something behind comes after one that is still whole.
    found.sort(key=lambda trial: trial.is_gone)
    if not found:
        ended = max(last.values(), key=lambda order: order.pk, default=None)
        return Trial(order=ended, may_take=not Lead.objects.exists())
    trial = found[0]
    assert trial.cause is not None  # noqa: S101
    made = _made(trial.cause.pk)
    counts = {name: made.filter(record_type=kind).count() for name, kind in RECORDS.items()}
    free = trial.is_gone and not Lead.objects.exists()
    return replace(trial, counts=counts, may_take=free)


@transaction.atomic
def remove_demo(*, by: User) -> UndoOrder:
    """Have a worker take back all that the seed brought, as one undo.

    What people made since stays, and so does what they changed or hung something on: the undo lists
    it. Demo people who stay because they did something cannot log in any more; who orders this can.
    """
    require_admin(by)
    cause = read_trial().cause
    if cause is None:
        raise Refused(_("There is no demo data here."))
    order = order_undo(cause=cause.pk, by=by, with_consequences=True)
    causes = [cause.pk, *descendants(cause.pk)]
    born = _made(cause.pk).filter(record_type="crm.user").values("record_id")
    acted = Cause.objects.filter(actor__isnull=False).values("actor")
    changed = Change.objects.filter(record_type="crm.user").exclude(cause__in=causes)
    people = User.objects.active().filter(pk__in=born).exclude(pk=by.pk)
    kept = Q(pk__in=acted) | Q(pk__in=changed.values("record_id"))
    for user in people.filter(kept):
        deactivate_user(user=user.pk, by=by)
    return order


def _made(root: UUID) -> QuerySet[Change]:
    """The changes by which a seed made records."""
    causes = [root, *descendants(root)]
    return Change.objects.filter(cause__in=causes, action=Action.CREATED)


def require_admin(by: User) -> None:
    """Refuse whoever does not run the installation."""
    if not (by.is_active and by.is_admin):
        raise NotAllowed(_("This is for administrators."))
