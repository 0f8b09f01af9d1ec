"""Tokens: who gets in with them, what their scopes open, how they are made and ended."""

from __future__ import annotations

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from core.errors import NotAllowed
from core.models import ApiToken
from core.services.tokens import create_token, revoke_token
from tests.factories import arranging, make_token


def me(secret: str) -> object:
    return Client().get("/api/v1/users/me/", headers={"authorization": f"Bearer {secret}"})


def test_a_token_acts_as_its_owner(rep):
    response = me(make_token(rep))
    assert response.status_code == 200
    assert response.json()["email"] == rep.email


def test_only_a_digest_is_kept(rep):
    secret = make_token(rep)
    token = ApiToken.objects.get()
    assert secret.startswith("rel_")
    assert secret not in str(ApiToken.objects.values().get())
    assert token.digest == ApiToken.digest_of(secret)


def test_without_a_token_the_answer_says_what_to_send(db):
    response = Client().get("/api/v1/leads/")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="relance"'
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("secret", ["rel_unknown", "", "rel_é"])
def test_an_unknown_token_is_refused(db, secret):
    response = me(secret)
    assert response.status_code == 401
    assert 'error="invalid_token"' in response["WWW-Authenticate"]


def test_an_expired_token_is_refused(rep):
    soon = timezone.now() + dt.timedelta(hours=1)
    secret = make_token(rep, expires_at=soon)
    assert me(secret).status_code == 200
    with arranging():
        ApiToken.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert me(secret).status_code == 401


def test_a_revoked_token_is_refused(rep):
    secret = make_token(rep)
    with arranging():
        revoke_token(token=ApiToken.objects.get().pk, by=rep)
    assert me(secret).status_code == 401


def test_a_token_of_somebody_inactive_is_refused(rep):
    secret = make_token(rep)
    with arranging():
        rep.is_active = False
        rep.save()
    assert me(secret).status_code == 401


def test_a_token_that_may_only_read_cannot_write(api, rep, lead):
    reader = api(rep, ["read"])
    assert reader.get(f"leads/{lead.pk}/").status_code == 200
    for response in (
        reader.post("leads/", {"title": "No"}),
        reader.patch(f"leads/{lead.pk}/", {"title": "No"}),
        reader.delete(f"leads/{lead.pk}/"),
        reader.post(f"leads/{lead.pk}/win/"),
    ):
        assert response.status_code == 403
        assert response.json()["type"].endswith("/not-allowed/")
    lead.refresh_from_db()
    assert (lead.title, lead.status) == ("Forty laptops", "open")


def test_a_token_that_may_only_write_cannot_look_around(api, rep, lead):
    writer = api(rep, ["write"])
    assert writer.get(f"leads/{lead.pk}/").status_code == 403
    made = writer.post("leads/", {"title": "From a form"})
    assert made.status_code == 201
    assert made.json()["title"] == "From a form"


def test_use_is_noted_once_a_minute(rep, django_assert_num_queries):
    secret = make_token(rep)
    me(secret)
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    assert ApiToken.objects.get().version == 1
    with django_assert_num_queries(2):  # the token with its owner, the user
        me(secret)
    assert ApiToken.objects.get().last_used_at == first


def test_people_make_tokens_for_themselves_and_administrators_for_anyone(rep, mate, admin):
    with arranging(), pytest.raises(NotAllowed):
        create_token(owner=mate, name="x", scopes=["read"], by=rep)
    with arranging():
        made = create_token(owner=mate, name="x", scopes=["read"], by=admin)
    assert made.token.owner == mate


def test_a_session_gets_in_and_needs_its_csrf_token_to_write(rep, lead):
    client = Client(enforce_csrf_checks=True)
    client.force_login(rep)
    assert client.get(f"/api/v1/leads/{lead.pk}/").status_code == 200
    response = client.post(
        f"/api/v1/leads/{lead.pk}/archive/", "{}", content_type="application/json"
    )
    assert response.status_code == 403
    lead.refresh_from_db()
    assert lead.archived_at is None


def test_the_command_prints_the_token_once_as_json(rep):
    out = StringIO()
    call_command(
        "create_token", "--user", rep.email.upper(), "--scopes", "read,write", "--json", stdout=out
    )
    answer = json.loads(out.getvalue().splitlines()[-1])
    assert set(answer) == {"token"}
    assert me(answer["token"]).json()["email"] == rep.email


def test_the_command_says_in_words_what_it_made(rep):
    out = StringIO()
    call_command(
        "create_token",
        "--user", rep.email, "--scopes", "read", "--name", "Warehouse", "--expires", "2999-12-31",
        stdout=out,
    )  # fmt: skip
    token = ApiToken.objects.get()
    assert "“Warehouse” acts for Rita Rep (read) until 2999-12-31" in out.getvalue()
    assert out.getvalue().splitlines()[-1].startswith("rel_")
    assert token.scopes == ["read"]
    assert timezone.localtime(token.expires_at).date() == dt.date(3000, 1, 1)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--scopes", "read,fly"], "fly"),
        (["--scopes", ","], "scope"),
        (["--scopes", "read", "--expires", "2020-02-30"], "2020-02-30"),
        (["--scopes", "read", "--expires", "2020-02-20"], "past"),
    ],
)
def test_the_command_names_what_is_wrong(rep, arguments, complaint):
    with pytest.raises(CommandError, match=complaint):
        call_command("create_token", "--user", rep.email, *arguments)
    assert not ApiToken.objects.exists()


def test_the_command_knows_no_strangers(db):
    with pytest.raises(CommandError, match="no user nobody"):
        call_command("create_token", "--user", "nobody@example.com", "--scopes", "read")
