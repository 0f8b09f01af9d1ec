"""Several addresses and numbers of a contact or company: kept, found, merged, erased, undone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from core.conditions import bind, matches, state_of, to_q
from core.errors import NotAllowed, NotFound, Refused
from core.ledger.causes import because
from core.ledger.tables import Change, Kind
from core.searching import planning
from core.services.undoing import undo_cause
from crm.dialling import country_code, read_number
from crm.duplicates import (
    EMAIL,
    PHONE,
    find_companies,
    find_contacts,
    probe_of_company,
    probe_of_contact,
)
from crm.filters import CompanyFilters, ContactFilters
from crm.lists import CONTACTS
from crm.models import Company, Contact, ContactPoint
from crm.services import points
from crm.services.contacts import delete_contact, update_contact
from crm.services.merging import merge_companies, merge_contacts
from crm.services.privacy import erase_person, export_person
from crm.vcard import card_of
from tests import factories

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def nora(cast: Any) -> Contact:
    """A contact of the rep's with a main address and number."""
    return factories.make_contact(
        "Nora Keller", owner=cast.rep, email="nora@keller.example", mobile="+33 6 12 34 56 78"
    )


def do(by: Any, deed: Any, **given: Any) -> Any:
    """A deed of `by` in a cause of its own; the cause."""
    with because(Kind.PERSON, by=by) as cause:
        deed(by=by, **given)
    return cause.id


def add(record: Any, value: str, label: str = "", by: Any = None) -> Any:
    kind = "email" if "@" in value else "phone"
    return do(by, points.add_point, holder=record, kind=kind, value=value, label=label)


def held(record: Any) -> list[tuple[str, str]]:
    return [(point.label, point.value) for point in record.points.order_by("pk")]


@pytest.mark.parametrize(
    ("number", "country", "kept"),
    [
        ("06 12 34 56 78", "", "06 12 34 56 78"),
        ("020 7946 0123", "United Kingdom", "+44 20 7946 0123"),
        ("030 901820", "Allemagne", "+49 30 901820"),
        ("030 901820", "de", "+49 30 901820"),
        ("+1 202 555 0123", "Deutschland", "+1 202 555 0123"),
        ("01 23", "", ""),
        ("ask Nora", "France", ""),
    ],
)
def test_a_number_is_read_as_in_the_country_of_its_company(
    number: str, country: str, kept: str
) -> None:
    assert read_number(number, country) == kept


def test_a_country_that_is_unknown_is_ours() -> None:
    assert [country_code(name) for name in ("Atlantis", "", "FRANCE ", "uk")] == [
        *("FR", "FR", "FR", "GB")
    ]


def test_the_first_of_a_kind_becomes_the_main_one_and_others_stand_beside(cast: Any) -> None:
    company = factories.make_company("Baltic", country="Royaume-Uni")
    nora = factories.make_contact("Nora", company=company, owner=cast.rep)
    add(nora, "nora@keller.example", by=cast.rep)
    add(nora, "nora@gmail.com", "private", by=cast.rep)
    add(nora, "07700 900189", "mobile", by=cast.rep)
    add(nora, "020 7946 0123", by=cast.rep)
    add(nora, "020 7946 0124", "other", by=cast.rep)
    nora.refresh_from_db()
    assert (nora.email, nora.phone, nora.mobile, nora.mobile_key) == (
        "nora@keller.example",
        "+44 20 7946 0123",
        "+44 7700 900189",
        "+447700900189",
    )
    assert held(nora) == [("private", "nora@gmail.com"), ("other", "+44 20 7946 0124")]
    assert [point.key for point in nora.points.all()] == ["nora@gmail.com", "+442079460124"]


