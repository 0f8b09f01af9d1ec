from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PipelineConfig(AppConfig):
    """What moves: leads on their way from first contact to won or lost, and the next steps on them."""

    name = "pipeline"
    verbose_name = _("Pipeline")

    def ready(self) -> None:
        from pipeline import fields, registrations

        fields.register()
        registrations.register()
