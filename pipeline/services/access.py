"""Leads under lock, as far as the person who acts may see and change them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from core.errors import Conflict, NotAllowed, NotFound
from core.ledger.history import last_change
from core.ledger.writing import lock
from pipeline.models import CriterionTick, Lead

if TYPE_CHECKING:
    from crm.models import User


def lock_leads(
    ids: Sequence[int], *, by: User | None, expected_version: int | None = None
) -> list[Lead]:
    """The leads of `ids` in that order, under row locks, with their stage and whether its exit
    criterion is ticked (`criterion_met`); for `by` to change.

    `by=None` is the system itself, which may change everything. Raises NotFound for what the
    person does not see, NotAllowed for what they may only see, and Conflict when
    `expected_version` is not the version of the (one) lead.
    """
    wanted = list(dict.fromkeys(ids))
    ticks = CriterionTick.objects.filter(lead=OuterRef("pk"), stage=OuterRef("stage"))
    leads = Lead.objects.filter(pk__in=wanted).annotate(criterion_met=Exists(ticks))
    leads = leads.select_related("stage")
    if by is not None:
        leads = leads.visible_to(by, singly=True).with_may_change(by)
    found: dict[int, Any] = {lead.pk: lead for lead in lock(leads)}
    missing = [key for key in wanted if key not in found]
    if missing:
        # A lead that was moved while its lock was awaited drops out of the join with its old
        # stage. The lock is held by now; one that came back only now is not waited for.
        again = leads.select_related(None).filter(pk__in=missing)
        found |= {lead.pk: lead for lead in lock(again, wait=False)}
    if len(found) < len(wanted):
        raise NotFound(_("There is no such lead."))
    chosen = [found[key] for key in wanted]
    if not all(getattr(lead, "may_change", True) for lead in chosen):
        raise NotAllowed(_("You can see this lead, but not change it."))
    if expected_version is not None and chosen[0].version != expected_version:
        raise Conflict(describe_conflict(chosen[0]))
    return chosen


def describe_conflict(lead: Lead) -> str:
    """Who changed the lead meanwhile, and where it stands now."""
    change = last_change("pipeline.lead", lead.pk)
    who = change.cause.actor if change is not None else None
    if who is None:
        return _("“%(title)s” was changed meanwhile; it is in %(stage)s now.") % {
            "title": lead.title,
            "stage": lead.stage.name,
        }
    return _("%(name)s changed “%(title)s” meanwhile; it is in %(stage)s now.") % {
        "name": who,
        "title": lead.title,
        "stage": lead.stage.name,
    }
