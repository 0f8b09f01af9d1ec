"""Accounts in the administration: invited, changed within one's rights, ended."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from config.celery import app
from core.ledger.tables import Change
from core.models import ApiToken
from crm.models import User
from tests import factories


@pytest.fixture
def eager() -> Any:
    """Tasks are done where they are sent."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def invite(client: Client, **values: Any) -> Any:
    data = {"email": "New@Example.com", "name": "Nora New", "role": "rep", "language": "en"}
    return client.post(reverse("admin:crm_user_add"), data | values)


def user_values(user: User, **changes: Any) -> dict[str, Any]:
    names = ("email", "name", "role", "language", "time_zone", "theme")
    values = {name: getattr(user, name) for name in names}
    return values | {"expected_version": user.version} | changes


def test_adding_somebody_sends_an_invitation(
    cast: Any, eager: None, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = invite(logged_in(cast.manager))
    assert answer.status_code == 302
    user = User.objects.get(email="new@example.com")
    assert not user.has_usable_password()
    assert [message.to for message in mail.outbox] == [["new@example.com"]]
    change = Change.objects.filter(record_type="crm.user", record_id=user.pk).get()
    assert change.cause.actor == cast.manager
    assert "password" not in change.diff


def test_the_page_asks_for_no_password(cast: Any) -> None:
    client = logged_in(cast.admin)
    for address in (
        reverse("admin:crm_user_add"),
        reverse("admin:crm_user_change", args=[cast.rep.pk]),
    ):
        page = client.get(address).content.decode()
        assert 'type="password"' not in page
        assert cast.rep.password not in page


def test_an_address_is_taken_in_any_case(cast: Any) -> None:
    answer = invite(logged_in(cast.manager), email=cast.rep.email.upper())
    assert answer.status_code == 200
    assert b"already exists" in answer.content


def test_a_manager_makes_no_administrator(cast: Any) -> None:
    client = logged_in(cast.manager)
    assert b'value="admin"' not in client.get(reverse("admin:crm_user_add")).content
    assert invite(client, role="admin").status_code == 200
    address = reverse("admin:crm_user_change", args=[cast.rep.pk])
    assert client.post(address, user_values(cast.rep, role="admin")).status_code == 200
    assert User.objects.filter(role="admin").count() == 1


def test_a_manager_leaves_administrators_alone(cast: Any) -> None:
    client = logged_in(cast.manager)
    address = reverse("admin:crm_user_change", args=[cast.admin.pk])
    assert client.get(address).status_code == 200, "looking is allowed"
    assert client.post(address, user_values(cast.admin, role="rep")).status_code == 403
    actions = {"action": "deactivate", "_selected_action": [cast.admin.pk]}
    answer = client.post(reverse("admin:crm_user_changelist"), actions, follow=True)
    assert b"Only administrators make or change administrators" in answer.content
    cast.admin.refresh_from_db()
    assert (cast.admin.role, cast.admin.is_active) == ("admin", True)


def test_a_manager_changes_the_role_of_others(cast: Any) -> None:
    address = reverse("admin:crm_user_change", args=[cast.rep.pk])
    answer = logged_in(cast.manager).post(
        address, user_values(cast.rep, role="leader", name="Rita R.")
    )
    assert answer.status_code == 302
    cast.rep.refresh_from_db()
    assert (cast.rep.role, cast.rep.name) == ("leader", "Rita R.")


def test_the_last_administrator_stays_one(cast: Any) -> None:
    address = reverse("admin:crm_user_change", args=[cast.admin.pk])
    answer = logged_in(cast.admin).post(address, user_values(cast.admin, role="rep"), follow=True)
    assert b"last administrator" in answer.content
    cast.admin.refresh_from_db()
    assert cast.admin.role == "admin"


def test_deactivating_ends_sessions_and_tokens_at_once(cast: Any) -> None:
    session = logged_in(cast.leader)
    factories.make_token(cast.leader)
    assert session.get(reverse("profile")).status_code == 200
    actions = {"action": "deactivate", "_selected_action": [cast.leader.pk]}
    logged_in(cast.manager).post(reverse("admin:crm_user_changelist"), actions)
    assert session.get(reverse("profile")).status_code == 302
    assert ApiToken.objects.get(owner=cast.leader).revoked_at is not None


def test_deactivating_is_offered_on_the_page_of_the_user(cast: Any) -> None:
    client = logged_in(cast.manager)
    address = reverse("admin:crm_user_change", args=[cast.rep.pk])
    assert b'value="deactivate"' in client.get(address).content
    actions = {"CHANGE_FORM-action": "deactivate", "_selected_action": [cast.rep.pk]}
    client.post(address, actions)
    cast.rep.refresh_from_db()
    assert not cast.rep.is_active


def test_nobody_is_deleted(cast: Any) -> None:
    client = logged_in(cast.admin)
    address = reverse("admin:crm_user_delete", args=[cast.rep.pk])
    assert client.get(address).status_code == 403
    assert client.post(address, {"post": "yes"}).status_code == 403
    assert b"delete_selected" not in client.get(reverse("admin:crm_user_changelist")).content
    assert User.objects.filter(pk=cast.rep.pk).exists()


def test_only_administrators_take_back_what_gave_or_took_power(cast: Any) -> None:
    """A manager who was an administrator does not make themselves one again by an undo."""
    former = factories.make_user("Former Admin", "admin")
    address = reverse("admin:crm_user_change", args=[former.pk])
    logged_in(cast.admin).post(address, user_values(former, role="manager"))
    former.refresh_from_db()
    assert former.role == "manager"
    cause = Change.objects.filter(record_type="crm.user").order_by("-id").first().cause
    undo = reverse("admin:core_cause_undo", args=[cause.pk])
    client = logged_in(former)
    detail = client.get(reverse("admin:core_cause_change", args=[cause.pk])).content.decode()
    assert undo not in detail
    assert client.get(undo).status_code == 403
    assert client.post(undo).status_code == 403
    former.refresh_from_db()
    assert former.role == "manager"
    assert logged_in(cast.admin).post(undo).status_code == 200
    former.refresh_from_db()
    assert former.role == "admin"


def test_a_manager_takes_back_a_change_of_a_name(cast: Any) -> None:
    client = logged_in(cast.manager)
    address = reverse("admin:crm_user_change", args=[cast.rep.pk])
    client.post(address, user_values(cast.rep, name="Rita R."))
    cause = Change.objects.filter(record_type="crm.user").order_by("-id").first().cause
    assert client.post(reverse("admin:core_cause_undo", args=[cause.pk])).status_code == 200
    cast.rep.refresh_from_db()
    assert cast.rep.name == "Rita Rep"


def test_a_password_does_not_come_back_with_the_undo_of_a_deactivation(cast: Any) -> None:
    """The account is active again, and its owner needs a new password all the same."""
    client = logged_in(cast.admin)
    actions = {"action": "deactivate", "_selected_action": [cast.rep.pk]}
    client.post(reverse("admin:crm_user_changelist"), actions)
    cause = Change.objects.filter(record_type="crm.user").order_by("-id").first().cause
    client.post(reverse("admin:core_cause_undo", args=[cause.pk]))
    cast.rep.refresh_from_db()
    assert cast.rep.is_active
    assert not cast.rep.has_usable_password()
