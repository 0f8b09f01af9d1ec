"""Registration of the demo company."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """A believable company of any size, for the demo, the tests and the benchmarks."""

    name = "demo"

    def ready(self) -> None:
        """Put its page among the settings."""
        from demo import panels

        panels.register()
