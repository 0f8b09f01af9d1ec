"""Custom fields in imports: their columns are found or named, each kind is read or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from capture.headings import BadOption
from core.services.undoing import undo_cause
from crm.models import CustomField
from pipeline.models import Lead
from tests import factories
from tests.capture.arranging import run, write

pytestmark = pytest.mark.django_db

OPTIONS = [{"id": "o1", "label": "Gold"}, {"id": "o2", "label": "Silver, old"}]
#: For each kind a cell and the value that it becomes.
CELLS: dict[str, tuple[str, Any]] = {
    "text": ("Gate 4", "Gate 4"),
    "number": ('"1.234,5"', 1234.5),
    "money": ('"€ 1,200.50"', 1200.5),
    "date": ("31.12.2026", "2026-12-31"),
    "choice": ("gold", "o1"),
    "choices": ('"Gold; Silver, old"', ["o1", "o2"]),
    "yes_no": ("ja", None),
}


def define(kind: str, label: str = "Loading gate", key: str = "gate") -> CustomField:
    with factories.arranging():
        options = OPTIONS if kind in ("choice", "choices") else []
        return CustomField.objects.create(
            subject="pipeline.lead", key=key, label=label, type=kind, options=options
        )


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [(kind, *pair) for kind, pair in CELLS.items() if kind != "yes_no"]
    + [("yes_no", "yes", True), ("yes_no", "non", False), ("choice", "o2", "o2")],
)
def test_a_column_called_like_the_field_is_read_by_its_kind(
    kind: str, cell: str, value: Any, pipeline: Any, tmp_path: Path
) -> None:
    define(kind)
    file = write(tmp_path, f"Title,loading GATE\nHall,{cell}\nShed,\n")
    plan = run(file, rehearsal=True)
    report = run(file)
    assert (report.created, report.errors, report.unmapped) == (2, [], [])
    assert (plan.created, plan.errors) == (2, [])
    kept = dict(Lead.objects.values_list("title", "custom"))
    assert kept == {"Hall": {"gate": value}, "Shed": {}}
    undo_cause(cause=report.cause, by=None)
    assert not Lead.objects.exists()


def test_people_and_companies_are_found_by_their_names(
    pipeline: Any, cast: Any, tmp_path: Path
) -> None:
    define("user", "Buddy", "buddy")
    define("company", "Carrier", "carrier")
    company = factories.make_company("Baltic")
    text = f"Title,Buddy,Carrier\nA,Max Mate,baltic\nB,{cast.rep.email},\nC,Nobody,\nD,,Elsewhere\n"
    report = run(write(tmp_path, text))
    kept = dict(Lead.objects.values_list("title", "custom"))
    assert kept == {
        "A": {"buddy": cast.mate.pk, "carrier": company.pk},
        "B": {"buddy": cast.rep.pk},
    }
    assert [(error.row, error.column, error.message) for error in report.errors] == [
        (4, "Buddy", "There is nobody called “Nobody”."),
        (5, "Carrier", "There is no company “Elsewhere”."),
    ]


@pytest.mark.parametrize(
    ("kind", "cell", "part"),
    [
        ("number", "many", "Enter a number."),
        ("money", "1.2345", "At most two decimals."),
        ("date", "31.02.2026", "31.02.2026"),
        (
            "choice",
            "Bronze",
            "“Bronze” is no choice of “Loading gate”. Choices: Gold, Silver, old.",
        ),
        ("choices", "Gold; Bronze", "“Bronze” is no choice"),
        ("yes_no", "perhaps", "perhaps"),
    ],
)
def test_what_cannot_be_read_is_an_error_of_its_row_and_column(
    kind: str, cell: str, part: str, pipeline: Any, tmp_path: Path
) -> None:
    define(kind)
    report = run(write(tmp_path, f"Title,Loading gate\nHall,{cell}\nShed,\n"))
    assert (report.created, report.skipped) == (1, 1)
    (error,) = report.errors
    assert (error.row, error.column) == (2, "Loading gate")
    assert part in error.message


def test_a_column_is_mapped_to_a_field_by_label_or_key(pipeline: Any, tmp_path: Path) -> None:
    define("text")
    file = write(tmp_path, "Title,Door\nHall,4\n")
    assert run(file, rehearsal=True).unmapped == ["Door"]
    for name in ("Loading gate", "gate", "custom.gate"):
        report = run(file, mapping=[f"Door={name}"])
        assert (report.created, report.unmapped) == (1, [])
    assert [lead.custom for lead in Lead.objects.all()] == [{"gate": "4"}] * 3
    with pytest.raises(BadOption, match=r"custom\.gate"):
        run(file, mapping=["Door=nothing"])


def test_a_field_of_ours_is_not_taken_for_a_custom_one(pipeline: Any, tmp_path: Path) -> None:
    define("text", "Description", "description")
    run(write(tmp_path, "Title,Description\nHall,Large\n"))
    lead = Lead.objects.get()
    assert (lead.description, lead.custom) == ("Large", {})


def test_a_second_import_writes_what_differs_and_takes_nothing_away(
    pipeline: Any, tmp_path: Path
) -> None:
    define("text")
    define("number", "Docks", "docks")
    run(write(tmp_path, "Id,Title,Loading gate,Docks\n1,Hall,4,2\n"))
    same = run(write(tmp_path, "Id,Title,Loading gate,Docks\n1,Hall,4,\n"))
    assert (same.updated, same.skipped) == (0, 1)
    other = run(write(tmp_path, "Id,Title,Loading gate,Docks\n1,Hall,,3\n"))
    assert other.updated == 1
    assert Lead.objects.get().custom == {"gate": "4", "docks": 3}


def test_what_the_list_exports_comes_in_again_as_it_was(
    pipeline: Any, cast: Any, client: Client, tmp_path: Path
) -> None:
    kinds = ("text", "number", "money", "date", "choice", "choices", "yes_no", "user", "company")
    for kind in kinds:
        define(kind, f"My {kind}", kind)
    company = factories.make_company("Baltic, Cold & Sons")
    custom = {
        "text": "Tor „4“, Süd",
        "number": 12.25,
        "money": 1234567.5,
        "date": "2026-11-02",
        "choice": "o2",
        "choices": ["o1"],
        "yes_no": False,
        "user": cast.mate.pk,
        "company": company.pk,
    }
    for title, values in (("Full", custom), ("Empty", {})):
        factories.make_lead(by=cast.manager, title=title, custom=values)
    client.force_login(cast.manager)
    columns = ",".join(["title", *(f"custom.{kind}" for kind in kinds)])
    answer = client.get(reverse("leads-export"), {"format": "csv", "columns": columns})
    file = tmp_path / "leads.csv"
    file.write_bytes(answer.getvalue())
    with factories.arranging():
        Lead.objects.all().delete()
    report = run(file)
    assert (report.created, report.errors, report.unmapped) == (2, [], [])
    assert dict(Lead.objects.values_list("title", "custom")) == {"Full": custom, "Empty": {}}
