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
