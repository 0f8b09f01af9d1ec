"""The app of what is said."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    """What we say to each other about a record: notes, mentions, notifications.

    No customer ever gets to see any of it."""

    name = "messaging"
    verbose_name = _("Talk")

    def ready(self) -> None:
        """Put what is said onto the pages of the floors below."""
        from messaging import panels, registrations

        registrations.register()
        panels.register()
