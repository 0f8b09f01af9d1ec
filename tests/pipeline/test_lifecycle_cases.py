"""Cases of a lead's life that a team which comes from another program expects."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from core.errors import NotAllowed, Refused
from core.ledger.causes import because
from core.ledger.tables import Change, Kind
from crm.models import Company
from pipeline.models import Lead, LostReason
from pipeline.recurring import by_month, weighted
from pipeline.services.assignment import assign_leads
from pipeline.services.closing import lose_lead
from pipeline.services.leads import update_lead
from pipeline.services.moves import move_lead
from tests import factories


@pytest.fixture
def lead(cast: Any, stages: Any) -> Lead:
    """The rep's, 1,000 euros."""
    made: Lead = factories.make_lead(
        by=cast.manager, title="Cold storage", owner=cast.rep.pk, expected_revenue=1000
    )
    return made


def test_a_loss_is_one_change_with_its_reason_and_the_lead_is_not_archived(
    cast: Any, lead: Lead
) -> None:
    """D1; a loss is a status of its own, and its probability is nothing."""
    reason = LostReason.objects.order_by("sequence")[0]
    with because(Kind.PERSON, by=cast.rep) as cause:
        lose_lead(lead=lead.pk, by=cast.rep, reason=reason.pk)
    lead.refresh_from_db()
    assert (lead.status, lead.probability, lead.archived_at) == ("lost", 0, None)
    (change,) = Change.objects.filter(cause=cause.id)
    assert {"status", "lost_reason", "closed_at"} <= set(change.diff)


def test_a_seller_neither_makes_lost_reasons_nor_loses_leads_of_others(
    cast: Any, lead: Lead, client: Client
) -> None:
    """D2."""
    with factories.arranging():
        Lead.objects.filter(pk=lead.pk).update(team=cast.team)
    reason = LostReason.objects.order_by("sequence")[0]
    with because(Kind.PERSON, by=cast.mate), pytest.raises(NotAllowed):
        lose_lead(lead=lead.pk, by=cast.mate, reason=reason.pk)
    token = factories.make_token(cast.rep)
    answer = client.post(
        "/api/v1/lost-reasons/",
        {"name": "Too dear"},
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 403
    assert not LostReason.objects.filter(name="Too dear").exists()


def test_the_assignment_is_dated_when_somebody_gets_it_and_the_stage_when_it_changes(
    cast: Any, stages: Any
) -> None:
    """D5; a lead that had this owner before keeps its date, also among others."""
    nobodys = factories.make_lead(by=cast.manager, title="Nobody's")
    mine = factories.make_lead(by=cast.manager, title="Mine", owner=cast.rep.pk)
    dated, entered = mine.assigned_at, nobodys.stage_entered_at
    assert nobodys.assigned_at is None
    later = timezone.now() + dt.timedelta(days=17)
    with time_machine.travel(later, tick=False), because(Kind.PERSON, by=cast.manager):
        assign_leads(leads=[nobodys.pk, mine.pk], owner=cast.rep.pk, by=cast.manager)
        move_lead(lead=nobodys.pk, stage=nobodys.stage_id, by=cast.manager)
    nobodys.refresh_from_db()
    mine.refresh_from_db()
    assert abs(nobodys.assigned_at - later) < dt.timedelta(seconds=1)
    assert mine.assigned_at == dated
    assert nobodys.stage_entered_at == entered


def test_a_lead_keeps_its_currency_whatever_becomes_of_its_company(cast: Any, stages: Any) -> None:
    """D7; the currency stands on the record and is nobody's guess."""
    company: Company = factories.make_company("Alpha")
    lead = factories.make_lead(
        by=cast.manager, currency="CHF", company=company.pk, expected_revenue=100
    )
    with because(Kind.PERSON, by=cast.manager):
        update_lead(lead=lead.pk, values={"company": None}, by=cast.manager)
    lead.refresh_from_db()
    assert (lead.currency, lead.expected_revenue, lead.company) == ("CHF", 100, None)


def test_recurring_revenue_says_how_often_it_comes(cast: Any, lead: Lead) -> None:
    """D8; without a plan it is refused, not taken for a month's."""
    with because(Kind.PERSON, by=cast.rep), pytest.raises(Refused) as refused:
        update_lead(lead=lead.pk, values={"recurring_revenue": 1200}, by=cast.rep)
    assert "recurring_plan" in refused.value.fields
    lead.refresh_from_db()
    assert lead.recurring_revenue is None
    with because(Kind.PERSON, by=cast.rep):
        values = {"recurring_revenue": 1200, "recurring_plan": "yearly"}
        update_lead(lead=lead.pk, values=values, by=cast.rep)
    lead.refresh_from_db()
    assert lead.get_recurring_plan_display() == "Yearly"  # type: ignore[attr-defined]


def test_recurring_revenue_is_told_by_the_month_and_weighted(
    cast: Any, lead: Lead, client: Client
) -> None:
    """D8."""
    with because(Kind.PERSON, by=cast.rep):
        values = {
            "recurring_revenue": 1200,
            "recurring_plan": "yearly",
            "probability_manual": "25",
        }
        update_lead(lead=lead.pk, values=values, by=cast.rep)
    client.force_login(cast.rep)
    page = client.get("/leads/?columns=title,by_month,by_month_weighted").text
    assert "€100" in page and "€25" in page
    assert "€100 a month" in client.get(lead.get_absolute_url()).text
    assert weighted(Decimal("33333.33"), Decimal("33.33")) == Decimal("11110.00")
    assert by_month(Decimal(1000), "quarterly") == Decimal("333.33")
