"""Bring leads in from files of other programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from capture.headings import BadOption, Origin
from capture.report import ImportReport
from capture.services.imports import GivenFile, Options, import_files
from core.errors import ServiceError
from crm.models import User
from crm.models.people import Role

#: Errors that are told in words; with --json the list is longer.
TOLD = 20


class Command(BaseCommand):
    """`import_leads FILE…`: see docs/import.md."""

    help = "Bring leads in from CSV files; files given together are joined by shared columns."

    def add_arguments(self, parser: CommandParser) -> None:
        """Those of the table of commands, and `--dates`."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--source",
            choices=["auto", *(str(origin) for origin in Origin)],
            default="auto",
            help="The program that wrote the files (default: recognised by their headings).",
        )
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="Column=field",
            help="The field of a column that is not recognised, or not as meant.",
        )
        parser.add_argument("--pipeline", default="", help="Name or id (default: the first).")
        parser.add_argument(
            "--create-stages", action="store_true", help="Make stages that no pipeline has."
        )
        parser.add_argument(
            "--dates",
            choices=["auto", "day-first", "month-first"],
            default="auto",
            help="How to read 03/04/2025 where no date of the file decides.",
        )
        parser.add_argument(
            "--quiet", action="store_true", help="Let rules and scoring leave these leads alone."
        )
        parser.add_argument("--dry-run", action="store_true", help="Report, and write nothing.")
        parser.add_argument(
            "--user", default="", help="Who imports (default: the first active administrator)."
        )
        parser.add_argument(
            "--json", action="store_true", help="End with one line of JSON instead of words."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, and say what became of the rows."""
        try:
            report = import_files(
                files=[GivenFile(path) for path in options["files"]],
                by=self._user(options["user"]),
                options=Options(
                    origin=None if options["source"] == "auto" else Origin(options["source"]),
                    mapping=options["map"],
                    pipeline=options["pipeline"],
                    create_stages=options["create_stages"],
                    quiet=options["quiet"],
                    rehearsal=options["dry_run"],
                    day_first={"day-first": True, "month-first": False}.get(options["dates"]),
                ),
                progress=self._progress if options["verbosity"] > 1 else None,
            )
        except ServiceError as error:
            if options["json"]:
                self._print(_failure(error.message))
            raise CommandError(
                error.message, returncode=2 if isinstance(error, BadOption) else 1
            ) from None
        if options["json"]:
            self._print(report.as_json())
        else:
            self._tell(report)
        if not report.did_its_job:
            raise CommandError(_("No row could be imported."))

    def _user(self, email: str) -> User | None:
        if not email:
            first: User | None = (
                User.objects.active().filter(role=Role.ADMIN).order_by("pk").first()
            )
            return first
        user = User.objects.active().filter(email=email.strip().lower()).first()
        if not isinstance(user, User):
            raise BadOption(_("There is no active user “%(email)s”.") % {"email": email})
        return user

    def _progress(self, done: int, rows: int) -> None:
        self.stderr.write(f"{done:,} / {rows:,}")

    def _print(self, report: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(report, ensure_ascii=False))

    def _tell(self, report: ImportReport) -> None:
        write = self.stdout.write
        if report.rehearsal:
            write(_("This is a rehearsal: nothing was written."))
        write(
            _(
                "%(rows)s rows: %(created)s leads created, %(updated)s updated,"
                " %(skipped)s rows skipped."
            )
            % {
                "rows": f"{report.rows:,}",
                "created": f"{report.created:,}",
                "updated": f"{report.updated:,}",
                "skipped": f"{report.skipped:,}",
            }
        )
        if report.made:
            counts = ", ".join(f"{name} {number:,}" for name, number in report.made.items())
            write(_("Beside them: %(counts)s.") % {"counts": counts})
        for note in report.notes:
            write(note)
        if report.unmapped:
            write(_("Not carried over: %(columns)s.") % {"columns": ", ".join(report.unmapped)})
        if report.error_count:
            write(
                ngettext("%(count)s error:", "%(count)s errors:", report.error_count)
                % {"count": f"{report.error_count:,}"}
            )
            for error in report.errors[:TOLD]:
                write(
                    "  "
                    + _("%(file)s, row %(row)s, %(column)s: %(message)s")
                    % {
                        "file": error.file,
                        "row": error.row,
                        "column": error.column or "–",
                        "message": error.message,
                    }
                )
            if report.error_count > TOLD:
                write("  …")
        if report.cause:
            write(_("Cause: %(cause)s") % {"cause": report.cause})
            write(_("To take it back: manage.py undo %(cause)s") % {"cause": report.cause})


def _failure(message: str) -> dict[str, Any]:
    """The JSON of an import that did not begin."""
    return {
        "cause": None,
        "rows": 0,
        "created": 0,
        "updated": 0,
        "skipped": 0,
        "errors": [{"row": 0, "column": "", "message": message, "file": ""}],
        "error_count": 1,
        "unmapped": [],
    }
