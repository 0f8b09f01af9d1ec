"""Routes of the pages about the ledger."""

from django.urls import URLPattern, URLResolver, path

from core.views import causes, cells, conditions, installing, search, settingpages

urlpatterns: list[URLPattern | URLResolver] = [
    path("manifest.webmanifest", installing.manifest, name="manifest"),
    path("worker.js", installing.worker, name="worker"),
    path("offline/", installing.offline, name="offline"),
    path("search/", search.found, name="search"),
    path("settings/", settingpages.index, name="settings"),
    path("settings/<slug:name>/", settingpages.listing, name="setting"),
    path("settings/<slug:name>/new/", settingpages.edit, name="setting-new"),
    path("settings/<slug:name>/order/", settingpages.reorder, name="setting-order"),
    path("settings/<slug:name>/<int:pk>/", settingpages.edit, name="setting-edit"),
    path("settings/<slug:name>/<int:pk>/delete/", settingpages.delete, name="setting-delete"),
    path("conditions/<slug:name>/", conditions.build, name="conditions"),
    path("lists/<slug:name>/<int:pk>/cells/<str:column>/", cells.cell, name="list-cell"),
    path("changes/", causes.causes, name="causes"),
    path("changes/<uuid:pk>/", causes.cause, name="cause"),
    path("changes/<uuid:pk>/undo/", causes.undo, name="cause-undo"),
    path("changes/<uuid:pk>/undoing/", causes.undoing, name="cause-undoing"),
]