@pytest.mark.parametrize(
    ("kind", "value", "label", "words"),
    [
        ("email", "nora@", "", "“nora@” is no e-mail address."),
        ("email", "  ", "", "Write an address."),
        ("email", "NORA@keller.example", "", "“NORA@keller.example” is there already."),
        ("email", "n@keller.example", "mobile", "“mobile” is no label for this."),
        ("phone", "12", "", "“12” is no telephone number. Write it like +33 1 23 45 67 89."),
        ("phone", "0612345678", "", "“0612345678” is there already."),
    ],
)
def test_what_is_none_or_there_already_is_refused_in_words(
    kind: str, value: str, label: str, words: str, nora: Contact, cast: Any
) -> None:
    with pytest.raises(Refused, match=r".") as refused:
        do(cast.rep, points.add_point, holder=nora, kind=kind, value=value, label=label)
    assert refused.value.message == words
    assert held(nora) == []


def test_no_more_than_some_are_kept(nora: Contact, cast: Any) -> None:
    for number in range(points.MOST):
        add(nora, f"nora{number}@keller.example", by=cast.rep)
    with pytest.raises(Refused):
        add(nora, "one.more@keller.example", by=cast.rep)


def test_the_main_one_changes_places_in_one_cause_and_undo_takes_it_back(
    nora: Contact, cast: Any
) -> None:
    add(nora, "nora@gmail.com", "private", by=cast.rep)
    cause = do(cast.rep, points.make_main, holder=nora, point=nora.points.get().pk)
    nora.refresh_from_db()
    assert (nora.email, nora.email_key) == ("nora@gmail.com", "nora@gmail.com")
    assert held(nora) == [("private", "nora@keller.example")]
    kinds = Change.objects.filter(cause=cause).values_list("record_type", flat=True)
    assert sorted(kinds) == ["crm.contact", "crm.contactpoint"]
    report = undo_cause(cause=cause, by=cast.rep)
    assert not report.conflicts
    nora.refresh_from_db()
    assert nora.email == "nora@keller.example"
    assert held(nora) == [("private", "nora@gmail.com")]


def test_a_mobile_number_becomes_the_main_mobile_and_into_an_empty_column_alone(
    nora: Contact, cast: Any
) -> None:
    add(nora, "+41 79 123 45 67", "mobile", by=cast.rep)
    do(cast.rep, points.make_main, holder=nora, point=nora.points.get().pk)
    nora.refresh_from_db()
    assert nora.mobile == "+41 79 123 45 67"
    assert held(nora) == [("mobile", "+33 6 12 34 56 78")]
    with factories.arranging():
        ContactPoint.objects.create(contact=nora, kind="phone", value="+12025550123")
    desk = nora.points.get(key="+12025550123")
    do(cast.rep, points.make_main, holder=nora, point=desk.pk)
    nora.refresh_from_db()
    assert nora.phone == "+12025550123"
    assert held(nora) == [("mobile", "+33 6 12 34 56 78")]


def test_taking_the_main_one_off_puts_the_next_in_its_place(nora: Contact, cast: Any) -> None:
    add(nora, "nora@gmail.com", "private", by=cast.rep)
    add(nora, "n.keller@keller.example", by=cast.rep)
    do(cast.rep, points.change_main, holder=nora, column="email", value=" ")
    nora.refresh_from_db()
    assert nora.email == "n.keller@keller.example"
    assert held(nora) == [("private", "nora@gmail.com")]
    do(cast.rep, points.change_main, holder=nora, column="email", value="Nora@keller.example")
    nora.refresh_from_db()
    assert nora.email == "Nora@keller.example"
    with pytest.raises(Refused):
        do(cast.rep, points.change_main, holder=nora, column="email", value="nora@gmail.com")


def test_an_address_that_becomes_the_main_one_by_an_edit_stands_once(
    nora: Contact, cast: Any
) -> None:
    add(nora, "nora@gmail.com", by=cast.rep)
    do(cast.rep, update_contact, contact=nora.pk, values={"email": "NORA@gmail.com"})
    assert held(nora) == []


