"""An invitation: a mail in the person's language, a link that works once, for a week."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.celery import app
from core.errors import NotAllowed, NotFound, Refused
from core.ledger.causes import because
from core.ledger.tables import Change, Kind
from crm import invitations
from crm.models import User
from crm.services import users
from crm.tasks import send_invitation, send_password_reset
from tests import factories

STRONG = "green-bicycle-27"


@pytest.fixture
def eager() -> Iterator[None]:
    """Tasks are done where they are sent."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def invite(
    cast: Any, eager: None, django_capture_on_commit_callbacks: Callable[..., Any]
) -> Callable[..., User]:
    """Invite somebody by the manager, and have the mail sent."""

    def invited(**values: Any) -> User:
        given = {"email": "nora@example.com", "name": "Nora New", "role": "rep", **values}
        given.setdefault("by", cast.manager)
        with django_capture_on_commit_callbacks(execute=True), because(Kind.PERSON, by=given["by"]):
            return users.invite_user(**given)

    return invited


def link_in(message: Any) -> str:
    found = re.search(r"http\S+/invitation/\S+", message.body)
    assert found, message.body
    return found[0]


def parts_of(link: str) -> dict[str, str]:
    uid, token = link.rstrip("/").split("/")[-2:]
    return {"uid": uid, "token": token}


def test_the_mail_goes_out_with_an_absolute_link(invite: Any, cast: Any) -> None:
    user = invite(email="  Nora@Example.COM ")
    assert user.email == "nora@example.com"
    assert user.is_active
    assert not user.has_usable_password()
    (message,) = mail.outbox
    assert message.to == ["nora@example.com"]
    assert message.subject == "Mona Manager invites you to Relance"
    assert link_in(message).startswith(settings.SITE_URL + "/invitation/")
    assert link_in(message) in str(message.alternatives[0].content)
    assert message.extra_headers["Message-ID"].startswith("<invitation.")


def test_the_mail_speaks_the_language_of_its_reader(invite: Any) -> None:
    user = invite(language="fr")
    assert user.language == "fr"
    (message,) = mail.outbox
    assert '<html lang="fr">' in str(message.alternatives[0].content)


def test_nothing_is_sent_when_the_transaction_fails(
    cast: Any, eager: None, django_capture_on_commit_callbacks: Any
) -> None:
    from django.db import transaction

    with (
        pytest.raises(ZeroDivisionError),
        django_capture_on_commit_callbacks(execute=True),
        because(Kind.PERSON, by=cast.manager),
        transaction.atomic(),
    ):
        users.invite_user(email="n@example.com", name="N", role="rep", by=cast.manager)
        raise ZeroDivisionError
    assert mail.outbox == []
    assert not User.objects.filter(email="n@example.com").exists()


def test_the_link_sets_a_password_once(invite: Any) -> None:
    user = invite()
    parts = parts_of(link_in(mail.outbox[0]))
    assert invitations.invited_user(**parts) == user
    users.accept_invitation(**parts, password=STRONG)
    user.refresh_from_db()
    assert user.check_password(STRONG)
    with pytest.raises(NotFound):
        users.accept_invitation(**parts, password="another-one-28")
    user.refresh_from_db()
    assert user.check_password(STRONG)


def test_the_page_of_the_link_lets_the_person_in(invite: Any) -> None:
    user = invite()
    client, link = Client(), link_in(mail.outbox[0])
    path = link.removeprefix(settings.SITE_URL)
    assert client.get(path).status_code == 200
    answer = client.post(path, {"new_password1": STRONG, "new_password2": STRONG})
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)
    assert Client().get(path).status_code == 404


def test_a_weak_password_is_refused_and_the_link_stays_good(invite: Any) -> None:
    invite()
    parts = parts_of(link_in(mail.outbox[0]))
    for weak in ("12345678", "short", "password", "nora@example.com"):
        with pytest.raises(Refused) as refused:
            users.accept_invitation(**parts, password=weak)
        assert "password" in refused.value.fields
    assert invitations.invited_user(**parts)


