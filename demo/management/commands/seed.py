"""`manage.py seed`: a believable company of any size in a new database."""

from __future__ import annotations

import datetime as dt
import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.models import User
from demo.seeding import seed
from demo.world import CAST, NotReady
from pipeline.models import Lead


class Command(BaseCommand):
    """`seed --leads N --users U --seed S [--months M] [--now ISO] [--json]`."""

    help = "Fill a new database with a believable company; the same seed makes the same one."

    def add_arguments(self, parser: CommandParser) -> None:
        """How large, how old, which."""
        parser.add_argument("--leads", type=int, default=300, help="leads (300)")
        parser.add_argument("--users", type=int, default=20, help="people, at least 5 (20)")
        parser.add_argument("--seed", type=int, default=1, help="another number, another company")
        parser.add_argument("--months", type=int, default=24, help="months of history (24)")
        parser.add_argument("--now", type=_moment, help="until when, in ISO 8601 (now)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, and say what was made."""
        if options["leads"] < 1 or options["users"] < len(CAST) or options["months"] < 1:
            raise CommandError(_("At least one lead, five people and one month are needed."))
        began = time.monotonic()
        try:
            seed(
                leads=options["leads"],
                users=options["users"],
                seed=options["seed"],
                months=options["months"],
                now=options["now"] or timezone.now(),
            )
        except NotReady as error:
            raise CommandError(str(error)) from None
        seconds = time.monotonic() - began
        leads, users = Lead.objects.count(), User.objects.count()
        if options["json"]:
            found = {"leads": leads, "users": users, "seconds": round(seconds, 3)}
            self.stdout.write(json.dumps(found))
            return
        self.stdout.write(
            _("%(leads)d leads and %(users)d people were made in %(seconds).1f s.")
            % {"leads": leads, "users": users, "seconds": seconds}
        )


def _moment(text: str) -> dt.datetime:
    """An instant of the command line; without a zone it is in the installation's."""
    found = dt.datetime.fromisoformat(text)
    return found if timezone.is_aware(found) else timezone.make_aware(found)
