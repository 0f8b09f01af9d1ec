"""Leads over REST: filtered and summed."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from urllib.parse import quote

import pytest
from django.utils import timezone

from crm.models import Source
from pipeline.models import LostReason
from pipeline.services.closing import lose_leads, win_leads
from tests.factories import arranging, make_activity, make_company, make_lead, make_tag


def found(client, query):
    response = client.get(f"leads/?{query}")
    assert response.status_code == 200, response.content
    return {row["title"] for row in response.json()["results"]}


@pytest.fixture
def many(rep, mate, manager, team, stages):
    """Leads that differ in what can be filtered by; titles name the difference."""
    now = timezone.now()
    tag, source = make_tag("Hot"), None
    with arranging():
        source = Source.objects.create(name="Fair")
    company = make_company("Acme")
    make_lead(by=rep, title="mine", owner=rep.pk)
    make_lead(by=manager, title="nobody's", owner=None)
    make_lead(by=mate, title="mate's", owner=mate.pk)
    make_lead(by=manager, title="tagged", owner=rep.pk, tags=[tag.pk], team=None)
    make_lead(by=manager, title="from the fair", owner=rep.pk, source=source.pk)
    make_lead(by=manager, title="at acme", owner=rep.pk, company=company.pk)
    make_lead(by=manager, title="closing soon", owner=rep.pk, expected_close="2027-02-15")
    make_lead(by=manager, title="external", owner=rep.pk, external_source="s", external_id="9")
    old = make_lead(
        by=manager, title="stalled", owner=rep.pk, created_at=now - dt.timedelta(days=90)
    )
    planned = make_lead(by=manager, title="planned", owner=rep.pk)
    make_activity(by=rep, lead=planned)
    late = make_lead(by=manager, title="overdue", owner=rep.pk)
    make_activity(by=rep, lead=late, due_at=now - dt.timedelta(days=2))
    won = make_lead(by=manager, title="won", owner=rep.pk, expected_revenue="100.10")
    lost = make_lead(by=manager, title="lost", owner=rep.pk, expected_revenue="7.00")
    with arranging():
        win_leads(leads=[won.pk], by=manager)
        lose_leads(leads=[lost.pk], by=manager, reason=LostReason.objects.first().pk)
    return {"tag": tag, "source": source, "company": company, "stalled": old}


def test_leads_are_filtered(api, manager, rep, mate, team, stages, many):
    client = api(manager)
    everything = found(client, "")
    assert len(everything) == 13
    assert found(client, f"owner={mate.pk}") == {"mate's"}
    assert found(client, "owner=none") == {"nobody's"}
    assert found(client, f"owner={mate.pk},none") == {"nobody's", "mate's"}
    assert found(client, f"owner={mate.pk}&owner=none") == {"nobody's", "mate's"}
    assert found(api(mate), "owner=me") == {"mate's"}
    assert found(client, "team=none") == {"nobody's", "tagged"}
    assert found(client, f"tag={many['tag'].pk}") == {"tagged"}
    assert found(client, "tag=none") == everything - {"tagged"}
    assert found(client, f"source={many['source'].pk}") == {"from the fair"}
    assert found(client, f"company={many['company'].pk}") == {"at acme"}
    assert found(client, "status=won") == {"won"}
    assert found(client, "status=won,lost") == {"won", "lost"}
    assert found(client, "kind=opportunity") == {"won"}
    assert found(client, f"stage={stages[4].pk}") == {"won"}
    assert found(client, "external_source=s&external_id=9") == {"external"}
    assert found(client, "expected_close_from=2027-02-01&expected_close_before=2027-02-15") == set()
    assert found(client, "expected_close_from=2027-02-15") == {"closing soon"}
    assert found(client, "next_step=planned") == {"planned"}
    assert found(client, "next_step=overdue") == {"overdue"}
    assert "mine" in found(client, "next_step=none")
    assert found(client, "next_step=none,planned,overdue") == found(client, "status=open")
    assert found(client, "stalled=true") == {"stalled"}
    assert found(client, "stalled=false") == everything - {"stalled"}
    week = (timezone.now() - dt.timedelta(days=7)).isoformat()
    assert found(client, f"created_before={quote(week)}") == {"stalled"}
    assert found(client, f"created_from={quote(week)}") == everything - {"stalled"}
    assert found(client, f"closed_from={quote(week)}") == {"won", "lost"}
    assert found(client, f"closed_before={timezone.localdate()}") == set()
    where = {"field": "expected_revenue", "op": ">=", "value": 50}
    assert found(client, f"where={quote(json.dumps(where))}") == {"won"}
    response = client.get(f"leads/?where={quote('{"field": "fly"}')}")
    assert (response.status_code, set(response.json()["errors"])) == (400, {"where"})


def test_a_day_starts_where_the_person_lives(api, manager, stages):
    with arranging():
        manager.time_zone = "Pacific/Auckland"
        manager.save()
    make_lead(by=manager, title="early", created_at=dt.datetime(2026, 5, 1, 13, tzinfo=dt.UTC))
    client = api(manager)
    assert found(client, "created_from=2026-05-02") == {"early"}
    assert found(client, "created_before=2026-05-02") == set()


def test_sums_follow_filters(api, manager, many):
    client = api(manager)
    totals = client.get("leads/totals/").json()
    assert totals["count"] == 13
    by_status = {group["status"]: group for group in totals["by_status"]}
    assert by_status["won"] == {
        "status": "won",
        "currency": "EUR",
        "count": 1,
        "without_amount": 0,
        "expected_revenue": "100.10",
        "weighted_revenue": "100.10",
    }
    assert by_status["lost"]["weighted_revenue"] == "0.00"
    assert by_status["open"]["count"] == by_status["open"]["without_amount"] == 11
    won = client.get("leads/totals/?status=won").json()
    assert won["count"] == 1
    assert [group["stage"]["name"] for group in won["by_stage"]] == ["Won"]
    assert sum(Decimal(g["expected_revenue"]) for g in won["by_status"]) == Decimal("100.10")