def test_editing_and_removing_are_undone(nora: Contact, cast: Any) -> None:
    add(nora, "nora@gmail.com", by=cast.rep)
    key = nora.points.get().pk
    edited = do(
        cast.rep,
        points.change_point,
        holder=nora,
        point=key,
        value="n@gmail.com",
        label="private",
    )
    removed = do(cast.rep, points.remove_point, holder=nora, point=key)
    assert held(nora) == []
    undo_cause(cause=removed, by=cast.rep)
    assert held(nora) == [("private", "n@gmail.com")]
    undo_cause(cause=edited, by=cast.rep)
    assert held(nora) == [("work", "nora@gmail.com")]
    assert nora.points.get().pk == key


def test_undoing_a_removal_of_what_was_written_down_again_leaves_it_once(
    nora: Contact, cast: Any
) -> None:
    add(nora, "nora@gmail.com", by=cast.rep)
    removed = do(cast.rep, points.remove_point, holder=nora, point=nora.points.get().pk)
    add(nora, "nora@gmail.com", "private", by=cast.rep)
    report = undo_cause(cause=removed, by=cast.rep)
    assert report.conflicts
    assert held(nora) == [("private", "nora@gmail.com")]


def test_deleting_and_undoing_brings_the_addresses_back(nora: Contact, cast: Any) -> None:
    add(nora, "nora@gmail.com", by=cast.rep)
    cause = do(cast.rep, delete_contact, contact=nora.pk)
    assert not ContactPoint.objects.exists()
    undo_cause(cause=cause, by=cast.rep)
    assert held(Contact.objects.get(pk=nora.pk)) == [("work", "nora@gmail.com")]


def test_the_database_holds_one_owner_and_each_address_once(nora: Contact) -> None:
    company = factories.make_company("Baltic")
    wrong: list[dict[str, Any]] = [
        {"contact": None},
        {"contact": nora, "company": company},
    ]
    for values in wrong:
        with pytest.raises(IntegrityError), transaction.atomic(), factories.arranging():
            ContactPoint.objects.create(kind="email", value="a@x.example", **values)
    for value in ("a@x.example", "A@X.example"):
        if value == "a@x.example":
            with factories.arranging():
                ContactPoint.objects.create(contact=nora, kind="email", value=value)
        else:
            with pytest.raises(IntegrityError), transaction.atomic(), factories.arranging():
                ContactPoint.objects.create(contact=nora, kind="email", value=value)


def test_only_who_may_change_the_record_may_change_its_addresses(nora: Contact, cast: Any) -> None:
    with pytest.raises(NotFound):
        add(nora, "x@x.example", by=cast.stranger)
    factories.make_lead(by=cast.manager, owner=cast.rep.pk, contacts=[(nora.pk, "")])
    with pytest.raises(NotAllowed):
        add(nora, "x@x.example", by=factories.make_user("Rick", "rep_all"))
    other = factories.make_contact("Other", owner=cast.rep)
    add(other, "a@x.example", by=cast.rep)
    add(other, "b@x.example", by=cast.rep)
    with pytest.raises(NotFound):
        do(cast.rep, points.remove_point, holder=nora, point=other.points.get().pk)


def test_duplicates_are_found_by_any_address_and_number(nora: Contact, cast: Any) -> None:
    add(nora, "nora@gmail.com", by=cast.rep)
    add(nora, "+1 202 555 0123", "mobile", by=cast.rep)
    by_email = factories.make_contact("N. K.", email="Nora@Gmail.com")
    by_phone = factories.make_contact("Desk", phone="+12025550123")
    both = factories.make_contact("Both")
    add(both, "first@x.example", by=cast.manager)
    add(both, "nora@gmail.com", by=cast.manager)

    def like(record: Any) -> dict[str, Any]:
        found = find_contacts(probe_of_contact(record), by=cast.manager, but=record.pk)
        return {match.record.name: set(match.reasons) for match in found}

    assert like(nora) == {"N. K.": {EMAIL}, "Desk": {PHONE}, "Both": {EMAIL}}
    assert like(by_email) == {"Nora Keller": {EMAIL}, "Both": {EMAIL}}
    assert like(by_phone) == {"Nora Keller": {PHONE}}
    companies = [factories.make_company(name) for name in ("Baltic", "Nordsee")]
    for company in companies:
        add(company, "office@baltic.example", by=cast.manager)
    found = find_companies(probe_of_company(companies[0]), by=cast.manager, but=companies[0].pk)
    assert [(match.record.name, match.reasons) for match in found] == [("Nordsee", (EMAIL,))]


