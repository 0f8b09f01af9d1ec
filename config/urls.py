"""The routes of the whole house. Each app keeps its own; this file only joins them."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from config.health import healthz, readyz

handler400 = "core.views.failures.bad_request"
handler403 = "core.views.failures.forbidden"
handler404 = "core.views.failures.not_found"
handler500 = "core.views.failures.server_error"

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("config.api")),
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),
    path("", include("core.urls")),
    path("", include("crm.urls")),
    path("", include("pipeline.urls")),
    path("", include("messaging.urls")),
    path("", include("capture.urls")),
    path("", include("demo.urls")),
]
