"""Files in any dialect: what is read from them, and what is said of those that cannot be read."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.csvfile import CELL_LIMIT, open_csv
from core.errors import Refused


def write(folder: Path, content: bytes, name: str = "leads.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def cells_of(path: Path) -> list[list[str]]:
    return [row.cells for row in open_csv(path).rows()]


TEXT = "Société;Montant\nCafé à l'œuf;12,50 €\n"


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("cp1252", "cp1252"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_the_encoding_is_found_in_the_file(tmp_path: Path, encoding: str, expected: str) -> None:
    file = open_csv(write(tmp_path, TEXT.encode(encoding)))
    assert file.dialect.encoding == expected
    assert file.headings == ["Société", "Montant"]
    assert [row.cells for row in file.rows()] == [["Café à l'œuf", "12,50 €"]]


def test_one_bad_byte_far_behind_makes_the_whole_file_windows_1252(tmp_path: Path) -> None:
    content = b"name,amount\n" + b"Acme,1\n" * 100_000 + "Société,2\n".encode("cp1252")
    rows = list(open_csv(write(tmp_path, content)).rows())
    assert len(rows) == 100_001
    assert rows[-1].cells == ["Société", "2"]


@given(st.sampled_from(",;\t|"), st.integers(2, 6), st.data())
@settings(max_examples=150, deadline=None)
def test_what_was_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, delimiter: str, width: int, data: st.DataObject
) -> None:
    cell = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
    rows = data.draw(
        st.lists(st.lists(cell, min_size=width, max_size=width), min_size=3, max_size=20)
    )
    rows = [["x" if place == 0 else value for place, value in enumerate(row)] for row in rows]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow([f"heading {place}" for place in range(width)])
    writer.writerows(rows)
    path = tmp_path_factory.mktemp("csv") / "file.csv"
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    file = open_csv(path)
    found = list(file.rows())
    # Cells that hold the other delimiters may make the sample ambiguous; the headings are not.
    assert file.dialect.delimiter == delimiter
    assert [row.cells for row in found] == rows
    assert [row.number for row in found] == list(range(2, len(rows) + 2))


def test_excels_line_about_the_delimiter_is_no_row(tmp_path: Path) -> None:
    file = open_csv(write(tmp_path, b"sep=;\r\nname;amount\r\nAcme;1\r\n"))
    assert file.headings == ["name", "amount"]
    assert [(row.number, row.cells) for row in file.rows()] == [(3, ["Acme", "1"])]


def test_single_quotes_are_a_quote_style(tmp_path: Path) -> None:
    assert cells_of(write(tmp_path, b"'name','amount'\n'Acme, Inc.','1'\n")) == [
        ["Acme, Inc.", "1"]
    ]


def test_a_star_marks_a_required_heading_and_is_dropped(tmp_path: Path) -> None:
    file = open_csv(write(tmp_path, b"Deal - Title*,*Deal - Value\nA,1\n"))
    assert file.headings == ["Deal - Title", "Deal - Value"]


def test_a_footer_after_a_blank_line_is_no_row(tmp_path: Path) -> None:
    content = (
        b'"Opportunity Name","Stage"\n"A","New"\n"B","New"\n\n'
        b'"Pipeline report"\n"Copyright (c) 2000-2026 salesforce.com, inc."\n'
        b'"Confidential Information - Do Not Distribute"\n'
    )
    assert cells_of(write(tmp_path, content)) == [["A", "New"], ["B", "New"]]


def test_rows_after_a_blank_line_are_rows_with_their_own_numbers(tmp_path: Path) -> None:
    content = b"title,stage\nA,New\n\nB\nC,New\n"
    rows = list(open_csv(write(tmp_path, content)).rows())
    assert [(row.number, row.cells) for row in rows] == [
        (2, ["A", "New"]),
        (4, ["B"]),
        (5, ["C", "New"]),
    ]


def test_a_line_break_in_a_cell_counts_as_one_row(tmp_path: Path) -> None:
    rows = list(open_csv(write(tmp_path, b'a,b\n"x\ny",1\nz,2\n')).rows())
    assert [(row.number, row.cells) for row in rows] == [(2, ["x\ny", "1"]), (3, ["z", "2"])]


def test_a_quotation_mark_that_is_never_closed_costs_one_row(tmp_path: Path) -> None:
    rows = list(open_csv(write(tmp_path, b'a,b\n1,2\n3,"four\n5,6\n7,8\n')).rows())
    assert [(row.number, row.cells, bool(row.problem)) for row in rows] == [
        (2, ["1", "2"], False),
        (3, [], True),
        (4, ["5", "6"], False),
        (5, ["7", "8"], False),
    ]


def test_a_quotation_mark_inside_a_cell_is_kept_out_of_trouble(tmp_path: Path) -> None:
    rows = list(open_csv(write(tmp_path, b'a,b\n"Big" Tom,2\n3,4\n')).rows())
    assert [row.cells for row in rows] == [["Big Tom", "2"], ["3", "4"]]


def test_a_line_without_end_costs_one_row(tmp_path: Path) -> None:
    content = b"a,b\n1," + b"x" * (CELL_LIMIT + 10) + b"\n3,4\n"
    rows = list(open_csv(write(tmp_path, content)).rows())
    assert [bool(row.problem) for row in rows] == [True, False]
    assert rows[1].cells == ["3", "4"]


def test_repeated_headings_are_known_by_their_place(tmp_path: Path) -> None:
    file = open_csv(write(tmp_path, b"name,stage,Name,\nA,New,B,x\n"))
    assert file.repeated == [2, 3]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\r\n \r\n", "is empty"),
        (b"PK\x03\x04rest of a workbook", "workbook"),
        (bytes(range(256)) * 64, "not a text file"),
        (b"\x7fELF" + b"\0" * 4000, "not a text file"),
    ],
)
def test_what_is_no_table_is_refused_by_name(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words) as caught:
        open_csv(write(tmp_path, content, "odd.csv"))
    assert "odd.csv" in caught.value.message


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"nowhere\.csv"):
        open_csv(tmp_path / "nowhere.csv")


@given(st.binary(max_size=3000))
@settings(max_examples=300, deadline=None)
def test_no_bytes_make_it_stumble(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("bytes") / "file.csv"
    path.write_bytes(content)
    try:
        file = open_csv(path)
    except Refused:
        return
    rows = list(file.rows())
    assert [row.number for row in rows] == sorted({row.number for row in rows})
