"""Routes of the pages about what is said."""

from django.urls import URLPattern, URLResolver, path

from messaging.views import notes

urlpatterns: list[URLPattern | URLResolver] = [
    path("notes/<int:pk>/", notes.show, name="note"),
    path("notes/<int:pk>/edit/", notes.edit, name="note-edit"),
    path("notes/<int:pk>/delete/", notes.delete, name="note-delete"),
    path("notes/<int:pk>/versions/", notes.versions, name="note-versions"),
    path("notes/<slug:kind>/<int:pk>/", notes.on_record, name="notes"),
]