def test_the_link_is_good_for_a_week(invite: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    invite()
    parts = parts_of(link_in(mail.outbox[0]))
    now = time.time()
    for days, good in ((6.9, True), (7.1, False)):
        with monkeypatch.context() as patch:
            patch.setattr(time, "time", lambda later=now + days * 86400: later)
            assert (invitations.invited_user(**parts) is not None) is good


@pytest.mark.parametrize(
    ("uid", "token"), [("", ""), ("%%", "x"), ("OTk5OTk5", "1.a.b"), ("4pyT", "x"), ("LTE", "y")]
)
def test_a_broken_link_is_nobodys(uid: str, token: str, db: None) -> None:
    assert invitations.invited_user(uid, token) is None


def test_a_link_serves_its_owner_alone(invite: Any, cast: Any) -> None:
    invite()
    token = parts_of(link_in(mail.outbox[0]))["token"]
    for other in (cast.rep, cast.admin):
        assert invitations.invited_user(invitations.uid_of(other), token) is None


def test_inviting_again_kills_the_older_link(
    invite: Any, cast: Any, django_capture_on_commit_callbacks: Any
) -> None:
    user = invite()
    with django_capture_on_commit_callbacks(execute=True), because(Kind.PERSON, by=cast.manager):
        users.invite_again(user=user.pk, by=cast.manager)
    first, second = (parts_of(link_in(message)) for message in mail.outbox)
    assert invitations.invited_user(**first) is None
    assert invitations.invited_user(**second) == user


def test_deactivating_kills_the_link_for_good(invite: Any, cast: Any) -> None:
    user = invite()
    parts = parts_of(link_in(mail.outbox[0]))
    with because(Kind.PERSON, by=cast.manager):
        users.deactivate_user(user=user.pk, by=cast.manager)
        assert invitations.invited_user(**parts) is None
        users.reactivate_user(user=user.pk, by=cast.manager)
    assert invitations.invited_user(**parts) is None


def test_somebody_from_a_file_is_invited(invite: Any) -> None:
    with factories.arranging():
        known = User.objects.create_user("nora@example.com", "N. New", is_active=False)
    user = invite(role="leader")
    assert user.pk == known.pk
    assert (user.name, user.role, user.is_active) == ("Nora New", "leader", True)
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"email": ""}, "email"),
        ({"email": "a@b.example\x00"}, "email"),
        ({"name": " "}, "name"),
        ({"name": "x" * 151}, "name"),
        ({"role": "king"}, "role"),
        ({"language": "xx"}, "language"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    invite: Any, values: dict[str, Any], field: str
) -> None:
    count = User.objects.count()
    with pytest.raises(Refused) as refused:
        invite(**values)
    assert list(refused.value.fields) == [field]
    assert User.objects.count() == count
    assert mail.outbox == []


def test_an_account_in_use_is_not_invited(invite: Any, cast: Any) -> None:
    with pytest.raises(Refused) as refused:
        invite(email=cast.rep.email.upper())
    assert "email" in refused.value.fields
    cast.rep.refresh_from_db()
    assert cast.rep.check_password(factories.PASSWORD)


@pytest.mark.parametrize("part", ["rep", "mate", "leader", "stranger", "follower"])
def test_only_managers_invite(part: str, invite: Any, cast: Any) -> None:
    with pytest.raises(NotAllowed):
        invite(by=cast.people()[part])
    assert mail.outbox == []


def test_only_administrators_invite_administrators(invite: Any, cast: Any) -> None:
    with pytest.raises(NotAllowed):
        invite(role="admin")
    assert invite(role="admin", by=cast.admin).is_admin


def test_the_task_may_run_twice_and_late(invite: Any) -> None:
    user = invite()
    mail.outbox.clear()
    assert send_invitation.run(user.pk, None, "k1") is True
    assert send_invitation.run(user.pk, None, "k1") is True
    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]
    assert first.subject == "Your invitation to Relance"
    users.set_password(user=user.pk, password=STRONG, by=None)
    assert send_invitation.run(user.pk, None, "k1") is False
    assert send_invitation.run(10**9, None, "k1") is False
    assert len(mail.outbox) == 2


def test_without_a_broker_the_mail_goes_out_all_the_same(
    invite: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    app.conf.task_always_eager = False
    monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:1/0")

    def refused(*arguments: Any, **options: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(send_invitation, "apply_async", refused)
    invite()
    assert len(mail.outbox) == 1
    assert "broker cannot be reached" in caplog.text


def test_a_forgotten_password(
    cast: Any, eager: None, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        users.request_password_reset(email=cast.rep.email.upper())
        users.request_password_reset(email="nobody@example.com")
    (message,) = mail.outbox
    assert message.to == [cast.rep.email]
    token = default_token_generator.make_token(cast.rep)
    path = reverse(
        "password_reset_confirm", kwargs={"uidb64": invitations.uid_of(cast.rep), "token": token}
    )
    assert settings.SITE_URL + path.rsplit("/", 2)[0] in message.body
    assert send_password_reset.run(10**9, "k") is False


def test_a_reset_for_somebody_invited_is_an_invitation(
    invite: Any, django_capture_on_commit_callbacks: Any
) -> None:
    invite()
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        users.request_password_reset(email="nora@example.com")
    (message,) = mail.outbox
    assert invitations.invited_user(**parts_of(link_in(message)))


def test_a_name_is_text_in_the_mail(invite: Any) -> None:
    invite(name="<b>Nora</b> & Co")
    (message,) = mail.outbox
    assert "Hello <b>Nora</b> & Co," in message.body
    assert "&lt;b&gt;Nora&lt;/b&gt; &amp; Co" in str(message.alternatives[0].content)


def test_the_password_is_in_no_change(invite: Any) -> None:
    user = invite()
    users.accept_invitation(**parts_of(link_in(mail.outbox[0])), password=STRONG)
    user.refresh_from_db()
    kept = str(list(Change.objects.values_list("diff", flat=True)))
    assert user.password not in kept
    assert STRONG not in kept
    assert Change.objects.filter(record_type="crm.user", record_id=user.pk).count() == 1


def test_an_invitation_is_dated(invite: Any) -> None:
    assert timezone.now() - invite().created_at < dt.timedelta(minutes=1)
