"""Whoever writes over REST is named in the ledger, and the ledger can be read and undone."""

from __future__ import annotations

import uuid

from django.test import Client

from core.ledger.causes import current_cause
from core.models import ApiToken, Cause, Change
from pipeline.services.leads import update_lead
from tests.factories import arranging, make_company


def last_cause():
    return Change.objects.select_related("cause").latest("id").cause


def test_a_token_is_named_as_the_cause(api, rep, lead):
    client = api(rep)
    client.patch(f"leads/{lead.pk}/", {"title": "Fifty laptops"})
    cause, token = last_cause(), ApiToken.objects.get()
    assert (cause.kind, cause.actor_id) == ("api_key", rep.pk)
    assert (cause.label, cause.reference) == ("Test token", token.hint)
    assert current_cause() is None


def test_one_request_is_one_cause(api, rep, lead):
    client = api(rep)
    before = Cause.objects.count()
    client.post(f"leads/{lead.pk}/convert/")
    client.patch(f"leads/{lead.pk}/", {"title": "x", "tags": []})
    assert Cause.objects.count() == before + 2


def test_a_session_writes_as_the_person(rep, lead):
    client = Client()
    client.force_login(rep)
    response = client.patch(
        f"/api/v1/leads/{lead.pk}/", '{"title": "By hand"}', content_type="application/json"
    )
    assert response.status_code == 200
    cause = last_cause()
    assert (cause.kind, cause.actor_id, cause.label) == ("person", rep.pk, "")


def test_reading_writes_nothing(api, rep, lead):
    client = api(rep)
    before = Change.objects.count()
    for path in ("leads/", f"leads/{lead.pk}/", "changes/", "causes/", f"leads/{lead.pk}/convert/"):
        assert client.get(path).status_code == 200
    assert Change.objects.count() == before


def test_changes_say_what_happened_and_why(api, rep, lead):
    client = api(rep)
    client.patch(f"leads/{lead.pk}/", {"title": "Fifty laptops"})
    page = client.get(f"changes/?record_type=pipeline.lead&record={lead.pk}").json()["results"]
    newest = page[0]
    assert newest["diff"]["title"] == ["Forty laptops", "Fifty laptops"]
    assert newest["cause"]["label"] == "Test token"
    assert newest["cause"]["actor"] == {"id": rep.pk, "name": "Rita Rep"}
    assert [row["id"] for row in page] == sorted((row["id"] for row in page), reverse=True)
    assert client.get(f"changes/{newest['id']}/").json() == newest
    cause = client.get(f"causes/{newest['cause']['id']}/").json()
    assert (cause["kind"], cause["undone"]) == ("api_key", False)


def test_a_change_is_seen_where_its_record_is(api, cast, lead):
    make_company("Unowned")
    private = make_company("Private", owner=cast.rep)
    of_lead = f"changes/?record_type=pipeline.lead&record={lead.pk}"
    of_private = f"changes/?record_type=crm.company&record={private.pk}"
    for part, user in cast.people().items():
        client = api(user)
        sees_lead = client.get(f"leads/{lead.pk}/").status_code == 200
        assert bool(client.get(of_lead).json()["results"]) == sees_lead, part
        sees_private = client.get(f"companies/{private.pk}/").status_code == 200
        assert bool(client.get(of_private).json()["results"]) == sees_private, part
        assert sees_lead == (part != "stranger")


def test_changes_of_accounts_and_tokens_are_not_for_everyone(api, cast):
    api(cast.rep)
    seen = {
        part: {
            (row["record_type"], row["record_id"])
            for name in ("crm.user", "core.apitoken")
            for row in api(user).get(f"changes/?record_type={name}&page_size=200").json()["results"]
        }
        for part, user in cast.people().items()
    }
    tokens = set(ApiToken.objects.values_list("pk", "owner"))
    users = {("crm.user", user.pk) for user in cast.people().values()}
    for part, user in cast.people().items():
        own = {("core.apitoken", pk) for pk, owner in tokens if owner == user.pk}
        if part == "admin":
            assert users | own <= seen[part]
            assert len(seen[part]) > len(users | own)
        elif part == "manager":
            assert seen[part] == users | own
        else:
            assert seen[part] == {("crm.user", user.pk)} | own


def test_an_undo_over_rest(api, rep, manager, lead):
    client = api(rep)
    client.patch(f"leads/{lead.pk}/", {"title": "Wrong", "description": "Wrong"})
    cause = last_cause()
    with arranging():
        update_lead(lead=lead.pk, values={"description": "Right"}, by=manager)
    report = client.post(f"causes/{cause.pk}/undo/", {"with_consequences": False})
    assert report.status_code == 200
    body = report.json()
    assert body["conflicts"] == [
        {
            "record": f"pipeline.lead:{lead.pk}",
            "field": "description",
            "expected": "Wrong",
            "found": "Right",
        }
    ]
    lead.refresh_from_db()
    assert (lead.title, lead.description) == ("Forty laptops", "Right")
    undo = Cause.objects.get(pk=body["cause"])
    assert (undo.kind, undo.actor_id) == ("undo", rep.pk)


def test_an_undo_is_shown_and_not_done_twice(api, rep, lead):
    client = api(rep)
    client.patch(f"leads/{lead.pk}/", {"title": "Wrong"})
    cause = last_cause()
    client.post(f"causes/{cause.pk}/undo/")
    assert client.get(f"causes/{cause.pk}/").json()["undone"] is True
    assert client.post(f"causes/{cause.pk}/undo/").status_code == 400


def test_whose_causes_one_may_undo(api, cast, lead):
    api(cast.manager).patch(f"leads/{lead.pk}/", {"title": "By the manager"})
    cause = last_cause()
    assert api(cast.stranger).post(f"causes/{cause.pk}/undo/").status_code == 404
    assert api(cast.follower).post(f"causes/{cause.pk}/undo/").status_code == 403
    assert api(cast.mate).post(f"causes/{cause.pk}/undo/").status_code == 403
    lead.refresh_from_db()
    assert lead.title == "By the manager"
    assert api(cast.rep).post(f"causes/{cause.pk}/undo/").status_code == 200
    lead.refresh_from_db()
    assert lead.title == "Forty laptops"


def test_a_cause_that_is_not_there(api, manager):
    client = api(manager)
    assert client.get(f"causes/{uuid.uuid4()}/").status_code == 404
    assert client.post(f"causes/{uuid.uuid4()}/undo/").status_code == 404
    assert client.get("causes/17/").status_code == 404
