"""What the tests of messaging share: a lead of the rep's, a browser, and the worker's part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from core.ledger.dispatch import hand_out
from messaging.models import Notification
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
    notify()
    Notification.objects.all().delete()  # that the follower was made one
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
    """Do what dispatcher and worker do after a commit."""

    def told() -> None:
        hand_out()
        while notify():
            pass

    return told
