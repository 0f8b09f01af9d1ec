"""Leads over REST: read, filtered, summed, written, and what is done to them."""

from __future__ import annotations

import pytest

from core.models import Cause, Change
from crm.models import Company, Contact, Medium, Source
from pipeline.models import Lead, LostReason
from tests.factories import (
    arranging,
    make_company,
    make_contact,
    make_lead,
    make_product,
    make_tag,
)


def found(client, query):
    response = client.get(f"leads/?{query}")
    assert response.status_code == 200, response.content
    return {row["title"] for row in response.json()["results"]}


def test_a_lead_is_made_with_all_that_it_can_have(api, rep, mate, team, stages):
    company, contact = make_company("Acme"), make_contact("Cora")
    tag, product = make_tag("Hot"), make_product("Laptop", list_price="900.00")
    with arranging():
        source, medium = Source.objects.create(name="Fair"), Medium.objects.create(name="Stand")
    sent = {
        "title": "Forty laptops",
        "description": "For the new office",
        "company": company.pk,
        "contacts": [{"contact": contact.pk, "role": "champion"}],
        "contact_name": "Cora",
        "email": "cora@acme.example",
        "owner": mate.pk,
        "collaborators": [rep.pk],
        "stage": stages[1].pk,
        "product": product.pk,
        "expected_revenue": "36000.5",
        "currency": "USD",
        "recurring_revenue": 100,
        "recurring_plan": "monthly",
        "expected_close": "2027-03-31",
        "tags": [tag.pk],
        "source": source.pk,
        "medium": medium.pk,
        "budget_confirmed": True,
        "timeframe": "quarter",
        "stars_manual": 2,
        "external_source": "shop",
        "external_id": "A-1",
    }
    response = api(rep).post("leads/", sent)
    assert response.status_code == 201, response.content
    lead = response.json()
    assert response["Location"].endswith(f"/api/v1/leads/{lead['id']}/")
    assert lead["owner"] == {"id": mate.pk, "name": "Max Mate"}
    assert lead["team"] == {"id": team.pk, "name": "North"}
    assert lead["stage"] == {"id": stages[1].pk, "name": "Qualified"}
    assert lead["main_contact"] == {"id": contact.pk, "name": "Cora"}
    assert lead["tags"] == [{"id": tag.pk, "name": "Hot"}]
    assert lead["collaborators"] == [{"id": rep.pk, "name": "Rita Rep"}]
    assert (lead["expected_revenue"], lead["currency"]) == ("36000.50", "USD")
    assert (lead["recurring_revenue"], lead["expected_close"]) == ("100.00", "2027-03-31")
    assert (lead["kind"], lead["status"], lead["stars"]) == ("opportunity", "open", 2)
    assert lead["created_at"].endswith("Z")
    assert lead == api(rep).get(f"leads/{lead['id']}/").json()


def test_only_the_title_is_needed(api, rep, stages):
    lead = api(rep).post("leads/", {"title": "Call"}).json()
    assert lead["owner"]["id"] == rep.pk
    assert lead["stage"] == {"id": stages[0].pk, "name": "New"}
    assert lead["expected_revenue"] is None


def test_references_are_written_as_they_are_read(api, rep, lead):
    client = api(rep)
    read = client.get(f"leads/{lead.pk}/").json()
    response = client.patch(
        f"leads/{lead.pk}/", {"owner": read["owner"], "followers": read["followers"]}
    )
    assert response.status_code == 200
    assert response.json()["owner"] == read["owner"]
    assert response.json()["version"] == read["version"]


@pytest.mark.parametrize("value", [True, 1.5, "1", -1, 0, 2**63, {"name": "x"}, [1]])
def test_what_is_no_reference_is_refused(api, rep, lead, value):
    for field in ("owner", "company"):
        response = api(rep).patch(f"leads/{lead.pk}/", {field: value})
        assert response.status_code == 400
        assert set(response.json()["errors"]) == {field}


def test_names_of_records_that_are_not_there_are_refused(api, rep, stages, lead):
    hidden = make_company("Hidden", owner=lead.followers.get())
    client = api(rep)
    for field, value in (
        ("owner", 10**9),
        ("company", hidden.pk),
        ("product", 10**9),
        ("tags", [10**9]),
        ("collaborators", [10**9]),
        ("stage", 10**9),
        ("pipeline", 10**9),
        ("contacts", [{"contact": 10**9}]),
    ):
        response = client.post("leads/", {"title": "x", field: value})
        assert response.status_code == 400, (field, response.content)
        assert set(response.json()["errors"]) == {field}
    assert Lead.objects.count() == 1


def test_people_are_named_once(api, rep, stages):
    contact = make_contact("Cora")
    twice = [{"contact": contact.pk}, {"contact": contact.pk}]
    response = api(rep).post("leads/", {"title": "x", "contacts": twice})
    assert response.status_code == 400
    assert set(response.json()["errors"]) == {"contacts"}


