"""API tokens in the administration: shown once, kept as a digest, revoked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.ledger.tables import Change
from core.models import ApiToken


@pytest.fixture
def client(cast: Any) -> Client:
    """The administrator's browser."""
    found = Client()
    found.force_login(cast.admin)
    return found


def make(client: Client, owner: Any, **values: Any) -> str:
    data = {"owner": owner.pk, "name": "Website", "scopes": ["read", "write"], **values}
    return client.post(reverse("admin:core_apitoken_add"), data).content.decode()


def test_the_secret_is_shown_once_and_never_again(client: Client, cast: Any) -> None:
    page = make(client, cast.rep)
    token = ApiToken.objects.get()
    start = page.index(ApiToken.PREFIX)
    secret = page[start : start + len(ApiToken.new_secret())]
    assert ApiToken.digest_of(secret) == token.digest
    assert (token.owner, token.scopes) == (cast.rep, ["read", "write"])
    for name, arguments in (("changelist", []), ("change", [token.pk]), ("history", [token.pk])):
        again = client.get(reverse(f"admin:core_apitoken_{name}", args=arguments))
        assert secret not in again.content.decode()


def test_neither_secret_nor_digest_is_in_the_ledger(client: Client, cast: Any) -> None:
    page = make(client, cast.rep)
    token = ApiToken.objects.get()
    secret = page[page.index(ApiToken.PREFIX) :][:47]
    kept = json.dumps(list(Change.objects.values_list("diff", flat=True)))
    assert token.name in kept
    assert token.digest not in kept
    assert secret[12:] not in kept


def test_a_token_without_scope_or_of_yesterday_is_refused(client: Client, cast: Any) -> None:
    assert "This field is required" in make(client, cast.rep, scopes=[])
    past = {"expires_at_0": "2020-01-01", "expires_at_1": "00:00"}
    data = {"owner": cast.rep.pk, "name": "Old", "scopes": ["read"], **past}
    answer = client.post(reverse("admin:core_apitoken_add"), data, follow=True)
    assert b"This moment is past" in answer.content
    assert not ApiToken.objects.exists()


def test_a_token_is_revoked(client: Client, cast: Any) -> None:
    make(client, cast.rep)
    token = ApiToken.objects.get()
    actions = {"action": "revoke", "_selected_action": [token.pk]}
    client.post(reverse("admin:core_apitoken_changelist"), actions)
    token.refresh_from_db()
    assert token.revoked_at is not None
    change = Change.objects.filter(record_type="core.apitoken").order_by("-id").first()
    assert change.cause.actor == cast.admin
    assert list(change.diff) == ["revoked_at"]
