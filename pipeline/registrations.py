"""What the pipeline tells the floors below: what follows from its changes, who sees through it."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Q

from core.ledger.derivations import register_derivation, register_derived, register_restore
from core.ledger.dispatch import register_consumer
from core.permissions import linked, register_sight


def register() -> None:
    """Called once, when the app is ready."""
    from pipeline.services import (
        activities,
        configuration,
        examining,
        merging,
        moves,
        pushes,
        rebuilding,
        search,
        spans,
        totals,
        touches,
    )

    configuration.register()
    for follow in (moves.follow, spans.follow, totals.follow, touches.follow, pushes.follow):
        register_derivation("pipeline.lead", follow=follow)
    register_derivation("pipeline.lead", rebuild=rebuilding.rebuild_leads)
    register_derivation(
        "pipeline.stage", follow=rebuilding.follow_stages, rebuild=rebuilding.rebuild_stages
    )
    register_derivation(
        "pipeline.activity", follow=activities.follow, rebuild=rebuilding.rebuild_activities
    )
    register_derived(
        "pipeline.stagevisit", "pipeline.leadspan", "pipeline.stagetotal", "pipeline.leadsearch"
    )
    register_restore("pipeline.lead", moves.prepare_restore)
    examining.register()
    merging.register()
    register_consumer("search", search.take, then=search.wake, hears_quiet=True)
    register_sight("crm.contact", _contacts_of_visible_leads)
    register_sight("crm.company", _companies_of_visible_leads)


def _contacts_of_visible_leads(user: Any) -> Q:
    from pipeline.models import Lead, LeadContact

    seen = Lead.objects.visible_to(user, singly=True).values("pk")
    return linked(LeadContact.objects.filter(contact=OuterRef("pk"), lead__in=seen))


def _companies_of_visible_leads(user: Any) -> Q:
    from pipeline.models import Lead

    return linked(Lead.objects.visible_to(user, singly=True).filter(company=OuterRef("pk")))
