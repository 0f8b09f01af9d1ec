"""What the pipeline puts into the frame around every page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core import commands, navigation, notices
from core.telling import register_phrase


def register() -> None:
    """Called once, when the app is ready."""
    from pipeline.finding import COMMANDS, LEADS, PIPELINES
    from pipeline.notices import MyLeads, OverdueSteps, overdue_count
    from pipeline.telling import phrase

    register_phrase(phrase)
    commands.register(*COMMANDS)
    commands.register_source(LEADS)
    commands.register_source(PIPELINES)
    notices.register("leads", MyLeads())
    notices.register("steps", OverdueSteps())
    navigation.register_count("day", overdue_count)
    navigation.register(
        "boards",
        _("Board"),
        "layout-kanban",
        order=20,
        keys="g b",
        words=("pipeline", "kanban", "deals", "opportunities", "opportunités", "affaires"),
        pages={"board", "board-lost", "lead", "lead-edit", "lead-history", "lead-move"},
    )
