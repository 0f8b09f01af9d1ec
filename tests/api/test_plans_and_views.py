"""Plans and saved views over REST."""

from __future__ import annotations

from crm.models import SavedView
from pipeline.models import Activity, ActivityType, Plan


def test_a_plan_with_its_steps_is_made_and_launched(api, manager, rep, mate, lead):
    client = api(manager)
    plan = client.post("plans/", {"name": "After the fair"}).json()
    call = ActivityType.objects.get(name="Call").pk
    for body in (
        {"summary": "Thank them", "days": 0},
        {"summary": "Send the offer", "days": 3, "who": "asked", "sequence": 20},
    ):
        made = client.post("plan-steps/", {"plan": plan["id"], "type": call, **body})
        assert made.status_code == 201, made.content
    shown = client.get(f"plans/{plan['id']}/").json()
    assert [step["name"] for step in shown["steps"]] == ["Thank them", "Send the offer"]
    assert len(client.get(f"plan-steps/?plan={plan['id']}").json()["results"]) == 2

    worker, address = api(rep), f"leads/{lead.pk}/launch/"
    body = {"plan": plan["id"], "base_on": "2050-01-14"}
    refused = worker.post(address, body)
    assert refused.status_code == 400
    assert "Send the offer" in refused.json()["errors"]["asked"][0]
    assert not Activity.objects.exists()
    launched = worker.post(address, {**body, "asked": mate.pk}, idempotency_key="once")
    assert launched.status_code == 201, launched.content
    planned = launched.json()["activities"]
    assert [(each["summary"], each["assignee"]["name"]) for each in planned] == [
        ("Thank them", "Rita Rep"),
        ("Send the offer", "Max Mate"),
    ]
    assert planned[0]["lead"] == {"id": lead.pk, "name": "Forty laptops"}
    worker.post(address, {**body, "asked": mate.pk}, idempotency_key="once")
    assert Activity.objects.count() == 2


def test_a_launch_names_what_is_wrong_with_it(api, rep, lead):
    client, address = api(rep), f"leads/{lead.pk}/launch/"
    assert set(client.post(address, {}).json()["errors"]) == {"plan", "base_on"}
    assert client.post(address, {"plan": 999, "base_on": "2050-01-14"}).status_code == 404
    wrong = client.post(address, {"plan": 1, "base_on": "2050-01-14", "x": 1})
    assert set(wrong.json()["errors"]) == {"x"}
    stale = client.post(address, {"plan": 1, "base_on": "2050-01-14"}, if_match='"99"')
    assert stale.status_code == 412


def test_plans_out_of_use_are_told_apart(api, manager, rep):
    client = api(manager)
    for name, active in (("Old", False), ("New", True)):
        client.post("plans/", {"name": name, "is_active": active})
    rows = api(rep).get("plans/?active=true").json()["results"]
    assert [row["name"] for row in rows] == ["New"]
    assert Plan.objects.count() == 2


def test_a_view_is_kept_shared_changed_and_deleted(api, rep, mate, stranger, team):
    client = api(rep)
    made = client.post(
        "views/", {"place": "leads", "name": "Mine", "query": "?sort=title&owner=me&after=x"}
    )
    assert made.status_code == 201, made.content
    view = made.json()
    assert (view["query"], view["owner"]["name"], view["is_first"]) == (
        "owner=me&sort=title",
        "Rita Rep",
        False,
    )
    address = f"views/{view['id']}/"
    assert api(mate).get(address).status_code == 404
    shared = client.patch(address, {"team": team.pk}, if_match=made["ETag"])
    assert shared.json()["team"] == {"id": team.pk, "name": "North"}
    assert client.patch(address, {"name": "x"}, if_match=made["ETag"]).status_code == 412
    assert api(mate).get(address).status_code == 200
    assert api(stranger).get(address).status_code == 404
    fixed = client.patch(address, {"place": "board"})
    assert set(fixed.json()["errors"]) == {"place"}
    # What is not named stays.
    assert client.patch(address, {"name": "Ours"}).json()["team"] is not None
    assert client.patch(address, {"team": None}).json()["team"] is None
    assert client.delete(address).status_code == 204
    assert not SavedView.objects.exists()


def test_a_view_opens_first_for_whom_says_so(api, rep, mate, team):
    client, other = api(rep), api(mate)
    body = {"place": "leads", "name": "Ours", "team": team.pk}
    view = client.post("views/", body).json()
    address = f"views/{view['id']}/"
    assert client.post(f"{address}first/").json()["is_first"] is True
    assert client.get(address).json()["is_first"] is True
    assert other.get(address).json()["is_first"] is False
    rep.refresh_from_db()
    assert rep.preferences["view.leads"] == view["id"]
    # Not the one that opens first: nothing happens.
    assert other.delete(f"{address}first/").json()["is_first"] is False
    assert client.delete(f"{address}first/").json()["is_first"] is False


def test_wrong_views_are_refused(api, rep, team, cast):
    client = api(rep)
    body = {"place": "leads", "name": "x"}
    assert client.post("views/", body).status_code == 201
    for wrong, field in (
        (body, "name"),
        ({**body, "name": " "}, "name"),
        ({**body, "place": "../x"}, "place"),
        ({**body, "name": "y", "team": cast.others.pk}, "team"),
        ({**body, "name": "y", "team": 10**9}, "team"),
        ({**body, "name": "y", "owner": rep.pk}, "owner"),
        ({**body, "name": "y", "query": "x" * 10_001}, "query"),
    ):
        answer = client.post("views/", wrong)
        assert answer.status_code == 400, (wrong, answer.content)
        assert field in answer.json()["errors"], answer.content
    assert SavedView.objects.count() == 1


def test_views_are_found_by_place_and_owner(api, rep, mate):
    client = api(rep)
    for place in ("leads", "board"):
        client.post("views/", {"place": place, "name": "x", "is_public": True})
    api(mate).post("views/", {"place": "leads", "name": "y", "is_public": True})

    def names(query):
        rows = client.get(f"views/?{query}").json()["results"]
        return [(row["place"], row["name"]) for row in rows]

    assert names("") == [("board", "x"), ("leads", "x"), ("leads", "y")]
    assert names("place=leads&owner=me") == [("leads", "x")]
    assert names("public=false") == []
