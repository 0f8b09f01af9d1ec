"""The very first administrator of an installation, made in the browser, once."""

from __future__ import annotations

import hmac

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Conflict
from core.ledger.locking import take_turn
from core.ledger.tables import Change
from crm.models import User
from crm.services.users import make_admin, set_password, update_user

#: The advisory lock of making the first one: "1ST!" in ASCII.
TURN = 0x31535421


def is_fresh() -> bool:
    """Whether there is no user, and never was one. The door that this opens closes for ever."""
    if User.objects.exists():
        return False
    return not Change.objects.filter(record_type="crm.user").exists()


def asks_token() -> bool:
    """Whether whoever comes first has to know the token of the environment. In a trial, which
    answers to its own machine, only when there is one."""
    return bool(settings.SETUP_TOKEN) or not settings.DEMO


def is_token(given: str) -> bool:
    """Whether it is the token; what is not set is met by nothing."""
    wanted = settings.SETUP_TOKEN.strip()
    same = hmac.compare_digest(given.strip().encode(), wanted.encode())
    return bool(wanted) and same


@transaction.atomic
def make_first_admin(*, email: str, name: str, password: str, language: str) -> User:
    """Make the first administrator, with a password. Of several at once exactly one is made.

    Raises Conflict when somebody was faster, Refused for an address or a password that will not do.
    """
    # SQLite has one writer at a time anyway.
    take_turn(TURN, "default")
    if not is_fresh():
        raise Conflict(_("Somebody was faster: there is an administrator already. Log in."))
    user = make_admin(email=email, name=name)
    update_user(user=user.pk, values={"language": language}, by=None)
    return set_password(user=user.pk, password=password, by=None)
