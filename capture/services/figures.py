"""The report of an import as its row keeps it, ready for a page."""

from __future__ import annotations

from typing import Any

from capture.report import ImportReport, sums_as_json


def figures_of(report: ImportReport) -> dict[str, Any]:
    """Counts, sums, notes, what was recognised, and the first rows as they become; as JSON."""
    return {
        "planned": report.rehearsal,
        "rows": report.rows,
        "created": report.created,
        "updated": report.updated,
        "skipped": report.skipped,
        "failed": report.failed,
        "error_count": report.error_count,
        "made": dict(report.made),
        "standing": dict(report.standing),
        "sums": sums_as_json(report.sums),
        "origin": report.origin,
        "read": [
            {"name": file.name, "subject": file.subject, "rows": file.rows, "columns": file.columns}
            for file in report.read
        ],
        "unmapped": report.unmapped,
        "notes": report.notes,
        "preview": [
            {"row": row.row, "action": row.action, "lead": row.lead} for row in report.preview
        ],
    }
