"""Files of other programs brought in, and brought in again."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.ledger.causes import because
from core.ledger.tables import Change, Kind
from core.services.undoing import undo_cause
from crm.models import Company, Contact, Team, User
from pipeline.models import Lead, LeadContact, LostReason, StageVisit
from pipeline.services.leads import update_lead
from tests import factories
from tests.capture.arranging import differences, picture, run, sample, write

pytestmark = pytest.mark.django_db


def lead(external_id: str) -> Any:
    return Lead.objects.for_list().get(external_id=external_id)


def dates(record: Any) -> list[tuple[str, str]]:
    visits = StageVisit.objects.filter(lead=record).order_by("entered_at", "id")
    return [(visit.stage.name, visit.entered_at.date().isoformat()) for visit in visits]


@pytest.mark.parametrize(
    ("name", "rows"), [("pipedrive", 3), ("hubspot", 3), ("zoho", 2), ("odoo", 2)]
)
def test_each_sample_comes_in_whole_once_and_can_be_undone(name: str, rows: int) -> None:
    before = picture()
    plan = run(*sample(name), rehearsal=True)
    assert differences(before, picture()) == {}
    report = run(*sample(name))
    assert (report.rows, report.created, report.errors) == (rows, rows, [])
    assert (plan.created, plan.made, plan.unmapped) == (rows, report.made, report.unmapped)
    after = picture()
    again = run(*sample(name))
    assert (again.created, again.updated, again.skipped, again.cause) == (0, 0, rows, None)
    assert differences(after, picture()) == {}
    assert report.cause is not None
    undo_cause(cause=report.cause, by=None)
    assert differences(before, picture()) == {}


def test_pipedrive_says_won_and_lost_in_a_column_of_their_own() -> None:
    report = run(*sample("pipedrive"))
    assert report.unmapped == ["Deal - Visible to"]
    chairs, desk, office = lead("11"), lead("12"), lead("13")
    assert (chairs.stage.name, chairs.status, chairs.expected_revenue) == (
        "Proposal",
        "open",
        Decimal(12500),
    )
    assert chairs.external_source == "pipedrive"
    assert chairs.expected_close == dt.date(2025, 5, 30)
    assert set(chairs.tags.values_list("name", flat=True)) == {"hot", "furniture"}
    assert dates(chairs) == [("New", "2025-03-02"), ("Proposal", "2025-03-09")]
    assert (desk.stage.name, desk.status, desk.closed_at.date()) == (
        "Won",
        "won",
        dt.date(2025, 2, 20),
    )
    assert (office.status, office.lost_reason.name, office.expected_revenue) == (
        "lost",
        "Went with a competitor",
        None,
    )
    owner = User.objects.get(name="Ines Albrecht")
    assert (owner.email, owner.is_active) == ("ines.albrecht@import.invalid", False)


def test_hubspots_files_are_joined_by_the_ids_that_deals_carry() -> None:
    run(*sample("hubspot"))
    shelving, desks = lead("9001"), lead("9002")
    assert (shelving.company.name, shelving.company.employees) == ("Stadtarchiv Neustadt", 38)
    assert dates(shelving) == [("New", "2025-01-10"), ("Proposal", "2025-01-25")]
    assert shelving.expected_close == dt.date(2025, 6, 30)
    assert (desks.company.domain, desks.expected_revenue) == (
        "nordwind.example",
        Decimal("17800.50"),
    )
    people = {p.lead_id: p.contact for p in LeadContact.objects.select_related("contact")}
    assert people[shelving.pk].job_title == "Archivist"
    assert people[desks.pk].email == "lee@nordwind.example"
    assert lead("9003").lost_reason.name == "No budget"


def test_salesforces_files_are_joined_and_what_is_not_taken_is_told() -> None:
    report = run(*sample("salesforce"))
    assert (report.created, report.skipped, report.errors) == (3, 1, [])  # one was deleted there
    assert "Task.csv" in report.unmapped
    boiler = lead("0061t00000AbCd1AAA")
    assert boiler.description == "Café kitchen"
    assert (boiler.stage.name, boiler.expected_revenue) == ("Proposal", Decimal(45000))
    assert (boiler.owner.email, boiler.owner.is_active) == ("nadia.ortiz@example.com", False)
    assert boiler.company.parent.name == "Kupfer Holding"
    assert boiler.company.website == "https://kupfer.example"
    assert boiler.source.name == "Web"
    assert boiler.campaign is None
    # Times of the export are in UTC.
    assert boiler.stage_entered_at == dt.datetime(2025, 2, 15, 10, 30, tzinfo=dt.UTC)
    assert LeadContact.objects.get(lead=boiler).contact.name == "Petra Kupfer"
    assert lead("0061t00000AbCd3AAA").company is None
    assert Contact.objects.get().company == boiler.company


def test_several_addresses_in_one_cell_are_kept_the_first_as_the_main_one(tmp_path: Any) -> None:
    leads = write(tmp_path, "Deal ID,Deal Name,Contact ID\n1,Vans,7\n", "deals.csv")
    people = write(
        tmp_path,
        "Contact ID,First Name,Last Name,Email,Phone\n"
        "7,Nora,Keller,nora@keller.example; nora@gmail.com,"
        '"+33 6 12 34 56 78, +1 202 555 0123"\n'
        '8,Max,Broken,"max@x.example, not an address",\n',
        "contacts.csv",
    )
    before = picture()
    report = run(leads, people)
    nora = Contact.objects.get(name="Nora Keller")
    assert (nora.email, nora.phone) == ("nora@keller.example", "+33 6 12 34 56 78")
    assert list(nora.points.values_list("kind", "value")) == [
        ("email", "nora@gmail.com"),
        ("phone", "+1 202 555 0123"),
    ]
    # Known by any address: nobody is made again, and nothing is written down twice.
    again = run(
        write(tmp_path, people.read_text().replace("7,Nora", "9,Nora"), "contacts.csv"), leads
    )
    assert again.made["contacts"] == 0
    assert nora.points.count() == 2
    undo_cause(cause=report.cause, by=None)
    assert not differences(before, picture())


def test_french_files_of_windows_come_in() -> None:
    report = run(*sample("french"))
    assert report.created == 3
    assert any("ids" in note for note in report.notes)  # again would make them again
    bread = Lead.objects.get(title="Four à pain")
    assert (bread.company.name, bread.expected_revenue, bread.stage.name) == (
        "Boulangerie Léon",
        Decimal("1250.50"),
        "Proposal",
    )
    assert bread.created_at.date() == dt.date(2025, 2, 3)  # day first: others show it
    assert (bread.expected_close, bread.email) == (dt.date(2025, 6, 30), "leon@boulangerie.example")
    lift = Lead.objects.get(title="Pont élévateur")
    assert (lift.status, lift.expected_revenue) == ("won", Decimal(12000))
    assert Lead.objects.get(title="Machine à café").lost_reason.name == "Trop cher"


FIRST = """id,deal_stage,account,sales_agent,close_value,lost_reason,tags
1,New,Acme,Ann,100,,hot
2,Proposal,Acme,Ann,200,,
3,Won,Beta,Bob,300,,
4,Lost,Beta,Bob,,Too late,
5,New,Gamma,Bob,50,,
"""
SECOND = """id,deal_stage,account,sales_agent,close_value,lost_reason,tags
1,Negotiation,Acme,Ann,150,,hot;big
2,Won,Acme,Bob,200,,
3,Lost,Beta,Bob,300,No budget,
4,Qualified,Beta,Bob,80,,
5,New,Gamma,Bob,,,
6,New,Delta,Bob,10,,
"""


def test_a_second_import_updates_only_what_differs(tmp_path: Path) -> None:
    run(write(tmp_path, FIRST))
    # The same file of another day: numbers in its name do not count.
    path = write(tmp_path, SECOND, "leads (2).csv")
    plan = run(path, rehearsal=True)
    report = run(path)
    assert (report.created, report.updated, report.skipped) == (1, 4, 1)
    assert (plan.created, plan.updated, plan.skipped) == (1, 4, 1)
    assert report.errors == []
    one, two, three, four = (lead(str(number)) for number in range(1, 5))
    assert (one.stage.name, one.expected_revenue) == ("Negotiation", 150)
    assert set(one.tags.values_list("name", flat=True)) == {"hot", "big"}
    assert (two.status, two.owner.name) == ("won", "Bob")
    assert (three.status, three.lost_reason.name) == ("lost", "No budget")
    assert (four.status, four.stage.name, four.expected_revenue) == ("open", "Qualified", 80)
    assert lead("5").expected_revenue == 50  # an empty cell takes nothing away
    assert lead("5").version == 1
    changes = Change.objects.filter(cause=report.cause, record_type="pipeline.lead")
    fields = set().union(*(c.diff for c in changes if c.record_id == two.pk))
    assert "expected_revenue" not in fields
    again = run(path)
    assert (again.created, again.updated, again.skipped, again.cause) == (0, 0, 6, None)


def test_files_of_different_names_do_not_share_their_ids(tmp_path: Path) -> None:
    run(write(tmp_path, FIRST, "fair_paris.csv"))
    report = run(write(tmp_path, FIRST, "fair_lyon.csv"))
    assert report.created == 5


def test_an_import_names_people_who_are_there(tmp_path: Path, rep: User, team: Team) -> None:
    factories.make_user("Old Ann", "rep", email="ann@example.com")
    text = (
        "title,owner,owner email,team\nA,rita  REP,,north\nB,Ann,ANN@example.com,\nC,,new@x.fr,\n"
    )
    report = run(write(tmp_path, text))
    assert [Lead.objects.get(title=t).owner.email for t in "ABC"] == [
        "rita.rep@example.com",
        "ann@example.com",
        "new@x.fr",
    ]
    assert Lead.objects.get(title="A").team == team
    assert report.made == {"users": 1}
    assert not User.objects.get(email="new@x.fr").is_active


def test_two_people_of_one_name_in_ascii_get_two_addresses(tmp_path: Path) -> None:
    run(write(tmp_path, "title,owner\nA,Zoë Kern\nB,Zoe Kern\nC,李\n"))
    emails = set(User.objects.values_list("email", flat=True))
    assert emails == {
        "zoe.kern@import.invalid",
        "zoe.kern.2@import.invalid",
        "person@import.invalid",
    }


def test_a_title_is_made_where_there_is_none(tmp_path: Path) -> None:
    text = (
        "id,product,account,contact name\n"
        "7,Lamp,Acme,\n8,Lamp,,\n9,,Acme,\n10,,Acme,Eva\n11,,,Eva\n"
    )
    run(write(tmp_path, text))
    titles = [lead(number).title for number in ("7", "8", "9", "10", "11")]
    assert titles == ["Lamp · Acme", "8", "9", "Eva · Acme", "Eva"]


def test_columns_can_be_given(tmp_path: Path) -> None:
    text = 'Was,Wert,Datum\nTisch,"1.200,50",03.02.2025\n'
    report = run(
        write(tmp_path, text),
        mapping=["Was=title", "wert=expected_revenue", "Datum=entered:Proposal"],
    )
    record = Lead.objects.get()
    assert report.unmapped == []
    assert (record.title, record.expected_revenue) == ("Tisch", Decimal("1200.50"))
    assert record.created_at.date() == dt.date(2025, 2, 3)
    assert dates(record) == [("Proposal", "2025-02-03")]


def test_a_file_with_further_columns_widens_the_rows(tmp_path: Path) -> None:
    leads = write(tmp_path, "title,plan,amount\nA,p1,5\nB,p2,6\n")
    plans = write(tmp_path, "plan,campaign,colour\np1,Spring,red\np2,Autumn,blue\n", "plans.csv")
    report = run(leads, plans)
    assert Lead.objects.get(title="A").campaign.name == "Spring"
    assert report.unmapped == ["plan", "colour"]


def test_a_file_that_joins_nothing_is_named(tmp_path: Path) -> None:
    report = run(
        write(tmp_path, "title,amount\nA,5\n"), write(tmp_path, "shoe,size\nx,3\n", "shoes.csv")
    )
    assert "shoes.csv" in report.unmapped
    assert any("shoes.csv" in note for note in report.notes)


def test_parts_of_one_export_come_in_together(tmp_path: Path) -> None:
    report = run(
        write(tmp_path, "Deal Name,Deal Stage\nA,New\nB,New\n", "deals-1.csv"),
        write(tmp_path, "Deal Name,Deal Stage\nC,New\n", "deals-2.csv"),
    )
    assert (report.rows, report.created) == (3, 3)


def test_known_lost_reasons_and_companies_are_used(tmp_path: Path) -> None:
    factories.make_company("ACME")
    text = "title,stage,account,lost reason\nA,Lost,Acme,too  EXPENSIVE\n"
    report = run(write(tmp_path, text))
    assert report.made == {}
    assert Company.objects.count() == 1
    assert Lead.objects.get().lost_reason == LostReason.objects.get(name="Too expensive")


def test_progress_is_told_after_each_batch(tmp_path: Path) -> None:
    from capture.services.imports import GivenFile, import_files

    told: list[tuple[int, int]] = []
    path = write(tmp_path, "title\n" + "".join(f"Lead {n}\n" for n in range(2500)))
    import_files(
        files=[GivenFile(path)], by=None, progress=lambda done, rows: told.append((done, rows))
    )
    assert told == [(1000, 2500), (2000, 2500), (2500, 2500)]


def test_the_first_rows_are_shown_as_they_would_become(tmp_path: Path) -> None:
    text = "id,product,account,deal_stage,close_value\n" + "".join(
        f"{n},Lamp,Acme,Prospecting,{n}\n" for n in range(1, 31)
    )
    plan = run(write(tmp_path, text), rehearsal=True)
    assert len(plan.preview) == 20
    first = plan.preview[0]
    assert (first.row, first.action) == (2, "create")
    assert first.lead["title"] == "Lamp · Acme"
    assert (first.lead["stage"], first.lead["expected_revenue"]) == ("New", "1.00")


def test_a_later_edit_by_hand_survives_the_undo_of_an_update(tmp_path: Path, manager: User) -> None:
    run(write(tmp_path, FIRST))
    report = run(write(tmp_path, SECOND))
    one = lead("1")
    with because(Kind.PERSON, by=manager):
        update_lead(lead=one.pk, values={"expected_revenue": 999}, by=manager)
    assert report.cause is not None
    undone = undo_cause(cause=report.cause, by=manager)
    assert [conflict.field for conflict in undone.conflicts] == ["expected_revenue"]
    assert (lead("1").expected_revenue, lead("1").stage.name) == (999, "New")
    assert lead("3").status == "won"
