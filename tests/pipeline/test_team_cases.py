"""Cases of teams and their members that a team which comes from another program expects."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from core.ledger.causes import because
from core.ledger.tables import Change, Kind
from core.services.undoing import undo_cause
from crm.models import Membership, Team, User
from crm.services import teams
from pipeline.models.stages import PipelineTeam, StageTeam
from pipeline.services.assignment import assign_lead
from pipeline.services.merging import merge_leads
from tests import factories


def make_team(name: str, sequence: int, *members: User, leader: User | None = None) -> Team:
    """A team at a place."""
    team = factories.make_team(name, leader, members)
    with factories.arranging():
        team.sequence = sequence
        team.save()
    return team


def team_of_a_new_lead(owner: User, **values: Any) -> Team | None:
    """Where somebody's new lead goes."""
    team: Team | None = factories.make_lead(by=owner, owner=owner.pk, **values).team
    return team


@pytest.fixture
def person(stages: Any) -> User:
    """Somebody in no team."""
    return factories.make_user("Nina New", "rep_all")


def test_a_new_lead_goes_to_the_first_of_the_teams_that_its_owner_is_a_member_of(
    person: User,
) -> None:
    """H6, of the places 0 and 5."""
    make_team("Five", 5, person)
    first = make_team("Zero", 0, person)
    make_team("Another’s", 0)
    assert team_of_a_new_lead(person) == first


def test_who_leads_a_team_belongs_to_it(person: User) -> None:
    """H6, leader at 3 and member at 5."""
    led = make_team("Led", 3, leader=person)
    make_team("Joined", 5, person)
    assert team_of_a_new_lead(person) == led


def test_of_teams_at_the_same_place_the_newest_is_first(person: User) -> None:
    """H6."""
    make_team("Older", 3, person)
    newest = make_team("Newer", 3, leader=person)
    assert team_of_a_new_lead(person) == newest


@pytest.mark.parametrize("place", ["pipeline", "stage"])
def test_the_team_of_the_place_wins_where_its_owner_belongs_to_it_or_to_none(
    place: str, person: User, stages: Any
) -> None:
    """H6; the place is a pipeline or a stage that is limited to teams."""
    first, second = make_team("First", 0, person), make_team("Second", 5, person)
    foreign = make_team("Foreign", 1)
    newcomer = factories.make_user("Nils Newcomer", "rep_all")

    def limit(*limited: Team) -> None:
        with factories.arranging():
            if place == "pipeline":
                PipelineTeam.objects.filter(pipeline=stages[0].pipeline).delete()
                for team in limited:
                    PipelineTeam.objects.create(pipeline=stages[0].pipeline, team=team)
            else:
                StageTeam.objects.filter(stage=stages[0]).delete()
                for team in limited:
                    StageTeam.objects.create(stage=stages[0], team=team)

    limit(foreign, second)
    assert team_of_a_new_lead(person, stage=stages[0]) == second
    assert team_of_a_new_lead(newcomer, stage=stages[0]) == foreign
    limit(foreign)
    assert team_of_a_new_lead(person, stage=stages[0]) == first
    with factories.arranging():
        foreign.is_active = False
        foreign.save()
    assert team_of_a_new_lead(newcomer, stage=stages[0]) is None


def test_what_no_longer_counts_is_nobodys_first_team(person: User) -> None:
    """H6; neither a team nor a membership that is not active."""
    closed, left = make_team("Closed", 0, person), make_team("Left", 1, person)
    kept = make_team("Kept", 9, person)
    with factories.arranging():
        closed.is_active = False
        closed.save()
        membership = Membership.objects.get(team=left)
        membership.is_active = False
        membership.save()
    assert team_of_a_new_lead(person) == kept


