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
