"""The page on which records become one: what it says, who may, and where the gone ones lead."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.ledger.tables import Cause, Kind
from core.services.undoing import undo_cause
from crm.models import Company, Contact
from pipeline.models import Lead
from tests import factories


def address(name: str, *records: Any) -> str:
    ids = "&".join(f"id={record.pk}" for record in records)
    return f"{reverse(f'{name}-merge')}?{ids}"


def sent(*records: Any, head: Any = None, **choices: str) -> dict[str, Any]:
    """What the form sends."""
    values = {f"choose-{name}": value for name, value in choices.items()}
    versions = {f"version-{record.pk}": record.version for record in records}
    return {
        "id": [record.pk for record in records],
        "head": (head or records[0]).pk,
        **versions,
        **values,
    }


@pytest.fixture
def pair(cast: Any, stages: Any) -> tuple[Any, Any]:
    """Two leads of the rep that are one."""
    options = {"by": cast.manager, "owner": cast.rep.pk, "team": cast.team.pk}
    one = factories.make_lead(
        **options, title="First <b>", stage=stages[2], email="e@x.example", expected_revenue=100
    )
    two = factories.make_lead(
        **options, title="Second", stage=stages[1], email="e@x.example", expected_revenue=250
    )
    factories.make_activity(by=cast.manager, lead=two)
    return Lead.objects.get(pk=one.pk), Lead.objects.get(pk=two.pk)


def test_the_page_says_which_value_wins_and_that_amounts_are_not_added_up(
    cast: Any, pair: Any, client: Client
) -> None:
    client.force_login(cast.rep)
    duplicates = client.get(reverse("lead-duplicates", args=[pair[0].pk])).content.decode()
    assert address("lead", *pair).replace("&", "&amp;") in duplicates
    page = client.get(address("lead", *pair)).content.decode()
    assert "First &lt;b&gt;" in page
    assert "Amounts are not added up unless you say so." in page
    assert "€250" in page
    assert "activities: 1" in page


def test_merging_on_the_page_offers_undo_and_the_gone_one_leads_to_the_other(
    cast: Any, pair: Any, client: Client
) -> None:
    one, two = pair
    client.force_login(cast.rep)
    answer = client.post(reverse("lead-merge"), sent(one, two, expected_revenue=str(two.pk)))
    assert answer.status_code == 302
    assert answer["Location"] == one.get_absolute_url()
    one.refresh_from_db()
    assert one.expected_revenue == 250
    cause = Cause.objects.get(kind=Kind.MERGE)
    assert f"/changes/{cause.pk}/undo/" in client.get(one.get_absolute_url()).content.decode()
    assert client.get(two.get_absolute_url())["Location"] == one.get_absolute_url()
    client.force_login(cast.stranger)
    assert client.get(two.get_absolute_url(), follow=True).status_code == 404
    undo_cause(cause=cause.pk, by=cast.rep)
    client.force_login(cast.rep)
    assert client.get(two.get_absolute_url()).status_code == 200


def test_another_may_be_the_one_that_stays(cast: Any, pair: Any, client: Client) -> None:
    one, two = pair
    client.force_login(cast.rep)
    page = client.get(address("lead", one, two) + f"&head={two.pk}").content.decode()
    assert page.index("Second") < page.index("First &lt;b&gt;")
    client.post(reverse("lead-merge"), sent(one, two, head=two))
    assert list(Lead.objects.values_list("pk", flat=True)) == [two.pk]


def test_what_changed_meanwhile_is_shown_before_anything_is_merged(
    cast: Any, pair: Any, client: Client
) -> None:
    one, two = pair
    client.force_login(cast.rep)
    data = sent(one, two)
    with factories.arranging():
        two.email = "other@x.example"
        two.save()
    answer = client.post(reverse("lead-merge"), data)
    assert answer.status_code == 409
    assert "was changed meanwhile" in answer.content.decode()
    assert "other@x.example" in answer.content.decode()
    assert Lead.objects.count() == 2


@pytest.mark.parametrize(
    ("part", "status"),
    [("rep", 200), ("mate", 403), ("leader", 200), ("manager", 200), ("stranger", 404)],
)
def test_who_merges_leads(part: str, status: int, cast: Any, pair: Any, client: Client) -> None:
    client.force_login(cast.people()[part])
    assert client.get(address("lead", *pair)).status_code == status
    answer = client.post(reverse("lead-merge"), sent(*pair))
    assert answer.status_code == (302 if status == 200 else status)
    assert Lead.objects.count() == (1 if status == 200 else 2)


@pytest.mark.parametrize("query", ["", "?id=x", "?id=1", "?id=" + "9" * 40, "?id=1&id=1"])
def test_too_few_records_are_refused_in_words(query: str, cast: Any, client: Client) -> None:
    client.force_login(cast.manager)
    answer = client.get(reverse("lead-merge") + query)
    assert answer.status_code == 422
    assert "at least two" in answer.content.decode()


def test_contacts_become_one_with_their_leads_and_the_strictest_consent(
    cast: Any, client: Client, stages: Any
) -> None:
    company = factories.make_company("Baltic")
    one = factories.make_contact("Nora Keller", email="n@x.example", consent="given")
    two = factories.make_contact(
        "N. Keller", company=company, phone="+12025550123", consent="withdrawn"
    )
    both = factories.make_lead(by=cast.manager, contacts=[(one.pk, ""), (two.pk, "buyer")])
    other = factories.make_lead(by=cast.manager, contacts=[(two.pk, "")])
    client.force_login(cast.manager)
    assert client.get(address("contact", one, two)).status_code == 200
    client.post(reverse("contact-merge"), sent(one, two))
    merged = Contact.objects.get()
    assert (merged.pk, merged.company, merged.consent) == (one.pk, company, "withdrawn")
    assert merged.phone_key == "+12025550123"
    assert {lead.pk for lead in merged.leads.all()} == {both.pk, other.pk}
    assert [person.role for person in both.lead_contacts.all()] == ["buyer"]
    assert client.get(two.get_absolute_url())["Location"] == one.get_absolute_url()
    undo_cause(cause=Cause.objects.get(kind=Kind.MERGE).pk, by=cast.manager)
    assert Contact.objects.count() == 2
    assert both.lead_contacts.count() == 2
    assert two.leads.count() == 2


def test_companies_become_one_with_their_people_leads_branches_and_fields(
    cast: Any, client: Client, stages: Any
) -> None:
    from crm.models import CustomField

    with factories.arranging():
        CustomField.objects.create(
            subject="pipeline.lead", key="partner", label="Partner", type="company"
        )
    one = factories.make_company("Baltic", domain="baltic.example")
    two = factories.make_company("Baltic Ltd", city="Riga", parent=one)
    branch = factories.make_company("Baltic East", parent=two)
    contact = factories.make_contact("Nora Keller", company=two)
    lead = factories.make_lead(by=cast.manager, company=two.pk, custom={"partner": two.pk})
    client.force_login(cast.manager)
    assert client.get(address("company", one, two)).status_code == 200
    client.post(reverse("company-merge"), sent(one, two))
    merged = Company.objects.get(pk=one.pk)
    assert (merged.city, merged.parent, merged.domain) == ("Riga", None, "baltic.example")
    for record in (branch, contact, lead):
        record.refresh_from_db()
    assert (branch.parent, contact.company, lead.company) == (merged, merged, merged)
    assert lead.custom == {"partner": merged.pk}
    undo_cause(cause=Cause.objects.get(kind=Kind.MERGE).pk, by=cast.manager)
    for record in (branch, contact, lead):
        record.refresh_from_db()
    assert (branch.parent, contact.company, lead.custom) == (two, two, {"partner": two.pk})


def test_a_head_that_stands_under_another_makes_no_circle(cast: Any) -> None:
    from crm.services.merging import merge_companies

    top = factories.make_company("Top")
    middle = factories.make_company("Middle", parent=top)
    head = factories.make_company("Top Ltd", parent=middle)
    merged = merge_companies(ids=[top.pk, head.pk], by=cast.manager, head=head.pk)
    middle.refresh_from_db()
    assert (middle.parent_id, merged.parent_id) == (head.pk, None)


@pytest.mark.parametrize("name", ["leads", "contacts", "companies"])
def test_selected_rows_of_a_list_are_merged_on_the_page(
    name: str, cast: Any, client: Client, stages: Any
) -> None:
    make = {
        "leads": lambda: factories.make_lead(by=cast.manager),
        "contacts": factories.make_contact,
        "companies": factories.make_company,
    }[name]
    one, two = make(), make()
    client.force_login(cast.manager)
    bulk = reverse(f"{name}-bulk", args=["merge"])
    assert bulk in client.get(reverse(name)).content.decode()
    kind = {"leads": "lead", "contacts": "contact", "companies": "company"}[name]
    rows = {"rows": f"{two.pk},{one.pk}"}
    assert client.get(bulk, rows)["Location"] == address(kind, two, one)
    answer = client.get(bulk, rows, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (204, address(kind, two, one))


def test_too_many_selected_rows_are_refused_on_the_page(
    cast: Any, client: Client, stages: Any
) -> None:
    for _ in range(8):
        factories.make_lead(by=cast.manager)
    client.force_login(cast.manager)
    opened = client.get(reverse("leads-bulk", args=["merge"]), {"all": "1"}, follow=True)
    assert opened.status_code == 422
    assert "At most 5" in opened.content.decode()
