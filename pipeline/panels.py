"""What the pipeline puts into the frame around every page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core import navigation
from core.telling import register_phrase


def register() -> None:
    """Called once, when the app is ready."""
    from pipeline.telling import phrase

    register_phrase(phrase)
    navigation.register(
        "boards",
        _("Board"),
        "layout-kanban",
        order=20,
        pages={"board", "board-lost", "lead", "lead-edit", "lead-history", "lead-move"},
    )
