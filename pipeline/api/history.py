"""Whose changes of the pipeline's records are seen by whom, over the API; sight of touches."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from core.api.ledger import register_history
from core.permissions import register_sight
from pipeline.models import (
    ActivityType,
    CriterionTick,
    Lead,
    LeadContact,
    LostReason,
    Plan,
    PlanStep,
)


def touches_of_leads(user: Any) -> Q:
    """The first and last touches of leads in sight."""
    leads = Lead.objects.visible_to(user).order_by()
    first = leads.filter(first_touch__isnull=False).values("first_touch")
    last = leads.filter(last_touch__isnull=False).values("last_touch")
    return Q(pk__in=first) | Q(pk__in=last)


def ticks(user: Any) -> QuerySet[Any]:
    """The ticks on leads in sight."""
    return CriterionTick.objects.filter(lead__in=Lead.objects.visible_to(user).values("pk"))


def people(user: Any) -> QuerySet[Any]:
    """The people on leads in sight."""
    return LeadContact.objects.filter(lead__in=Lead.objects.visible_to(user).values("pk"))


def register() -> None:
    """What hangs on a lead is seen with it; what everyone reads, by everyone."""
    for model in (ActivityType, LostReason, Plan, PlanStep):
        register_history(model)
    register_history(CriterionTick, ticks)
    register_history(LeadContact, people)
    register_sight("crm.touch", touches_of_leads)
