"""Make the person who runs the installation."""

from __future__ import annotations

import getpass
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import ServiceError
from core.ledger.causes import because
from core.ledger.tables import Kind
from crm.invitations import link_for
from crm.models import User
from crm.services.users import make_admin, set_password


class Command(BaseCommand):
    """`create_admin --email E [--name N] [--password-from-stdin] [--json]`.

    A password is asked for on a terminal or read from standard input, never taken as an argument:
    those are seen by everyone on the machine. Without one, a link is printed that sets it once.
    """

    help = "Make an administrator, or promote an account that exists."
    stdin: Any = None

    def add_arguments(self, parser: CommandParser) -> None:
        """Who it is, and where the password comes from."""
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", default="")
        parser.add_argument(
            "--password-from-stdin", action="store_true", help="read it from standard input"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make or promote, set the password or print the link."""
        password = self._password(options)
        known = User.objects.filter(email=options["email"].strip().lower()).exists()
        try:
            with transaction.atomic(), because(Kind.SYSTEM, label="create_admin"):
                user = make_admin(email=options["email"], name=options["name"])
                if password:
                    user = set_password(user=user.pk, password=password, by=None)
        except ServiceError as error:
            raise CommandError(error.message) from None
        link = "" if user.has_usable_password() else link_for(user)
        if options["json"]:
            answer = {"email": user.email, "created": not known, "link": link or None}
            self.stdout.write(json.dumps(answer))
            return
        words = (
            _("%(name)s (%(email)s) is an administrator now.")
            if known
            else _("The administrator %(name)s (%(email)s) is made.")
        )
        self.stdout.write(words % {"name": user.name, "email": user.email})
        if link:
            self.stdout.write(_("Choose a password here, once:"))
            self.stdout.write(link)

    def _password(self, options: dict[str, Any]) -> str:
        """The password, or "" when none is given."""
        stdin = self.stdin or sys.stdin
        if options["password_from_stdin"]:
            password = str(stdin.readline()).rstrip("\r\n")
            if not password:
                raise CommandError(_("Standard input holds no password."))
            return password
        if options["json"] or not stdin.isatty():
            return ""
        password = getpass.getpass(_("Password (empty: print a link to set it): "))
        if password and password != getpass.getpass(_("Once more: ")):
            raise CommandError(_("The two passwords differ."))
        return password
