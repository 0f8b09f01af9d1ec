"""Configuration and people over REST: made, changed, deleted, by their services' rules."""

from __future__ import annotations

import pytest
from django.core import mail

from core.models import ApiToken
from crm.models import Membership, Tag, Touch, User
from pipeline.models import LostReason, Pipeline, Stage
from tests.factories import make_company, make_contact, make_lead, make_tag


def test_a_tag_is_made_changed_and_deleted(api, manager):
    client = api(manager)
    made = client.post("tags/", {"name": "  Hot lead ", "colour": "#ff0000"})
    assert made.status_code == 201, made.content
    tag = made.json()
    assert tag["name"] == "Hot lead"
    taken = client.post("tags/", {"name": "HOT  lead"})
    assert taken.status_code == 400
    assert set(taken.json()["errors"]) == {"name"}
    renamed = client.patch(f"tags/{tag['id']}/", {"name": "Warm"}, if_match=made["ETag"])
    assert renamed.json()["name"] == "Warm"
    stale = client.patch(f"tags/{tag['id']}/", {"name": "Cold"}, if_match=made["ETag"])
    assert stale.status_code == 412
    assert client.delete(f"tags/{tag['id']}/").status_code == 204
    assert not Tag.objects.exists()


@pytest.mark.parametrize(
    ("resource", "body", "field"),
    [
        ("tags", {}, "name"),
        ("products", {"name": "x", "list_price": "-1"}, "list_price"),
        ("stages", {"name": "x"}, "pipeline"),
        ("stages", {"name": "x", "pipeline": 10**9}, "pipeline"),
        ("custom-fields", {"subject": "x", "key": "A b", "label": "x", "type": "text"}, "subject"),
        ("lost-reasons", {"name": "x" * 101}, "name"),
        ("lost-reasons", {"name": "x", "sequence": 2**15}, "sequence"),
        ("companies", {"name": "x", "employees": 2**31}, "employees"),
        ("companies", {"name": "x", "annual_revenue": "1e99"}, "annual_revenue"),
        ("contacts", {"name": "x", "email": "nobody"}, "email"),
        ("activities", {"lead": 1}, "type"),
        ("users", {"email": "nobody", "name": "x", "role": "king"}, "role"),
    ],
)
def test_wrong_input_names_its_field(api, manager, pipeline, resource, body, field):
    response = api(manager).post(f"{resource}/", body)
    assert response.status_code == 400, response.content
    assert field in response.json()["errors"] or "non_field_errors" in response.json()["errors"]


def test_what_is_in_use_is_not_deleted(api, manager, rep, pipeline, stages):
    lead = make_lead(by=rep, owner=rep.pk)
    reason = LostReason.objects.first()
    client = api(manager)
    client.post(f"leads/{lead.pk}/lose/", {"reason": reason.pk})
    for path in (
        f"lost-reasons/{reason.pk}/",
        f"stages/{stages[0].pk}/",
        f"pipelines/{pipeline.pk}/",
    ):
        response = client.delete(path)
        assert response.status_code == 400, path
    assert LostReason.objects.filter(pk=reason.pk).exists()
    assert Stage.objects.filter(pk=stages[0].pk).exists()


def test_a_pipeline_with_its_teams_and_stages(api, manager, team, stranger, rep):
    client = api(manager)
    made = client.post("pipelines/", {"name": "Partners", "currency": "USD", "teams": [team.pk]})
    assert made.status_code == 201, made.content
    body = made.json()
    assert body["teams"] == [{"id": team.pk, "name": "North"}]
    names = client.get(f"stages/?pipeline={body['id']}").json()["results"]
    assert [stage["kind"] for stage in names] == ["open", "won"]
    opened = client.patch(f"pipelines/{body['id']}/", {"teams": []}).json()
    assert opened["teams"] == []
    assert api(stranger).get(f"pipelines/{body['id']}/").status_code == 200
    assert client.delete(f"pipelines/{body['id']}/").status_code == 204
    assert Pipeline.objects.count() == 1


def test_custom_fields_carry_values(api, manager, rep, lead):
    client = api(manager)
    field = {
        "subject": "pipeline.lead",
        "key": "size",
        "label": "Size",
        "type": "number",
    }
    made = client.post("custom-fields/", field)
    assert made.status_code == 201, made.content
    fixed = client.patch(f"custom-fields/{made.json()['id']}/", {"key": "other"})
    assert fixed.status_code == 400
    working = api(rep)
    wrong = working.patch(f"leads/{lead.pk}/", {"custom": {"size": "huge"}})
    assert wrong.status_code == 400
    unknown = working.patch(f"leads/{lead.pk}/", {"custom": {"height": 1}})
    assert unknown.status_code == 400
    assert working.patch(f"leads/{lead.pk}/", {"custom": {"size": 7}}).status_code == 200
    assert float(working.get(f"leads/{lead.pk}/").json()["custom"]["size"]) == 7
    taken = working.patch(f"leads/{lead.pk}/", {"custom": {"size": None}})
    assert taken.json()["custom"] == {}


