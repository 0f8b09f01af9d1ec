"""Large undos are ordered in the request and done by a worker, once, with their report kept."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
import time_machine
from django.db import connection, connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.errors import NotAllowed, Refused
from core.ledger.causes import because
from core.ledger.tables import Cause, Kind, Undo
from core.models import UndoOrder
from core.services import undoorders
from core.services.undoing import undo_cause
from core.services.undoorders import is_large, order_undo, overlooked_orders, work_on_undo
from core.tasks import sweep_undos
from pipeline.models import Lead
from pipeline.services.assignment import assign_leads
from pipeline.services.leads import update_lead
from tests import factories


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three changes are many, so that five leads are enough."""
    monkeypatch.setattr(undoorders, "LARGE", 3)


@pytest.fixture
def given(cast: Any) -> tuple[list[int], Cause]:
    """Five leads of the rep that the manager gave to the mate in one go."""
    leads = [factories.make_lead(by=cast.manager, owner=cast.rep.pk).pk for _ in range(5)]
    with factories.arranging():
        assign_leads(leads=leads, owner=cast.mate.pk, by=cast.manager)
    return leads, Cause.objects.latest("started_at")


def give(lead: int, owner: int | None, by: Any) -> Cause:
    """Give one lead to somebody else, in a cause of its own."""
    with because(Kind.PERSON, by=by) as cause:
        update_lead(lead=lead, values={"owner": owner}, by=by)
    return Cause.objects.get(pk=cause.id)


def owners(leads: list[int]) -> set[int | None]:
    """Who has the leads."""
    return set(Lead.objects.filter(pk__in=leads).values_list("owner", flat=True))


def test_the_page_orders_it_and_tells_what_it_did(given: Any, cast: Any, client: Client) -> None:
    leads, cause = given
    give(leads[0], cast.leader.pk, cast.manager)
    client.force_login(cast.manager)
    address = reverse("cause", args=[cause.pk])
    answer = client.post(reverse("cause-undo", args=[cause.pk]), follow=True)
    assert answer.redirect_chain[-1][0] == address
    assert "It is being undone." in answer.content.decode()
    assert reverse("cause-undoing", args=[cause.pk]) in answer.content.decode()
    assert owners(leads) == {cast.mate.pk, cast.leader.pk}
    client.post(reverse("cause-undo", args=[cause.pk]))
    order = UndoOrder.objects.get()

    assert work_on_undo(order.pk)
    assert owners(leads) == {cast.rep.pk, cast.leader.pk}
    part = client.get(reverse("cause-undoing", args=[cause.pk])).content.decode()
    assert "4 changes undone. 2 values were changed since and are left alone." in part
    assert "hx-get" not in part
    assert f"/leads/{leads[0]}/" in client.get(address).content.decode()
    assert not work_on_undo(order.pk)
    assert Undo.objects.filter(undone=cause).count() == 1


def test_a_script_is_led_to_the_page(given: Any, cast: Any, client: Client) -> None:
    _, cause = given
    client.force_login(cast.manager)
    answer = client.post(reverse("cause-undo", args=[cause.pk]), headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == reverse("cause", args=[cause.pk])


def test_what_is_small_is_undone_at_once(given: Any, cast: Any, client: Client) -> None:
    leads, _ = given
    cause = give(leads[0], cast.leader.pk, cast.manager)
    assert not is_large(cause.pk)
    client.force_login(cast.manager)
    client.post(reverse("cause-undo", args=[cause.pk]))
    assert owners(leads) == {cast.mate.pk}
    assert not UndoOrder.objects.exists()


def test_who_may_not_undo_cannot_order_it(given: Any, cast: Any, client: Client) -> None:
    _, cause = given
    with pytest.raises(NotAllowed):
        order_undo(cause=cause.pk, by=cast.stranger)
    client.force_login(cast.stranger)
    assert client.get(reverse("cause-undoing", args=[cause.pk])).status_code == 404
    assert not UndoOrder.objects.exists()


def test_what_was_undone_meanwhile_is_said(given: Any, cast: Any, client: Client) -> None:
    _, cause = given
    order = order_undo(cause=cause.pk, by=cast.manager)
    undo_cause(cause=cause.pk, by=cast.manager)
    assert work_on_undo(order.pk)
    client.force_login(cast.manager)
    assert (
        "This was undone already." in client.get(reverse("cause", args=[cause.pk])).content.decode()
    )
    with pytest.raises(Refused):
        order_undo(cause=cause.pk, by=cast.manager)


def test_an_overlooked_order_is_sent_again(
    given: Any, cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, cause = given
    order = order_undo(cause=cause.pk, by=cast.manager)
    assert overlooked_orders() == []
    sent: list[int] = []
    monkeypatch.setattr("core.tasks.send_undo", sent.append)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=2)):
        assert sweep_undos() == 1
    assert sent == [order.pk]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_workers_do_it_once(given: Any, cast: Any) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time: there is nothing to race for.")
    leads, cause = given
    order = order_undo(cause=cause.pk, by=cast.manager)
    did: list[bool] = []

    def work() -> None:
        did.append(work_on_undo(order.pk))
        connections.close_all()

    with transaction.atomic():
        UndoOrder.objects.select_for_update().get(pk=order.pk)
        first = threading.Thread(target=work)
        first.start()
        first.join(10)
    assert did == [False]  # somebody else was at it
    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert sorted(did) == [False, False, False, False, True]
    assert owners(leads) == {cast.rep.pk}
    assert Undo.objects.filter(undone=cause).count() == 1
