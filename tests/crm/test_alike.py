"""Names under different spellings, domains of companies: the keys by which duplicates are found."""

from __future__ import annotations

import pytest

from crm.alike import (
    company_alike,
    domain_criterion,
    is_same_company,
    is_same_person,
    own_domain,
    person_alike,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nora Müller", "MUELLER, Nora"),
        ("Jean-Pierre Dupont", "dupont jean pierre"),
        ("Thomas Schmidt", "Tomas Schmitt"),
        ("Dr. Marc Weber", "Mark Weber"),
        ("Élodie Lefèvre", "Elodie Lefevre"),
    ],
)
def test_spellings_of_a_person_have_one_key(one: str, other: str) -> None:
    assert person_alike(one) == person_alike(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller & Söhne GmbH", "Mueller Soehne"),
        ("Acme Industries S.A.", "ACME Industry"),
        ("Transports Leroy SARL", "transport leroy"),
        ("Nord AG", "NORD"),
    ],
)
def test_spellings_of_a_company_have_one_key(one: str, other: str) -> None:
    assert company_alike(one) == company_alike(other) != ""


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Nora Keller", "Nora Kelker", True),
        ("N. Keller", "Nora Keller", True),
        ("Nora Keller", "Nina Keller", False),
        ("Anna Berg", "Hanna Bergmann", False),
        ("Nora", "Nora", False),
        ("", "Nora Keller", False),
    ],
)
def test_a_slip_is_told_from_another_person(one: str, other: str, same: bool) -> None:
    assert is_same_person(one, other) is same


def test_companies_of_other_names_are_others() -> None:
    assert is_same_company("Baltic Cold Chain", "Baltic Cold Chian")
    assert not is_same_company("Baltic Cold Chain", "Baltic Steel")
    assert company_alike("Nord AG") != company_alike("Nart AG")


@pytest.mark.parametrize(
    ("address", "criterion"),
    [
        ("robert@gmail.com", "robert@gmail.com"),
        ("fp@sub.example-co.com", "@sub.example-co.com"),
        ("floppy@MYCOMPANY.com", "@mycompany.com"),
        ("no address", ""),
    ],
)
def test_a_domain_counts_but_for_free_providers(address: str, criterion: str) -> None:
    assert domain_criterion(address) == criterion


def test_a_free_provider_has_no_domain_of_its_own() -> None:
    assert own_domain("nora@gmx.de") == ""
    assert own_domain("nora@baltic.example") == "baltic.example"