def test_an_edit_changes_what_is_given_and_nothing_else(api, rep, lead):
    client = api(rep)
    before = client.get(f"leads/{lead.pk}/").json()
    after = client.patch(f"leads/{lead.pk}/", {"title": "Fifty", "expected_revenue": None}).json()
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"title", "expected_revenue", "updated_at", "version", "touched_at"}
    assert (after["title"], after["expected_revenue"]) == ("Fifty", None)


def test_an_external_id_is_taken_once(api, rep, stages):
    client = api(rep)
    sent = {"title": "x", "external_source": "shop", "external_id": "1"}
    assert client.post("leads/", sent).status_code == 201
    response = client.post("leads/", sent)
    assert response.status_code == 409
    assert response.json()["type"].endswith("/conflict/")


def test_a_lead_moves_to_its_place(api, rep, stages):
    leads = [make_lead(by=rep, stage=stages[1], owner=rep.pk) for _ in range(3)]
    mover = make_lead(by=rep, owner=rep.pk)
    bottom_up = [lead.pk for lead in leads]
    client = api(rep)
    response = client.post(f"leads/{mover.pk}/move/", {"stage": stages[1].pk, "below": leads[1].pk})
    assert response.status_code == 200, response.content
    assert response.json()["stage"]["name"] == "Qualified"
    column = client.get(f"leads/?stage={stages[1].pk}&ordering=position").json()["results"]
    place = bottom_up.index(leads[1].pk)
    expected = bottom_up[::-1]
    expected.insert(len(bottom_up) - place, mover.pk)
    assert [row["id"] for row in column] == expected


def test_a_stage_asks_for_what_it_requires(api, rep, stages, manager):
    lead = make_lead(by=rep, owner=rep.pk)
    managing = api(manager)
    response = managing.patch(
        f"stages/{stages[2].pk}/", {"required_fields": ["expected_revenue", "expected_close"]}
    )
    assert response.status_code == 200, response.content
    client = api(rep)
    refused = client.post(f"leads/{lead.pk}/move/", {"stage": stages[2].pk})
    assert refused.status_code == 400
    assert set(refused.json()["errors"]) == {"expected_revenue", "expected_close"}
    wrong = {"expected_revenue": "much", "expected_close": "2027-01-01"}
    response = client.post(f"leads/{lead.pk}/move/", {"stage": stages[2].pk, "fields": wrong})
    assert set(response.json()["errors"]) == {"expected_revenue"}
    given = {"expected_revenue": "10", "expected_close": "2027-01-01"}
    moved = client.post(f"leads/{lead.pk}/move/", {"stage": stages[2].pk, "fields": given})
    assert moved.status_code == 200
    assert moved.json()["expected_revenue"] == "10.00"


def test_won_lost_reopened(api, rep, lead, stages):
    client, reason = api(rep), LostReason.objects.first()
    won = client.post(f"leads/{lead.pk}/win/", {"at": "2026-03-01T10:00:00+01:00"}).json()
    assert (won["status"], won["closed_at"]) == ("won", "2026-03-01T09:00:00Z")
    assert won["stage"]["name"] == "Won"
    opened = client.post(f"leads/{lead.pk}/reopen/").json()
    assert (opened["status"], opened["closed_at"]) == ("open", None)
    assert client.post(f"leads/{lead.pk}/lose/", {}).json()["errors"].keys() == {"reason"}
    lost = client.post(f"leads/{lead.pk}/lose/", {"reason": reason.pk, "note": "Too slow"}).json()
    assert (lost["status"], lost["lost_reason"]["id"]) == ("lost", reason.pk)
    assert lost["lost_note"] == "Too slow"
    refused = client.post(f"leads/{lead.pk}/move/", {"stage": stages[1].pk})
    assert refused.status_code == 400


def test_a_time_needs_its_offset(api, rep, lead):
    response = api(rep).post(f"leads/{lead.pk}/win/", {"at": "2026-03-01T10:00:00"})
    assert response.status_code == 400
    assert set(response.json()["errors"]) == {"at"}


def test_giving_a_lead_away_answers_even_out_of_sight(api, rep, stranger, lead):
    client = api(rep)
    given = client.post(f"leads/{lead.pk}/assign/", {"owner": stranger.pk, "team": None})
    assert given.status_code == 200
    assert given.json()["owner"]["id"] == stranger.pk
    assert client.get(f"leads/{lead.pk}/").status_code == 404
    assert api(stranger).get(f"leads/{lead.pk}/").status_code == 200


def test_converting_proposes_and_links(api, rep, stages):
    lead = make_lead(
        by=rep,
        owner=rep.pk,
        contact_name="Cora",
        email="cora@acme.example",
        company_name="Acme",
    )
    client = api(rep)
    proposal = client.get(f"leads/{lead.pk}/convert/").json()
    assert proposal["contact"] is None
    assert proposal["contact_values"]["email"] == "cora@acme.example"
    assert proposal["company_values"] == {"name": "Acme"}
    sent = {"create_contact": True, "create_company": True}
    converted = client.post(f"leads/{lead.pk}/convert/", sent).json()
    company, contact = Company.objects.get(), Contact.objects.get()
    assert converted["kind"] == "opportunity"
    assert converted["company"] == {"id": company.pk, "name": "Acme"}
    assert converted["main_contact"] == {"id": contact.pk, "name": "Cora"}
    other = make_lead(by=rep, owner=rep.pk, email="CORA@ACME.example")
    known = client.get(f"leads/{other.pk}/convert/").json()
    assert known["contact"] == {"id": contact.pk, "name": "Cora"}
    assert known["company"] == {"id": company.pk, "name": "Acme"}


