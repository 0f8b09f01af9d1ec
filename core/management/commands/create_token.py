"""Make an API token for a person."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from core.errors import ServiceError
from core.ledger.causes import because
from core.ledger.tables import Kind
from core.services.tokens import create_token


class Command(BaseCommand):
    """`create_token --user EMAIL --scopes read,write`: prints the token, which is kept nowhere."""

    help = "Make an API token that acts as a person. It is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Who, what it may do, how it is called, until when."""
        parser.add_argument("--user", required=True, metavar="EMAIL", help="whose token it is")
        parser.add_argument("--scopes", required=True, help="read, write or read,write")
        parser.add_argument("--name", default="Command line", help="what the token is for")
        parser.add_argument(
            "--expires", metavar="YYYY-MM-DD", help="the last day on which it works"
        )
        parser.add_argument("--json", action="store_true", help="print {token} as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the token; the person it acts for is named as the one who made it."""
        users = get_user_model()._default_manager
        user = users.filter(email=options["user"].strip().lower()).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']}.")
        scopes = [word.strip() for word in options["scopes"].split(",") if word.strip()]
        expires_at = _end_of(options["expires"]) if options["expires"] else None
        try:
            with because(Kind.SYSTEM, label="create_token"):
                made = create_token(
                    owner=user, name=options["name"], scopes=scopes, by=user, expires_at=expires_at
                )
        except ServiceError as error:
            details = [text for texts in getattr(error, "fields", {}).values() for text in texts]
            raise CommandError(" ".join([error.message, *details])) from error
        if options["json"]:
            self.stdout.write(json.dumps({"token": made.secret}))
            return
        until = f" until {options['expires']}" if expires_at else ""
        self.stdout.write(
            f"Token “{made.token.name}” acts for {user} ({', '.join(made.token.scopes)}){until}."
        )
        self.stdout.write("Keep it now, it is not shown again:")
        self.stdout.write(made.secret)


def _end_of(day: str) -> dt.datetime:
    try:
        date = dt.date.fromisoformat(day)
    except ValueError:
        raise CommandError(f"“{day}” is not a date like 2027-12-31.") from None
    after = dt.datetime.combine(date + dt.timedelta(days=1), dt.time())
    return timezone.make_aware(after)
