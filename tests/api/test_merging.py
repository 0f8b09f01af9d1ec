"""Duplicates over REST: told to whom they are in sight of, and made one by who may change them."""

from __future__ import annotations

from typing import Any

import pytest

from core.ledger.tables import Cause, Kind
from core.services.undoing import undo_cause
from pipeline.models import Lead
from tests import factories


def make(resource: str, cast: Any, owner: Any, name: str) -> Any:
    """A record that looks like every other one made here."""
    if resource == "leads":
        return factories.make_lead(
            by=cast.manager,
            title=name,
            email="nora@baltic.example",
            owner=owner and owner.pk,
            expected_revenue=len(name) * 10,
        )
    if resource == "contacts":
        return factories.make_contact(name, email="nora@baltic.example", owner=owner)
    return factories.make_company(name, domain="baltic.example", owner=owner)


RESOURCES = ("leads", "contacts", "companies")


@pytest.mark.parametrize("resource", RESOURCES)
def test_duplicates_are_listed_with_their_reasons_as_far_as_one_sees(
    resource: str, cast: Any, api: Any
) -> None:
    one = make(resource, cast, cast.rep, "Nora Keller")
    two = make(resource, cast, cast.rep, "N. Keller")
    make(resource, cast, cast.stranger, "Keller Nora")
    path = f"{resource}/{one.pk}/duplicates/"
    (found,) = api(cast.rep).get(path).json()["results"]
    assert found["record"] == {"id": two.pk, "name": "N. Keller"}
    assert found["strength"] == "very_likely"
    assert ("domain" if resource == "companies" else "email") in found["reasons"]
    assert len(api(cast.manager).get(path).json()["results"]) == 2
    assert api(cast.stranger).get(path).status_code == 404


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_dry_run_tells_what_the_merge_then_makes(resource: str, cast: Any, api: Any) -> None:
    one = make(resource, cast, cast.rep, "Nora Keller")
    two = make(resource, cast, None, "N. Keller")
    rep, path = api(cast.rep), f"{resource}/{one.pk}/merge/"
    body = {"ids": [two.pk], "head": two.pk}
    body["choices"] = {"title" if resource == "leads" else "name": str(one.pk)}
    told = rep.post(path, body | {"dry_run": True})
    assert told.status_code == 200
    assert type(one).objects.filter(pk__in=[one.pk, two.pk]).count() == 2
    assert not Cause.objects.filter(kind=Kind.MERGE).exists()
    done = rep.post(path, body)
    assert done.json() == told.json()
    assert done.json()["head"] == {"id": two.pk, "name": "N. Keller"}
    kept = type(one).objects.get(pk=two.pk)
    assert (str(kept), kept.owner) == ("Nora Keller", cast.rep)
    assert not type(one).objects.filter(pk=one.pk).exists()
    cause = Cause.objects.get(kind=Kind.MERGE)
    assert undo_cause(cause=cause.pk, by=cast.rep).is_complete
    assert type(one).objects.filter(pk=one.pk).exists()


@pytest.mark.parametrize("resource", RESOURCES)
@pytest.mark.parametrize("dry", [True, False])
def test_only_who_may_change_each_of_them_merges(
    resource: str, dry: bool, cast: Any, api: Any
) -> None:
    one = make(resource, cast, cast.rep, "Nora Keller")
    theirs = make(resource, cast, cast.stranger, "N. Keller")
    followed = factories.make_lead(by=cast.manager, owner=cast.stranger.pk)
    seen = {"contacts": "contacts", "companies": "company"}.get(resource)
    path, body = f"{resource}/{one.pk}/merge/", {"ids": [theirs.pk], "dry_run": dry}
    assert api(cast.rep).post(path, body).status_code == 404
    with factories.arranging():
        (followed if seen else theirs).followers.add(cast.rep)
        if seen == "company":
            followed.company = theirs
            followed.save()
        elif seen:
            followed.lead_contacts.create(contact=theirs, is_main=True)
    assert api(cast.rep).post(path, body).status_code == 403
    assert api(cast.rep, ["read"]).post(path, body).status_code == 403
    assert type(one).objects.filter(pk__in=[one.pk, theirs.pk]).count() == 2


def test_what_cannot_be_merged_is_said_clearly(cast: Any, api: Any) -> None:
    leads = [make("leads", cast, cast.rep, f"L{number}") for number in range(7)]
    first, *others = (lead.pk for lead in leads)
    rep, path = api(cast.rep), f"leads/{first}/merge/"

    def said(ids: Any, at: str = path, **more: Any) -> tuple[int, str]:
        answer = rep.post(at, {"ids": ids, **more})
        return answer.status_code, answer.content.decode()

    assert said([])[0] == said([first])[0] == 400
    assert "at least two" in said([first])[1]
    status, text = said(others[:5])
    assert (status, "At most 5" in text) == (400, True)
    assert said([others[0], 10**9])[0] == 404
    assert said("x")[0] == said([True])[0] == said([-1])[0] == 400
    assert said(others[:1], choices="x")[0] == said(others[:1], unknown=1)[0] == 400
    assert Lead.objects.count() == 7
    assert said(others[:1])[0] == 200
    status, text = said([others[1], others[0]])
    assert (status, "was merged into" in text, "L0" in text) == (400, True, True)
    assert said(others[1:2], f"leads/{others[0]}/merge/")[0] == 404
    stale = rep.post(path, {"ids": [others[1]]}, If_Match='"99"')
    assert stale.status_code == 412
    assert Lead.objects.count() == 6


@pytest.mark.parametrize("resource", RESOURCES)
def test_the_queue_and_what_is_no_duplicate(resource: str, cast: Any, api: Any) -> None:
    one = make(resource, cast, cast.rep, "Nora Keller")
    two = make(resource, cast, cast.rep, "N. Keller")
    theirs = make(resource, cast, cast.stranger, "Keller Nora")
    rep, queue = api(cast.rep), f"{resource}/duplicates/"
    path = f"{resource}/{one.pk}/not-duplicates/"
    found = rep.get(queue).json()
    (entry,) = found["results"]
    assert {record["id"] for record in entry["records"]} == {one.pk, two.pk}
    assert (entry["strength"], found["next"]) == ("very_likely", None)
    assert len(api(cast.manager).get(queue).json()["results"][0]["records"]) == 3

    assert rep.post(path, {"ids": [theirs.pk]}).status_code == 404
    told = rep.post(path, {"ids": [two.pk, two.pk]})
    assert told.json() == {"results": [{"id": two.pk, "name": "N. Keller"}]}
    assert rep.get(path).json() == told.json()
    assert rep.get(queue).json()["results"] == []
    assert rep.get(f"{resource}/{two.pk}/duplicates/").json()["results"] == []
    assert rep.get(f"{queue}?after=x").status_code == 400

    assert rep.delete(f"{path}{two.pk}/").status_code == 204
    assert rep.delete(f"{path}{two.pk}/").status_code == 404
    assert len(rep.get(queue).json()["results"]) == 1


def test_the_queue_goes_on_behind_its_cursor(cast: Any, api: Any) -> None:
    for number in range(21):
        for name in ("Nora", "Keller"):
            factories.make_contact(f"{name} {number}", email=f"n{number:02}@x.example")
    first = api(cast.rep).get("contacts/duplicates/").json()
    assert len(first["results"]) == 20
    rest = api(cast.rep).get(first["next"].partition("/api/v1/")[2]).json()
    assert (len(rest["results"]), rest["next"]) == (1, None)
