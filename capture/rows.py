"""A row of a file as values by field, or what is wrong with it, column by column."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from capture.csvfile import Row
from capture.joining import Table
from capture.synonyms import Type, length_of, type_of
from capture.values import (
    BadValue,
    is_nothing,
    read_amount,
    read_moment,
    read_names,
    read_number,
    read_reference,
    read_website,
    read_yes_no,
)

#: No cell of a list is longer; one that is comes from a broken file.
CELL_LIMIT = 100_000


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row, or a column of it, cannot be taken."""

    row: int
    column: str
    message: str


@dataclass(slots=True)
class ReadRow:
    """The values of a row by field (empty cells have none), and its problems."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


class RowReader:
    """Reads the rows of one table.

    `zone` is that of times without one; `day_first` decides on dates that no date of the file
    decides; `custom` reads the cells of custom fields, by the field.
    """

    def __init__(
        self,
        table: Table,
        *,
        zone: dt.tzinfo,
        day_first: bool,
        custom: Mapping[str, Callable[[str], Any]] | None = None,
    ) -> None:
        self.headings = table.headings
        evidence = table.evidence

        def moment(cell: str) -> Any:
            return read_moment(cell, evidence, day_first=day_first, zone=zone)

        by_type: dict[Type, Callable[[str], Any] | None] = {
            Type.TEXT: None,
            Type.MONEY: lambda cell: read_amount(cell, evidence),
            Type.NUMBER: read_number,
            Type.MOMENT: moment,
            Type.YES_NO: read_yes_no,
            Type.NAMES: read_names,
            Type.WEBSITE: read_website,
        }
        readers = custom or {}
        self.columns = [
            (
                place,
                name,
                readers.get(name)
                or (read_reference if name.endswith("_id") else by_type[type_of(name)]),
                length_of(name) or CELL_LIMIT,
            )
            for place, name in sorted(table.match.fields.items())
        ]

    def heading_of(self, name: str) -> str:
        """The heading of a field, as it stands in the file; the field's own name without one."""
        return next((self.headings[place] for place, n, _r, _l in self.columns if n == name), name)

    def read(self, row: Row) -> ReadRow:
        """The values of a row."""
        result = ReadRow(row.number)
        if row.problem:
            self._fail(result, "", row.problem)
            return result
        cells = row.cells
        if len(cells) > len(self.headings):
            extra = cells[len(self.headings) :]
            if any(cell.strip() for cell in extra):
                self._fail(
                    result,
                    self.headings[-1],
                    _("The row has %(cells)s cells, but there are %(headings)s columns.")
                    % {"cells": len(cells), "headings": len(self.headings)},
                )
                return result
        if len(max(cells, key=len)) > CELL_LIMIT:
            place = next(place for place, cell in enumerate(cells) if len(cell) > CELL_LIMIT)
            self._fail(result, self.headings[place], self._too_long(cells[place], CELL_LIMIT))
            return result
        values = result.values
        for place, name, read, limit in self.columns:
            cell = cells[place].strip()
            if not cell or (len(cell) < 7 and is_nothing(cell)):
                continue
            if "\0" in cell:
                self._fail(result, self.headings[place], _("The cell holds a NUL character."))
            elif len(cell) > limit:
                self._fail(result, self.headings[place], self._too_long(cell, limit))
            elif read is None:
                values[name] = cell
            else:
                try:
                    value = read(cell)
                except BadValue as error:
                    self._fail(result, self.headings[place], str(error))
                else:
                    if value not in ("", None):
                        values[name] = value
        return result

    def _too_long(self, cell: str, limit: int) -> str:
        return _("The cell has %(length)s characters; at most %(limit)s can be kept.") % {
            "length": len(cell),
            "limit": limit,
        }

    def _fail(self, result: ReadRow, column: str, message: str) -> None:
        result.problems.append(Problem(result.number, column, message))
