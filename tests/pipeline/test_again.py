"""Losing a lead asks when to contact it again, and plans that."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from core.errors import Refused
from core.ledger.causes import because
from core.ledger.tables import Change, Kind
from core.services.undoing import undo_cause
from pipeline.models import Activity, ActivityType, Lead, LostReason
from pipeline.services.closing import lose_leads
from tests import factories
from tests.budgets import counting_queries

NOW = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
DAY = dt.date(2027, 3, 1)

pytestmark = pytest.mark.usefixtures("stages")


def reason() -> int:
    return LostReason.objects.order_by("pk")[0].pk


def lose(leads: list[Any], by: Any, again_on: dt.date | None = DAY) -> None:
    with because(Kind.PERSON, by=by):
        lose_leads(leads=[lead.pk for lead in leads], reason=reason(), by=by, again_on=again_on)


@time_machine.travel(NOW, tick=False)
def test_the_owner_of_each_has_a_follow_up_on_that_day_where_they_live(cast: Any) -> None:
    with factories.arranging():
        cast.rep.time_zone = "Asia/Tokyo"
        cast.rep.save()
    owned = factories.make_lead(by=cast.manager, owner=cast.rep.pk)
    free = factories.make_lead(by=cast.manager)
    lose([owned, free], cast.manager)
    steps = {step.lead_id: step for step in Activity.objects.to_do().select_related("type")}
    assert (steps[owned.pk].assignee, steps[free.pk].assignee) == (cast.rep, cast.manager)
    tokyo = zoneinfo.ZoneInfo("Asia/Tokyo")
    assert steps[owned.pk].due_at.astimezone(tokyo).date() == DAY
    assert {str(step.type) for step in steps.values()} == {"Follow-up"}
    assert Lead.objects.get(pk=owned.pk).next_activity_at == steps[owned.pk].due_at


def test_one_undo_takes_back_the_loss_and_the_follow_up(cast: Any) -> None:
    lead = factories.make_lead(by=cast.manager, owner=cast.rep.pk)
    lose([lead], cast.rep, dt.date.today() + dt.timedelta(days=90))
    undo_cause(cause=Change.objects.latest("id").cause_id, by=cast.rep)
    assert Lead.objects.get(pk=lead.pk).status == "open"
    assert not Activity.objects.exists()


@pytest.mark.parametrize("day", [dt.date(2026, 11, 24), dt.date(2020, 1, 1), dt.date.max])
@time_machine.travel(NOW, tick=False)
def test_a_day_that_does_not_lie_ahead_is_refused_and_nothing_is_lost(
    day: dt.date, cast: Any
) -> None:
    lead = factories.make_lead(by=cast.manager, owner=cast.rep.pk)
    with pytest.raises(Refused) as refusal:
        lose([lead], cast.rep, day)
    assert "again_on" in refusal.value.fields
    assert Lead.objects.get(pk=lead.pk).status == "open"


def test_many_follow_ups_take_as_many_queries_as_few(cast: Any) -> None:
    counts = []
    for number in (2, 30):
        leads = [factories.make_lead(by=cast.manager, owner=cast.rep.pk) for _ in range(number)]
        sql: list[str] = []
        with counting_queries(sql):
            lose(leads, cast.manager, dt.date.today() + dt.timedelta(days=30))
        counts.append(len(sql))
    assert counts[1] <= counts[0]  # the first may warm what is kept


def test_the_type_is_found_by_its_name_in_either_language(cast: Any) -> None:
    with factories.arranging():
        kind = ActivityType.objects.get(name="Follow-up")
        kind.name = "Relance"
        kind.save()
    lose([factories.make_lead(by=cast.manager)], cast.manager, dt.date(2190, 1, 1))
    assert str(Activity.objects.get().type) == "Relance"


def test_the_dialog_asks_and_says_what_it_planned(client: Client, cast: Any) -> None:
    lead = factories.make_lead(by=cast.manager, title="Cold storage", owner=cast.rep.pk)
    client.force_login(cast.rep)
    address = reverse("lead-lose", args=[lead.pk])
    assert 'name="again_on"' in client.get(address).content.decode()
    wrong = client.post(address, {"reason": reason(), "again_on": "2020-01-01"})
    assert wrong.status_code == 422
    assert "Choose a day that lies ahead." in wrong.content.decode()
    client.post(address, {"reason": reason(), "again_on": "2190-01-01"})
    assert Lead.objects.get(pk=lead.pk).status == "lost"
    assert Activity.objects.get().summary == "Contact again"
