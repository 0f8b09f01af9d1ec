"""What an import did, or would do."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

#: Problems that a report lists; all are counted.
LISTED = 500
#: Rows that a report shows as they would become.
SHOWN = 20


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with a row. `row` is its number in a spreadsheet, 0 when it is the file."""

    row: int
    column: str
    message: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """A row as it becomes: `action` is create, update, keep or fail; `lead` is text by field."""

    row: int
    action: str
    lead: dict[str, str]


@dataclass
class ImportReport:
    """Counts, errors and the cause of an import. `rows` is `created + updated + skipped`.

    A row that changes nothing, and a row with errors, is skipped. `made` counts the records
    beside leads. `cause` is None when nothing was written.
    """

    files: list[str]
    rehearsal: bool = False
    cause: uuid.UUID | None = None
    rows: int = 0
    created: int = 0
    updated: int = 0
    skipped: int = 0
    failed: int = 0
    errors: list[RowError] = field(default_factory=list)
    error_count: int = 0
    unmapped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    made: Counter[str] = field(default_factory=Counter)
    preview: list[Preview] = field(default_factory=list)

    @property
    def did_its_job(self) -> bool:
        """Whether at least one row could be taken."""
        return self.rows > self.failed

    def saved(self) -> dict[str, Any]:
        """The state to go back to when a batch is taken back."""
        return {
            **vars(self),
            "errors": list(self.errors),
            "preview": list(self.preview),
            "made": Counter(self.made),
        }

    def add_error(self, error: RowError) -> None:
        """Count a problem, and list it while there is room."""
        self.error_count += 1
        if len(self.errors) < LISTED:
            self.errors.append(error)

    def show(self, row: int, action: str, lead: dict[str, str]) -> None:
        """Show one of the first rows."""
        if len(self.preview) < SHOWN:
            self.preview.append(Preview(row, action, lead))

    def as_json(self) -> dict[str, Any]:
        """The report of the command line."""
        return {
            "cause": str(self.cause) if self.cause else None,
            "rows": self.rows,
            "created": self.created,
            "updated": self.updated,
            "skipped": self.skipped,
            "errors": errors_as_json(self.errors),
            "error_count": self.error_count,
            "unmapped": self.unmapped,
            "made": dict(self.made),
            "notes": self.notes,
            "dry_run": self.rehearsal,
        }


def errors_as_json(errors: Sequence[RowError]) -> list[dict[str, Any]]:
    """Errors as the command line prints them."""
    return [
        {"row": e.row, "column": e.column, "message": e.message, "file": e.file} for e in errors
    ]
