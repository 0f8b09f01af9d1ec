"""What demo puts among the settings."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.settingpages import SettingLink, register_link
from crm import assistant
from crm.assistant import Ending
from pipeline.models import Lead


def register() -> None:
    """Called once, when the app is ready."""
    assistant.register_ending(
        Ending(
            "demo",
            _("Take demo data"),
            _("A small company to look around in; removed in one click."),
            "bulb",
            20,
            "demo-data-take",
            is_deed=True,
            allowed=lambda user: user.is_admin and not Lead.objects.exists(),
        )
    )
    register_link(
        SettingLink(
            "demo-data",
            _("Demo data"),
            "bulb",
            _("A small company to look around in; removed in one click."),
            is_for_admins=True,
            words=("demo", "démo", "sample data", "exemple"),
        )
    )