def test_a_lead_that_is_given_to_somebody_stays_where_they_belong_and_else_follows(
    cast: Any, person: User
) -> None:
    """H6; also through a merge that names an owner."""
    make_team("Later", 7, person)
    first = make_team("First", 2, leader=person)
    staying = make_team("Staying", 9, person)
    for before, after in ((staying, staying), (cast.others, first)):
        lead = factories.make_lead(by=cast.manager, team=before.pk)
        with because(Kind.PERSON, by=cast.manager):
            assert assign_lead(lead=lead.pk, owner=person.pk, by=cast.manager).team == after
    two = [factories.make_lead(by=cast.manager, team=cast.team.pk).pk for _place in range(2)]
    with because(Kind.PERSON, by=cast.manager):
        assert merge_leads(ids=two, by=cast.manager, owner=person.pk).team == first


def active(user: User) -> list[Team]:
    """The teams in which somebody is active."""
    return [one.team for one in Membership.objects.filter(user=user, is_active=True)]


@pytest.mark.parametrize("door", ["put", "add", "set", "create"])
def test_who_joins_a_team_leaves_the_other_where_one_is_the_rule(
    door: str, cast: Any, settings: Any
) -> None:
    """H7; the first membership stays, inactive, with what was set in it, and undo ends that."""
    settings.SINGLE_TEAM = True
    by, rep, others = cast.manager, cast.rep.pk, cast.others.pk
    with factories.arranging():
        teams.put_member(team=cast.team.pk, user=rep, by=by, values={"capacity": 12})
    with because(Kind.PERSON, by=by) as cause:
        match door:
            case "put":
                teams.put_member(team=others, user=rep, by=by)
            case "add":
                teams.add_members(team=others, users=[rep], by=by)
            case "set":
                teams.set_members(team=others, users=[rep], by=by)
            case _:
                others = teams.create_team(values={"name": "B"}, members=[rep], by=by).pk
    assert [team.pk for team in active(cast.rep)] == [others]
    kept = Membership.objects.get(user=rep, team=cast.team)
    assert (kept.is_active, kept.capacity) == (False, 12)
    assert active(cast.mate) == [cast.team]
    assert Change.objects.filter(cause=cause.id, record_type="crm.membership").count() >= 2
    undo_cause(cause=cause.id, by=by)
    assert active(cast.rep) == [cast.team]


def test_who_comes_back_to_a_team_is_active_there_again_and_nowhere_else(
    cast: Any, settings: Any
) -> None:
    """H7; one row for a person in a team, whatever their way."""
    settings.SINGLE_TEAM = True
    for team in (cast.others, cast.team, cast.others):
        with because(Kind.PERSON, by=cast.manager):
            teams.add_members(team=team.pk, users=[cast.rep.pk], by=cast.manager)
        assert active(cast.rep) == [team]
    assert Membership.objects.filter(user=cast.rep).count() == 2


def test_an_inactive_membership_ends_no_other(cast: Any, settings: Any) -> None:
    """H7."""
    settings.SINGLE_TEAM = True
    with because(Kind.PERSON, by=cast.manager):
        teams.put_member(
            team=cast.others.pk, user=cast.rep.pk, by=cast.manager, values={"is_active": False}
        )
    assert active(cast.rep) == [cast.team]


def test_a_person_is_in_as_many_teams_as_they_join_unless_one_is_the_rule(cast: Any) -> None:
    """H7; several is the rule of a fresh installation."""
    with because(Kind.PERSON, by=cast.manager):
        teams.add_members(team=cast.others.pk, users=[cast.rep.pk], by=cast.manager)
    assert set(active(cast.rep)) == {cast.team, cast.others}


def test_a_person_is_in_a_team_once(cast: Any) -> None:
    """H7, said by the database."""
    with (
        because(Kind.PERSON, by=cast.manager),
        pytest.raises(IntegrityError),
        transaction.atomic(),
    ):
        Membership.objects.create(team=cast.team, user=cast.rep)
    with because(Kind.PERSON, by=cast.manager):
        teams.add_members(team=cast.team.pk, users=[cast.rep.pk], by=cast.manager)
    assert Membership.objects.filter(team=cast.team, user=cast.rep).count() == 1
