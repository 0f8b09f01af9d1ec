"""Saved views: kept, shared, changed, opened first; and told when they are gone."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.errors import NotAllowed, NotFound, Refused
from core.ledger.causes import because
from core.ledger.tables import Change, Kind
from crm.models import Membership, SavedView
from crm.services.views import delete_view, save_view, set_first_view, update_view
from tests import factories

HTMX = {"HTTP_HX_REQUEST": "true"}


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def make_view(by: Any, name: str = "Hot", query: str = "owner=me", **values: Any) -> SavedView:
    with because(Kind.PERSON, by=by):
        return save_view(
            place=values.pop("place", "leads"),
            values={"name": name, "query": query, **values},
            by=by,
        )


def seen_by(cast: Any) -> set[str]:
    return {
        name for name, user in cast.people().items() if SavedView.objects.visible_to(user).exists()
    }


def test_a_view_is_for_its_owner_a_team_or_everyone(cast: Any) -> None:
    view = make_view(cast.rep)
    assert seen_by(cast) == {"rep"}
    with because(Kind.PERSON, by=cast.rep):
        update_view(view=view.pk, values={"team": cast.team}, by=cast.rep)
    assert seen_by(cast) == {"rep", "mate", "leader"}
    with because(Kind.PERSON, by=cast.rep):
        update_view(view=view.pk, values={"team": None, "is_public": True}, by=cast.rep)
    assert seen_by(cast) == set(cast.people())


def test_only_its_owner_changes_it_and_managers_what_is_shared(cast: Any) -> None:
    own, public = make_view(cast.rep), make_view(cast.rep, "All", is_public=True)
    for user, view, error in (
        (cast.manager, own, NotFound),
        (cast.mate, own, NotFound),
        (cast.mate, public, NotAllowed),
    ):
        with because(Kind.PERSON, by=user), pytest.raises(error):
            delete_view(view=view.pk, by=user)
    with because(Kind.PERSON, by=cast.manager):
        delete_view(view=public.pk, by=cast.manager)
    assert SavedView.objects.get() == own


def test_names_are_needed_and_taken_once(cast: Any) -> None:
    make_view(cast.rep)
    make_view(cast.mate)
    for values in ({"name": " "}, {"name": "Hot"}, {"name": "x", "query": "q=" + "x" * 20_000}):
        with because(Kind.PERSON, by=cast.rep), pytest.raises(Refused):
            save_view(place="leads", values=values, by=cast.rep)
    with because(Kind.PERSON, by=cast.rep), pytest.raises(Refused):
        save_view(place="leads", values={"name": "x", "team": cast.others}, by=cast.rep)
    assert SavedView.objects.count() == 2


def test_what_a_list_shows_is_kept_and_opened_again(cast: Any, pipeline: Any) -> None:
    client = as_(cast.rep)
    page = client.get(reverse("leads"), {"stalled": "true", "sort": "title"})
    menu = page.context["views"]
    assert (menu.label, menu.is_changed, menu.save_url) == ("Views", False, "")
    asked = client.get(menu.menu_url, **HTMX).context["about"]
    form = client.get(f"{reverse('view-new')}?{asked}", **HTMX).context
    fields = {**dict(form["hidden"]), "name": "Stuck", "share": "me", "first": "on"}
    answer = client.post(reverse("view-new"), fields)
    view = SavedView.objects.get()
    assert "stalled=true" in view.query
    assert "sort=title" in view.query
    assert "columns=" in view.query
    opened = client.get(answer.url).context["views"]
    assert (opened.label, opened.is_changed, opened.may_change) == ("Stuck", False, True)
    # It opens first by now, and "all" is one click away.
    assert client.get(reverse("leads")).url == answer.url
    everything = client.get(reverse("leads"), {"view": "all"})
    assert everything.context["views"].label == "Views"
    assert Change.objects.filter(record_type="crm.savedview").count() == 1


def test_a_changed_view_offers_to_save_it_or_another(cast: Any, pipeline: Any) -> None:
    view = make_view(cast.rep, is_public=True)
    address = reverse("leads")
    for user, may in ((cast.rep, True), (cast.mate, False), (cast.manager, True)):
        menu = as_(user).get(address, {"view": view.pk, "owner": "none"}).context["views"]
        assert (menu.is_changed, menu.may_change) == (True, may), user
    fields = {"path": address, "query": "owner=none&view=3&after=x"}
    save = reverse("view-save", args=[view.pk])
    assert as_(cast.mate).post(save, fields).status_code == 403
    answer = as_(cast.rep).post(save, fields)
    assert answer.url == f"{address}?owner=none&view={view.pk}"
    view.refresh_from_db()
    assert view.query == "owner=none"


def test_who_lost_the_right_is_told_and_sees_what_the_address_says(
    cast: Any, pipeline: Any
) -> None:
    view = make_view(cast.leader, team=cast.team)
    with because(Kind.PERSON, by=cast.mate):
        set_first_view(place="leads", view=view.pk, by=cast.mate)
    lead = factories.make_lead(by=cast.manager, owner=cast.mate.pk)
    with because(Kind.SYSTEM):
        Membership.objects.filter(user=cast.mate).delete()
    client = as_(cast.mate)
    answer = client.get(reverse("leads"), follow=True)
    assert "no longer shared with you" in answer.content.decode()
    assert lead.title in answer.content.decode()
    assert as_(cast.stranger).get(reverse("view-edit", args=[view.pk])).status_code == 404


def test_a_condition_on_a_field_that_is_gone_is_told(cast: Any, pipeline: Any) -> None:
    lead = factories.make_lead(by=cast.manager, owner=cast.rep.pk)
    where = '{"field": "custom.gone", "op": "=", "value": "x"}'
    view = make_view(cast.rep, query=f"owner=me&where={where}")
    page = as_(cast.rep).get(f"{reverse('leads')}?{view.query}&view={view.pk}")
    text = page.content.decode()
    assert "was left out" in text
    assert "custom.gone" in text
    assert lead.title in text


def test_a_board_has_views_of_its_own(cast: Any, pipeline: Any) -> None:
    view = make_view(cast.rep, query="lanes=owner&owner=me", place="board")
    board = reverse("board", args=[pipeline.pk])
    client = as_(cast.rep)
    page = client.get(f"{board}?lanes=owner&owner=me&view={view.pk}")
    assert (page.context["views"].label, page.context["views"].is_changed) == ("Hot", False)
    assert f"view={view.pk}" in page.context["view"].address()
    # A list that the board leads to takes no name from it.
    assert client.get(reverse("leads"), {"view": view.pk}).context["views"].label == "Views"
    first = {"place": "board", "view": view.pk, "next": board}
    assert client.post(reverse("view-first"), first).status_code == 302
    assert client.get(board).url == f"{board}?{view.query}&view={view.pk}"
    client.post(reverse("view-first"), {"place": "board", "next": board})
    assert client.get(board).status_code == 200


def test_a_view_is_edited_and_deleted_in_dialogs(cast: Any, pipeline: Any) -> None:
    view, client = make_view(cast.rep), as_(cast.rep)
    edit, back = reverse("view-edit", args=[view.pk]), "/leads/?owner=me"
    assert client.get(edit, {"next": back}, **HTMX).status_code == 200
    stale = {"name": "Mine", "share": "team", "version": "0"}
    assert client.post(edit, stale, **HTMX).status_code == 422
    fields = {"name": "Ours", "share": "team", "team": cast.team.pk, "next": back}
    assert client.post(edit, {**fields, "version": view.version}).url == back
    view.refresh_from_db()
    assert (view.name, view.team) == ("Ours", cast.team)
    assert client.post(edit, {**fields, "version": 99}, **HTMX).status_code == 409
    delete = reverse("view-delete", args=[view.pk])
    assert "Ours" in client.get(delete, **HTMX).content.decode()
    assert client.post(delete, {"next": back}).url == "/leads/?view=all"
    assert not SavedView.objects.exists()


def test_menus_lead_nowhere_else(cast: Any) -> None:
    client = as_(cast.rep)
    for path in ("https://example.org/", "//example.org/", ""):
        asked = {"path": path, "place": "leads"}
        assert client.get(reverse("views"), asked).status_code == 404
        assert client.post(reverse("view-new"), {**asked, "name": "x"}).status_code == 404
    assert client.get(reverse("views"), {"path": "/leads/", "place": "leads"}).status_code == 200
    assert Client().get(reverse("views")).status_code == 302