def test_a_lead_is_known_by_any_address_of_its_people(nora: Contact, cast: Any) -> None:
    from pipeline.duplicates import find_leads, probe_of_lead

    add(nora, "nora@gmail.com", by=cast.rep)
    first = factories.make_lead(by=cast.manager, title="First", contacts=[(nora.pk, "")])
    second = factories.make_lead(by=cast.manager, title="Second", email="nora@gmail.com")
    for lead, other in ((first, second), (second, first)):
        found = find_leads(probe_of_lead(lead), by=cast.manager, but=lead.pk)
        assert [match.record.pk for match in found] == [other.pk]


@pytest.mark.parametrize("typed", [{"email": "NORA@gmail.com"}, {"phone": "+1 202-555-0123"}])
def test_the_form_hints_at_further_addresses(
    typed: dict[str, str], nora: Contact, cast: Any, client: Client
) -> None:
    add(nora, "nora@gmail.com", by=cast.rep)
    add(nora, "+1 202 555 0123", "mobile", by=cast.rep)
    client.force_login(cast.rep)
    assert "Nora Keller" in client.get(reverse("contact-known"), typed).content.decode()


@pytest.mark.parametrize(
    "text", ["nora@gmail.com", "NORA@KELLER.example", "+12025550123", "06 12 34 56 78", "keller"]
)
def test_text_search_finds_by_any_address(text: str, nora: Contact, cast: Any) -> None:
    add(nora, "nora@gmail.com", by=cast.rep)
    add(nora, "+1 202 555 0123", "mobile", by=cast.rep)
    factories.make_contact("Someone else", email="else@gmail.com")
    found = ContactFilters({"q": text}, Contact.objects.visible_to(cast.rep)).qs
    assert list(found) == [nora]


@pytest.mark.parametrize("text", ["office@x.example", "+1 202 555 0123", "baltic.example", "balt"])
def test_companies_are_searched_likewise(text: str, cast: Any) -> None:
    company = factories.make_company("Baltic", domain="www.baltic.example", phone="+33123456789")
    add(company, "office@x.example", by=cast.manager)
    add(company, "+1 202 555 0123", by=cast.manager)
    factories.make_company("Other", domain="other.example")
    assert list(CompanyFilters({"q": text}, Company.objects.all()).qs) == [company]


def test_a_lead_is_linked_to_the_contact_of_a_further_address(nora: Contact, cast: Any) -> None:
    from pipeline.services.conversion import propose_conversion
    from pipeline.services.people import add_person

    add(nora, "nora@gmail.com", by=cast.rep)
    lead = factories.make_lead(by=cast.rep, owner=cast.rep.pk, email="nora@gmail.com")
    assert propose_conversion(lead=lead.pk, by=cast.rep).contact == nora
    with because(Kind.PERSON, by=cast.rep):
        person = add_person(lead=lead.pk, by=cast.rep, values={"email": "Nora@gmail.com"})
    assert person.contact_id == nora.pk


