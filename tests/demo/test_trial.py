"""Demo data is taken into an empty installation, and removed without what people made."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.ledger.causes import because
from core.ledger.tables import Kind
from core.models import UndoOrder
from core.services.undoorders import work_on_undo
from crm.models import Company, Contact, Team, User
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
        assert Lead.objects.count() == 60
        client.post(reverse("demo-data-remove"))
        work_on_undo(UndoOrder.objects.get(done_at=None).pk)
        assert not Lead.objects.exists()


def test_it_speaks_the_language_of_who_takes_it(boss: User) -> None:
    with factories.arranging():
        boss.language = "fr"
        boss.save()
    as_(boss).post(reverse("demo-data-take"))
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
