from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The ground floor: words of software and none of sales. Every change has a cause here."""

    name = "core"
