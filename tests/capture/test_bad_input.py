"""Bad files: a message that names row and column, the other rows kept, nothing half-written."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core.errors import NotAllowed, Refused
from crm.models import Company, User
from pipeline.models import Lead, Stage
from pipeline.models.stages import StageTeam
from tests import factories
from tests.capture.arranging import differences, picture, run, write

pytestmark = pytest.mark.django_db

HEAD = "opportunity_id,deal_stage,account,engage_date,close_date,close_value\n"
GOOD = "A1,New,Acme,2025-01-02,,100\nA2,Won,Beta,2025-01-02,2025-02-03,200\n"


def errors_of(report: Any) -> list[tuple[int, str, str]]:
    return [(error.row, error.column, error.message) for error in report.errors]


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("B,New,Bad Co,2025-02-30,,1", "engage_date", "“2025-02-30” is a date that does not exist"),
        ("B,New,Bad Co,31.04.2025,,1", "engage_date", "does not exist"),
        ("B,New,Bad Co,yesterday,,1", "engage_date", "is not a date"),
        ("B,Fermenting,Bad Co,,,1", "deal_stage", "There is no stage “Fermenting”"),
        ("B,New,Bad Co,,,-5", "close_value", "“-5” is negative"),
        ("B,New,Bad Co,,,(5.00)", "close_value", "negative"),
        ("B,New,Bad Co,,,12345678901234567", "close_value", "more than 15 digits"),
        ("B,New,Bad Co,,,lots", "close_value", "is not an amount"),
        ("B,New,Bad Co,,,1,extra", "close_value", "7 cells, but there are 6 columns"),
        ("B,New,Bad\0Co,,,1", "account", "NUL"),
        (f"{'B' * 101},New,Bad Co,,,1", "opportunity_id", "101 characters"),
        (f"B,New,{'x' * 1_000_000},,,1", "account", "1000000 characters"),
        ("A1,New,Bad Co,,,1", "opportunity_id", "“A1” stands in row 2 already"),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_kept(
    tmp_path: Path, row: str, column: str, words: str
) -> None:
    path = write(tmp_path, HEAD + GOOD + row + "\nA3,New,Gamma,,,\n")
    plan = run(path, rehearsal=True)
    report = run(path)
    assert (report.rows, report.created, report.skipped) == (4, 3, 1)
    [(number, where, message)] = errors_of(report)
    assert (number, where) == (4, column)
    assert words in message
    assert len(message) < 200
    assert errors_of(plan) == errors_of(report)
    assert (plan.created, plan.skipped) == (3, 1)
    assert set(Lead.objects.values_list("external_id", flat=True)) == {"A1", "A2", "A3"}
    # The company of the bad row is not left behind.
    assert set(Company.objects.values_list("name", flat=True)) == {"Acme", "Beta", "Gamma"}


def test_two_bad_cells_of_one_row_are_both_named(tmp_path: Path) -> None:
    report = run(write(tmp_path, HEAD + GOOD + "B,New,Bad,2025-02-30,,-5\n"))
    assert [error[:2] for error in errors_of(report)] == [(4, "engage_date"), (4, "close_value")]
    assert (report.skipped, report.error_count) == (1, 2)


def test_an_unclosed_quotation_mark_costs_one_row(tmp_path: Path) -> None:
    report = run(write(tmp_path, HEAD + 'B,New,"Bad,,,1\n' + GOOD))
    assert (report.created, report.skipped) == (2, 1)
    assert errors_of(report)[0][0] == 2


def test_the_row_number_is_that_of_a_spreadsheet(tmp_path: Path) -> None:
    text = HEAD + 'A0,New,"Two\nlines",,,5\n\n' + "B,New,Bad,,,-1\n"
    report = run(write(tmp_path, text))
    assert [error[:2] for error in errors_of(report)] == [(4, "close_value")]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig", "utf-8"])
def test_encodings_are_told_apart(tmp_path: Path, encoding: str) -> None:
    text = HEAD + "A1,New,Société Générale des Œufs,,,5\n"
    run(write(tmp_path, text, encoding=encoding))
    assert Company.objects.get().name == "Société Générale des Œufs"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n\n\n", "is empty"),
        (HEAD.encode(), "headings, but no rows"),
        (b"colour,shape\nred,round\n", "No column"),
        (b"PK\x03\x04" + bytes(500), "workbook"),
        (bytes(range(256)) * 40, "not a text file"),
    ],
)
def test_a_file_without_leads_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    before = picture()
    path = tmp_path / "odd.csv"
    path.write_bytes(content)
    with pytest.raises(Refused, match=words):
        run(path)
    assert differences(before, picture()) == {}


def test_repeated_headings_and_unknown_ones_are_not_carried_over(tmp_path: Path) -> None:
    text = "title,stage,Stage,colour\nDeal,New,Won,red\n"
    report = run(write(tmp_path, text))
    assert report.unmapped == ["Stage", "colour"]
    assert Lead.objects.get().stage.name == "New"


def test_a_row_of_nothing_known_is_an_error(tmp_path: Path) -> None:
    report = run(write(tmp_path, "title,colour\nDeal,red\n,blue\n"))
    assert (report.created, report.skipped, report.errors[0].row) == (1, 1, 3)


def test_unknown_stages_are_made_when_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD + "A1,Fermenting,Acme,,,5\nA2,fermenting,Acme,,,5\n")
    assert run(path, create_stages=True, rehearsal=True).created == 2
    assert not Stage.objects.filter(name="Fermenting").exists()
    report = run(path, create_stages=True)
    assert (report.created, report.errors) == (2, [])
    names = list(Stage.objects.in_order().values_list("name", flat=True))
    assert names == ["New", "Qualified", "Proposal", "Negotiation", "Fermenting", "Won"]


def test_of_many_errors_the_first_are_listed_and_all_counted(tmp_path: Path) -> None:
    text = HEAD + "".join(f"B{n},New,Bad,,,-1\n" for n in range(1200)) + GOOD
    report = run(write(tmp_path, text))
    assert (report.created, report.skipped, report.error_count) == (2, 1200, 1200)
    assert len(report.errors) == 500
    assert not Company.objects.filter(name="Bad").exists()


def test_only_managers_import(tmp_path: Path, rep: User, manager: User) -> None:
    path = write(tmp_path, HEAD + GOOD)
    with pytest.raises(NotAllowed):
        run(path, by=rep)
    assert run(path, by=manager).created == 2


def command(*arguments: str) -> tuple[int, dict[str, Any]]:
    out = io.StringIO()
    try:
        call_command("import_leads", *arguments, "--json", stdout=out, stderr=io.StringIO())
        code = 0
    except CommandError as error:
        code = error.returncode
    return code, json.loads(out.getvalue().splitlines()[-1])


def test_the_command_fails_when_it_could_not_do_its_job(tmp_path: Path) -> None:
    good = str(write(tmp_path, HEAD + GOOD))
    for arguments, expected in (
        ([str(tmp_path / "nowhere.csv")], 1),
        ([good, "--pipeline", "Nowhere"], 2),
        ([good, "--map", "account=paint"], 2),
        ([good, "--map", "nowhere=title"], 2),
        ([good, "--user", "nobody@example.com"], 2),
        ([str(write(tmp_path, HEAD + "B,Nowhere,Bad,,,\n", "bad.csv"))], 1),
    ):
        code, answer = command(*arguments)
        assert (code, answer["cause"], answer["created"]) == (expected, None, 0), arguments
        assert answer["errors"][0]["message"], arguments
    assert not Lead.objects.exists()
    bad = str(write(tmp_path, HEAD + GOOD + "B,Nowhere,Bad,,,\n", "mixed.csv"))
    code, answer = command(bad, "--dry-run")
    assert (code, answer["created"], answer["dry_run"], answer["cause"]) == (0, 2, True, None)
    assert not Lead.objects.exists()
    code, answer = command(bad)
    assert (code, answer["created"], answer["skipped"]) == (0, 2, 1)
    assert answer["errors"] == [
        {
            "row": 4,
            "column": "deal_stage",
            "message": "There is no stage “Nowhere”. Make it, or have the import create stages.",
            "file": "mixed.csv",
        }
    ]


def test_a_name_that_grows_by_folding_is_kept(tmp_path: Path) -> None:
    name = "\ufdfa" * 199  # folds to 18 times its length
    rows = f"A1,New,{name},,,1\nA2,New,{name},,,1\n"
    report = run(write(tmp_path, HEAD + rows))
    assert (report.created, report.errors) == (2, [])
    assert Company.objects.get().name == name


def test_a_row_that_a_service_refuses_is_an_error_of_its_own(tmp_path: Path) -> None:
    """A stage that came to another team meanwhile refuses some moves; the batch stays whole."""
    rows = "".join(f"A{n},New,Co {n},,,1\n" for n in range(40))
    run(write(tmp_path, HEAD + rows))
    with factories.arranging():
        stage = Stage.objects.get(name="Proposal")
        StageTeam.objects.create(stage=stage, team=factories.make_team("Elsewhere"))
    moved = rows.replace("A17,New", "A17,Proposal").replace(",,,1", ",,,2")
    report = run(write(tmp_path, HEAD + moved + "A99,New,New Co,,,1\n"))
    assert (report.created, report.updated, report.skipped) == (1, 39, 1)
    assert [error.row for error in report.errors] == [19]
    assert Lead.objects.filter(expected_revenue=2).count() == 39
    assert Lead.objects.get(external_id="A17").expected_revenue == 1


def test_a_move_that_a_stage_refuses_is_an_error_in_the_rehearsal_too(tmp_path: Path) -> None:
    run(write(tmp_path, HEAD + "A1,New,Acme,,,5\nA2,New,Beta,,,5\nA3,New,Beta,,,5\n"))
    with factories.arranging():
        stage = Stage.objects.get(name="Proposal")
        stage.required_fields = ["contact_name"]
        stage.save()
    before = picture()
    path = write(tmp_path, HEAD + "A1,Proposal,Acme,,,5\nA2,Qualified,Beta,,,6\nA3,New,Beta,,,5\n")
    plan = run(path, rehearsal=True)
    assert differences(before, picture()) == {}
    report = run(path)
    assert (report.updated, report.skipped) == (1, 2)
    assert (plan.updated, plan.skipped) == (1, 2)
    assert errors_of(plan) == errors_of(report)
    assert errors_of(report)[0][:2] == (2, "contact_name")
    assert Lead.objects.get(external_id="A1").stage.name == "New"


def test_a_tag_too_long_and_a_website_that_is_none_are_named(tmp_path: Path) -> None:
    text = (
        f"title,tags,account,website\nA,{'t' * 61},Acme,\nB,,Beta,not a site\nC,x;y,Co,co.example\n"
    )
    report = run(write(tmp_path, text))
    assert [error[:2] for error in errors_of(report)] == [(2, "tags"), (3, "website")]
    assert Company.objects.get().website == "https://co.example"
