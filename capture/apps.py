"""The app that reads what comes in."""

from django.apps import AppConfig


class CaptureConfig(AppConfig):
    """What comes in: files of other systems, read, checked and made into leads."""

    name = "capture"

    def ready(self) -> None:
        """Put its pages into the frame."""
        from capture import panels

        panels.register()
