"""Routes of the pages about demo data."""

from django.urls import URLPattern, URLResolver, path

from demo import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("demo-data/", views.show, name="demo-data"),
    path("demo-data/take/", views.take, name="demo-data-take"),
    path("demo-data/remove/", views.remove, name="demo-data-remove"),
]
