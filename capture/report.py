"""What an import did, or would do."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Self

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


@dataclass(frozen=True, slots=True)
class FileRead:
    """What a file was taken for: the subject of its rows, and its columns with their fields.

    A column without a field is not carried over.
    """

    name: str
    subject: str
    rows: int
    columns: list[tuple[str, str]]


@dataclass
class ImportReport:
    """Counts, errors and the cause of an import. `rows` is `created + updated + skipped`.

    A row that changes nothing, and a row with errors, is skipped. `made` counts the records
    beside leads; `standing` counts the leads of the rows that were taken by status, and `sums`
    adds up their amounts by status and currency. `cause` is None when nothing was written.
    `halted` says that it was stopped before its end.
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
    standing: Counter[str] = field(default_factory=Counter)
    sums: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    origin: str = ""
    read: list[FileRead] = field(default_factory=list)
    halted: bool = False
    listed: int = LISTED

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
            "standing": Counter(self.standing),
            "sums": dict(self.sums),
        }

    def add_error(self, error: RowError) -> None:
        """Count a problem, and list it while there is room."""
        self.error_count += 1
        if len(self.errors) < self.listed:
            self.errors.append(error)

    def show(self, row: int, action: str, lead: dict[str, str]) -> None:
        """Show one of the first rows."""
        if len(self.preview) < SHOWN:
            self.preview.append(Preview(row, action, lead))

    def add_lead(self, status: str, amount: Decimal | None, currency: str) -> None:
        """Count the lead of a row that was taken."""
        self.standing[status] += 1
        if amount is not None:
            key = (status, currency)
            self.sums[key] = self.sums.get(key, Decimal(0)) + amount

    def absorb(self, other: ImportReport) -> None:
        """Add the counts, errors and rows of another report of the same files."""
        self.created += other.created
        self.updated += other.updated
        self.skipped += other.skipped
        self.failed += other.failed
        self.error_count += other.error_count
        places = {name: place for place, name in enumerate(self.files)}
        both = sorted([*self.errors, *other.errors], key=lambda e: (places.get(e.file, -1), e.row))
        self.errors = both[: self.listed]
        self.preview += other.preview
        self.made += other.made
        self.standing += other.standing
        for key, amount in other.sums.items():
            self.sums[key] = self.sums.get(key, Decimal(0)) + amount

    def written(self) -> dict[str, Any]:
        """What a batch has added so far, as JSON: see `from_written`."""
        return {
            "created": self.created,
            "updated": self.updated,
            "skipped": self.skipped,
            "failed": self.failed,
            "error_count": self.error_count,
            "errors": errors_as_json(self.errors),
            "preview": [asdict(row) for row in self.preview],
            "made": dict(self.made),
            "standing": dict(self.standing),
            "sums": sums_as_json(self.sums),
        }

    @classmethod
    def from_written(cls, kept: Mapping[str, Any], **options: Any) -> Self:
        """The report that `written` kept."""
        return cls(
            created=kept["created"],
            updated=kept["updated"],
            skipped=kept["skipped"],
            failed=kept["failed"],
            error_count=kept["error_count"],
            errors=[RowError(**error) for error in kept["errors"]],
            preview=[Preview(**row) for row in kept["preview"]],
            made=Counter(kept["made"]),
            standing=Counter(kept["standing"]),
            sums={(s["status"], s["currency"]): Decimal(s["amount"]) for s in kept["sums"]},
            **options,
        )

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


def sums_as_json(sums: Mapping[tuple[str, str], Decimal]) -> list[dict[str, str]]:
    """Sums of amounts, by status and currency."""
    return [
        {"status": status, "currency": currency, "amount": str(amount)}
        for (status, currency), amount in sorted(sums.items())
    ]