def test_merging_keeps_every_address_and_parting_gives_them_back(nora: Contact, cast: Any) -> None:
    twin = factories.make_contact(
        "N. Keller", email="n.keller@other.example", phone="0612345678", mobile="+12025550123"
    )
    add(nora, "nora@gmail.com", "private", by=cast.rep)
    add(twin, "NORA@gmail.com", by=cast.manager)
    add(twin, "nora@keller.example", by=cast.manager)
    add(twin, "third@gmail.com", "private", by=cast.manager)
    before = {record.pk: held(record) for record in (nora, twin)}
    merge_contacts(ids=[nora.pk, twin.pk], head=nora.pk, by=cast.manager)
    cause = Change.objects.order_by("-id")[0].cause
    nora.refresh_from_db()
    # The twin's desk is Nora's own mobile number, the rest is nobody's twice.
    assert (nora.email, nora.phone, nora.mobile) == (
        "nora@keller.example",
        "0612345678",
        "+33 6 12 34 56 78",
    )
    assert held(nora) == [
        ("private", "nora@gmail.com"),
        ("private", "third@gmail.com"),
        ("work", "n.keller@other.example"),
        ("mobile", "+12025550123"),
    ]
    assert not undo_cause(cause=cause.pk, by=cast.manager).conflicts
    twin = Contact.objects.get(pk=twin.pk)
    nora.refresh_from_db()
    assert {record.pk: held(record) for record in (nora, twin)} == before
    assert (twin.email, twin.mobile) == ("n.keller@other.example", "+12025550123")


def test_what_somebody_chose_against_the_head_is_kept_beside_it(cast: Any) -> None:
    first = factories.make_contact("A", email="a@x.example")
    other = factories.make_contact("B", email="b@x.example")
    merge_contacts(
        ids=[first.pk, other.pk],
        head=first.pk,
        by=cast.manager,
        choices={"email": str(other.pk)},
    )
    first.refresh_from_db()
    assert first.email == "b@x.example"
    assert held(first) == [("work", "a@x.example")]
    one, two = (
        factories.make_company(n, phone=p) for n, p in (("A", "0123456789"), ("B", "ext 7"))
    )
    merge_companies(ids=[one.pk, two.pk], head=one.pk, by=cast.manager)
    assert held(one) == [("work", "ext 7")]


def test_a_person_is_handed_over_and_erased_with_every_address(nora: Contact, cast: Any) -> None:
    add(nora, "nora@gmail.com", "private", by=cast.rep)
    add(nora, "old@gmail.com", by=cast.rep)
    do(cast.rep, points.remove_point, holder=nora, point=nora.points.get(key="old@gmail.com").pk)
    add(nora, "+1 202 555 0123", "mobile", by=cast.rep)
    lead = factories.make_lead(
        by=cast.manager, title="Mail from nora@gmail.com and old@gmail.com", email="nora@gmail.com"
    )
    given = export_person(contact=nora.pk, by=cast.manager)
    assert [row["value"] for row in given["points"]] == ["nora@gmail.com", "+1 202 555 0123"]
    assert [row["title"] for row in given["leads"]] == [lead.title]
    erase_person(contact=nora.pk, by=cast.manager, typed="Nora Keller")
    values = list(nora.points.values_list("value", "key"))
    told = str(list(Change.objects.values_list("diff", flat=True)))
    lead.refresh_from_db()
    for trace in ("nora@gmail", "old@gmail", "202 555 0123", "12025550123"):
        assert trace not in str(values) + told + lead.title + lead.email
    assert values[0][0].endswith("@erased.invalid")
    assert len({key for _value, key in values}) == 2


def test_an_address_that_others_have_as_well_is_not_erased_with_the_person(
    nora: Contact, cast: Any
) -> None:
    add(nora, "office@keller.example", by=cast.rep)
    other = factories.make_contact("Other", email="other@keller.example")
    add(other, "office@keller.example", by=cast.manager)
    erase_person(contact=nora.pk, by=cast.manager, typed="Nora Keller")
    assert held(other) == [("work", "office@keller.example")]


