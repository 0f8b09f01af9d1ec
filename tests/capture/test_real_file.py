"""The file of 8,800 opportunities, with the four files beside it, as it is."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Count, Sum

from core.ledger.causes import because
from core.ledger.tables import Cause, Change, Kind
from core.services.undoing import undo_cause
from crm.models import Company, Membership, Product, Team, User
from pipeline.models import ActivityType, Lead, StageVisit
from pipeline.services.activities import complete_activity, plan_activity
from pipeline.services.leads import update_lead
from tests.capture.arranging import (
    OPPORTUNITIES,
    differences,
    needs_opportunities,
    picture,
    run,
)

pytestmark = [pytest.mark.django_db, needs_opportunities]


def files() -> list[Any]:
    return sorted(OPPORTUNITIES.glob("*.csv"))


def rows() -> list[dict[str, str]]:
    with (OPPORTUNITIES / "sales_pipeline.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_it_is_rehearsed_imported_imported_again_and_undone() -> None:
    before = picture()
    plan = run(*files(), rehearsal=True)
    assert differences(before, picture()) == {}
    assert plan.cause is None

    report = run(*files())
    assert (report.rows, report.created, report.updated, report.skipped) == (8800, 8800, 0, 0)
    assert report.errors == []
    assert report.unmapped == ["year_established", "office_location", "series"]
    assert any("data_dictionary.csv" in note for note in report.notes)
    assert report.made == {
        "companies": 85,
        "products": 7,
        "users": 41,
        "teams": 9,
        "lost_reasons": 1,
    }
    assert [plan.rows, plan.created, plan.made, plan.unmapped, plan.preview] == [
        report.rows,
        report.created,
        report.made,
        report.unmapped,
        report.preview,
    ]
    check_leads()
    check_the_rest()
    check_second_import()

    assert report.cause is not None
    undone = undo_cause(cause=report.cause, by=None)
    assert (undone.conflicts, undone.kept) == ([], [])
    assert differences(before, picture()) == {}


def check_leads() -> None:
    counts = dict(Lead.objects.values_list("status").annotate(Count("pk")).order_by())
    assert counts == {"won": 4238, "lost": 2473, "open": 2089}
    expected = sum(Decimal(row["close_value"]) for row in rows() if row["deal_stage"] == "Won")
    assert Lead.objects.won().aggregate(sum=Sum("expected_revenue"))["sum"] == expected
    # No amount stays empty, and the file's 0 of a lost deal stays 0.
    assert Lead.objects.open().filter(expected_revenue__isnull=False).count() == 0
    assert Lead.objects.lost().exclude(expected_revenue=0).count() == 0
    by_stage = dict(Lead.objects.open().values_list("stage__name").annotate(Count("pk")).order_by())
    assert by_stage == {"New": 500, "Qualified": 1589}
    lead = Lead.objects.get(external_id="Z063OYW0")
    assert lead.title == "GTX Pro · Isdom"  # the file says GTXPro
    assert (lead.company.name, lead.product.name, lead.owner.name) == (
        "Isdom",
        "GTX Pro",
        "Darcel Schlecht",
    )
    assert lead.created_at.date().isoformat() == "2016-10-25"
    assert lead.closed_at is not None
    assert lead.closed_at.date().isoformat() == "2017-03-11"
    visits = StageVisit.objects.filter(lead=lead).order_by("entered_at")
    assert [(visit.stage.name, visit.entered_at.date().isoformat()) for visit in visits] == [
        ("Qualified", "2016-10-25"),
        ("Won", "2017-03-11"),
    ]
    # A row without an account has no company and is called by its id.
    alone = next(row for row in rows() if not row["account"])
    lead = Lead.objects.get(external_id=alone["opportunity_id"])
    assert (lead.company, lead.title) == (None, alone["opportunity_id"])
    lost = Lead.objects.lost().first()
    assert lost is not None
    assert lost.lost_reason.name == "Not recorded"


def check_the_rest() -> None:
    assert Company.objects.count() == 85
    child = Company.objects.get(name="Bluth Company")
    assert child.parent.name == "Acme Corporation"
    assert (child.industry, child.employees, child.annual_revenue) == (
        "technolgy",
        3027,
        Decimal("1242.32"),
    )
    assert Product.objects.count() == 7
    assert Product.objects.get(name="GTX Pro").list_price == 4821
    imported = User.objects.filter(email__endswith="@import.invalid")
    assert imported.count() == 41
    assert not imported.filter(is_active=True).exists()
    assert not any(user.has_usable_password() for user in imported)
    assert imported.filter(role="leader").count() == 6
    team = Team.objects.get(name="Central · Dustin Brinkmann")
    assert (team.leader.name, team.parent.name) == ("Dustin Brinkmann", "Central")
    assert Membership.objects.count() == 35
    assert Lead.objects.filter(team__isnull=True).count() == 0


def check_second_import() -> None:
    before, causes = picture(), Cause.objects.count()
    again = run(*files())
    assert (again.created, again.updated, again.skipped) == (0, 0, 8800)
    assert again.made == {}
    assert again.cause is None
    assert differences(before, picture()) == {}
    assert Cause.objects.count() == causes


def test_an_undo_keeps_and_lists_what_was_worked_on(admin: User) -> None:
    report = run(*files())
    leads = list(Lead.objects.open().order_by("pk")[:11])
    for lead in leads[:10]:
        with because(Kind.PERSON, by=admin):
            update_lead(lead=lead.pk, values={"description": "Called back"}, by=admin)
    with because(Kind.PERSON, by=admin):
        call = ActivityType.objects.order_by("sequence").first()
        assert call is not None
        logged = plan_activity(
            by=admin, type=call.pk, lead=leads[10].pk, due_on=dt.date(2030, 1, 1)
        )
        complete_activity(activity=logged.pk, by=admin, outcome="done", feedback="Reached")
    assert report.cause is not None
    undone = undo_cause(cause=report.cause, by=admin)
    assert set(Lead.objects.values_list("pk", flat=True)) == {lead.pk for lead in leads}
    assert undone.conflicts == []
    assert {item.record for item in undone.kept} == {f"pipeline.lead:{lead.pk}" for lead in leads}
    assert set(Lead.objects.values_list("pk", flat=True)) == {lead.pk for lead in leads}
    # What those leads hang on stays with them and is listed apart; all else is gone.
    needed = {item.record for item in undone.needed}
    assert {f"crm.user:{lead.owner_id}" for lead in leads} <= needed
    companies = {lead.company_id for lead in leads if lead.company_id}
    assert {f"crm.company:{company}" for company in companies} <= needed
    assert {f"crm.company:{pk}" for pk in Company.objects.values_list("pk", flat=True)} <= needed


def test_the_command_says_it_in_words_and_in_json(admin: User) -> None:
    out = io.StringIO()
    call_command("import_leads", *map(str, files()), "--json", "--quiet", stdout=out)
    answer = json.loads(out.getvalue().splitlines()[-1])
    assert (answer["rows"], answer["created"], answer["errors"]) == (8800, 8800, [])
    cause = Cause.objects.get(pk=answer["cause"])
    assert (cause.kind, cause.quiet, cause.actor) == ("import", True, admin)
    assert str(cause) == "Import “sales_pipeline.csv”"
    assert "accounts.csv" in cause.reference
    assert Change.objects.filter(cause=cause, record_type="pipeline.lead").count() >= 8800
    out = io.StringIO()
    call_command("import_leads", *map(str, files()), stdout=out)
    assert "8,800 rows: 0 leads created, 0 updated, 8,800 rows skipped." in out.getvalue()
