"""What capture puts into the frame around every page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core import navigation
from crm import assistant
from crm.assistant import Ending


def register() -> None:
    """Called once, when the app is ready."""
    from capture.forms import PROGRAMS

    assistant.register_ending(
        Ending(
            "import",
            _("Import your file"),
            _("Exports of other programs or a table of your own; you see first what would happen."),
            "table-import",
            10,
            "imports",
        )
    )
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
