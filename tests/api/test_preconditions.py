"""ETags: a 304 hides nothing, and an edit of something stale is refused under the row lock."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections

from core.api.preconditions import read_tags
from core.api.problems import BadRequest
from pipeline.models import Lead, LostReason
from tests.factories import arranging, make_company, make_lead


def test_a_record_says_its_version(api, rep, lead):
    response = api(rep).get(f"leads/{lead.pk}/")
    assert response["ETag"].startswith(f'"{response.json()["version"]}-')


def test_what_is_known_is_not_sent_again(api, rep, lead):
    client = api(rep)
    first = client.get(f"leads/{lead.pk}/")
    again = client.get(f"leads/{lead.pk}/", if_none_match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    client.patch(f"leads/{lead.pk}/", {"title": "Fifty laptops"})
    assert client.get(f"leads/{lead.pk}/", if_none_match=first["ETag"]).status_code == 200


def test_a_change_of_a_name_that_is_shown_is_not_hidden(api, rep, lead, team):
    client = api(rep)
    first = client.get(f"leads/{lead.pk}/")
    with arranging():
        team.name = "Far north"
        team.save()
    again = client.get(f"leads/{lead.pk}/", if_none_match=first["ETag"])
    assert again.status_code == 200
    assert again.json()["team"]["name"] == "Far north"
    assert again.json()["version"] == first.json()["version"]


def test_an_edit_of_what_was_read_goes_through(api, rep, lead):
    client = api(rep)
    tag = client.get(f"leads/{lead.pk}/")["ETag"]
    edited = client.patch(f"leads/{lead.pk}/", {"title": "Fifty laptops"}, if_match=tag)
    assert edited.status_code == 200
    assert edited["ETag"] == client.get(f"leads/{lead.pk}/")["ETag"] != tag


STALE = [
    ("PATCH", "", {"title": "Late"}),
    ("DELETE", "", None),
    ("POST", "move/", {"stage": "STAGE"}),
    ("POST", "win/", {}),
    ("POST", "lose/", {"reason": "REASON"}),
    ("POST", "assign/", {"owner": None}),
    ("POST", "convert/", {}),
    ("POST", "archive/", {}),
    ("POST", "unarchive/", {}),
    ("POST", "tick/", {"stage": "FIRST"}),
]


def test_an_edit_of_something_stale_is_refused(api, rep, lead, stages):
    client = api(rep)
    tag = client.get(f"leads/{lead.pk}/")["ETag"]
    client.patch(f"leads/{lead.pk}/", {"description": "Somebody was quicker"})
    known = {"STAGE": stages[1].pk, "FIRST": stages[0].pk, "REASON": LostReason.objects.first().pk}
    before = Lead.objects.values().get(pk=lead.pk)
    for method, path, body in STALE:
        sent = body and {name: known.get(value, value) for name, value in body.items()}
        for header in (tag, '"1", "77"', 'W/"3"', '"nonsense"'):
            response = client.call(method, f"leads/{lead.pk}/{path}", sent, if_match=header)
            assert response.status_code == 412, (method, path, header, response.content)
            assert response.json()["type"].endswith("/precondition-failed/")
    assert Lead.objects.values().get(pk=lead.pk) == before


def test_any_version_and_one_of_several(api, rep, lead):
    client = api(rep)
    for form in ("*", '"{}"', '"99", "{}"', '"99", "{}-abcdef", "98"'):
        header = form.format(client.get(f"leads/{lead.pk}/").json()["version"])
        response = client.patch(f"leads/{lead.pk}/", {"title": header}, if_match=header)
        assert response.status_code == 200, (header, response.content)


@pytest.mark.parametrize("header", ["2", '"2', '"1" "2"', "abc"])
def test_a_header_that_is_no_tag_is_a_problem(api, rep, lead, header):
    response = api(rep).patch(f"leads/{lead.pk}/", {"title": "x"}, if_match=header)
    assert response.status_code == 400


def test_tags_are_read_as_the_standard_says():
    assert read_tags("*") is None
    assert read_tags('"a", W/"b" ,"c,d"') == [(False, "a"), (True, "b"), (False, "c,d")]
    with pytest.raises(BadRequest):
        read_tags('"a", b')


def test_records_whose_services_know_no_version_are_held_as_well(api, rep):
    company = make_company("Acme", owner=rep)
    client = api(rep)
    for method, path in (("DELETE", ""), ("POST", "archive/")):
        response = client.call(method, f"companies/{company.pk}/{path}", {}, if_match='"7"')
        assert response.status_code == 412
    assert client.post(f"companies/{company.pk}/archive/", if_match='"1"').status_code == 200


def test_out_of_sight_stays_out_of_sight_whatever_the_version(api, stranger, lead):
    for header in ('"1"', '"99"', '"1", "2"'):
        response = api(stranger).patch(f"leads/{lead.pk}/", {"title": "x"}, if_match=header)
        assert response.status_code == 404


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_edits_of_one_version_one_goes_through(api, cast, pipeline):
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")
    lead = make_lead(by=cast.rep, owner=cast.rep.pk)
    clients = [api(cast.rep) for _ in range(12)]
    answers = []
    gate = threading.Barrier(len(clients))

    def edit(number, client):
        gate.wait()
        response = client.patch(f"leads/{lead.pk}/", {"title": f"By {number}"}, if_match='"1"')
        answers.append(response.status_code)
        connections.close_all()

    threads = [threading.Thread(target=edit, args=pair) for pair in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] + [412] * 11
    lead.refresh_from_db()
    assert lead.version == 2
