"""The app of people and companies."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CrmConfig(AppConfig):
    """Who we are and whom we know: people, teams, companies, contacts, and where they came from."""

    name = "crm"
    verbose_name = _("People and companies")

    def ready(self) -> None:
        """Declare fields and register what the floors below ask."""
        from core import commands
        from crm import fields, finding, organisation, panels, settingpages, setupsteps, starting
        from crm.services import checks

        fields.register()
        commands.register(*finding.COMMANDS)
        for source in finding.SOURCES:
            commands.register_source(source)
        checks.register()
        panels.register()
        settingpages.register_pages()
        organisation.register()
        setupsteps.register()
        starting.register_facts()
