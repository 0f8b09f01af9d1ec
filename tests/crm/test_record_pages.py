"""Contacts and companies: their lists, pages and forms; who sees and does what."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.ledger.tables import Cause, Change
from crm.models import Company, Contact, CustomField
from crm.services.contacts import update_contact
from tests import factories

HTMX = {"HTTP_HX_REQUEST": "true"}
#: What they see of the rep's records, which the mate meets on a lead of the team.
SEES = {"rep": 1, "mate": 1, "leader": 1, "manager": 1, "admin": 1, "follower": 0, "stranger": 0}
CHANGES = {"rep", "manager", "admin"}


@pytest.fixture
def contact(cast: Any) -> Any:
    """The rep's contact at the rep's company, on the rep's lead of the team North."""
    company = factories.make_company("Baltic Cold Chain", owner=cast.rep, city="Gdańsk")
    contact = factories.make_contact(
        "Aleksandra Novak",
        company=company,
        owner=cast.rep,
        email="a.novak@baltic.example",
        phone="+48 58 555 01 17",
        job_title="COO",
    )
    factories.make_lead(
        by=cast.manager,
        title="Cold storage",
        owner=cast.rep.pk,
        team=cast.team.pk,
        company=company.pk,
        contacts=[(contact.pk, "champion")],
    )
    return contact


@pytest.fixture
def login(client: Client) -> Any:
    """Log somebody in."""

    def as_(user: Any) -> Client:
        client.force_login(user)
        return client

    return as_


def filled(client: Client, address: str, **changes: Any) -> dict[str, Any]:
    """What a browser sends when a form is opened and some of its fields are changed."""
    form = client.get(address).context["form"]
    found = {bound.html_name: bound.value() for bound in form}
    return {name: value for name, value in {**found, **changes}.items() if value is not None}


@pytest.mark.parametrize("part", SEES)
def test_what_is_out_of_sight_is_404_and_in_no_list(
    part: str, contact: Any, cast: Any, login: Any
) -> None:
    client = login(cast.people()[part])
    expected = 200 if SEES[part] else 404
    for record, many in ((contact, "contacts"), (contact.company, "companies")):
        assert client.get(record.get_absolute_url()).status_code == expected
        history = f"{record.get_absolute_url()}history/"
        assert client.get(history).status_code == expected
        listed = client.get(reverse(many)).content.decode()
        assert (record.name in listed) is bool(SEES[part])


@pytest.mark.parametrize("part", SEES)
def test_only_who_may_change_a_record_changes_it(
    part: str, contact: Any, cast: Any, login: Any
) -> None:
    client = login(cast.people()[part])
    refused = 403 if SEES[part] else 404
    for record in (contact, contact.company):
        page = record.get_absolute_url()
        for deed in ("edit", "delete"):
            opened = client.get(f"{page}{deed}/").status_code
            assert opened == (200 if part in CHANGES else refused), deed
        for deed, fields in (
            ("edit", {"name": "Changed", "version": record.version}),
            ("archive", {}),
            ("delete", {}),
        ):
            before = Change.objects.count()
            answer = client.post(f"{page}{deed}/", fields)
            changed = Change.objects.count() > before
            wanted = (302, True) if part in CHANGES else (refused, False)
            assert (answer.status_code, changed) == wanted, (record, deed)


def test_a_visitor_is_sent_to_the_login(client: Client, contact: Any) -> None:
    for address in ("/contacts/", "/companies/", "/contacts/export/", contact.get_absolute_url()):
        assert client.get(address)["Location"].startswith("/login/?next=")


def test_the_page_tells_how_to_reach_a_person_and_what_goes_on(
    contact: Any, cast: Any, login: Any
) -> None:
    lead = contact.leads.get()
    factories.make_activity(by=cast.rep, lead=lead, summary="Discovery call")
    text = login(cast.rep).get(contact.get_absolute_url()).content.decode()
    for expected in (
        'href="tel:+48585550117"',
        'href="mailto:a.novak@baltic.example"',
        'data-copy="a.novak@baltic.example"',
        f'href="{contact.company.get_absolute_url()}"',
        f'href="{lead.get_absolute_url()}"',
        "Discovery call",
    ):
        assert expected in text, expected


def test_a_company_shows_its_people_and_the_companies_above_and_below(
    contact: Any, cast: Any, login: Any
) -> None:
    group = factories.make_company("Cold Group")
    branch = factories.make_company("Baltic Cold Chain Riga", parent=contact.company)
    with factories.arranging():
        contact.company.parent = group
        contact.company.save()
    text = login(cast.manager).get(contact.company.get_absolute_url()).content.decode()
    for record in (contact, group, branch):
        assert f'href="{record.get_absolute_url()}"' in text


