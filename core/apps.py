from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    """The ground floor: words of software and none of sales. Every change has a cause here."""

    name = "core"
    verbose_name = _("Changes and keys")
    default = True


class AdminSiteConfig(admin_apps.AdminConfig):
    """Django's administration with our site."""

    default = False
    default_site = "core.admin_site.Site"
