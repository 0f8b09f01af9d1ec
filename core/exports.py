"""Lists as files: CSV that flows while it is read, spreadsheets that are built on disk.

Either holds what the list shows under its filter, all rows of it, in the columns chosen and in
their order; memory stays the same for ten rows and for a million.
"""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
from collections.abc import Iterator
from typing import IO, Any

import xlsxwriter  # type: ignore[import-untyped]
from django.db import models
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core.cells import Column, Kind, Money, day_of, plain
from core.errors import Refused
from core.lists import View, batches

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Says to spreadsheets that the file is UTF-8.
BYTE_ORDER_MARK = "\ufeff"
#: What a sheet of a spreadsheet holds (ECMA-376 as Excel keeps it): rows with its head, letters.
SHEET_ROWS = 1_048_576
CELL_LENGTH = 32_767
#: Days of a spreadsheet begin here; earlier ones are written as text.
FIRST_DAY = dt.date(1900, 3, 1)


def answer(records: models.QuerySet[Any], view: View, kind: str) -> HttpResponseBase:
    """The file as an answer; `kind` is csv or xlsx."""
    name = f"{view.listing.name}-{timezone.localdate().isoformat()}"
    if kind == "csv":
        # The person's language and zone hold while the view runs, and not when the file flows.
        language, zone = translation.get_language(), timezone.get_current_timezone()
        flow = csv_lines(records, view, language, zone)
        response: HttpResponseBase = StreamingHttpResponse(flow, content_type=CSV_TYPE)
        response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return response
    if kind == "xlsx":
        file = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the response)
        write_xlsx(records, view, file)
        file.seek(0)
        return FileResponse(
            file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX_TYPE
        )
    raise Refused(_("A list is exported as CSV or as XLSX."))


class _Line:
    """Hands back what a CSV writer would write."""

    def write(self, text: str) -> str:
        """The line itself."""
        return text


def csv_lines(
    records: models.QuerySet[Any], view: View, language: str | None, zone: dt.tzinfo
) -> Iterator[str]:
    """The file in pieces: RFC 4180 with a byte order mark; a point as decimal sign, ISO dates."""
    writer = csv.writer(_Line())
    kinds = [column.kind for column in view.columns]
    with translation.override(language), timezone.override(zone):
        yield BYTE_ORDER_MARK + writer.writerow([plain(Kind.TEXT, c.label) for c in view.columns])
    flow = batches(records, view)
    while True:
        # Not over a yield: what runs in between would speak this language too.
        with translation.override(language), timezone.override(zone):
            part = next(flow, None)
            if part is None:
                return
            text = "".join(
                writer.writerow(
                    [plain(kind, value) for kind, value in zip(kinds, row, strict=True)]
                )
                for _pk, row in part
            )
        yield text


class _Sheet:
    """Writes typed cells: numbers, money and days are what they are, a text is never a formula."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.sheet = book.add_worksheet()
        self.formats: dict[str, Any] = {}

    def format(self, pattern: str) -> Any:
        """The format of a number pattern."""
        if pattern not in self.formats:
            self.formats[pattern] = self.book.add_format({"num_format": pattern})
        return self.formats[pattern]

    def write(self, row: int, place: int, kind: Kind, value: Any) -> None:
        """One cell."""
        if value is None or value == "":
            return
        match kind:
            case Kind.MONEY:
                self._money(row, place, value)
            case Kind.NUMBER | Kind.STARS:
                self.sheet.write_number(row, place, value)
            case Kind.PERCENT:
                self.sheet.write_number(row, place, value / 100, self.format("0%"))
            case Kind.YES_NO:
                self.sheet.write_boolean(row, place, bool(value))
            case Kind.DAY:
                self._day(row, place, day_of(value))
            case Kind.MOMENT:
                local = timezone.localtime(value).replace(tzinfo=None)
                if local.date() < FIRST_DAY:
                    self._text(row, place, plain(kind, value))
                else:
                    self.sheet.write_datetime(row, place, local, self.format("yyyy-mm-dd hh:mm"))
            case _:
                self._text(row, place, str(value))

    def _money(self, row: int, place: int, value: Money) -> None:
        pattern = f'#,##0.00 "{value.currency}"'
        self.sheet.write_number(row, place, value.amount, self.format(pattern))

    def _day(self, row: int, place: int, day: dt.date) -> None:
        if day < FIRST_DAY:
            self._text(row, place, day.isoformat())
        else:
            self.sheet.write_datetime(row, place, day, self.format("yyyy-mm-dd"))

    def _text(self, row: int, place: int, text: str) -> None:
        # As a string by its type: a spreadsheet does not calculate it, whatever it begins with.
        self.sheet.write_string(row, place, text[:CELL_LENGTH])


#: How wide a column of a kind is, in letters.
WIDTHS = {Kind.MONEY: 18, Kind.DAY: 12, Kind.MOMENT: 17, Kind.PERCENT: 12, Kind.NUMBER: 12}


def write_xlsx(records: models.QuerySet[Any], view: View, file: IO[bytes]) -> int:
    """Write a workbook of one sheet; returns how many rows. Rows go to disk as they come."""
    if records.order_by()[:SHEET_ROWS].count() >= SHEET_ROWS:
        raise Refused(_("A spreadsheet cannot hold so many rows. Export it as CSV."))
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "remove_timezone": False})
    with book:
        sheet = _Sheet(book)
        _head(sheet, view.columns)
        kinds = [column.kind for column in view.columns]
        number = 0
        for part in batches(records, view):
            for _pk, row in part:
                number += 1
                for place, (kind, value) in enumerate(zip(kinds, row, strict=True)):
                    sheet.write(number, place, kind, value)
        sheet.sheet.autofilter(0, 0, number, max(0, len(kinds) - 1))
    return number


def _head(sheet: _Sheet, columns: Any) -> None:
    bold = sheet.book.add_format({"bold": True})
    column: Column
    for place, column in enumerate(columns):
        sheet.sheet.set_column(place, place, WIDTHS.get(column.kind, 28))
        sheet.sheet.write_string(0, place, str(column.label), bold)
    sheet.sheet.freeze_panes(1, 0)
