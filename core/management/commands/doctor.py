"""Examine the database: does the ledger hold together, do derived rows say what it says?"""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.examinations import examinations

#: How many findings of one examination are printed.
SHOWN = 20


class Command(BaseCommand):
    """`doctor [--mend] [--json]`: exit 0 only when nothing is wrong (any more)."""

    help = "Examine the ledger and what is derived from it; with --mend, put derived rows right."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--mend", action="store_true", help="make derived rows anew")
        parser.add_argument("--json", action="store_true", help="one JSON object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look at everything; mend if asked, and look again."""
        findings: dict[str, list[str]] = {}
        for examination in examinations():
            found = list(islice(examination.look(), SHOWN))
            if found and options["mend"] and examination.mend is not None:
                self.stdout.write(f"{examination.name}: mending")
                examination.mend()
                found = list(islice(examination.look(), SHOWN))
            findings[examination.name] = found
            self.stdout.write(f"{examination.name}: {'sound' if not found else 'WRONG'}")
            for line in found:
                self.stdout.write(f"  {line}")
        if options["json"]:
            self.stdout.write(json.dumps({"findings": findings}))
        if any(findings.values()):
            raise CommandError("Something is wrong; see above.")
