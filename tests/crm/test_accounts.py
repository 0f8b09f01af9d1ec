"""Roles, deactivation, passwords: who may do what to whom."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.ledger.causes import because
from core.ledger.tables import Kind
from core.models import ApiToken
from crm.models import User
from crm.services import users
from tests import factories


@pytest.fixture(autouse=True)
def cause(db: None) -> Any:
    """A cause for what the test asks a service to do."""
    with because(Kind.SYSTEM, label="test"):
        yield


@pytest.mark.parametrize("part", ["rep", "mate", "leader", "stranger", "follower"])
def test_whoever_is_no_manager_leaves_accounts_alone(part: str, cast: Any) -> None:
    by, other = cast.people()[part], cast.manager
    for attempt in (
        lambda: users.change_role(user=other.pk, role="rep", by=by),
        lambda: users.change_role(user=by.pk, role="manager", by=by),
        lambda: users.deactivate_user(user=other.pk, by=by),
        lambda: users.reactivate_user(user=other.pk, by=by),
        lambda: users.invite_again(user=other.pk, by=by),
        lambda: users.update_user(user=other.pk, values={"name": "X"}, by=by),
        lambda: users.update_user(user=by.pk, values={"email": "x@example.com"}, by=by),
        lambda: users.set_password(user=other.pk, password="green-bicycle-27", by=by),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert User.objects.get(pk=by.pk).role == by.role
    assert User.objects.get(pk=other.pk).name == "Mona Manager"


def test_people_change_themselves(cast: Any) -> None:
    values = {"name": "Rita R.", "language": "fr", "time_zone": "Asia/Tokyo", "theme": "dark"}
    users.update_user(user=cast.rep.pk, values=values, by=cast.rep)
    found = User.objects.get(pk=cast.rep.pk)
    assert {name: getattr(found, name) for name in values} == values


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"name": ""}, "name"),
        ({"role": "admin"}, "role"),
        ({"password": "x"}, "password"),
        ({"is_active": False}, "is_active"),
    ],
)
def test_what_cannot_be_set_is_refused(cast: Any, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        users.update_user(user=cast.manager.pk, values=values, by=cast.manager)
    assert list(refused.value.fields) == [field]


def test_an_address_is_one_persons(cast: Any) -> None:
    with pytest.raises(Refused) as refused:
        users.update_user(
            user=cast.rep.pk, values={"email": cast.mate.email.upper()}, by=cast.manager
        )
    assert "email" in refused.value.fields


def test_a_stale_edit_is_a_conflict(cast: Any) -> None:
    old = cast.rep.version
    users.update_user(user=cast.rep.pk, values={"name": "A"}, by=cast.rep, expected_version=old)
    with pytest.raises(Conflict):
        users.update_user(user=cast.rep.pk, values={"name": "B"}, by=cast.rep, expected_version=old)


def test_managers_do_not_touch_administrators(cast: Any) -> None:
    by, admin = cast.manager, cast.admin
    for attempt in (
        lambda: users.change_role(user=admin.pk, role="rep", by=by),
        lambda: users.change_role(user=cast.rep.pk, role="admin", by=by),
        lambda: users.change_role(user=by.pk, role="admin", by=by),
        lambda: users.deactivate_user(user=admin.pk, by=by),
        lambda: users.update_user(user=admin.pk, values={"email": "x@example.com"}, by=by),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert list(User.objects.filter(role="admin", is_active=True)) == [admin]


def test_one_administrator_always_remains(cast: Any) -> None:
    second = factories.make_user("Second Admin", "admin")
    users.change_role(user=cast.admin.pk, role="manager", by=second)
    with pytest.raises(Refused):
        users.change_role(user=second.pk, role="rep", by=second)
    with pytest.raises(Refused):
        users.deactivate_user(user=second.pk, by=None)
    users.change_role(user=cast.admin.pk, role="admin", by=second)
    users.deactivate_user(user=second.pk, by=cast.admin)
    assert list(User.objects.filter(role="admin", is_active=True)) == [cast.admin]


def test_nobody_deactivates_themselves(cast: Any) -> None:
    with pytest.raises(Refused):
        users.deactivate_user(user=cast.manager.pk, by=cast.manager)


def test_deactivated_means_out_for_good(cast: Any) -> None:
    factories.make_token(cast.rep)
    session = Client()
    session.force_login(cast.rep)
    assert session.get(reverse("profile")).status_code == 200
    users.deactivate_user(user=cast.rep.pk, by=cast.manager)
    assert session.get(reverse("profile")).status_code == 302
    assert not Client().login(username=cast.rep.email, password=factories.PASSWORD)
    assert not ApiToken.objects.filter(owner=cast.rep, revoked_at=None).exists()
    users.reactivate_user(user=cast.rep.pk, by=cast.manager)
    assert session.get(reverse("profile")).status_code == 302, "old sessions stay dead"
    assert not Client().login(username=cast.rep.email, password=factories.PASSWORD)


def test_what_the_inactive_ask_is_not_done(cast: Any) -> None:
    users.deactivate_user(user=cast.rep.pk, by=cast.manager)
    cast.rep.refresh_from_db()
    with pytest.raises(NotAllowed):
        users.update_user(user=cast.rep.pk, values={"name": "Back"}, by=cast.rep)


def test_an_unknown_account_is_not_found(cast: Any) -> None:
    for attempt in (
        lambda: users.change_role(user=10**9, role="rep", by=cast.admin),
        lambda: users.deactivate_user(user=10**9, by=cast.admin),
        lambda: users.update_user(user=10**9, values={}, by=cast.admin),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_a_role_that_is_none_is_refused(cast: Any) -> None:
    with pytest.raises(Refused) as refused:
        users.change_role(user=cast.rep.pk, role="king", by=cast.admin)
    assert list(refused.value.fields) == ["role"]
