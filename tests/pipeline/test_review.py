"""Going through duplicates: what stands in the queue, what was told apart, and who may say so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from core.errors import NotAllowed, NotFound, Refused
from core.ledger.causes import because
from core.ledger.tables import Cause, Kind
from core.searching import planning
from core.services.undoing import undo_cause
from crm import duplicatelines, reviewing
from crm.models import Company, Contact, DistinctCompanies, DistinctContacts
from crm.reviewing import read_page
from crm.services.distinct import take_together, tell_apart
from crm.services.merging import merge_companies, merge_contacts
from pipeline.duplicatelines import LEADS
from pipeline.models import DistinctLeads, Lead
from pipeline.services.closing import win_lead
from pipeline.services.merging import merge_leads
from pipeline.services.moves import move_lead
from tests import factories
from tests.budgets import counting_queries
from tests.core.samples import assert_ledger_tells_all

HTMX = {"HTTP_HX_REQUEST": "true"}
CONTACTS, COMPANIES = duplicatelines.CONTACTS, duplicatelines.COMPANIES


def queue(kind: Any, user: Any) -> list[tuple[set[str], list[str]]]:
    """The names of each entry with its reasons, page by page to the end."""
    found, after = [], ""
    while True:
        page = read_page(kind.review, user, after=after)
        found += [({str(r) for r in e.records}, list(e.match.reasons)) for e in page.entries]
        if not page.next:
            return found
        after = page.next


def apart(model: Any, *records: Any, by: Any) -> Any:
    """Tell records apart in a cause of its own, and that cause."""
    with because(Kind.PERSON, by=by):
        tell_apart(model=model, ids=[record.pk for record in records], by=by)
    return Cause.objects.order_by("-started_at").first()


def lead(by: Any, title: str, **values: Any) -> Any:
    return factories.make_lead(by=by, title=title, **values)


def test_contacts_stand_in_the_queue_once_with_all_that_they_share(cast: Any) -> None:
    company = factories.make_company("Baltic")
    one = {"email": "nora@baltic.example", "phone": "+33 6 12 34 56 78"}
    factories.make_contact("Nora Keller", company=company, **one)
    factories.make_contact("Keller, Nora", company=company, **one)
    factories.make_contact("Desk", phone="+33 1 23 45 67 89")
    factories.make_contact("Pocket", mobile="01 23 45 67 89")
    factories.make_contact("Paul Weber", company=company)
    factories.make_contact("Weber Paul", company=company)
    factories.make_contact("Nora Keller")  # of the same name elsewhere: only possible

    assert queue(CONTACTS, cast.manager) == [
        ({"Nora Keller", "Keller, Nora"}, ["email", "phone", "name", "company", "domain"]),
        ({"Desk", "Pocket"}, ["phone"]),
        ({"Paul Weber", "Weber Paul"}, ["name", "company"]),
    ]


def test_a_group_is_one_entry_with_the_reasons_that_hold_for_all(cast: Any) -> None:
    for name in ("Nora Keller", "N. K.", "Info"):
        factories.make_contact(name, email="info@gmail.com")
    ((names, reasons),) = queue(CONTACTS, cast.manager)
    assert (len(names), reasons) == (3, ["email"])


def test_a_number_that_many_have_is_that_of_an_office(cast: Any) -> None:
    for number in range(5):
        factories.make_contact(f"Person {number}", phone="+33 1 23 45 67 89")
    assert len(queue(CONTACTS, cast.manager)) == 1
    factories.make_contact("The sixth", phone="+33 1 23 45 67 89")
    assert queue(CONTACTS, cast.manager) == []


def test_companies_of_one_domain_or_name_but_no_family(cast: Any) -> None:
    group = factories.make_company("Baltic Group", domain="baltic.example")
    factories.make_company("Baltic France", domain="baltic.example", parent=group)
    factories.make_company("Baltic Italia", domain="baltic.example", parent=group)
    factories.make_company("Müller & Söhne GmbH", domain="mueller.example")
    factories.make_company("Mueller Soehne")
    factories.make_company("Müller und Söhne", domain="elsewhere.example")
    factories.make_company("Steel", domain="steel.example")
    factories.make_company("Iron", domain="www.steel.example")

    assert queue(COMPANIES, cast.manager) == [
        ({"Steel", "Iron"}, ["domain"]),
        # The two of one name with two domains are two; which of them the third is nobody knows.
        ({"Müller & Söhne GmbH", "Mueller Soehne", "Müller und Söhne"}, ["company_name"]),
    ]


def test_open_leads_by_address_contact_number_and_name(cast: Any) -> None:
    by = cast.manager
    nora = factories.make_contact("Nora Keller", email="nora@steel.example")
    lead(by, "One", email="a@gmail.com")
    lead(by, "Two", email="A@gmail.com")
    for title in ("With Nora", "Again with Nora"):
        lead(by, title, contacts=[(nora.pk, "")])
    lead(by, "Captured of Nora", email="nora@steel.example")
    lead(by, "Rung", phone="+33123456789")
    lead(by, "Rang", phone="01 23 45 67 89")
    for title in ("Named", "Named too"):
        lead(by, title, contact_name="Paul Weber", company_name="Baltic")
    won = lead(by, "Won", email="a@gmail.com")
    with because(Kind.PERSON, by=by):
        win_lead(lead=won.pk, by=by)

    found = queue(LEADS, by)

    assert found == [
        ({"One", "Two"}, ["email"]),
        ({"With Nora", "Again with Nora"}, ["email", "contact"]),
        ({"With Nora", "Again with Nora", "Captured of Nora"}, ["email"]),
        ({"Rung", "Rang"}, ["phone"]),
        ({"Named", "Named too"}, ["name", "company_name"]),
    ]


def test_what_is_out_of_sight_or_archived_stands_in_nobodys_queue(cast: Any) -> None:
    for kind, model in ((CONTACTS, "contact"), (COMPANIES, "company")):
        key = {"email": "n@x.example"} if model == "contact" else {"domain": "x.example"}
        make = getattr(factories, f"make_{model}")
        make("Mine", owner=cast.rep, **key)
        theirs = make("Theirs", owner=cast.stranger, **key)
        assert queue(kind, cast.rep) == []
        assert len(queue(kind, cast.manager)) == 1
        with factories.arranging():
            type(theirs).objects.filter(pk=theirs.pk).update(archived_at=theirs.created_at)
        assert queue(kind, cast.manager) == []
    lead(cast.rep, "Mine", email="n@x.example", owner=cast.rep.pk)
    lead(cast.manager, "Theirs", email="n@x.example", owner=cast.stranger.pk)
    assert queue(LEADS, cast.rep) == []
    assert len(queue(LEADS, cast.manager)) == 1


def test_pages_go_on_where_the_last_one_ended(cast: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(reviewing, "KEYS", 4)
    monkeypatch.setattr(reviewing, "BATCH", 2)
    for number in range(11):
        for name in ("Nora", "Keller"):
            factories.make_contact(f"{name} {number}", email=f"n{number:02}@x{number}.example")
            factories.make_contact(f"{name} {number}", phone=f"+3312345{number:04}")
    pages, after = [], ""
    while True:
        page = read_page(CONTACTS.review, cast.manager, after=after, size=5)
        pages.append([entry.ids for entry in page.entries])
        if not page.next:
            break
        after = page.next
    assert [len(page) for page in pages] == [5, 5, 5, 5, 2]
    ids = [pk for page in pages for entry in page for pk in entry]
    assert len(ids) == len(set(ids)) == 44


def test_a_page_gives_up_at_last_and_says_where_to_look_further(
    cast: Any, monkeypatch: Any
) -> None:
    for name in ("KEYS", "BATCH", "ROUNDS"):
        monkeypatch.setattr(reviewing, name, 1)
    for owner in (cast.rep, cast.stranger):
        factories.make_contact("Nora", email="a@a.example", owner=owner)
        factories.make_contact("Paul", email="b@b.example", owner=None)
    first = read_page(CONTACTS.review, cast.rep)
    assert (first.entries, bool(first.next)) == ([], True)
    second = read_page(CONTACTS.review, cast.rep, after=first.next)
    assert [len(entry.records) for entry in second.entries] == [2]


@pytest.mark.parametrize("after", ["x", "W10", "WyJlbWFpbCIsMV0", "WyJwaG9uZSJd", "\x00", "a" * 9])
def test_a_place_that_is_none_is_the_start(after: str, cast: Any) -> None:
    for name in ("Nora", "Keller"):
        factories.make_contact(name, email="nora@x.example")
    assert len(read_page(CONTACTS.review, cast.manager, after=after).entries) == 1


PAIRS: list[tuple[Any, Any, Callable[..., Any]]] = [
    (LEADS, DistinctLeads, lambda by, name: lead(by, name, email="nora@x.example")),
    (
        CONTACTS,
        DistinctContacts,
        lambda by, name: factories.make_contact(name, email="nora@x.example"),
    ),
    (
        COMPANIES,
        DistinctCompanies,
        lambda by, name: factories.make_company(name, domain="x.example"),
    ),
]


def matches(kind: Any, record: Any, user: Any) -> set[str]:
    found = kind.find(kind.probe(record), by=user, but=record.pk)
    return {str(match.record) for match in found}


@pytest.mark.parametrize(("kind", "model", "make"), PAIRS)
def test_what_is_told_apart_is_no_longer_hinted_at_until_it_is_undone(
    kind: Any, model: Any, make: Any, cast: Any, client: Client
) -> None:
    by = cast.manager
    one, two, three = (make(by, name) for name in ("One", "Two", "Three"))
    client.force_login(by)
    known = {"email": "nora@x.example", "domain": "x.example", "but": one.pk}
    hint = reverse(f"{kind.name}-known")

    cause = apart(model, one, two, by=by)

    assert matches(kind, one, by) == {"Three"}
    assert matches(kind, two, by) == {"Three"}
    assert ">Two<" not in client.get(hint, known).content.decode()
    assert ">Three<" in client.get(hint, known).content.decode()
    panel = client.get(reverse(f"{kind.name}-duplicates", args=[one.pk]), **HTMX).content.decode()
    assert ">Two<" not in panel
    # All three hang together by the third.
    assert queue(kind, by)[0][0] == {"One", "Two", "Three"}
    apart(model, two, three, by=by)
    assert queue(kind, by)[0][0] == {"One", "Three"}
    apart(model, one, three, by=by)
    assert queue(kind, by) == []
    assert undo_cause(cause=cause.pk, by=by).is_complete
    assert matches(kind, one, by) == {"Two"}
    assert queue(kind, by)[0][0] == {"One", "Two"}
    assert_ledger_tells_all()


@pytest.mark.parametrize(("kind", "model", "make"), PAIRS)
def test_merging_takes_along_what_was_told_apart_and_undo_brings_it_back(
    kind: Any, model: Any, make: Any, cast: Any
) -> None:
    by = cast.manager
    one, two, three = (make(by, name) for name in ("One", "Two", "Three"))
    apart(model, two, three, by=by)
    apart(model, one, two, by=by)
    before = set(model.objects.values_list("first", "second"))
    merge = {"lead": merge_leads, "contact": merge_contacts, "company": merge_companies}[kind.name]

    merge(ids=[one.pk, two.pk], by=by, head=one.pk)

    assert list(model.objects.values_list("first", "second")) == [(one.pk, three.pk)]
    assert_ledger_tells_all()
    undone = undo_cause(cause=Cause.objects.get(kind=Kind.MERGE).pk, by=by)
    assert undone.is_complete
    assert set(model.objects.values_list("first", "second")) == before
    assert_ledger_tells_all()


@pytest.mark.parametrize(("kind", "model", "make"), PAIRS)
def test_a_pair_goes_with_either_of_its_records(
    kind: Any, model: Any, make: Any, cast: Any
) -> None:
    one, two = make(cast.manager, "One"), make(cast.manager, "Two")
    apart(model, one, two, by=cast.manager)
    with because(Kind.PERSON, by=cast.manager):
        two.delete()
    assert not model.objects.exists()
    cause = Cause.objects.order_by("-started_at").first()
    assert cause is not None
    assert undo_cause(cause=cause.pk, by=cast.manager).is_complete
    assert model.objects.count() == 1


def test_who_tells_apart_sees_both_and_may_change_one(cast: Any) -> None:
    mine, free, theirs = (
        factories.make_contact("Nora", owner=owner) for owner in (cast.rep, None, cast.stranger)
    )
    on_a_lead = factories.make_contact("Seen", owner=cast.stranger)
    lead(cast.rep, "Mine", owner=cast.rep.pk, contacts=[(on_a_lead.pk, "")])
    also = factories.make_contact("Seen too", owner=cast.stranger)
    lead(cast.rep, "Mine too", owner=cast.rep.pk, contacts=[(also.pk, "")])

    assert apart(DistinctContacts, mine, free, by=cast.rep)
    apart(DistinctContacts, mine, on_a_lead, by=cast.rep)
    with pytest.raises(NotFound):
        apart(DistinctContacts, mine, theirs, by=cast.rep)
    with pytest.raises(NotAllowed):
        apart(DistinctContacts, on_a_lead, also, by=cast.rep)
    with pytest.raises(Refused):
        apart(DistinctContacts, mine, by=cast.rep)
    with pytest.raises(NotFound), because(Kind.PERSON, by=cast.stranger):
        take_together(model=DistinctContacts, ids=[mine.pk, free.pk], by=cast.stranger)
    assert DistinctContacts.objects.count() == 2
    assert DistinctContacts.objects.visible_to(cast.stranger).count() == 0


def test_telling_apart_twice_is_once(cast: Any) -> None:
    records = [factories.make_contact(f"Nora {number}") for number in range(4)]
    apart(DistinctContacts, *records[1:], by=cast.manager)
    apart(DistinctContacts, *reversed(records), by=cast.manager)
    pairs = DistinctContacts.objects.values_list("first", "second")
    assert len(pairs) == len(set(pairs)) == 6
    assert all(first < second for first, second in pairs)


@pytest.mark.parametrize("many", ["leads", "contacts", "companies"])
def test_the_page_shows_them_side_by_side_and_takes_the_decision(
    many: str, cast: Any, client: Client
) -> None:
    kind, model, make = next(each for each in PAIRS if each[0].many == many)
    one, two = make(cast.rep, "One"), make(cast.rep, "Two")
    client.force_login(cast.rep)
    address = reverse("duplicates-of", args=[many])

    page = client.get(address).content.decode()
    assert 'class="shared"' in page
    assert one.get_absolute_url() in page
    decide = reverse("duplicates-decide", args=[many])
    ids = {"id": [one.pk, two.pk]}
    merging = client.post(decide, {**ids, "deed": "merge"})
    assert merging["Location"] == kind.merge_address([one.pk, two.pk])
    assert client.get(decide).status_code == 405

    answer = client.post(decide, {**ids, "deed": "apart", "next": address})
    assert answer["Location"] == address
    page = client.get(address).content.decode()
    assert "no duplicates of each other" in page
    assert "data-undo" in page
    assert one.get_absolute_url() not in page
    told = client.get(address + "?show=apart").content.decode()
    assert "One</a>" in told
    assert "Perhaps a duplicate after all" in told
    answer = client.post(decide, {**ids, "deed": "together"}, **HTMX)
    assert (answer.status_code, answer.content) == (200, b"")
    assert "relance:toast" in answer["HX-Trigger"]
    assert not model.objects.exists()


def test_a_group_is_picked_from_and_more_comes_as_a_fragment(cast: Any, client: Client) -> None:
    client.force_login(cast.manager)
    for number in range(7):
        factories.make_contact(f"N {number}", email="a@a.example")
    for number in range(25):
        for name in ("Nora", "Keller"):
            factories.make_contact(f"{name} {number}", email=f"n{number:02}@x{number}.example")
    page = client.get(reverse("duplicates-of", args=["contacts"]))
    text = page.content.decode()
    assert text.count('type="checkbox" name="id"') == 7
    assert text.count(" checked") == 5
    rest = client.get(reverse("duplicates-of", args=["contacts"]) + page.context["more"], **HTMX)
    assert rest.content.decode().count("data-entry>") == 6
    assert b"<html" not in rest.content
    assert client.get("/duplicates/nothing/").status_code == 404


def test_a_queue_takes_as_many_queries_whatever_it_holds(cast: Any, query_budget: Any) -> None:
    budgets = {kind.many: query_budget(f"duplicates, {kind.many}") for kind, _, _ in PAIRS}
    client = Client()
    client.force_login(cast.rep)
    for size, number in (("small", 1), ("large", 12)):
        for place in range(number):
            at = f"{size}{place}.example"
            for name in ("Nora Keller", "Paul Weber"):
                factories.make_contact(name, email=f"n@{at}")
                factories.make_company(name, domain=at)
                lead(cast.rep, name, email=f"n@{at}")
        for kind, _model, _make in PAIRS:
            with budgets[kind.many].at(size):
                assert client.get(reverse("duplicates-of", args=[kind.many])).status_code == 200
    for budget in budgets.values():
        budget.check()


@pytest.mark.postgresql
def test_no_plan_reads_a_table_row_by_row(cast: Any) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("plans are PostgreSQL's")
    for kind, _model, make in PAIRS:
        make(cast.manager, "One"), make(cast.manager, "Two")
        with planning("default", "enable_seqscan"):
            statements: list[str] = []
            with counting_queries(statements):
                assert len(queue(kind, cast.manager)) == 1
            grouping = [sql for sql in statements if "GROUP BY" in sql]
            assert grouping
            for sql in grouping:
                with connection.cursor() as cursor:
                    cursor.execute(f"EXPLAIN {sql}")
                    plan = "\n".join(row[0] for row in cursor.fetchall())
                assert "Seq Scan" not in plan, f"{sql}\n{plan}"


def test_a_record_that_is_not_there_is_in_no_pair(cast: Any) -> None:
    one = factories.make_contact("Nora")
    with pytest.raises(NotFound):
        apart(DistinctContacts, one, Contact(pk=10**9), by=cast.manager)
    assert Company.objects.count() == Lead.objects.count() == 0


def test_two_sales_to_one_customer_are_no_duplicates_but_one_sale_entered_twice_is(
    cast: Any, stages: Any
) -> None:
    by = cast.manager
    nora = factories.make_contact("Nora", email="nora@steel.example")
    sales = [
        lead(by, title, contacts=[(nora.pk, "")], stage=stages[0])
        for title in ("Fleet of 12 vans", "Cold storage, pilot", "Cold storage")
    ]
    captured = lead(by, "Web form", contacts=[(nora.pk, "")], stage=stages[0])
    for sale in sales:
        with factories.arranging():
            move_lead(lead=sale.pk, stage=stages[1].pk, by=by)
    found = [entry.ids for entry in read_page(LEADS.review, by).entries]
    # What nobody has looked at yet may be any of them.
    assert found == [sorted([*(sale.pk for sale in sales), captured.pk])]
    with factories.arranging():
        move_lead(lead=captured.pk, stage=stages[1].pk, by=by)
    found = [entry.ids for entry in read_page(LEADS.review, by).entries]
    assert found == [[sales[1].pk, sales[2].pk]]
