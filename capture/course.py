"""The course of an import that may outlive its worker: how far it is, and how it goes on.

Each batch of rows is written in a transaction; `note` is called inside it and keeps the mark beside
the rows. So an import that is taken up again begins exactly behind the last row that was written,
also where rows have no id by which they could be recognised.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Mark:
    """Behind which row an import goes on: the place of its file among those of leads, its number.

    `written` is what was done up to there (`ImportReport.written`).
    """

    table: int
    row: int
    written: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Course:
    """Under which cause an import writes, where it goes on, and who keeps its marks."""

    cause: uuid.UUID
    note: Callable[[Mark], None]
    begin: Mark | None = None


class Halt(Exception):
    """Raised by `progress` or `note`: the import ends here, with what it wrote until then."""
