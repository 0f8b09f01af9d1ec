"""Take back what a cause did."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import ServiceError
from core.services.undoing import undo_cause


class Command(BaseCommand):
    """`undo CAUSE [--with-consequences] [--json]`."""

    help = "Undo a cause: an import, an edit, a merge. What somebody changed since stays."

    def add_arguments(self, parser: CommandParser) -> None:
        """The cause, and how to say what was done."""
        parser.add_argument("cause", help="the id of the cause, as an import prints it")
        parser.add_argument(
            "--with-consequences", action="store_true", help="undo as well what it woke"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Undo, and say what was reverted, what conflicts, what stays."""
        try:
            cause = uuid.UUID(options["cause"])
        except ValueError:
            raise CommandError(
                _("“%(text)s” is not the id of a cause.") % {"text": options["cause"]}
            ) from None
        try:
            report = undo_cause(
                cause=cause, by=None, with_consequences=options["with_consequences"]
            )
        except ServiceError as error:
            raise CommandError(error.message) from None
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False))
            return
        self.stdout.write(
            ngettext(
                "%(count)s change was taken back.",
                "%(count)s changes were taken back.",
                report.reverted,
            )
            % {"count": report.reverted}
        )
        for conflict in report.conflicts:
            self.stdout.write(
                _("Left alone: %(record)s, %(field)s was %(expected)s and is %(found)s.")
                % {
                    "record": conflict.record,
                    "field": conflict.field,
                    "expected": conflict.expected,
                    "found": conflict.found,
                }
            )
        for kept in report.kept:
            self.stdout.write(
                _("Kept: %(record)s: %(reason)s")
                % {"record": kept.title or kept.record, "reason": kept.reason}
            )
