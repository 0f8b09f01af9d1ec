"""What the tests of messaging share: a lead of the rep's, a browser, and the worker's part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from core.ledger.dispatch import hand_out
from messaging.models import MailWork, Notification
from messaging.services.mailing import send_mails
from messaging.services.notifying import notify
from tests import factories


@pytest.fixture
def lead(cast: Any, stages: Any) -> Any:
    """The rep's, in the rep's team; the follower follows it."""
    made = factories.make_lead(
        by=cast.manager,
        title="Cold storage",
        owner=cast.rep.pk,
        team=cast.team.pk,
        followers=[cast.follower.pk],
    )
    hand_out()
    while notify():
        pass
    # That the follower was made one, and the lead given to its owner.
    Notification.objects.all().delete()
    MailWork.objects.all().delete()
    return made


@pytest.fixture
def login(client: Client) -> Any:
    """`login(user)` is that person's browser."""

    def as_(user: Any) -> Client:
        client.force_login(user)
        return client

    return as_


@pytest.fixture
def tell() -> Callable[[], None]:
    """Do what dispatcher and worker do after a commit; mails are sent as well."""

    def told() -> None:
        hand_out()
        while notify():
            pass
        while send_mails():
            pass

    return told
