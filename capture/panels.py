"""What capture puts into the frame around every page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core import navigation


def register() -> None:
    """Called once, when the app is ready."""
    from capture.forms import PROGRAMS

    navigation.register(
        "imports",
        _("Imports"),
        "table-import",
        order=70,
        pages={"import"},
        managers_only=True,
        words=(
            *("csv", "upload", "migration", "migrer", "fichier", "reprise de données"),
            *PROGRAMS.values(),
        ),
    )
