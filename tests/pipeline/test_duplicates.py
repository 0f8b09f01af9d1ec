"""Leads that may be about one and the same sale: found by indexes, with the reason in words."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.searching import planning
from crm.duplicates import LIKELY, POSSIBLE, SURE, find_contacts
from crm.models import Company, ContactPoint
from pipeline.duplicates import find_leads, probe_of_lead
from pipeline.models import Lead
from pipeline.services.closing import lose_leads, win_leads
from pipeline.services.conversion import propose_conversion
from tests import factories

HTMX = {"HTTP_HX_REQUEST": "true"}


def like(lead: Any, user: Any, **options: Any) -> dict[str, int]:
    found = find_leads(probe_of_lead(lead), by=user, but=lead.pk, **options)
    return {match.record.title: match.strength for match in found}


def test_the_same_address_number_customer_or_colleague_is_found(cast: Any) -> None:
    company = factories.make_company("X Industries")
    customer = factories.make_contact("Fay Palmer", company=company, email="private@web.de")
    colleague = factories.make_contact("Cole Eagle", company=company, mobile="+12025550199")
    by = cast.manager
    lead = factories.make_lead(
        by=by,
        title="L",
        email="FP@gmail.com",
        phone="+1 202 555 0123",
        company=company.pk,
        contacts=[(customer.pk, "")],
    )
    factories.make_lead(by=by, title="other case", email="fp@GMAIL.com")
    factories.make_lead(by=by, title="with its name", email="fp@gmail.com", contact_name="Fay P")
    factories.make_lead(by=by, title="same phone", phone="+12025550123")
    mobile = factories.make_contact("Mo Bile", mobile="+1 (202) 555-0123")
    factories.make_lead(by=by, title="same mobile", contacts=[(mobile.pk, "")])
    factories.make_lead(by=by, title="colleague", company=company.pk, contacts=[(colleague.pk, "")])
    factories.make_lead(by=by, title="company", company=company.pk)
    factories.make_lead(by=by, title="company as told", company_name="x industry ltd")
    factories.make_lead(by=by, title="same person", contacts=[(customer.pk, "")])
    factories.make_lead(by=by, title="at the same provider", email="gp@gmail.com")

    assert like(lead, by) == {
        "other case": SURE,
        "with its name": SURE,
        "same phone": LIKELY,
        "same mobile": LIKELY,
        "colleague": POSSIBLE,
        "company": POSSIBLE,
        "company as told": POSSIBLE,
        "same person": SURE,
    }


def test_a_domain_that_many_leads_share_is_left_out_and_the_phone_still_counts(cast: Any) -> None:
    by = cast.manager
    lead = factories.make_lead(by=by, title="L", email="nora@large.example", phone="+12025550123")
    twin = {"email": "paul@large.example"}
    for number in range(20):
        factories.make_lead(by=by, title=f"n{number}", email=f"p{number}@large.example")
    assert len(like(lead, by)) == 20
    factories.make_lead(by=by, title="one more", **twin)
    factories.make_lead(by=by, title="by phone", phone="+1 202-555-0123")
    assert like(lead, by) == {"by phone": LIKELY}


def test_a_slip_in_the_name_at_the_same_domain_is_the_same_person(cast: Any) -> None:
    by = cast.manager
    lead = factories.make_lead(
        by=by, title="L", contact_name="Nora Keller", email="nora.keller@baltic.example"
    )
    factories.make_lead(
        by=by, title="slip", contact_name="Nora Kelker", email="nora.kelker@baltic.example"
    )
    factories.make_lead(
        by=by, title="colleague", contact_name="Paul Weber", email="paul@baltic.example"
    )
    assert like(lead, by) == {"slip": LIKELY, "colleague": POSSIBLE}


def test_closed_leads_are_found_unless_only_open_ones_are_asked_for(
    cast: Any, stages: Any, pipeline: Any
) -> None:
    from pipeline.models import LostReason

    by = cast.manager
    contact = factories.make_contact("Carl Customer")
    lead = factories.make_lead(by=by, title="L", email="e@x.example", contacts=[(contact.pk, "")])
    names = ("lost lead", "active", "won", "nearly", "lost opportunity")
    made = {
        name: factories.make_lead(
            by=by,
            title=name,
            email="e@x.example",
            stage=stages[0] if name in ("lost lead", "active") else stages[1],
        )
        for name in names
    }
    factories.make_lead(
        by=by, title="customer", email="other@y.example", contacts=[(contact.pk, "")]
    )
    with factories.arranging():
        reason = LostReason.objects.create(name="Price of it")
        lost = [made["lost lead"].pk, made["lost opportunity"].pk]
        lose_leads(leads=lost, reason=reason.pk, by=by)
        win_leads(leads=[made["won"].pk], by=by)

    assert set(like(lead, by, include_closed=False)) == {"active", "nearly", "customer"}
    assert set(like(lead, by)) == {"active", "nearly", "customer", "won", "lost opportunity"}


def test_the_contact_of_an_address_is_proposed_whatever_its_case_and_name(cast: Any) -> None:
    amy = factories.make_contact("A. W.", email="AMY.WONG@x.example")
    lead = factories.make_lead(
        by=cast.manager, title="L", email="amy.wong@x.example", contact_name="Amy Wong"
    )
    assert propose_conversion(lead=lead.pk, by=cast.manager).contact == amy
    found = find_contacts(probe_of_lead(lead), by=cast.manager)
    assert [(match.record, match.strength) for match in found] == [(amy, SURE)]


def test_a_name_alone_links_no_contact(cast: Any) -> None:
    factories.make_contact("casa depapel")
    lead = factories.make_lead(by=cast.manager, title="Asa Depape", contact_name="Asa Depape")
    assert propose_conversion(lead=lead.pk, by=cast.manager).contact is None


def test_leads_out_of_sight_are_not_found_and_archived_ones_neither(cast: Any) -> None:
    from pipeline.services.leads import archive_leads

    mine = factories.make_lead(by=cast.manager, title="L", email="e@x.example", owner=cast.rep.pk)
    factories.make_lead(
        by=cast.manager, title="theirs", email="e@x.example", owner=cast.stranger.pk
    )
    old = factories.make_lead(by=cast.manager, title="old", email="e@x.example")
    with factories.arranging():
        archive_leads(leads=[old.pk], by=cast.manager)
    assert like(mine, cast.rep) == {}
    assert like(mine, cast.manager) == {"theirs": SURE}


def test_the_search_reads_indexes_alone(cast: Any) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("plans are PostgreSQL's")
    company = factories.make_company("Baltic", domain="baltic.example")
    contact = factories.make_contact("Nora Keller", company=company, email="nora@baltic.example")
    by = cast.rep
    lead = factories.make_lead(
        by=cast.manager,
        contact_name="N. Keller",
        company=company.pk,
        email="nora@baltic.example",
        phone="+12025550123",
        contacts=[(contact.pk, "")],
    )
    factories.make_lead(by=cast.manager, email="nora@baltic.example")
    with CaptureQueriesContext(connection) as caught:
        assert find_leads(probe_of_lead(lead), by=by, but=lead.pk)
        assert not find_contacts(probe_of_lead(lead), by=by, but=contact.pk)
    # Of tables as small as these it would read all: it does so here only where no index serves.
    with planning("default", "enable_seqscan"):
        assert_no_scan(caught, 2)


LARGE = ("pipeline_lead", "pipeline_leadcontact", "crm_contact", "crm_company", "crm_contactpoint")


def assert_no_scan(caught: Any, parts: int) -> None:
    """None of the caught statements reads a large table through; `parts` of them ask in unions."""
    asked = [query["sql"] for query in caught if query["sql"].startswith(("SELECT", "(SELECT"))]
    assert len([sql for sql in asked if "UNION ALL" in sql]) >= parts
    for sql in asked:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
        for table in LARGE:
            assert f"Seq Scan on {table} " not in plan, f"{sql}\n{plan}"


#: What tells the copies of one row apart, where it has to.
APART = {
    "email_key": "'p' || n || '@d' || n / 3 || '.example'",
    "domain_key": "'d' || n / 3 || '.example'",
    "phone_key": "'+3361' || n",
    "mobile_key": "'+3362' || n",
    "key": "'k' || n || '@points.example'",
    "position": "'b' || n",
    "contact_name_alike": "'k' || n / 2",
    "company_name_alike": "'f' || n / 2",
    "name_alike": "'k' || n / 2",
}


def copy_row(record: Any, number: int, **others: str) -> None:
    """Fill a table with rows like one, of other keys; what sums and the ledger say is no matter."""
    table, apart = record._meta.db_table, APART | others
    columns = [
        each.column
        for each in record._meta.concrete_fields
        if not each.primary_key and not each.generated
    ]
    values = [apart.get(name, connection.ops.quote_name(name)) for name in columns]
    names = ", ".join(connection.ops.quote_name(name) for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} "
            f"FROM {table}, generate_series(1, {number}) n WHERE id = %s",
            [record.pk],
        )
        cursor.execute(f"ANALYZE {table}")


def test_among_many_the_search_reads_indexes_of_its_own_accord(cast: Any) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("plans are PostgreSQL's")
    company = factories.make_company("Baltic", domain="baltic.example")
    person = {"email": "nora@baltic.example", "phone": "+12025550123"}
    contact = factories.make_contact("Nora Keller", company=company, **person)
    with factories.arranging():
        point = ContactPoint.objects.create(contact=contact, kind="email", value="nora@gmail.com")
    make = {"by": cast.manager, "contact_name": "Nora Keller", "company_name": "Baltic", **person}
    lead = factories.make_lead(company=company.pk, contacts=[(contact.pk, "")], **make)
    factories.make_lead(**make)
    copy_row(company, 30_000)
    first = Company.objects.order_by("pk").exclude(pk=company.pk).values_list("pk", flat=True)[0]
    copy_row(contact, 30_000, company_id=f"{first} + n / 3")
    copy_row(lead, 30_000, company_id=f"{first} + n / 2")
    copies = Lead.objects.filter(phone_key__startswith="+3361")
    start = copies.order_by("pk").values_list("pk", flat=True)[0]
    someone = contact.pk + 1
    copy_row(point, 30_000, contact_id=f"{someone} + n - 1")
    copy_row(
        lead.lead_contacts.get(),
        30_000,
        lead_id=f"{start} + n - 1",
        contact_id=f"{someone} + n - 1",
    )
    for by in (cast.manager, cast.leader, cast.rep):
        with CaptureQueriesContext(connection) as caught:
            probe = probe_of_lead(lead)
            assert find_leads(probe, by=by, but=lead.pk)
            find_contacts(probe, by=by)
        assert len(caught) <= 8
        assert any("crm_contactpoint" in query["sql"] for query in caught)
        assert_no_scan(caught, 3)


def test_the_search_takes_the_same_queries_at_any_size(cast: Any, query_budget: Any) -> None:
    budget = query_budget("duplicates of a lead")
    company = factories.make_company("Baltic")
    by = cast.manager
    lead = factories.make_lead(by=by, email="n@baltic.example", company=company.pk)
    factories.make_lead(by=by, email="n@baltic.example", company=company.pk)
    lead = Lead.objects.select_related("company").get(pk=lead.pk)
    with budget.at("small"):
        assert len(like(lead, by)) == 1
    for _ in range(12):
        factories.make_lead(by=by, email="n@baltic.example", company=company.pk)
    with budget.at("large"):
        assert len(like(lead, by)) == 13


def test_the_page_of_a_lead_looks_for_duplicates_and_tells_why(cast: Any, client: Client) -> None:
    lead = factories.make_lead(by=cast.manager, title="First", email="e@x.example")
    factories.make_lead(by=cast.manager, title="Second <b>", email="e@x.example")
    client.force_login(cast.rep)
    address = reverse("lead-duplicates", args=[lead.pk])
    assert address in client.get(lead.get_absolute_url()).content.decode()
    for headers in ({}, HTMX):
        answer = client.get(address, **headers).content.decode()
        assert "Second &lt;b&gt;" in answer
        assert "<div>same e-mail</div>" in answer


def test_duplicates_of_a_lead_out_of_sight_are_not_told(cast: Any, client: Client) -> None:
    lead = factories.make_lead(by=cast.manager, owner=cast.rep.pk)
    client.force_login(cast.stranger)
    assert client.get(reverse("lead-duplicates", args=[lead.pk])).status_code == 404


@pytest.mark.parametrize(
    ("typed", "hit"),
    [
        ({"email": "E@x.example"}, True),
        ({"phone": "+1 202 555 0123"}, True),
        ({"company": "baltic cold chain gmbh"}, True),
        ({"email": "e@"}, False),
        ({"title": "First"}, False),
    ],
)
def test_the_form_of_a_lead_hints_while_one_types(
    typed: dict[str, str], hit: bool, cast: Any, client: Client
) -> None:
    factories.make_lead(
        by=cast.manager,
        title="First",
        email="e@x.example",
        phone="+12025550123",
        company_name="Baltic Cold Chain",
    )
    client.force_login(cast.rep)
    assert reverse("lead-known") in client.get(reverse("lead-new")).content.decode()
    assert ("First" in client.get(reverse("lead-known"), typed).content.decode()) is hit


def test_keys_follow_every_write(cast: Any) -> None:
    lead = factories.make_lead(by=cast.manager, email="e@x.example", contact_name="Nora Müller")
    with factories.arranging():
        lead.email, lead.contact_name = "e@gmail.com", "Nora Keller"
        lead.save()
    row = Lead.objects.get(pk=lead.pk)
    assert (row.domain_key, row.contact_name_alike) == ("", "klr nr")