def test_a_contact_needs_only_a_name_and_makes_its_company_with_undo_for_both(
    cast: Any, login: Any
) -> None:
    client = login(cast.rep)
    answer = client.post(reverse("contact-new"), {"name": "Piotr Zając", "company": "New Mills"})
    made = Contact.objects.get(name="Piotr Zając")
    assert answer["Location"] == made.get_absolute_url()
    assert made.company is not None
    assert (made.company.name, made.owner, made.consent) == ("New Mills", None, "unknown")
    cause = Cause.objects.latest("started_at")
    client.post(reverse("cause-undo", args=[cause.pk]))
    assert not Contact.objects.filter(pk=made.pk).exists()
    assert not Company.objects.filter(name="New Mills").exists()


def test_a_form_says_what_is_wrong_beside_the_field(cast: Any, login: Any) -> None:
    client = login(cast.rep)
    answer = client.post(reverse("contact-new"), {"name": "", "email": "not an address"})
    assert answer.status_code == 422
    assert {"name", "email"} <= set(answer.context["form"].errors)
    answer = client.post(reverse("company-new"), {"name": "Mill", "parent": "No such company"})
    assert answer.context["form"].errors["parent"] == ["There is no company of this name."]
    answer = client.post(reverse("contact-new"), {"name": "x" * 100_000})
    assert answer.status_code == 422
    assert not Contact.objects.exists()


def test_what_somebody_else_changed_is_said_and_the_input_kept(
    contact: Any, cast: Any, login: Any
) -> None:
    client, address = login(cast.rep), reverse("contact-edit", args=[contact.pk])
    fields = filled(client, address, job_title="CEO")
    with factories.arranging():
        update_contact(contact=contact.pk, values={"job_title": "CFO"}, by=cast.manager)
    answer = client.post(address, fields)
    assert answer.status_code == 409
    assert answer.context["form"]["job_title"].value() == "CEO"
    assert "Somebody else changed this record meanwhile." in answer.content.decode()
    again = {**fields, "version": answer.context["form"]["version"].value()}
    assert client.post(address, again).status_code == 302
    contact.refresh_from_db()
    assert contact.job_title == "CEO"


def test_an_edit_writes_only_what_was_changed(contact: Any, cast: Any, login: Any) -> None:
    client, address = login(cast.rep), reverse("contact-edit", args=[contact.pk])
    client.post(address, filled(client, address, job_title="CEO"))
    change = Change.objects.filter(record_type="crm.contact", record_id=contact.pk).latest("id")
    assert set(change.diff) == {"job_title"}


def test_deleting_says_what_goes_with_it_and_undo_brings_it_back(
    contact: Any, cast: Any, login: Any
) -> None:
    client, address = login(cast.rep), reverse("contact-delete", args=[contact.pk])
    asked = client.get(address, **HTMX).content.decode()
    assert "people on a lead: 1" in asked
    page = client.post(address, follow=True)
    assert page.redirect_chain[-1][0] == reverse("contacts")
    assert not Contact.objects.filter(pk=contact.pk).exists()
    cause = Cause.objects.latest("started_at")
    assert str(cause.pk) in page.content.decode()
    client.post(reverse("cause-undo", args=[cause.pk]))
    assert Contact.objects.get(pk=contact.pk).leads.count() == 1


def test_custom_fields_are_asked_shown_and_listed(contact: Any, cast: Any, login: Any) -> None:
    options = [{"id": "a", "label": "Gold"}, {"id": "b", "label": "Silver"}]
    with factories.arranging():
        CustomField.objects.create(
            subject="crm.contact", key="tier", label="Tier", type="choice", options=options
        )
    client, address = login(cast.rep), reverse("contact-edit", args=[contact.pk])
    client.post(address, filled(client, address, **{"custom.tier": "b"}))
    assert "Silver" in client.get(contact.get_absolute_url()).content.decode()
    listed = client.get(reverse("contacts"), {"columns": "name,custom.tier"}).content.decode()
    assert ">Silver<" in listed
    assert ">Tier<" in listed


def test_lists_are_found_in_filtered_and_say_what_could_not_be_read(
    contact: Any, cast: Any, login: Any
) -> None:
    factories.make_contact("Bo Free")
    client, address = login(cast.rep), reverse("contacts")

    def names(**query: str) -> list[str]:
        return [row.title for row in client.get(address, query).context["page"].rows]

    assert names() == ["Aleksandra Novak", "Bo Free"]
    assert names(q="novak") == ["Aleksandra Novak"]
    assert names(q="A.NOVAK@baltic.example") == ["Aleksandra Novak"]
    assert names(q="bo") == ["Bo Free"]
    assert names(q="ree") == ["Bo Free"]
    assert names(q="re") == []
    assert names(owner="none") == ["Bo Free"]
    assert names(company=str(contact.company_id)) == ["Aleksandra Novak"]
    page = client.get(address, {"owner": "nonsense"})
    assert "“nonsense” is not an id." in page.content.decode()
    assert client.get(address, {"owner": "nonsense", "format": "csv"}).status_code == 200
    assert client.get(reverse("contacts-export"), {"owner": "nonsense"}).status_code == 422