def test_a_card_has_them_all_with_their_kind(nora: Contact, cast: Any) -> None:
    for value, label in (
        ("nora@gmail.com", "private"),
        ("n@keller.example", "work"),
        ("+41 79 123 45 67", "mobile"),
    ):
        add(nora, value, label, by=cast.rep)
    with CaptureQueriesContext(connection) as caught:
        lines = card_of(Contact.objects.for_cards().get(pk=nora.pk)).split("\r\n")
    assert len(caught) == 2
    assert [line for line in lines if line.startswith(("EMAIL", "TEL"))] == [
        "EMAIL;TYPE=INTERNET,PREF:nora@keller.example",
        "EMAIL;TYPE=INTERNET,HOME:nora@gmail.com",
        "EMAIL;TYPE=INTERNET,WORK:n@keller.example",
        "TEL;TYPE=CELL:+33612345678",
        "TEL;TYPE=CELL:+41791234567",
    ]


def test_a_list_has_columns_of_them_and_so_has_its_file(
    nora: Contact, cast: Any, client: Client
) -> None:
    add(nora, "nora@gmail.com", by=cast.rep)
    add(nora, "n@keller.example", by=cast.rep)
    add(nora, "+41 79 123 45 67", "mobile", by=cast.rep)
    client.force_login(cast.rep)
    query = "?columns=name,further_emails,further_phones"
    shown = client.get(reverse(CONTACTS.name) + query).content.decode()
    assert "nora@gmail.com, n@keller.example" in shown
    sent = client.get(reverse("contacts-export") + query + "&format=csv")
    text = b"".join(sent).decode("utf-8-sig")  # type: ignore[arg-type]
    assert '"nora@gmail.com, n@keller.example"' in text
    assert "+41 79 123 45 67" in text


@pytest.mark.parametrize(
    ("field", "op", "value", "hit"),
    [
        ("any_email", "=", "NORA@gmail.com", True),
        ("any_email", "=", "nora@keller.example", True),
        ("any_email", "at domain", ["gmail.com"], True),
        ("any_email", "does not contain", "gmail", False),
        ("any_email", "!=", "else@x.example", True),
        ("any_email", "is empty", None, False),
        ("any_phone", "=", "06 12 34 56 78", True),
        ("any_phone", "in", ["+41 79 123 45 67"], True),
        ("any_phone", "starts with", "+41", True),
        ("any_phone", "is not empty", None, True),
        ("any_phone", "=", "+1 202 555 0199", False),
    ],
)
def test_conditions_ask_for_any_address_alike_in_both_evaluators(
    field: str, op: str, value: Any, hit: bool, nora: Contact, cast: Any
) -> None:
    add(nora, "nora@gmail.com", by=cast.rep)
    add(nora, "+41 79 123 45 67", "mobile", by=cast.rep)
    bare = factories.make_contact("Bare")
    leaf = {"field": field, "op": op} | ({} if value is None else {"value": value})
    bound = bind(leaf, "crm.contact", now=timezone.now(), zone=dt.UTC, user=cast.rep)
    found = set(Contact.objects.filter(to_q(bound)))
    assert (nora in found) is hit
    for contact in (nora, bare):
        assert matches(bound, state_of(contact, bound)) is (contact in found)


