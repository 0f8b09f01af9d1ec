"""Whose a lead is, and who may change it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.errors import NotAllowed, NotFound, Refused
from core.ledger.causes import because
from core.ledger.tables import Kind
from pipeline.models import Lead
from pipeline.services.assignment import assign_lead, assign_leads
from pipeline.services.leads import (
    archive_leads,
    delete_leads,
    unarchive_leads,
    update_leads,
)
from pipeline.services.sets import follow_lead, set_tags
from tests.conftest import Cast
from tests.factories import make_lead, make_team, make_user

pytestmark = pytest.mark.django_db


def test_a_new_owner_dates_the_assignment_and_brings_a_team(cast: Cast) -> None:
    lead = make_lead(by=cast.rep, owner=cast.rep.pk, team=cast.team.pk)
    first = Lead.objects.get(pk=lead.pk).assigned_at
    with because(Kind.PERSON):
        assign_lead(lead=lead.pk, owner=cast.rep.pk, by=cast.manager)
        assert Lead.objects.get(pk=lead.pk).assigned_at == first, "nothing changed"
        assign_lead(lead=lead.pk, owner=cast.mate.pk, by=cast.manager)
    row = Lead.objects.get(pk=lead.pk)
    assert (row.owner, row.team) == (cast.mate, cast.team)
    assert row.assigned_at is not None and first is not None and row.assigned_at > first
    with because(Kind.PERSON):
        assign_lead(lead=lead.pk, owner=cast.stranger.pk, by=cast.manager)
    row = Lead.objects.get(pk=lead.pk)
    assert (row.owner, row.team) == (cast.stranger, cast.others), "the owner's first team"
    with because(Kind.PERSON):
        assign_lead(lead=lead.pk, owner=None, by=cast.manager)
    row = Lead.objects.get(pk=lead.pk)
    assert (row.owner, row.team, row.assigned_at) == (None, cast.others, None)


def test_a_lead_stays_in_its_team_when_the_new_owner_is_in_it(cast: Cast) -> None:
    both = make_user("Both")
    make_team("Early", None, [both])
    late = make_team("Zulu", None, [both])
    lead = make_lead(by=cast.rep, team=late.pk)
    with because(Kind.PERSON):
        assign_lead(lead=lead.pk, owner=both.pk, by=cast.manager)
        assert Lead.objects.get(pk=lead.pk).team == late
        assign_lead(lead=lead.pk, owner=both.pk, team=cast.team.pk, by=cast.manager)
        assert Lead.objects.get(pk=lead.pk).team == cast.team
        assign_lead(lead=lead.pk, owner=both.pk, team=None, by=cast.manager)
        assert Lead.objects.get(pk=lead.pk).team is None


def test_leads_are_assigned_to_active_people_and_known_teams_only(cast: Cast) -> None:
    lead = make_lead(by=cast.rep, owner=cast.rep.pk)
    gone = make_user("Gone", is_active=False)
    for owner, team, field in ((gone.pk, None, "owner"), (999, None, "owner"), (None, 999, "team")):
        with pytest.raises(Refused) as refusal, because(Kind.PERSON):
            assign_leads(leads=[lead.pk], owner=owner, team=team, by=cast.manager)
        assert field in refusal.value.fields
    assert Lead.objects.get(pk=lead.pk).owner == cast.rep


DEEDS: dict[str, Callable[[Lead, Any], Any]] = {
    "edit": lambda lead, by: update_leads(leads=[lead.pk], values={"title": "B"}, by=by),
    "tag": lambda lead, by: set_tags(leads=[lead.pk], add=[], by=by),
    "archive": lambda lead, by: archive_leads(leads=[lead.pk], by=by),
    "unarchive": lambda lead, by: unarchive_leads(leads=[lead.pk], by=by),
    "assign": lambda lead, by: assign_leads(leads=[lead.pk], owner=by.pk, by=by),
    "delete": lambda lead, by: delete_leads(leads=[lead.pk], by=by),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_who_may_change_a_lead(cast: Cast, deed: str) -> None:
    answers = {}
    for part, person in cast.people().items():
        lead = make_lead(by=cast.manager, owner=cast.rep.pk, team=cast.team.pk)
        with because(Kind.PERSON):
            follow_lead(lead=lead.pk, by=cast.admin)
            lead.followers.add(cast.follower)
        try:
            with because(Kind.PERSON, by=person):
                DEEDS[deed](lead, person)
            answers[part] = "done"
        except (NotFound, NotAllowed) as error:
            answers[part] = type(error).__name__
    assert answers == {
        "rep": "done",
        "mate": "NotAllowed",
        "leader": "done",
        "manager": "done",
        "stranger": "NotFound",
        "follower": "NotAllowed",
        "admin": "done",
    }


def test_one_lead_out_of_sight_stops_all(cast: Cast) -> None:
    mine = make_lead(by=cast.rep, owner=cast.rep.pk, title="A")
    theirs = make_lead(by=cast.stranger, owner=cast.stranger.pk)
    for other in (theirs.pk, 999_999):
        with pytest.raises(NotFound), because(Kind.BULK_EDIT):
            update_leads(leads=[mine.pk, other], values={"title": "B"}, by=cast.rep)
    assert Lead.objects.get(pk=mine.pk).title == "A"


def test_a_follower_sees_and_may_stop_following(cast: Cast) -> None:
    lead = make_lead(by=cast.rep, owner=cast.rep.pk, team=cast.team.pk)
    with because(Kind.PERSON):
        with pytest.raises(NotFound):
            follow_lead(lead=lead.pk, by=cast.follower)
        lead.followers.add(cast.follower)
        follow_lead(lead=lead.pk, by=cast.follower)
        follow_lead(lead=lead.pk, by=cast.follower, following=False)
    assert not lead.followers.exists()