def test_somebody_is_invited_and_ended(api, manager, django_capture_on_commit_callbacks, settings):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    client = api(manager)
    sent = {"email": "Nina@Example.com", "name": "Nina New", "role": "rep_team"}
    with django_capture_on_commit_callbacks():
        made = client.post("users/", sent)
    assert made.status_code == 201, made.content
    user = made.json()
    assert (user["email"], user["role"], user["is_active"]) == (
        "nina@example.com",
        "rep_team",
        True,
    )
    changed = client.patch(f"users/{user['id']}/", {"role": "leader", "name": "Nina Newer"})
    assert (changed.json()["role"], changed.json()["name"]) == ("leader", "Nina Newer")
    assert client.patch(f"users/{user['id']}/", {"role": "admin"}).status_code == 403
    assert client.patch(f"users/{user['id']}/", {"is_active": False}).status_code == 400
    assert client.post(f"users/{user['id']}/deactivate/").json()["is_active"] is False
    assert User.objects.get(pk=user["id"]).is_active is False
    assert len(mail.outbox) == 0


def test_nobody_raises_themselves(api, rep):
    client = api(rep)
    response = client.patch(f"users/{rep.pk}/", {"name": "Boss", "role": "manager"})
    assert response.status_code == 403
    rep.refresh_from_db()
    assert (rep.name, rep.role) == ("Rita Rep", "rep")


def test_secrets_are_nowhere(api, admin, rep):
    client = api(admin)
    api(rep)
    for path in (f"users/{rep.pk}/", "users/", "changes/?page_size=200"):
        content = client.get(path).content.decode()
        assert "password" not in content
        assert "digest" not in content
        for token in ApiToken.objects.all():
            assert token.digest not in content


def test_people_join_and_leave_teams(api, manager, stranger, team):
    client = api(manager)
    made = client.post("memberships/", {"team": team.pk, "user": stranger.pk, "capacity": 12})
    assert made.status_code == 201, made.content
    member = made.json()
    assert (member["user"]["name"], member["capacity"]) == ("Sten Stranger", 12)
    assert client.patch(f"memberships/{member['id']}/", {"share": 3}).json()["share"] == 3
    moved = client.patch(f"memberships/{member['id']}/", {"user": manager.pk})
    assert moved.status_code == 400
    rows = client.get(f"memberships/?team={team.pk}").json()["results"]
    assert len(rows) == 3
    assert client.delete(f"memberships/{member['id']}/", if_match='"2"').status_code == 204
    assert not Membership.objects.filter(user=stranger, team=team).exists()


def test_a_touch_is_kept_whole(api, manager):
    landing = "https://shop.example/?utm_source=News&utm_medium=mail&utm_campaign=Spring&gclid=7"
    made = api(manager).post("touches/", {"visitor": "v-1", "landing_url": landing})
    assert made.status_code == 201, made.content
    body = made.json()
    assert [body[n]["name"] for n in ("source", "medium", "campaign")] == ["News", "mail", "Spring"]
    assert body["click_ids"]["gclid"] == "7"
    assert api(manager).patch(f"touches/{body['id']}/", {"visitor": "x"}).status_code == 405
    assert Touch.objects.get().visitor == "v-1"


def test_companies_and_contacts_are_found(api, manager, rep):
    acme = make_company("Acme Optik", domain="https://www.acme.example/", owner=rep)
    make_company("Other", parent=acme)
    cora = make_contact("Cora Müller", email="Cora@Acme.example", company=acme)
    make_contact("Carl", consent="given")
    client = api(manager)

    def names(path):
        response = client.get(path)
        assert response.status_code == 200, response.content
        return [row["name"] for row in response.json()["results"]]

    assert names("companies/?q=optik acme") == ["Acme Optik"]
    assert names("companies/?q=acme.example") == ["Acme Optik"]
    assert names("companies/?domain=acme.example") == ["Acme Optik"]
    assert names(f"companies/?parent={acme.pk}") == ["Other"]
    assert names("companies/?owner=none") == ["Other"]
    assert names("contacts/?q=MÜLLER") == ["Cora Müller"]
    assert names("contacts/?email=cora@acme.EXAMPLE") == ["Cora Müller"]
    assert names(f"contacts/?company={acme.pk}") == ["Cora Müller"]
    assert names("contacts/?consent=given") == ["Carl"]
    client.post(f"contacts/{cora.pk}/archive/")
    assert names("contacts/?q=cora") == []
    assert names("contacts/?q=cora&archived=true") == ["Cora Müller"]
    assert names("users/?q=rita&active=true&role=rep") == ["Rita Rep"]


def test_names_are_ordered_and_paged(api, manager):
    for name in ("b", "a", "C"):
        make_tag(name)
    names = [row["name"] for row in api(manager).get("tags/?ordering=-name").json()["results"]]
    assert names == sorted(names, reverse=True)
