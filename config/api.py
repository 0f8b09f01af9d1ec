"""Routes of the API below /api/v1/."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, URLResolver, path, re_path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny

import crm.api
import messaging.api
import pipeline.api
from core.api.ledger import CausesView, ChangesView
from core.api.nothing import NothingHere, ProblemView
from core.api.router import Router
from core.api.subroutes import subroutes
from crm.api.organisation import OrganisationView

RESOURCES: dict[str, Any] = {
    **pipeline.api.RESOURCES,
    **crm.api.RESOURCES,
    **messaging.api.RESOURCES,
    "causes": CausesView,
    "changes": ChangesView,
}

router = Router()
for name, view in RESOURCES.items():
    router.register(name, view, basename=name)

#: What there is one of, without an id.
singles: list[URLPattern] = [
    path(
        "organisation/",
        OrganisationView.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="organisation-api",
    )
]

urlpatterns: list[URLPattern | URLResolver] = [
    *router.urls,
    *subroutes(),
    *singles,
    path(
        "schema/",
        SpectacularAPIView.as_view(permission_classes=[AllowAny], throttle_classes=[]),
        name="api-schema",
    ),
    path("problems/<slug:name>/", ProblemView.as_view({"get": "retrieve"}), name="api-problem"),
    re_path(r"^.*$", NothingHere.as_view(), name="api-nothing"),
]
