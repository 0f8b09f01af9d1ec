"""A contact as a vCard, and who may take it along."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from crm.vcard import LINE, escaped, folded
from tests import factories


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300))
def test_a_folded_line_is_short_and_unfolds_to_itself(line: str) -> None:
    found = folded(line)
    assert all(len(piece.encode()) <= LINE for piece in found.split("\r\n"))
    assert found.replace("\r\n ", "") == line


def test_marks_are_escaped() -> None:
    assert escaped("a,b;c\\d\r\ne") == "a\\,b\\;c\\\\d\\ne"


@pytest.mark.django_db
def test_a_contact_is_taken_along_with_its_company(cast: Any, client: Client) -> None:
    company = factories.make_company("Müller; Söhne", owner=cast.rep, city="Köln")
    contact = factories.make_contact(
        "Nora Keller",
        owner=cast.rep,
        company=company,
        email="nora@example.com",
        mobile="+41 79 123 45 67",
        job_title="COO",
    )
    client.force_login(cast.rep)
    answer = client.get(reverse("contact-card", args=[contact.pk]))
    assert answer["Content-Type"] == "text/vcard; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="Nora Keller.vcf"'
    lines = answer.content.decode().split("\r\n")
    for line in (
        "N:Keller;Nora;;;",
        "FN:Nora Keller",
        "EMAIL;TYPE=INTERNET:nora@example.com",
        "TEL;TYPE=CELL:+41791234567",
        "TITLE:COO",
        "ORG:Müller\\; Söhne",
        "ADR;TYPE=WORK:;;;Köln;;;",
    ):
        assert line in lines


@pytest.mark.django_db
def test_the_card_of_a_contact_out_of_sight_is_not_there(cast: Any, client: Client) -> None:
    contact = factories.make_contact("Nora Keller", owner=cast.rep)
    client.force_login(cast.stranger)
    assert client.get(reverse("contact-card", args=[contact.pk])).status_code == 404


def cards_of(answer: Any) -> list[str]:
    """The names on the cards of a file, in their order."""
    lines = answer.getvalue().decode().split("\r\n")
    assert lines.count("BEGIN:VCARD") == lines.count("END:VCARD")
    return [line.removeprefix("FN:") for line in lines if line.startswith("FN:")]


@pytest.mark.django_db
def test_selected_contacts_are_one_file_in_the_order_of_the_list(cast: Any, client: Client) -> None:
    company = factories.make_company("Baltic", city="Riga")
    names = ("Paul Weber", "Nora Keller", "Zoe Adler")
    paul, nora, _zoe = (factories.make_contact(name, company=company) for name in names)
    theirs = factories.make_contact("Out of sight", owner=cast.stranger)
    client.force_login(cast.rep)
    address = reverse("contacts-export")
    rows = f"{paul.pk},{nora.pk},{theirs.pk}"

    chosen = client.get(address, {"rows": rows, "filter": "?", "format": "vcf"})
    assert chosen["Content-Type"] == "text/vcard; charset=utf-8"
    assert chosen["Content-Disposition"].startswith('attachment; filename="contacts-2')
    assert cards_of(chosen) == ["Nora Keller", "Paul Weber"]
    turned = client.get(address, {"rows": rows, "filter": "?sort=-name", "format": "vcf"})
    assert cards_of(turned) == ["Paul Weber", "Nora Keller"]
    every = client.get(address, {"all": "1", "filter": "?", "format": "vcf"})
    assert cards_of(every) == ["Nora Keller", "Paul Weber", "Zoe Adler"]
    narrowed = client.get(address, {"q": "zoe", "format": "vcf"})
    assert cards_of(narrowed) == ["Zoe Adler"]
    assert client.get(address, {"owner": "x", "format": "vcf"}).status_code == 422


@pytest.mark.django_db
def test_a_file_of_cards_takes_as_many_queries_whatever_it_holds(
    cast: Any, client: Client, query_budget: Any
) -> None:
    budget = query_budget("contacts as vCards")
    client.force_login(cast.manager)
    for size, number in (("small", 2), ("large", 30)):
        for place in range(number):
            factories.make_contact(company=factories.make_company(f"{size} {place}"))
        with budget.at(size):
            client.get(reverse("contacts-export"), {"format": "vcf"}).getvalue()
    budget.check()


@pytest.mark.django_db
def test_only_contacts_are_cards(cast: Any, client: Client) -> None:
    client.force_login(cast.manager)
    factories.make_company("Baltic")
    factories.make_contact("Nora")
    assert 'value="vcf"' in client.get(reverse("contacts")).content.decode()
    assert 'value="vcf"' not in client.get(reverse("companies")).content.decode()
    answer = client.get(reverse("companies-export"), {"format": "vcf"})
    assert "vcard" not in answer["Content-Type"]
