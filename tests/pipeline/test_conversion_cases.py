"""Converting a lead, and merging what it may be one with: cases that salespeople meet."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import Refused
from crm.alike import domain_criterion
from pipeline.models import Lead, LostReason, Pipeline, Stage
from pipeline.services.closing import lose_leads, win_leads
from pipeline.services.conversion import convert_lead
from pipeline.services.merging import merge_leads
from tests import factories


@pytest.mark.parametrize(
    ("address", "criterion"),
    [
        ("Robert <robert@gmail.com>", "robert@gmail.com"),
        ("fp@sub.example-co.com", "@sub.example-co.com"),
        ("floppy@MYCOMPANY.com", "@mycompany.com"),
    ],
)
def test_a_customer_is_told_by_domain_and_at_free_providers_by_address(
    address: str, criterion: str
) -> None:
    """C1."""
    assert domain_criterion(address.partition("<")[2].rstrip(">") or address) == criterion


def test_lost_and_won_leads_are_not_converted(cast: Any, stages: Any) -> None:
    """C17, its first half."""
    by = cast.manager
    lost, won = (factories.make_lead(by=by, stage=stages[0]) for _ in range(2))
    with factories.arranging():
        reason = LostReason.objects.create(name="Price of it")
        lose_leads(leads=[lost.pk], reason=reason.pk, by=by)
        win_leads(leads=[won.pk], by=by)
    for lead in (lost, won):
        version = Lead.objects.get(pk=lead.pk).version
        with factories.arranging(), pytest.raises(Refused):
            convert_lead(lead=lead.pk, by=by)
        assert Lead.objects.get(pk=lead.pk).version == version


def test_converting_keeps_stage_owner_and_what_the_contact_says(cast: Any, stages: Any) -> None:
    """C17 and C18."""
    by = cast.manager
    contact = factories.make_contact("Amy Wong", email="amy@x.example", phone="+1 202 555 0100")
    lead = factories.make_lead(
        by=by,
        stage=stages[0],
        owner=cast.rep.pk,
        contact_name="A. W.",
        email="other@y.example",
        contacts=[(contact.pk, "")],
    )
    with factories.arranging():
        convert_lead(lead=lead.pk, by=by)
    after = Lead.objects.get(pk=lead.pk)
    assert (after.kind, after.stage, after.owner) == ("opportunity", stages[0], cast.rep)
    assert after.converted_at is not None
    assert after.assigned_at == lead.assigned_at
    assert (after.email, after.contact_name) == ("other@y.example", "A. W.")
    contact.refresh_from_db()
    assert (contact.name, contact.email) == ("Amy Wong", "amy@x.example")


def test_a_lead_without_a_stage_begins_in_the_first_one_of_its_team(cast: Any, stages: Any) -> None:
    """C17: there is no lead without a stage; it gets the first of its team's board when made."""
    with factories.arranging():
        theirs = Pipeline.objects.create(name="Renewals", sequence=99)
        theirs.teams.add(cast.team)
        Stage.objects.create(pipeline=theirs, name="Second", sequence=20)
        first = Stage.objects.create(pipeline=theirs, name="First", sequence=10)
    lead = factories.make_lead(by=cast.manager, title="Cold storage", team=cast.team.pk)
    assert lead.stage == first
    assert factories.make_lead(by=cast.manager, team=cast.others.pk).stage == stages[0]
    with factories.arranging():
        convert_lead(lead=lead.pk, by=cast.manager)
    assert Lead.objects.get(pk=lead.pk).stage == first


def test_a_contact_that_is_made_has_what_the_lead_says(cast: Any) -> None:
    """C19."""
    lead = factories.make_lead(
        by=cast.rep, contact_name="Amy Wong", email="amy@x.example", phone="+1 202 555 0100"
    )
    with factories.arranging():
        convert_lead(lead=lead.pk, create_contact=True, by=cast.rep)
    made = Lead.objects.get(pk=lead.pk).contacts.get()
    assert (made.name, made.email, made.phone) == ("Amy Wong", lead.email, lead.phone)
    assert made.owner == cast.rep


def test_several_leads_and_a_lost_opportunity_become_the_best_active_one(
    cast: Any, stages: Any
) -> None:
    """C14, where the best active one stays rather than the lost one come back."""
    by = cast.manager
    leads = [factories.make_lead(by=by, stage=stages[0], email="e@x.example") for _ in range(4)]
    lost = factories.make_lead(by=by, stage=stages[2], email="e@x.example")
    with factories.arranging():
        reason = LostReason.objects.create(name="Price of it")
        lose_leads(leads=[lost.pk], reason=reason.pk, by=by)
    merged = merge_leads(ids=[lost.pk, *(lead.pk for lead in leads)], by=by)
    assert list(Lead.objects.values_list("pk", flat=True)) == [merged.pk]
    assert (merged.pk, merged.status, merged.lost_reason) == (leads[0].pk, "open", None)
