"""Cells of the lists that are edited where they stand: what they ask, write, refuse and undo."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core import lists
from core.services.undoing import undo_cause
from crm.models import Company, Contact, CustomField
from pipeline.models import Lead, Pipeline
from pipeline.services.leads import update_lead
from tests import factories

HTMX = {"HTTP_HX_REQUEST": "true"}
CHANGES = {"rep": 1, "mate": 0, "leader": 1, "manager": 1, "admin": 1, "follower": 0}
TYPES = {
    "text": ("Gate 4", "Gate 4"),
    "number": ("12,5", 12.5),
    "money": ("1 200", 1200),
    "date": ("2026-12-01", "2026-12-01"),
    "choice": ("b", "b"),
    "choices": (["a", "b"], ["a", "b"]),
    "yes_no": ("false", False),
}


@pytest.fixture
def login(client: Client) -> Any:
    """Log somebody in."""

    def as_(user: Any) -> Client:
        client.force_login(user)
        return client

    return as_


@pytest.fixture
def lead(cast: Any, pipeline: Any) -> Any:
    """A lead of the rep in the team North."""
    return factories.make_lead(
        by=cast.manager,
        title="Cold storage",
        owner=cast.rep.pk,
        team=cast.team.pk,
        followers=[cast.follower.pk],
        expected_revenue=100,
    )


def cell(record: Any, name: str, column: str) -> str:
    return reverse("list-cell", args=[name, record.pk, column])


def fields_of(client: Client, address: str, **changes: Any) -> dict[str, Any]:
    form = client.get(address, **HTMX).context["form"]
    found = {bound.html_name: bound.value() for bound in form}
    return {name: value for name, value in {**found, **changes}.items() if value is not None}


def toast_of(answer: Any) -> dict[str, Any]:
    return json.loads(answer["HX-Trigger"])["relance:toast"]  # type: ignore[no-any-return]


def test_every_column_that_says_so_has_a_form_of_its_fields(
    lead: Any, cast: Any, login: Any
) -> None:
    client = login(cast.rep)
    company = factories.make_company("Baltic", owner=cast.rep)
    contact = factories.make_contact("Nora", owner=cast.rep)
    known = {"leads": lead, "contacts": contact, "companies": company}
    assert client.get(reverse("leads")).status_code == 200
    asked = 0
    for name, record in known.items():
        listing = lists.listing_named(name)
        assert listing is not None
        for column in listing.all_columns().values():
            answer = client.get(cell(record, name, column.name), **HTMX)
            assert answer.status_code == (200 if column.edits else 404), (name, column.name)
            if column.edits:
                asked += 1
                assert set(column.edits) <= set(answer.context["form"].fields)
    assert asked > 30


def test_a_cell_is_saved_and_the_row_comes_back_with_what_follows_from_it(
    lead: Any, cast: Any, login: Any
) -> None:
    client = login(cast.rep)
    address = cell(lead, "leads", "amount")
    sent = fields_of(client, address, expected_revenue="2 000", currency="EUR")
    here = {"here": "?columns=title,amount,weighted&sort=title"}
    answer = client.post(address, {**sent, **here}, **HTMX)
    assert answer.status_code == 200
    lead.refresh_from_db()
    assert lead.expected_revenue == 2000
    text = answer.content.decode()
    assert text.count("<tr") == 1
    assert text.count("<td") == 3  # to select, amount, weighted
    assert "€2,000" in text
    told = toast_of(answer)
    assert told["text"] == "Saved."
    undo_cause(cause=told["undo"], by=cast.rep)
    lead.refresh_from_db()
    assert lead.expected_revenue == 100


@pytest.mark.parametrize("part", CHANGES)
def test_only_who_may_change_the_record_is_offered_its_cells(
    part: str, lead: Any, cast: Any, login: Any
) -> None:
    client = login(cast.people()[part])
    row = client.get(reverse("leads")).context["page"].rows[0]
    assert row.fixed is not bool(CHANGES[part])
    listed = client.get(reverse("leads")).content.decode()
    assert ("data-fixed" in listed) is not bool(CHANGES[part])
    address = cell(lead, "leads", "title")
    assert client.get(address, **HTMX).status_code == (200 if CHANGES[part] else 403)
    lead.refresh_from_db()
    sent = {"title": "New", "version": lead.version}
    assert client.post(address, sent, **HTMX).status_code == (200 if CHANGES[part] else 403)
    lead.refresh_from_db()
    assert (lead.title == "New") is bool(CHANGES[part])


def test_out_of_sight_is_404(lead: Any, cast: Any, login: Any) -> None:
    client = login(cast.stranger)
    contact = factories.make_contact("Nora", owner=cast.rep)
    assert client.get(cell(lead, "leads", "title"), **HTMX).status_code == 404
    assert client.get(cell(contact, "contacts", "name"), **HTMX).status_code == 404


def test_a_contact_of_others_is_fixed(lead: Any, cast: Any, login: Any) -> None:
    contact = factories.make_contact("Nora", owner=cast.rep)
    company = factories.make_company("Baltic", owner=cast.rep)
    update_it = {"company": company.pk}
    with factories.arranging():
        update_lead(lead=lead.pk, values=update_it, by=cast.manager)
    rows = login(cast.mate).get(reverse("companies")).context["page"].rows
    assert [row.fixed for row in rows] == [True]
    assert login(cast.mate).get(cell(company, "companies", "city"), **HTMX).status_code == 403
    rows = login(cast.rep).get(reverse("contacts")).context["page"].rows
    assert [(row.pk, row.fixed) for row in rows] == [(contact.pk, False)]


def test_what_is_wrong_stands_beside_the_field_and_the_input_stays(
    lead: Any, cast: Any, login: Any
) -> None:
    client = login(cast.rep)
    address = cell(lead, "leads", "amount")
    answer = client.post(address, fields_of(client, address, expected_revenue="a lot"), **HTMX)
    assert answer.status_code == 422
    assert 'value="a lot"' in answer.content.decode()
    assert answer.context["form"].errors.keys() == {"expected_revenue"}
    answer = client.post(cell(lead, "leads", "title"), {"title": "", "version": 1}, **HTMX)
    assert answer.status_code == 422
    assert Lead.objects.get(pk=lead.pk).title == "Cold storage"


def test_a_conflict_shows_both_values_and_saving_again_writes_over(
    lead: Any, cast: Any, login: Any
) -> None:
    client = login(cast.rep)
    address = cell(lead, "leads", "title")
    sent = fields_of(client, address, title="Mine")
    with factories.arranging():
        update_lead(lead=lead.pk, values={"title": "Theirs"}, by=cast.manager)
    answer = client.post(address, sent, **HTMX)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert 'value="Mine"' in text
    assert "There it says now: Theirs" in text
    again = {bound.html_name: bound.value() for bound in answer.context["form"]}
    assert client.post(address, again, **HTMX).status_code == 200
    assert Lead.objects.get(pk=lead.pk).title == "Mine"


def test_a_conflict_on_a_contact_does_so_as_well(cast: Any, login: Any) -> None:
    client = login(cast.rep)
    contact = factories.make_contact("Nora", owner=cast.rep, job_title="COO")
    address = cell(contact, "contacts", "job_title")
    sent = fields_of(client, address, job_title="CEO")
    with factories.arranging():
        found = Contact.objects.get(pk=contact.pk)
        found.job_title = "CFO"
        found.save()
    answer = client.post(address, sent, **HTMX)
    assert answer.status_code == 409
    assert "There it says now: CFO" in answer.content.decode()
    assert Contact.objects.get(pk=contact.pk).job_title == "CFO"


def test_an_owner_is_assigned_and_a_row_out_of_sight_goes(
    cast: Any, login: Any, pipeline: Any
) -> None:
    lead = factories.make_lead(by=cast.manager, owner=cast.stranger.pk)
    client = login(cast.stranger)
    address = cell(lead, "leads", "owner")
    answer = client.post(address, fields_of(client, address, owner=cast.rep.pk), **HTMX)
    assert answer.status_code == 200
    assert answer.content == b""
    lead.refresh_from_db()
    assert lead.owner == cast.rep
    assert lead.assigned_at is not None


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("name", ["leads", "contacts", "companies"])
def test_custom_fields_are_edited_in_their_cells(
    name: str, kind: str, lead: Any, cast: Any, login: Any
) -> None:
    subject = {"leads": "pipeline.lead", "contacts": "crm.contact", "companies": "crm.company"}
    with factories.arranging():
        CustomField.objects.create(
            subject=subject[name],
            key="gate",
            label="Gate",
            type=kind,
            options=[{"id": "a", "label": "A"}, {"id": "b", "label": "B"}],
        )
    record: Any = {
        "leads": lambda: lead,
        "contacts": lambda: factories.make_contact("Nora", owner=cast.rep),
        "companies": lambda: factories.make_company("Baltic", owner=cast.rep),
    }[name]()
    client = login(cast.rep)
    typed, kept = TYPES[kind]
    address = cell(record, name, "custom.gate")
    sent = fields_of(client, address, **{"custom.gate": typed})
    answer = client.post(address, {**sent, "here": "?columns=title,name,custom.gate"}, **HTMX)
    assert answer.status_code == 200, answer.context["form"].errors
    record.refresh_from_db()
    assert record.custom == {"gate": kept}
    # And taken off again.
    empty = {"version": record.version, "custom.gate": []}
    assert client.post(address, empty, **HTMX).status_code == 200
    record.refresh_from_db()
    assert record.custom == {}


def test_a_company_that_is_named_anew_is_made(lead: Any, cast: Any, login: Any) -> None:
    client = login(cast.rep)
    contact = factories.make_contact("Nora", owner=cast.rep)
    for record, name in ((lead, "leads"), (contact, "contacts")):
        address = cell(record, name, "company")
        sent = fields_of(client, address, company=f"New {name}")
        assert client.post(address, sent, **HTMX).status_code == 200
        record.refresh_from_db()
        assert record.company == Company.objects.get(name=f"New {name}")


def test_what_the_stage_requires_is_not_emptied_in_a_cell(
    lead: Any, cast: Any, login: Any, pipeline: Any
) -> None:
    stage = lead.stage
    with factories.arranging():
        stage.required_fields = ["expected_revenue"]
        stage.save()
    client = login(cast.rep)
    address = cell(lead, "leads", "amount")
    answer = client.post(address, fields_of(client, address, expected_revenue=""), **HTMX)
    assert answer.status_code == 422
    assert "expected_revenue" in answer.context["form"].errors
    lead.refresh_from_db()
    assert lead.expected_revenue == Decimal(100)


def test_the_stage_is_moved_by_its_dialog_which_leads_back_to_the_list(
    lead: Any, cast: Any, login: Any, pipeline: Any
) -> None:
    client = login(cast.rep)
    heads = client.get(reverse("leads")).context["page"].heads
    assert {head.ask for head in heads} == {"", "/leads/0/move/"}
    assert client.get(cell(lead, "leads", "stage"), **HTMX).status_code == 404
    dialog = client.get(f"/leads/{lead.pk}/move/?next=/leads/%3Fsort%3Dtitle", **HTMX)
    assert 'name="next" value="/leads/?sort=title"' in dialog.content.decode()
    stages = Pipeline.objects.get(pk=lead.pipeline_id).stages.order_by("sequence")
    sent = {"stage": stages[1].pk, "place": "top", "next": "/leads/?sort=title"}
    answer = client.post(f"/leads/{lead.pk}/move/", sent, **HTMX)
    assert answer["HX-Redirect"] == "/leads/?sort=title"
    lead.refresh_from_db()
    assert lead.stage == stages[1]


def test_without_a_script_the_record_is_opened(lead: Any, cast: Any, login: Any) -> None:
    answer = login(cast.rep).get(cell(lead, "leads", "title"))
    assert answer.status_code == 302
    assert answer["Location"] == lead.get_absolute_url()