def test_an_empty_list_says_what_to_do(cast: Any, login: Any) -> None:
    client = login(cast.rep)
    assert "No contacts yet." in client.get(reverse("contacts")).content.decode()
    assert "Nothing here matches." in client.get(reverse("contacts"), {"q": "x"}).content.decode()


@pytest.mark.parametrize("name", ["contact", "company"])
def test_pages_take_the_same_queries_for_many_records(
    name: str, contact: Any, cast: Any, login: Any, query_budget: Any
) -> None:
    client = login(cast.rep)
    many = "contacts" if name == "contact" else "companies"
    listing, page = query_budget(f"{name} list"), query_budget(f"{name} page")
    record = contact if name == "contact" else contact.company
    for size in ("small", "large"):
        with listing.at(size):
            assert client.get(reverse(many)).status_code == 200
        with page.at(size):
            assert client.get(record.get_absolute_url()).status_code == 200
        for _ in range(5):
            factories.make_contact(company=contact.company, owner=cast.rep)
            factories.make_lead(
                by=cast.rep, company=contact.company_id, contacts=[(contact.pk, "")]
            )


@pytest.mark.parametrize("part", SEES)
def test_the_palette_finds_people_and_companies_in_sight(
    part: str, contact: Any, cast: Any, login: Any
) -> None:
    client = login(cast.people()[part])
    for text, record in (("novak", contact), ("baltic", contact.company)):
        found = client.get(reverse("search"), {"q": text}).content.decode()
        assert (f'href="{record.get_absolute_url()}"' in found) is bool(SEES[part])


@pytest.mark.parametrize("name", ["contact", "company"])
def test_the_history_tells_what_happened_on_leads_in_sight_and_names_them(
    name: str, cast: Any, client: Client
) -> None:
    company = factories.make_company("Baltic")
    contact = factories.make_contact("Nora", company=company)
    for title, owner in (("Fleet", cast.rep), ("Secret", cast.stranger)):
        factories.make_lead(
            by=cast.manager,
            title=title,
            owner=owner.pk,
            company=company.pk,
            contacts=[(contact.pk, "")],
        )
    record = contact if name == "contact" else company
    history = reverse(f"{name}-history", args=[record.pk])
    client.force_login(cast.rep)
    for address in (record.get_absolute_url(), history):
        page = client.get(address).content.decode()
        entries = page.partition('class="entries"')[2].partition("</ol>")[0]
        assert ">Fleet</a>" in entries
        assert "created this lead" in entries
        assert "Secret" not in entries
    here = client.get(history, {"only": "here"}, HTTP_HX_REQUEST="true").content.decode()
    assert "Fleet" not in here
    assert 'id="history-panel"' in here
    client.force_login(cast.manager)
    page = client.get(history).content.decode()
    assert ">Fleet</a>" in page
    assert ">Secret</a>" in page


def test_a_company_tells_of_those_below_it_when_asked(cast: Any, login: Any) -> None:
    group = factories.make_company("Cold Group", owner=cast.rep)
    branch = factories.make_company("Baltic", parent=group, owner=cast.rep)
    depot = factories.make_company("Riga depot", parent=branch, owner=cast.rep)
    with factories.arranging():
        # A circle ends somewhere, too.
        group.parent = depot
        group.save()
    person = factories.make_contact("Nora Ozola", company=depot, owner=cast.rep)
    lead = factories.make_lead(by=cast.rep, title="Fleet", company=depot.pk, owner=cast.rep.pk)
    hidden = factories.make_lead(
        by=cast.manager, title="Secret", company=depot.pk, owner=cast.stranger.pk
    )
    factories.make_activity(by=cast.rep, lead=lead, assignee=cast.rep, summary="Ring the depot")
    client = login(cast.rep)
    alone = client.get(group.get_absolute_url()).text
    assert f'href="{group.get_absolute_url()}?below=1"' in alone
    assert person.name not in alone and "Fleet" not in alone
    deep = client.get(group.get_absolute_url(), {"below": "1"}).text
    for expected in (person.get_absolute_url(), lead.get_absolute_url(), "Ring the depot"):
        assert expected in deep
    assert hidden.title not in deep
    history = reverse("company-history", args=[group.pk])
    told = client.get(history, {"below": "1"}).text
    assert ">Fleet</a>" in told and ">Riga depot</a>" in told and "Secret" not in told
    assert "below=1" in told and ">Fleet</a>" not in client.get(history).text
