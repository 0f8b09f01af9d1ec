"""People on leads, and making an opportunity of a captured lead with the contact behind it."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import NotAllowed, NotFound, Refused
from core.ledger.causes import because
from core.ledger.tables import Kind
from crm.models import Company, Contact
from pipeline.models import Lead, LeadContact, LostReason
from pipeline.services.closing import lose_lead, win_lead
from pipeline.services.conversion import convert_lead, propose_conversion
from pipeline.services.moves import move_lead
from pipeline.services.people import put_contact, remove_contact
from tests.conftest import Cast
from tests.core.samples import assert_ledger_tells_all
from tests.factories import make_company, make_contact, make_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(cast: Cast) -> Lead:
    return make_lead(
        by=cast.rep,
        owner=cast.rep.pk,
        team=cast.team.pk,
        contact_name="Amy Wong",
        email=" Amy.Wong@X.example ",
        phone="+33 1 23 45 67 89",
        company_name="Planet Express",
    )


def convert(lead: Lead, by: Any = None, **options: Any) -> Lead:
    with because(Kind.PERSON, by=by):
        return convert_lead(lead=lead.pk, by=by, **options)


def put(lead: Lead, contact: Contact, by: Any = None, **options: Any) -> LeadContact:
    with because(Kind.PERSON, by=by):
        return put_contact(lead=lead.pk, contact=contact.pk, by=by, **options)


def people(lead: Lead) -> list[tuple[int, str, bool]]:
    rows = LeadContact.objects.filter(lead=lead).order_by("pk")
    return [(row.contact_id, row.role, row.is_main) for row in rows]


@pytest.mark.parametrize("name", ["Amy Wong", "A. Wong-Kroker"])
def test_a_contact_is_found_by_its_normalised_address_whatever_its_name(
    cast: Cast, lead: Lead, name: str
) -> None:
    company = make_company("Momcorp", owner=cast.rep)
    contact = make_contact(name, email="AMY.WONG@x.EXAMPLE", company=company, owner=cast.rep)
    proposal = propose_conversion(lead=lead.pk, by=cast.rep)
    assert (proposal.contact, proposal.company) == (contact, company)
    assert (proposal.contact_values, proposal.company_values) == ({}, {})
    convert(lead, cast.rep)
    assert people(lead) == [(contact.pk, "", True)]
    assert Lead.objects.get(pk=lead.pk).company == company
    assert Contact.objects.count() == 1 and Company.objects.count() == 1


def test_without_a_match_contact_and_company_are_offered(cast: Cast, lead: Lead) -> None:
    make_contact("Amy Wong", email="other@x.example")
    proposal = propose_conversion(lead=lead.pk, by=cast.rep)
    assert (proposal.contact, proposal.company) == (None, None)
    assert proposal.contact_values["name"] == "Amy Wong"
    assert proposal.company_values == {"name": "Planet Express"}
    convert(lead, cast.rep, create_contact=True, create_company=True)
    row = Lead.objects.get(pk=lead.pk)
    contact = LeadContact.objects.get(lead=lead).contact
    assert (contact.name, contact.email_key) == ("Amy Wong", "amy.wong@x.example")
    assert row.company is not None and row.company.name == "Planet Express"
    assert contact.company == row.company
    assert_ledger_tells_all()


def test_nothing_is_made_unasked(cast: Cast, lead: Lead) -> None:
    convert(lead, cast.rep)
    assert not Contact.objects.exists() and not Company.objects.exists()
    assert Lead.objects.get(pk=lead.pk).kind == "opportunity"


def test_a_company_is_found_by_its_name(cast: Cast, lead: Lead) -> None:
    company = make_company("  PLANET express", owner=cast.rep)
    assert propose_conversion(lead=lead.pk, by=cast.rep).company == company


def test_given_records_win_over_found_ones(cast: Cast, lead: Lead) -> None:
    make_contact(email="amy.wong@x.example", owner=cast.rep)
    chosen, company = make_contact(owner=cast.rep), make_company(owner=cast.rep)
    convert(lead, cast.rep, contact=chosen.pk, company=company.pk)
    assert people(lead) == [(chosen.pk, "", True)]
    assert Lead.objects.get(pk=lead.pk).company == company


def test_converting_dates_it_and_leaves_the_rest(cast: Cast, lead: Lead) -> None:
    before = Lead.objects.get(pk=lead.pk)
    convert(lead, cast.rep)
    after = Lead.objects.get(pk=lead.pk)
    assert after.converted_at is not None and after.converted_at > before.created_at
    assert (after.owner, after.stage, after.position) == (
        before.owner,
        before.stage,
        before.position,
    )
    assert after.assigned_at == before.assigned_at


def test_only_an_open_lead_is_converted_and_only_once(
    cast: Cast, lead: Lead, stages: list[Any]
) -> None:
    convert(lead, cast.rep)
    with pytest.raises(Refused):
        convert(lead, cast.rep)
    lost, won, moved = (make_lead(by=cast.rep, owner=cast.rep.pk) for _ in range(3))
    with because(Kind.PERSON):
        lose_lead(lead=lost.pk, reason=LostReason.objects.all()[0].pk, by=None)
        win_lead(lead=won.pk, by=None)
        move_lead(lead=moved.pk, stage=stages[1].pk, by=None)
    for other in (lost, won, moved):
        before = Lead.objects.filter(pk=other.pk).values().get()
        with pytest.raises(Refused):
            convert(other, cast.rep)
        assert Lead.objects.filter(pk=other.pk).values().get() == before


def test_a_lead_that_names_nobody_has_nobody_to_make(cast: Cast) -> None:
    nameless = make_lead(by=cast.rep, owner=cast.rep.pk)
    for option in ("create_contact", "create_company"):
        with pytest.raises(Refused) as refusal:
            convert(nameless, cast.rep, **{option: True})
        assert option in refusal.value.fields
    assert Lead.objects.get(pk=nameless.pk).kind == "lead"


def test_records_out_of_sight_are_neither_found_nor_taken(cast: Cast, lead: Lead) -> None:
    hidden = make_contact(email="amy.wong@x.example", owner=cast.stranger)
    company = make_company("Planet Express", owner=cast.stranger)
    proposal = propose_conversion(lead=lead.pk, by=cast.rep)
    assert (proposal.contact, proposal.company) == (None, None)
    for options, field in (
        ({"contact": hidden.pk}, "contact"),
        ({"company": company.pk}, "company"),
    ):
        with pytest.raises(Refused) as refusal:
            convert(lead, cast.rep, **options)
        assert field in refusal.value.fields
    with pytest.raises(NotFound):
        put(lead, hidden, cast.rep)
    with pytest.raises(NotFound):
        propose_conversion(lead=lead.pk, by=cast.stranger)
    with pytest.raises(NotAllowed):
        convert(lead, cast.mate)


def test_the_first_contact_is_the_main_one_and_another_may_become_it(lead: Lead) -> None:
    one, two = make_contact(), make_contact()
    put(lead, one, role="user")
    put(lead, two, role="buyer")
    assert people(lead) == [(one.pk, "user", True), (two.pk, "buyer", False)]
    put(lead, two, is_main=True)
    assert people(lead) == [(one.pk, "user", False), (two.pk, "buyer", True)]
    put(lead, two, role="")
    assert people(lead)[1] == (two.pk, "", True)
    put(lead, two)
    assert people(lead)[1] == (two.pk, "", True)
    with pytest.raises(Refused) as refusal:
        put(lead, two, role="boss")
    assert "role" in refusal.value.fields
    assert_ledger_tells_all()


def test_who_leaves_hands_the_main_place_on(lead: Lead) -> None:
    one, two, three = make_contact(), make_contact(), make_contact()
    for contact in (one, two, three):
        put(lead, contact)
    with because(Kind.PERSON):
        remove_contact(lead=lead.pk, contact=three.pk, by=None)
        assert people(lead) == [(one.pk, "", True), (two.pk, "", False)]
        remove_contact(lead=lead.pk, contact=one.pk, by=None)
        assert people(lead) == [(two.pk, "", True)]
        with pytest.raises(NotFound):
            remove_contact(lead=lead.pk, contact=one.pk, by=None)
        remove_contact(lead=lead.pk, contact=two.pk, by=None)
    assert people(lead) == []
    assert_ledger_tells_all()


def test_who_only_sees_a_lead_puts_nobody_on_it(cast: Cast, lead: Lead) -> None:
    contact = make_contact()
    with pytest.raises(NotAllowed):
        put(lead, contact, cast.mate)
    with pytest.raises(NotFound):
        put(lead, contact, cast.stranger)
    put(lead, contact, cast.leader)
    with pytest.raises(NotAllowed), because(Kind.PERSON):
        remove_contact(lead=lead.pk, contact=contact.pk, by=cast.mate)
    assert people(lead) == [(contact.pk, "", True)]
