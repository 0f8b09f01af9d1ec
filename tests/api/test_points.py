"""Further addresses and numbers over the API: read with the record, written as whole lists."""

from __future__ import annotations

import pytest

from crm.models import Contact, ContactPoint
from tests.factories import arranging, make_contact

FURTHER = [
    {"label": "private", "value": "nora@gmail.com"},
    {"value": "n@keller.example"},
]


def told(points):
    return [(point["label"], point["value"]) for point in points]


def test_a_contact_is_made_with_several_addresses(api, rep):
    made = api(rep).post(
        "contacts/",
        {
            "name": "Nora",
            "email": "nora@keller.example",
            "emails": [*FURTHER, {"value": "NORA@keller.example"}],
            "phones": [{"label": "mobile", "value": "06 12 34 56 78"}],
        },
    )
    assert made.status_code == 201, made.json()
    body = made.json()
    assert told(body["emails"]) == [("private", "nora@gmail.com"), ("work", "n@keller.example")]
    assert told(body["phones"]) == [("mobile", "06 12 34 56 78")]
    assert Contact.objects.get().points.get(kind="phone").key == "+33612345678"


def test_a_list_replaces_the_one_before_and_keeps_the_rows_that_stay(api, rep):
    contact = make_contact("Nora", owner=rep)
    client = api(rep)
    first = client.patch(f"contacts/{contact.pk}/", {"emails": FURTHER}).json()["emails"]
    changed = [{**first[0], "label": "other"}, {"value": "third@keller.example"}]
    second = client.patch(f"contacts/{contact.pk}/", {"emails": changed})
    assert told(second.json()["emails"]) == [
        ("other", "nora@gmail.com"),
        ("work", "third@keller.example"),
    ]
    assert second.json()["emails"][0]["id"] == first[0]["id"]
    left = client.patch(f"contacts/{contact.pk}/", {"name": "N."}).json()
    assert left["emails"] == second.json()["emails"]
    assert client.patch(f"contacts/{contact.pk}/", {"emails": []}).json()["emails"] == []


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"emails": [{"value": "nora@"}]}, "emails"),
        ({"phones": [{"value": "12"}]}, "phones"),
        ({"emails": [{"label": "mobile", "value": "a@x.example"}]}, "emails"),
        ({"emails": [{"label": "home", "value": "a@x.example"}]}, "emails"),
        ({"emails": "a@x.example"}, "emails"),
        ({"emails": ["a@x.example"]}, "emails"),
        ({"emails": [{"label": "work"}]}, "emails"),
        ({"phones": [{"value": "+33612345678", "main": True}]}, "phones"),
        ({"emails": [{"value": f"a{n}@x.example"} for n in range(30)]}, "emails"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(api, rep, body, name):
    contact = make_contact("Nora", owner=rep)
    answer = api(rep).patch(f"contacts/{contact.pk}/", {"name": "N.", **body})
    assert answer.status_code == 400
    assert name in answer.json()["errors"]
    contact.refresh_from_db()
    assert contact.name == "Nora"
    assert not ContactPoint.objects.exists()


def test_a_list_that_somebody_changed_meanwhile_is_not_written_over(api, rep):
    contact = make_contact("Nora", owner=rep)
    client = api(rep)
    tag = client.get(f"contacts/{contact.pk}/").headers["ETag"]
    assert client.patch(f"contacts/{contact.pk}/", {"emails": FURTHER}).status_code == 200
    late = client.patch(f"contacts/{contact.pk}/", {"emails": []}, If_Match=tag)
    assert late.status_code == 412
    assert contact.points.count() == 2


def test_companies_have_them_and_contacts_are_filtered_by_them(api, rep):
    client = api(rep)
    made = client.post(
        "companies/", {"name": "Baltic", "country": "Germany", "phones": [{"value": "030 901820"}]}
    )
    assert told(made.json()["phones"]) == [("work", "+49 30 901820")]
    contact = make_contact("Nora", owner=rep)
    make_contact("Other", owner=rep, email="other@gmail.com")
    with arranging():
        ContactPoint.objects.create(contact=contact, kind="email", value="nora@gmail.com")
    for query in ("email=NORA@gmail.com", "q=nora@gmail.com"):
        found = client.get(f"contacts/?{query}").json()["results"]
        assert [row["id"] for row in found] == [contact.pk]


def test_duplicates_by_a_further_address_are_told(api, manager):
    one, other = make_contact("Nora", email="nora@gmail.com"), make_contact("N. Keller")
    client = api(manager)
    client.patch(f"contacts/{other.pk}/", {"emails": [{"value": "nora@gmail.com"}]})
    found = client.get(f"contacts/{one.pk}/duplicates/").json()["results"]
    assert [(row["record"]["id"], row["reasons"]) for row in found] == [(other.pk, ["email"])]
