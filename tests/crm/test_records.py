"""Companies and contacts: values checked, rights kept, edits from old states refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.ledger.causes import because
from core.ledger.tables import Change, Kind
from crm.models import Company, Contact, CustomField
from crm.services import companies, contacts
from tests import factories
from tests.budgets import counting_queries


@pytest.fixture(autouse=True)
def cause(db: None) -> Any:
    """A cause for what the test asks a service to do."""
    with because(Kind.SYSTEM, label="test"):
        yield


@pytest.fixture
def size(db: None) -> CustomField:
    """A custom field of choice on companies."""
    with factories.arranging():
        return CustomField.objects.create(
            subject="crm.company",
            key="size",
            label="Size",
            type="choice",
            options=[{"id": "s", "label": "Small"}, {"id": "l", "label": "Large"}],
        )


def test_a_company_belongs_to_whoever_makes_it(cast: Any) -> None:
    company = companies.create_company(values={"name": " Acme  "}, by=cast.rep)
    assert (company.name, company.owner, company.name_key) == ("Acme", cast.rep, "acme")
    unowned = companies.create_company(values={"name": "Free", "owner": None}, by=cast.rep)
    assert unowned.owner is None


def test_values_are_read_as_their_fields_demand(cast: Any) -> None:
    company = companies.create_company(
        values={
            "name": "Acme",
            "domain": "https://www.Acme.example/shop",
            "employees": "250",
            "annual_revenue": "1000000.50",
            "phone": "01 23 45 67 89",
            "website": "https://acme.example",
        },
        by=cast.rep,
    )
    assert company.domain_key == "acme.example"
    assert company.employees == 250
    assert company.annual_revenue == Decimal("1000000.50")
    assert company.phone_key == "+33123456789"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "name"),
        ({"name": "   "}, "name"),
        ({"name": None}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "A", "employees": -1}, "employees"),
        ({"name": "A", "employees": "many"}, "employees"),
        ({"name": "A", "annual_revenue": "1e30"}, "annual_revenue"),
        ({"name": "A", "website": "javascript:alert(1)"}, "website"),
        ({"name": "A", "owner": 10**9}, "owner"),
        ({"name": "A", "owner": "me"}, "owner"),
        ({"name": "A", "owner": True}, "owner"),
        ({"name": "A", "parent": 10**30}, "parent"),
        ({"name": "A", "version": 7}, "version"),
        ({"name": "A", "name_key": "b"}, "name_key"),
        ({"name": "A", "external_id": "7"}, "external_id"),
        ({"name": "A", "colour": "red"}, "colour"),
        ({"name": "A", "custom": {"nothing": 1}}, "custom.nothing"),
        ({"name": "A", "custom": {"size": "xl"}}, "custom.size"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    cast: Any, size: CustomField, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        companies.create_company(values=values, by=cast.rep)
    assert list(refused.value.fields) == [field]
    assert refused.value.message
    assert not Company.objects.exists()


def test_one_bad_row_of_many_is_named_and_none_is_kept(cast: Any) -> None:
    with pytest.raises(Refused) as refused:
        companies.create_companies(drafts=[{"name": "A"}, {"name": ""}], by=cast.rep)
    assert "Row 2" in refused.value.message
    assert not Company.objects.exists()


def test_custom_values_merge_and_none_takes_out(cast: Any, size: CustomField) -> None:
    with factories.arranging():
        CustomField.objects.create(subject="crm.company", key="vat", label="VAT", type="text")
    company = companies.create_company(
        values={"name": "A", "custom": {"size": "s", "vat": "FR1"}}, by=cast.rep
    )
    assert company.custom == {"size": "s", "vat": "FR1"}
    companies.update_company(
        company=company.pk, values={"custom": {"size": "l", "vat": None}}, by=cast.rep
    )
    company.refresh_from_db()
    assert company.custom == {"size": "l"}
    change = Change.objects.filter(record_type="crm.company").order_by("-id").first()
    assert change.diff == {"custom.size": ["s", "l"], "custom.vat": ["FR1", None]}


def test_a_company_is_not_above_itself(cast: Any) -> None:
    top = companies.create_company(values={"name": "Top"}, by=cast.rep)
    mid = companies.create_company(values={"name": "Mid", "parent": top}, by=cast.rep)
    low = companies.create_company(values={"name": "Low", "parent": mid.pk}, by=cast.rep)
    for parent in (top, low):
        with pytest.raises(Refused) as refused:
            companies.update_company(company=top.pk, values={"parent": parent}, by=cast.rep)
        assert list(refused.value.fields) == ["parent"]


def test_an_edit_from_an_old_state_is_a_conflict(cast: Any) -> None:
    company = companies.create_company(values={"name": "A"}, by=cast.rep)
    old = company.version
    edit = {"company": company.pk, "by": cast.rep, "expected_version": old}
    companies.update_company(values={"city": "Lyon"}, **edit)
    with pytest.raises(Conflict):
        companies.update_company(values={"city": "Paris"}, **edit)
    assert Company.objects.get().city == "Lyon"


def test_an_external_id_is_used_once_and_by_the_system_alone(cast: Any) -> None:
    values = {"name": "A", "external_source": "file", "external_id": "7"}
    companies.create_company(values=values, by=None)
    with pytest.raises(Conflict):
        companies.create_company(values=values, by=None)
    assert Company.objects.count() == 1


WRITES: list[Callable[[Any, Any], Any]] = [
    lambda pk, by: companies.update_company(company=pk, values={"city": "X"}, by=by),
    lambda pk, by: companies.update_companies(companies=[pk], values={"city": "X"}, by=by),
    lambda pk, by: companies.archive_company(company=pk, by=by),
    lambda pk, by: companies.unarchive_company(company=pk, by=by),
    lambda pk, by: companies.delete_company(company=pk, by=by),
]


@pytest.mark.parametrize("write", WRITES)
def test_what_is_out_of_sight_is_not_found(cast: Any, write: Callable[[Any, Any], Any]) -> None:
    company = factories.make_company("Hidden", owner=cast.stranger)
    for part in ("rep", "mate", "leader", "follower"):
        with pytest.raises(NotFound):
            write(company.pk, cast.people()[part])
    with pytest.raises(NotFound):
        write(10**9, cast.admin)
    assert Company.objects.get(pk=company.pk).version == 1


@pytest.mark.parametrize("write", WRITES)
def test_what_is_only_seen_is_not_changed(
    cast: Any, pipeline: Any, write: Callable[[Any, Any], Any]
) -> None:
    company = factories.make_company("Seen", owner=cast.stranger)
    factories.make_lead(by=cast.admin, owner=cast.rep, company=company)
    with pytest.raises(NotAllowed):
        write(company.pk, cast.rep)
    assert Company.objects.get(pk=company.pk).version == 1


@pytest.mark.parametrize("part", ["manager", "admin", "stranger"])
def test_who_may_changes_archives_and_deletes(cast: Any, part: str) -> None:
    by = cast.people()[part]
    company = factories.make_company("Mine", owner=cast.stranger)
    companies.update_company(company=company.pk, values={"city": "Lyon"}, by=by)
    assert companies.archive_company(company=company.pk, by=by).archived_at
    assert companies.archive_company(company=company.pk, by=by).version == 3, "archived once"
    assert companies.unarchive_company(company=company.pk, by=by).archived_at is None
    companies.delete_company(company=company.pk, by=by)
    assert not Company.objects.exists()


def test_one_of_several_out_of_reach_stops_all(cast: Any) -> None:
    mine = factories.make_company("Mine", owner=cast.rep)
    hidden = factories.make_company("Hidden", owner=cast.stranger)
    with pytest.raises(NotFound):
        companies.update_companies(
            companies=[mine.pk, hidden.pk], values={"city": "X"}, by=cast.rep
        )
    assert Company.objects.get(pk=mine.pk).city == ""


def test_naming_what_one_does_not_see_is_refused(cast: Any) -> None:
    hidden = factories.make_company("Hidden", owner=cast.stranger)
    with pytest.raises(Refused) as refused:
        contacts.create_contact(values={"name": "Ann", "company": hidden}, by=cast.rep)
    assert refused.value.fields == {"company": ["There is no such record."]}
    assert contacts.create_contact(values={"name": "Ann", "company": hidden}, by=cast.manager)


def test_a_contact_keeps_folded_keys(cast: Any) -> None:
    contact = contacts.create_contact(
        values={"name": "Ann Lee", "email": "Ann@Müller.example", "mobile": "06 12 34 56 78"},
        by=cast.rep,
    )
    assert contact.email_key == "ann@xn--mller-kva.example"
    assert contact.mobile_key == "+33612345678"
    with pytest.raises(Refused) as refused:
        contacts.update_contact(contact=contact.pk, values={"email": "ann@"}, by=cast.rep)
    assert list(refused.value.fields) == ["email"]


def test_consent_is_dated_when_it_changes(cast: Any) -> None:
    contact = contacts.create_contact(values={"name": "Ann"}, by=cast.rep)
    assert contact.consent_at is None
    edit = {"contact": contact.pk, "by": cast.rep}
    given = contacts.update_contact(values={"consent": "given"}, **edit).consent_at
    assert given is not None
    assert timezone.now() - given < dt.timedelta(minutes=1)
    again = contacts.update_contact(values={"consent": "given", "name": "Anne"}, **edit)
    assert again.consent_at == given
    assert contacts.update_contact(values={"consent": "unknown"}, **edit).consent_at is None
    day = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    dated = contacts.update_contact(values={"consent": "withdrawn", "consent_at": day}, **edit)
    assert dated.consent_at == day


def test_contacts_are_archived_and_deleted_in_bulk(cast: Any) -> None:
    made = contacts.create_contacts(drafts=[{"name": f"C{i}"} for i in range(5)], by=cast.rep)
    keys = [contact.pk for contact in made]
    contacts.archive_contacts(contacts=keys[:3], by=cast.rep)
    assert Contact.objects.active().count() == 2
    contacts.unarchive_contacts(contacts=keys, by=cast.rep)
    assert Contact.objects.active().count() == 5
    assert contacts.delete_contacts(contacts=keys, by=cast.rep) == 5
    assert not Contact.objects.exists()


def test_bulk_costs_the_same_queries_for_two_and_for_two_hundred(cast: Any) -> None:
    company = factories.make_company("Acme")

    def measure(count: int) -> tuple[int, int]:
        drafts = [{"name": f"N{i}", "company": company, "owner": cast.mate} for i in range(count)]
        made: list[str] = []
        with counting_queries(made):
            keys = [c.pk for c in contacts.create_contacts(drafts=drafts, by=cast.manager)]
        changed: list[str] = []
        with counting_queries(changed):
            contacts.update_contacts(contacts=keys, values={"owner": cast.rep}, by=cast.manager)
        return len(made), len(changed)

    few, many = measure(2), measure(200)
    assert many == few


def test_companies_are_found_or_made_by_name(cast: Any) -> None:
    known = factories.make_company("Straße GmbH")
    found = companies.find_or_create_companies(
        names=["STRASSE  gmbh", "New One", "new one", " "], by=cast.rep
    )
    assert found["strasse gmbh"] == known
    assert found["new one"].name == "New One"
    assert len(found) == 2
    assert Company.objects.count() == 2
