"""Contacts and companies that may be one and the same: what is found, why, and who sees it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.duplicates import (
    COMPANY,
    DOMAIN,
    EMAIL,
    LIKELY,
    NAME,
    PHONE,
    POSSIBLE,
    SURE,
    find_companies,
    find_contacts,
    probe_of_company,
    probe_of_contact,
)
from tests import factories

HTMX = {"HTTP_HX_REQUEST": "true"}


def contacts_like(contact: Any, user: Any) -> dict[str, tuple[set[str], int]]:
    found = find_contacts(probe_of_contact(contact), by=user, but=contact.pk)
    return {match.record.name: (set(match.reasons), match.strength) for match in found}


def companies_like(company: Any, user: Any) -> dict[str, int]:
    found = find_companies(probe_of_company(company), by=user, but=company.pk)
    return {match.record.name: match.strength for match in found}


def test_contacts_of_the_same_address_or_number_are_found(cast: Any) -> None:
    nora = factories.make_contact(
        "Nora Keller", email="nora@gmail.com", phone="+1 202 555 0123", mobile="+33 6 12 34 56 78"
    )
    factories.make_contact("N. K.", email="NORA@GMail.com")
    factories.make_contact("Desk", phone="+12025550123")
    factories.make_contact("Pocket", phone="+33612345678")
    factories.make_contact("Other", email="other@gmail.com")

    found = contacts_like(nora, cast.manager)

    assert found == {
        "N. K.": ({EMAIL}, SURE),
        "Desk": ({PHONE}, LIKELY),
        "Pocket": ({PHONE}, LIKELY),
    }


def test_another_spelling_at_the_same_company_is_likely_and_elsewhere_possible(cast: Any) -> None:
    company = factories.make_company("Baltic Cold Chain")
    nora = factories.make_contact("Nora Müller", company=company, email="n.mueller@baltic.example")
    factories.make_contact("Mueller Nora", company=company)
    factories.make_contact("Nora Mukler", email="nora.m@baltic.example")
    factories.make_contact("Norah Muller")
    factories.make_contact("Paul Weber", company=company)

    found = contacts_like(nora, cast.manager)

    assert found == {
        "Mueller Nora": ({NAME, COMPANY}, LIKELY),
        "Nora Mukler": ({NAME, DOMAIN}, LIKELY),
        "Norah Muller": ({NAME}, POSSIBLE),
    }


def test_what_more_than_twenty_others_share_says_nothing(cast: Any) -> None:
    nora = factories.make_contact("Nora Keller", email="nora@large.example")
    for number in range(21):
        factories.make_contact("Nora Keller", email=f"person{number}@other{number}.example")
    assert contacts_like(nora, cast.manager) == {}


def test_companies_are_found_by_domain_and_by_name_in_another_spelling(cast: Any) -> None:
    company = factories.make_company("Müller & Söhne GmbH", domain="mueller.example")
    factories.make_company("Mueller Soehne")
    factories.make_company("Mueller Trade", domain="www.mueller.example")
    factories.make_company("Müller und Söhne", domain="elsewhere.example")
    factories.make_company("Baltic Steel", domain="steel.example")

    assert companies_like(company, cast.manager) == {
        "Mueller Trade": SURE,
        "Mueller Soehne": LIKELY,
        "Müller und Söhne": POSSIBLE,
    }


def test_a_duplicate_out_of_sight_is_not_found(cast: Any) -> None:
    mine = factories.make_contact("Nora Keller", email="nora@baltic.example", owner=cast.rep)
    factories.make_contact("Nora K", email="nora@baltic.example", owner=cast.stranger)
    assert contacts_like(mine, cast.rep) == {}
    assert len(contacts_like(mine, cast.manager)) == 1


@pytest.mark.parametrize("name", ["contact", "company"])
def test_the_panel_and_the_page_tell_why(name: str, cast: Any, client: Client) -> None:
    client.force_login(cast.manager)
    if name == "contact":
        record = factories.make_contact("Nora Keller", email="nora@baltic.example")
        factories.make_contact("N. Keller", email="nora@baltic.example")
    else:
        record = factories.make_company("Baltic", domain="baltic.example")
        factories.make_company("Baltic Ltd", domain="baltic.example")
    page = client.get(record.get_absolute_url())
    address = reverse(f"{name}-duplicates", args=[record.pk])
    assert address in page.content.decode()
    for headers in ({}, HTMX):
        answer = client.get(address, **headers).content.decode()
        assert "very likely" in answer
        assert ("same e-mail" if name == "contact" else "same domain") in answer


def test_without_duplicates_the_panel_is_empty_and_the_page_says_so(
    cast: Any, client: Client
) -> None:
    client.force_login(cast.manager)
    record = factories.make_contact("Nora Keller")
    address = reverse("contact-duplicates", args=[record.pk])
    assert client.get(address, **HTMX).content == b""
    assert "Nothing that you see looks like this." in client.get(address).content.decode()


def test_the_duplicates_of_a_record_out_of_sight_are_not_told(cast: Any, client: Client) -> None:
    record = factories.make_contact("Nora Keller", owner=cast.rep)
    client.force_login(cast.stranger)
    assert client.get(reverse("contact-duplicates", args=[record.pk])).status_code == 404


@pytest.mark.parametrize(
    ("route", "typed", "hit"),
    [
        ("contact-known", {"email": "NORA@baltic.example"}, True),
        ("contact-known", {"mobile": "+33612345678"}, True),
        ("contact-known", {"name": "Kelller Nora", "company": "Baltic"}, True),
        ("contact-known", {"email": "nora@"}, False),
        ("contact-known", {"name": "\x00" * 9, "phone": "x" * 5000}, False),
        ("contact-known", {}, False),
        ("company-known", {"name": "BALTIC S.A."}, True),
        ("company-known", {"domain": "https://www.baltic.example/en"}, True),
        ("company-known", {"domain": "gmail.com"}, False),
    ],
)
def test_while_one_types_the_form_says_what_is_there(
    route: str, typed: dict[str, str], hit: bool, cast: Any, client: Client
) -> None:
    company = factories.make_company("Baltic", domain="baltic.example")
    factories.make_contact(
        "Nora Keller", company=company, email="nora@baltic.example", phone="+33 6 12 34 56 78"
    )
    client.force_login(cast.manager)
    answer = client.get(reverse(route), typed)
    assert answer.status_code == 200
    assert ("There already" in answer.content.decode()) is hit


def test_an_edited_record_is_no_hint_to_itself(cast: Any, client: Client) -> None:
    record = factories.make_contact("Nora Keller", email="nora@baltic.example")
    client.force_login(cast.manager)
    form = client.get(reverse("contact-edit", args=[record.pk])).content.decode()
    address = f"{reverse('contact-known')}?but={record.pk}"
    assert address in form
    typed = f"{address}&email=nora@baltic.example"
    assert client.get(typed).content.strip() == b""
