"""Tags on contacts and companies: on pages, in lists, conditions, merges, imports, over REST."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.conditions import bind, matches, state_of, to_q
from core.errors import NotAllowed, Refused
from core.ledger.causes import because
from core.ledger.tables import Cause, Change, Kind
from core.services.undoing import undo_cause
from crm.models import Company, Contact, Tag
from crm.services.contacts import create_contact
from crm.services.merging import merge_contacts
from crm.services.tagging import set_tags
from tests import factories
from tests.capture.arranging import differences, picture, run, write

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}
MAKERS: dict[str, Any] = {"contact": factories.make_contact, "company": factories.make_company}


def names(record: Any) -> list[str]:
    return [tag.name for tag in record.tags.order_by("name_key")]


def put(record: Any, *tags: Tag, by: Any) -> Any:
    with because(Kind.PERSON, by=by) as cause:
        set_tags(model=type(record), ids=[record.pk], add=[tag.pk for tag in tags], by=by)
    return cause.id


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("kind", ["contact", "company"])
def test_a_tag_is_put_on_and_taken_off_on_the_page_and_undone(
    kind: str, headers: Any, cast: Any, client: Client
) -> None:
    record = MAKERS[kind]("Baltic", owner=cast.rep)
    address = reverse(f"{kind}-tags", args=[record.pk])
    client.force_login(cast.rep)
    for name in ("Key account", "key  ACCOUNT", "Press"):
        client.post(address, {"name": name}, **headers)
    assert names(record) == ["Key account", "Press"]
    assert "Key account" in client.get(address, **headers).content.decode()
    page = client.get(record.get_absolute_url()).content.decode()
    assert "Take off the tag Press" in page
    answer = client.post(address, {"remove": Tag.objects.get(name="Press").pk}, **headers)
    assert names(record) == ["Key account"]
    assert ("undo" in answer.headers.get("HX-Trigger", "")) is bool(headers)
    undo_cause(cause=Cause.objects.latest("started_at").pk, by=cast.rep)
    assert names(record) == ["Key account", "Press"]
    assert client.post(address, {"name": " "}, **headers).status_code in (400, 422)
    client.force_login(cast.stranger)
    assert client.post(address, {"name": "Mine"}, **headers).status_code == 404


def test_who_may_not_change_a_record_does_not_tag_it(cast: Any) -> None:
    contact, tag = factories.make_contact("Nora", owner=cast.rep), factories.make_tag("Press")
    with pytest.raises(NotAllowed):
        put(contact, tag, by=factories.make_user("Rick", "rep_all"))
    with pytest.raises(Refused), because(Kind.PERSON, by=cast.rep):
        set_tags(model=Contact, ids=[contact.pk], add=[999_999], by=cast.rep)
    assert names(contact) == []


@pytest.mark.parametrize("kind", ["contact", "company"])
def test_lists_show_and_filter_and_tag_many_at_once(kind: str, cast: Any, client: Client) -> None:
    many = {"contact": "contacts", "company": "companies"}[kind]
    one, other = (MAKERS[kind](name, owner=cast.rep) for name in ("First", "Second"))
    press, old = factories.make_tag("Press"), factories.make_tag("Old")
    put(one, old, by=cast.rep)
    client.force_login(cast.rep)
    client.post(
        reverse(f"{many}-bulk", args=["tag"]),
        {"rows": f"{one.pk},{other.pk}", "add": press.pk, "remove": old.pk},
    )
    assert [names(one), names(other)] == [["Press"], ["Press"]]
    undo_cause(cause=Cause.objects.filter(kind=Kind.BULK_EDIT).get().pk, by=cast.rep)
    assert [names(one), names(other)] == [["Old"], []]
    put(other, press, old, by=cast.rep)
    shown = client.get(reverse(many) + "?columns=name,tags").content.decode()
    assert "Old, Press" in shown
    for query, found in (
        (f"tag={press.pk}", {"Second"}),
        (f"tag={old.pk}", {"First", "Second"}),
        ("tag=none", set()),
    ):
        page = client.get(f"{reverse(many)}?{query}").content.decode()
        assert {name for name in ("First", "Second") if f">{name}</a>" in page} == found


def test_conditions_ask_for_tags_alike_in_both_evaluators(cast: Any) -> None:
    one, other = factories.make_contact("One"), factories.make_contact("Other")
    press = factories.make_tag("Press")
    put(one, press, by=cast.manager)
    for op, found in (("has any of", {one}), ("has none of", {other})):
        leaf = {"field": "tags", "op": op, "value": [press.pk]}
        bound = bind(leaf, "crm.contact", now=timezone.now(), zone=timezone.get_current_timezone())
        assert set(Contact.objects.filter(to_q(bound))) == found
        assert {each for each in (one, other) if matches(bound, state_of(each, bound))} == found


def test_merging_unites_them_and_parting_gives_them_back(cast: Any) -> None:
    one, other = factories.make_contact("One"), factories.make_contact("Other")
    press, old = factories.make_tag("Press"), factories.make_tag("Old")
    put(one, press, by=cast.manager)
    put(other, press, old, by=cast.manager)
    merge_contacts(ids=[one.pk, other.pk], head=one.pk, by=cast.manager)
    assert names(one) == ["Old", "Press"]
    undo_cause(cause=Change.objects.order_by("-id")[0].cause_id, by=cast.manager)
    assert [names(one), names(Contact.objects.get(pk=other.pk))] == [["Press"], ["Old", "Press"]]


def test_a_file_brings_them(tmp_path: Path) -> None:
    leads = write(tmp_path, "Deal ID,Deal Name,Contact ID,Company ID\n1,Vans,7,3\n", "deals.csv")
    people = write(
        tmp_path, 'Contact ID,Name,Email,Tags\n7,Nora,n@x.example,"Press; Key"\n', "contacts.csv"
    )
    firms = write(
        tmp_path, "Company ID,Company Name,Industry,Tags\n3,Baltic,Food,Key\n", "firms.csv"
    )
    before = picture()
    report = run(leads, people, firms)
    assert names(Contact.objects.get()) == ["Key", "Press"]
    assert names(Company.objects.get(name="Baltic")) == ["Key"]
    people.write_text("Contact ID,Name,Email,Tags\n7,Nora,n@x.example,Old\n")
    again = run(leads, people)
    assert names(Contact.objects.get()) == ["Key", "Old", "Press"]
    for each in (again, report):
        undo_cause(cause=each.cause, by=None)
    assert not differences(before, picture())


def test_they_are_read_and_written_over_rest(cast: Any) -> None:
    from tests.api.conftest import Api

    press, old = factories.make_tag("Press"), factories.make_tag("Old")
    client = Api(cast.rep)
    made = client.post("contacts/", {"name": "Nora", "tags": [press.pk]})
    assert made.json()["tags"] == [{"id": press.pk, "name": "Press"}]
    path = f"contacts/{made.json()['id']}/"
    assert client.patch(path, {"tags": [old.pk]}).json()["tags"][0]["name"] == "Old"
    assert client.patch(path, {"tags": [999_999]}).status_code == 400
    assert [row["name"] for row in client.get(f"contacts/?tag={old.pk}").json()["results"]] == [
        "Nora"
    ]
    assert client.patch(path, {"tags": []}).json()["tags"] == []
    with because(Kind.PERSON, by=cast.rep):
        assert names(create_contact(values={"name": "N", "tags": [press]}, by=cast.rep)) == [
            "Press"
        ]
