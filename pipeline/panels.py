"""What the pipeline puts into the frame around every page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core import commands, navigation, notices
from core.telling import register_phrase


def register() -> None:
    """Called once, when the app is ready."""
    from crm.duplicatelines import register_queue
    from crm.services.distinct import register_apart
    from pipeline.duplicatelines import LEADS as DUPLICATE_LEADS
    from pipeline.finding import COMMANDS, LEADS, PIPELINES
    from pipeline.holdings import register as register_holdings
    from pipeline.leadpanels import register_panels
    from pipeline.models import DistinctLeads
    from pipeline.notices import MyLeads, OverdueSteps, overdue_count
    from pipeline.recordpanels import register as register_record_panels
    from pipeline.teamload import register as register_team_load
    from pipeline.telling import phrase

    register_phrase(phrase)
    register_queue(DUPLICATE_LEADS)
    register_apart(DistinctLeads)
    register_panels()
    register_record_panels()
    register_holdings()
    register_team_load()
    commands.register(*COMMANDS)
    commands.register_source(LEADS)
    commands.register_source(PIPELINES)
    notices.register("leads", MyLeads())
    notices.register("steps", OverdueSteps())
    navigation.register_count("day", overdue_count)
    navigation.register(
        "day",
        _("My day"),
        "sun-high",
        order=10,
        keys="g d",
        words=("activities", "to do", "tasks", "calls", "activités", "à faire", "relances"),
    )
    navigation.register(
        "boards",
        _("Board"),
        "layout-kanban",
        order=20,
        keys="g b",
        words=("pipeline", "kanban", "deals", "opportunities", "opportunités", "affaires"),
        pages={
            "board",
            "board-lost",
            "lead",
            "lead-edit",
            "lead-history",
            "lead-move",
            "lead-duplicates",
            "lead-merge",
        },
    )
    navigation.register(
        "leads",
        _("Leads"),
        "list",
        order=30,
        keys="g l",
        pages={"calendar", "forecast"},
        words=("list", "deals", "export", "opportunities", "liste", "pistes", "opportunités"),
    )