def test_the_page_shows_them_ready_to_be_used(nora: Contact, cast: Any, client: Client) -> None:
    add(nora, "nora@gmail.com", "private", by=cast.rep)
    client.force_login(cast.rep)
    page = client.get(nora.get_absolute_url()).content.decode()
    for part in (
        'href="mailto:nora@gmail.com"',
        'href="tel:+33612345678"',
        'href="https://wa.me/33612345678"',
        'data-copy="nora@gmail.com"',
        "added “nora@gmail.com” (private)",
    ):
        assert part in page
    factories.make_lead(by=cast.manager, owner=cast.rep.pk, contacts=[(nora.pk, "")])
    client.force_login(factories.make_user("Rick", "rep_all"))
    page = client.get(nora.get_absolute_url()).content.decode()
    assert "nora@gmail.com" in page
    assert reverse("contact-reach-new", args=[nora.pk, "email"]) not in page


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_each_deed_is_done_on_the_page(
    headers: Any, nora: Contact, cast: Any, client: Client
) -> None:
    client.force_login(cast.rep)

    def send(name: str, *args: Any, status: int = 200, **data: str) -> str:
        address = reverse(f"contact-reach-{name}", args=[nora.pk, *args])
        answer = client.post(address, data, **headers)
        if status == 200 and not headers:
            assert answer.status_code == 302
            answer = client.get(answer["Location"])
        assert answer.status_code == status
        return answer.content.decode() + answer.headers.get("HX-Trigger", "")

    assert client.get(reverse("contact-reach-new", args=[nora.pk, "email"]), **headers).status_code
    assert "is no e-mail address" in send("new", "email", status=422, value="x@", label="work")
    assert "nora@gmail.com" in send("new", "email", value="nora@gmail.com", label="private")
    key = nora.points.get().pk
    form = client.get(reverse("contact-reach-edit", args=[nora.pk, key]), **headers)
    assert 'value="nora@gmail.com"' in form.content.decode()
    assert "n@gmail.com" in send("edit", key, value="n@gmail.com", label="work")
    said = send("main", key)
    assert "undo" in said
    nora.refresh_from_db()
    assert nora.email == "n@gmail.com"
    assert "no e-mail address" in send("edit", "email", status=422, value="broken")
    send("edit", "email", value="m@gmail.com")
    send("remove", key)
    nora.refresh_from_db()
    assert (nora.email, held(nora)) == ("m@gmail.com", [])
    for name, args in (("edit", ["name"]), ("main", [key]), ("new", ["fax"])):
        address = reverse(f"contact-reach-{name}", args=[nora.pk, *args])
        assert client.post(address, {"value": "x"}, **headers).status_code == 404
    client.force_login(cast.stranger)
    address = reverse("contact-reach-new", args=[nora.pk, "email"])
    assert client.post(address, {"value": "x@x.example"}, **headers).status_code == 404


def test_a_company_has_further_ones_too(cast: Any, client: Client) -> None:
    company = factories.make_company("Baltic", owner=cast.rep, country="Germany")
    client.force_login(cast.rep)
    for kind, value in (
        ("email", "office@b.example"),
        ("phone", "030 901820"),
        ("phone", "030 12"),
    ):
        client.post(
            reverse("company-reach-new", args=[company.pk, kind]),
            {"value": value, "label": "work"},
        )
    company.refresh_from_db()
    assert (company.phone, company.phone_key) == ("+49 30 901820", "+4930901820")
    assert held(company)[0] == ("work", "office@b.example")
    page = client.get(company.get_absolute_url()).content.decode()
    assert 'href="mailto:office@b.example"' in page
    with pytest.raises(Refused):
        do(cast.rep, points.make_main, holder=company, point=company.points.first().pk)


def test_undoing_an_edit_whose_address_stands_elsewhere_by_now_leaves_it_and_says_so(
    nora: Contact, cast: Any
) -> None:
    add(nora, "nora@gmail.com", by=cast.rep)
    key = nora.points.get().pk
    given = {"holder": nora, "point": key, "value": "n@gmail.com", "label": "work"}
    edited = do(cast.rep, points.change_point, **given)
    add(nora, "nora@gmail.com", by=cast.rep)
    report = undo_cause(cause=edited, by=cast.rep)
    assert report.conflicts
    assert held(nora) == [("work", "n@gmail.com"), ("work", "nora@gmail.com")]


def test_searching_by_an_address_reads_indexes_alone(nora: Contact, cast: Any) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("plans are PostgreSQL's")
    add(nora, "nora@gmail.com", by=cast.rep)
    add(nora, "+1 202 555 0123", "mobile", by=cast.rep)
    for text in ("nora@gmail.com", "+12025550123"):
        found = ContactFilters({"q": text}, Contact.objects.visible_to(cast.manager)).qs
        # Of tables as small as these it would read all: it does so here only where no index serves.
        with planning("default", "enable_seqscan"):
            plan = found.explain()
        assert "Seq Scan" not in plan, plan
        assert "point_by_key" in plan
