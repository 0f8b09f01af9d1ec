"""The command that makes the person who runs the installation."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from core.ledger.tables import Change
from crm.invitations import invited_user
from crm.management.commands.create_admin import Command
from crm.models import User

STRONG = "green-bicycle-27"


def create(*arguments: str, stdin: str = "") -> str:
    command, out = Command(), io.StringIO()
    command.stdin = io.StringIO(stdin)
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def test_without_a_password_a_link_sets_it_once(db: None) -> None:
    answer = json.loads(create("--email", "Boss@Example.com", "--name", "The Boss", "--json"))
    user = User.objects.get(email="boss@example.com")
    assert (user.name, user.role, user.is_active) == ("The Boss", "admin", True)
    assert answer["created"] is True
    uid, token = answer["link"].rstrip("/").split("/")[-2:]
    assert invited_user(uid, token) == user
    assert mail.outbox == []


def test_the_password_comes_from_standard_input(db: None) -> None:
    out = create("--email", "boss@example.com", "--password-from-stdin", stdin=f"{STRONG}\n")
    user = User.objects.get(email="boss@example.com")
    assert user.check_password(STRONG)
    assert user.name == "boss"
    assert "boss@example.com" in out
    assert "/invitation/" not in out
    assert STRONG not in out + str(list(Change.objects.values_list("diff", flat=True)))


@pytest.mark.parametrize("weak", ["", "short", "12345678901", "password123", "boss@example.com"])
def test_a_weak_password_makes_nobody(db: None, weak: str) -> None:
    with pytest.raises(CommandError):
        create("--email", "boss@example.com", "--password-from-stdin", stdin=f"{weak}\n")
    assert not User.objects.filter(email="boss@example.com").exists()
    assert not Change.objects.filter(record_type="crm.user").exists()


def test_a_password_is_no_argument(db: None) -> None:
    with pytest.raises((CommandError, TypeError, SystemExit)):
        create("--email", "boss@example.com", "--password", STRONG)
    assert not User.objects.exists()


def test_somebody_who_is_there_is_promoted(cast: Any) -> None:
    answer = json.loads(create("--email", cast.rep.email.upper(), "--json"))
    cast.rep.refresh_from_db()
    assert (cast.rep.role, cast.rep.name) == ("admin", "Rita Rep")
    assert answer == {"email": cast.rep.email, "created": False, "link": None}
    change = Change.objects.filter(record_type="crm.user").order_by("-id").first()
    assert change.diff == {"role": ["rep", "admin"]}
    assert (change.cause.kind, change.cause.label) == ("system", "create_admin")


def test_an_address_that_is_none_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match="valid e"):
        create("--email", "boss", "--json")
    assert not User.objects.exists()
