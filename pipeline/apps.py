"""The app of what moves."""

from typing import Any

from django.apps import AppConfig
from django.db import connection
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PipelineConfig(AppConfig):
    """What moves: leads on their way from first contact to won or lost, with their next steps."""

    name = "pipeline"
    verbose_name = _("Pipeline")

    def ready(self) -> None:
        """Declare fields and panels, and register what follows from changes."""
        from pipeline import fields, panels, registrations, settingpages, setupsteps, startingfacts

        fields.register()
        registrations.register()
        panels.register()
        settingpages.register_pages()
        setupsteps.register()
        startingfacts.register_facts()
        post_migrate.connect(_first_pipeline, sender=self)


def _first_pipeline(**signal: Any) -> None:
    """After migrating a fresh installation (Django's own hook for first data)."""
    from pipeline.services.pipelines import create_first_pipeline

    tables = connection.introspection.table_names()
    if "pipeline_stage" in tables and "core_change" in tables:
        create_first_pipeline()
