"""Demo data is taken into an empty installation, and removed without what people made."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.ledger.causes import because
from core.ledger.tables import Kind
from core.models import UndoOrder
from core.services.undoorders import work_on_undo
from crm.models import Company, Contact, Team, User
from demo.models import DemoOrder
from demo.orders import ATTEMPTS, LEASE, overlooked_orders, work_on_order
from demo.tasks import sweep_orders
from pipeline.models import Activity, ActivityType, Lead
from pipeline.services.activities import plan_activity
from pipeline.services.leads import LeadDraft, create_lead
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(stages: Any) -> User:
    """The administrator of an empty installation."""
    return factories.make_user("Bea Boss", role="admin")


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_it_is_taken_looked_at_and_removed_but_for_what_people_made(boss: User) -> None:
    client, page = as_(boss), reverse("demo-data")
    assert "Take demo data" in client.get(page).content.decode()
    assert client.post(reverse("demo-data-take")).status_code == 302
    assert "waits for a worker" in client.get(page).content.decode()
    assert work_on_order(DemoOrder.objects.get().pk)
    assert Lead.objects.count() == 60
    assert "brought 60 leads" in client.get(page).content.decode()
    with because(Kind.PERSON, by=boss):
        mine = create_lead(draft=LeadDraft(values={"title": "My own"}), by=boss)
        worked_on = Lead.objects.exclude(pk=mine.pk).open().first()
        assert worked_on is not None
        kind = ActivityType.objects.first()
        assert kind is not None
        due = dt.date(2050, 1, 1)
        plan_activity(by=boss, type=kind.pk, lead=worked_on.pk, due_on=due)
    assert client.post(reverse("demo-data-remove")).status_code == 302
    assert "being removed" in client.get(page).content.decode()
    order = UndoOrder.objects.get()
    assert work_on_undo(order.pk)
    assert set(Lead.objects.values_list("title", flat=True)) == {"My own", worked_on.title}
    assert Activity.objects.filter(lead=worked_on).exists()
    # What stays hangs on what stays.
    assert set(Team.objects.values_list("pk", flat=True)) <= {worked_on.team_id}
    assert Company.objects.count() <= 1
    assert Contact.objects.count() <= 2
    assert list(User.objects.active()) == [boss]
    shown = client.get(page).content.decode()
    assert reverse("cause", args=[order.cause_id]) in shown
    assert worked_on.title in client.get(reverse("cause", args=[order.cause_id])).content.decode()


def test_it_is_taken_again_once_it_is_gone(boss: User) -> None:
    client = as_(boss)
    for _turn in range(2):
        client.post(reverse("demo-data-take"))
        assert work_on_order(DemoOrder.objects.get(waits=True).pk)
        assert Lead.objects.count() == 60
        client.post(reverse("demo-data-remove"))
        work_on_undo(UndoOrder.objects.get(done_at=None).pk)
        assert not Lead.objects.exists()


def test_it_speaks_the_language_of_who_takes_it(boss: User) -> None:
    with factories.arranging():
        boss.language = "fr"
        boss.save()
    as_(boss).post(reverse("demo-data-take"))
    assert work_on_order(DemoOrder.objects.get().pk)
    assert set(Company.objects.values_list("country", flat=True)) == {"France"}


def test_it_is_for_administrators_and_for_empty_installations(cast: Any, stages: Any) -> None:
    for name in ("demo-data", "demo-data-take", "demo-data-remove"):
        call = as_(cast.manager).get if name == "demo-data" else as_(cast.manager).post
        assert call(reverse(name)).status_code == 403
    assert "Demo data" not in as_(cast.manager).get(reverse("settings")).content.decode()
    assert reverse("demo-data") in as_(cast.admin).get(reverse("settings")).content.decode()
    factories.make_lead(by=cast.admin)
    refused = as_(cast.admin).post(reverse("demo-data-take"))
    assert refused.status_code == 422
    assert as_(cast.admin).post(reverse("demo-data-remove")).status_code == 422
    assert Lead.objects.count() == 1


def test_asking_twice_is_one_order_and_doing_it_twice_is_one_company(boss: User) -> None:
    client = as_(boss)
    for _turn in range(2):
        assert client.post(reverse("demo-data-take")).status_code == 302
    order = DemoOrder.objects.get()
    assert work_on_order(order.pk)
    assert not work_on_order(order.pk)
    assert Lead.objects.count() == 60
    order.refresh_from_db()
    assert (order.waits, order.problem, order.attempts) == (None, "", 1)
    assert order.done_at is not None
    assert "brought 60 leads" in client.get(reverse("demo-data")).content.decode()


def test_an_order_whose_worker_died_is_done_by_the_next_one(boss: User) -> None:
    client, page = as_(boss), reverse("demo-data")
    client.post(reverse("demo-data-take"))
    order = DemoOrder.objects.get()
    # A worker has it in hand: nobody else takes it.
    DemoOrder.objects.update(leased_until=timezone.now() + LEASE, attempts=1)
    assert "is being made" in client.get(page).content.decode()
    assert not work_on_order(order.pk)
    assert overlooked_orders() == []
    # It died before it had made anything.
    DemoOrder.objects.update(leased_until=timezone.now() - dt.timedelta(seconds=1))
    assert overlooked_orders() == [order.pk]
    assert sweep_orders() == 1
    assert work_on_order(order.pk)
    assert Lead.objects.count() == 60
    # It died when all was made, before it could say so.
    DemoOrder.objects.update(waits=True, done_at=None)
    assert work_on_order(order.pk)
    assert Lead.objects.count() == 60
    order.refresh_from_db()
    assert (order.waits, order.problem) == (None, "")


def test_an_order_that_stops_each_worker_is_given_up(boss: User) -> None:
    client = as_(boss)
    client.post(reverse("demo-data-take"))
    DemoOrder.objects.update(attempts=ATTEMPTS)
    assert work_on_order(DemoOrder.objects.get().pk)
    assert not Lead.objects.exists()
    page = client.get(reverse("demo-data")).content.decode()
    assert "Each worker that began it stopped" in page
    assert "Take demo data" in page


def test_leads_that_came_meanwhile_are_left_alone(boss: User) -> None:
    client = as_(boss)
    client.post(reverse("demo-data-take"))
    factories.make_lead(by=boss)
    assert work_on_order(DemoOrder.objects.get().pk)
    assert Lead.objects.count() == 1
    assert "There are leads already" in DemoOrder.objects.get().problem


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_makes_the_company(boss: User) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time: there is nothing to race for.")
    order = DemoOrder.objects.create(by=boss)
    start, did, wrong = threading.Barrier(4), [], []

    def work() -> None:
        try:
            start.wait()
            did.append(work_on_order(order.pk))
        except Exception as error:  # what a thread raises is seen nowhere else
            wrong.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _turn in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sorted(did), wrong) == ([False, False, False, True], [])
    assert Lead.objects.count() == 60
