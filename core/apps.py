"""The app of the ground floor."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.core import checks
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    """The ground floor: words of software and none of sales. Every change has a cause here."""

    name = "core"
    verbose_name = _("Changes and keys")
    default = True

    def ready(self) -> None:
        """Watch the models; say what the ledger need not follow, and what a doctor looks at."""
        from core.checks import check_guard
        from core.examinations import register_examination
        from core.ledger.derivations import register_derived
        from core.ledger.doctor import check_chain

        register_derived("core.idempotencykey", "admin.logentry")
        checks.register(check_guard, checks.Tags.models)
        register_examination("the ledger", lambda: map(str, check_chain()))


class AdminSiteConfig(admin_apps.AdminConfig):
    """Django's administration with our site."""

    default = False
    default_site = "core.admin_site.Site"
