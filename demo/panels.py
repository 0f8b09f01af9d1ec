"""What demo puts among the settings."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.settingpages import SettingLink, register_link


def register() -> None:
    """Called once, when the app is ready."""
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
