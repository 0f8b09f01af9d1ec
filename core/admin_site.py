"""The administration site: configuration for managers, behind the login of the house."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.contrib.admin.sites import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Site(AdminSite):
    """Django's site with our name on it. People log in where everyone does, so that the throttle
    and whatever else guards that page guards this one as well."""

    site_header = "Relance"
    site_title = "Relance"
    index_title = _("Configuration")
    site_url = "/"
    #: What is configured most comes first.
    order = ("pipeline", "crm", "core")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Everything but Django's groups, whose place our roles take."""
        from django.contrib.auth.models import Group

        models = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        ours = [model for model in models if model is not Group]
        super().register(ours, admin_class, **options)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The apps in our order, each with its kinds by name."""
        found = super().get_app_list(request, app_label)
        place = {label: number for number, label in enumerate(self.order)}
        return sorted(found, key=lambda app: place.get(app["app_label"], len(place)))

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send visitors to the login page; whoever is logged in but no manager is refused."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied(_("Only managers configure Relance."))
        target = request.GET.get("next") or reverse("admin:index", current_app=self.name)
        answer = HttpResponse(status=302)
        answer["Location"] = f"{reverse('login')}?next={quote(target)}"
        return answer

    login.login_required = False  # type: ignore[attr-defined]
