"""Routes of the pages about the ledger."""

from django.urls import URLPattern, URLResolver, path

from core.views import causes, installing, search

urlpatterns: list[URLPattern | URLResolver] = [
    path("manifest.webmanifest", installing.manifest, name="manifest"),
    path("worker.js", installing.worker, name="worker"),
    path("offline/", installing.offline, name="offline"),
    path("search/", search.found, name="search"),
    path("changes/", causes.causes, name="causes"),
    path("changes/<uuid:pk>/", causes.cause, name="cause"),
    path("changes/<uuid:pk>/undo/", causes.undo, name="cause-undo"),
    path("changes/<uuid:pk>/undoing/", causes.undoing, name="cause-undoing"),
]