def test_archived_leads_leave_lists_and_sums(api, rep, lead):
    client = api(rep)
    assert client.post(f"leads/{lead.pk}/archive/").json()["archived_at"] is not None
    assert found(client, "") == set()
    assert client.get("leads/totals/").json()["count"] == 0
    assert found(client, "archived=true") == found(client, "archived=any") == {"Forty laptops"}
    assert client.get(f"leads/{lead.pk}/").status_code == 200
    client.post(f"leads/{lead.pk}/unarchive/")
    assert found(client, "") == {"Forty laptops"}


def test_criteria_are_ticked(api, rep, lead, stages):
    client = api(rep)
    assert client.post(f"leads/{lead.pk}/tick/", {"stage": stages[0].pk}).status_code == 200
    assert lead.criterion_ticks.count() == 1
    client.post(f"leads/{lead.pk}/tick/", {"stage": stages[0].pk, "met": False})
    assert lead.criterion_ticks.count() == 0


def test_following_opens_sight_and_ends_it(api, mate, follower, lead, rep):
    client = api(mate)
    followed = client.post(f"leads/{lead.pk}/follow/").json()
    assert {person["id"] for person in followed["followers"]} == {mate.pk, follower.pk}
    leaving = api(follower)
    assert leaving.post(f"leads/{lead.pk}/unfollow/").status_code == 200
    assert leaving.get(f"leads/{lead.pk}/").status_code == 404


def test_people_on_a_lead(api, rep, lead):
    cora, carl = make_contact("Cora"), make_contact("Carl")
    client = api(rep)
    first = client.put(f"leads/{lead.pk}/contacts/{cora.pk}/", {"role": "buyer"})
    assert first.json() == {
        "contact": {"id": cora.pk, "name": "Cora"}, "role": "buyer", "is_main": True,
    }  # fmt: skip
    client.put(f"leads/{lead.pk}/contacts/{carl.pk}/", {"is_main": True})
    people = client.get(f"leads/{lead.pk}/contacts/").json()
    assert [(p["contact"]["name"], p["is_main"]) for p in people] == [
        ("Carl", True),
        ("Cora", False),
    ]
    assert client.get(f"leads/{lead.pk}/").json()["main_contact"]["name"] == "Carl"
    assert found(client, f"contact={cora.pk}") == {"Forty laptops"}
    assert client.delete(f"leads/{lead.pk}/contacts/{carl.pk}/").status_code == 204
    assert client.delete(f"leads/{lead.pk}/contacts/{carl.pk}/").status_code == 404
    (left,) = client.get(f"leads/{lead.pk}/contacts/").json()
    assert (left["contact"]["name"], left["is_main"]) == ("Cora", True)


def test_what_an_action_answers_is_what_stands(api, rep, lead, stages):
    """Answers that come from the service's record are those of a fresh reading, tags included."""
    tag, contact = make_tag("Hot"), make_contact("Cora")
    client, reason = api(rep), LostReason.objects.first()
    client.put(f"leads/{lead.pk}/contacts/{contact.pk}/", {})
    for path, body in (
        ("", {"tags": [tag.pk], "expected_revenue": 7, "expected_close": "2027-01-01"}),
        ("move/", {"stage": stages[1].pk}),
        ("move/", {"stage": stages[2].pk, "fields": {"tags": [], "probability_manual": 12.5}}),
        ("lose/", {"reason": reason.pk, "note": " why "}),
        ("reopen/", {}),
        ("win/", {"at": "2026-03-01T10:00:00.5+01:00"}),
        ("assign/", {"owner": rep.pk}),
        ("tick/", {"stage": stages[0].pk}),
        ("archive/", {}),
        ("unarchive/", {}),
        ("follow/", {}),
    ):
        answer = client.call("POST" if path else "PATCH", f"leads/{lead.pk}/{path}", body)
        assert answer.status_code == 200, answer.content
        fresh = client.get(f"leads/{lead.pk}/")
        assert answer.json() == fresh.json(), path
        assert answer["ETag"] == fresh["ETag"], path


def test_deleting_and_taking_it_back(api, rep, lead):
    client = api(rep)
    assert client.delete(f"leads/{lead.pk}/").status_code == 204
    assert client.get(f"leads/{lead.pk}/").status_code == 404
    cause = Change.objects.filter(record_type="pipeline.lead", action="deleted").get().cause
    assert (cause.kind, cause.actor, cause.label) == ("api_key", rep, "Test token")
    report = client.post(f"causes/{cause.pk}/undo/").json()
    assert report["conflicts"] == report["kept"] == []
    assert client.get(f"leads/{lead.pk}/").json()["title"] == "Forty laptops"
    assert Cause.objects.get(pk=report["cause"]).kind == "undo"
