"""Sub-routes that upper floors hang below a resource."""

from __future__ import annotations

import pytest
from django.urls import path
from rest_framework.response import Response

from core.api.subroutes import Subroute, forget_subroute, register_subroute, subroutes
from core.api.views import SubresourceView
from pipeline.api.people import LeadContactsView
from pipeline.models import Lead


class LettersView(SubresourceView):
    """How long a lead's title is."""

    parent_model = Lead
    queryset = Lead.objects.none()
    parameters = ("twice",)

    def retrieve(self, request, pk):
        """The number of letters."""
        letters = len(self.parent(pk).title)
        return Response({"letters": letters * (2 if "twice" in request.query_params else 1)})


@pytest.fixture
def letters(settings):
    register_subroute("leads", "letters", LettersView, {"get": "retrieve"})
    yield
    forget_subroute("leads", "letters")


class Urls:
    urlpatterns = []


def test_a_registered_view_stands_below_its_record(letters, settings, api, rep, stranger, lead):
    Urls.urlpatterns = [path("api/v1/", (subroutes(), None, None))]
    settings.ROOT_URLCONF = Urls
    client = api(rep)
    assert client.get(f"leads/{lead.pk}/letters/").json() == {"letters": 13}
    assert client.get(f"leads/{lead.pk}/letters/?twice=1").json() == {"letters": 26}
    assert client.get(f"leads/{lead.pk}/letters/?thrice=1").status_code == 400
    assert client.post(f"leads/{lead.pk}/letters/").status_code == 405
    assert api(stranger).get(f"leads/{lead.pk}/letters/").status_code == 404


def test_a_route_is_taken_once(letters):
    register_subroute("leads", "letters", LettersView, {"get": "retrieve"})
    with pytest.raises(ValueError, match="taken by"):
        register_subroute("leads", "letters", LeadContactsView, {"get": "list"})


def test_routes_are_named_after_their_words():
    methods = {"get": "retrieve"}
    assert Subroute("leads", "score", LettersView, methods).name == "leads-score"
    deep = Subroute("leads", "contacts/<id:contact>", LettersView, methods)
    assert deep.name == "leads-contacts-contact"
