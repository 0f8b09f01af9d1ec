"""Teams and their members."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.ledger.causes import because
from core.ledger.tables import Change, Kind
from crm.models import Membership, Team
from crm.services import teams
from tests import factories


@pytest.fixture(autouse=True)
def cause(db: None) -> Any:
    """A cause for what the test asks a service to do."""
    with because(Kind.SYSTEM, label="test"):
        yield


def members(team: Team) -> set[Any]:
    return {member.user for member in Membership.objects.filter(team=team)}


def test_a_team_is_made_with_its_members(cast: Any) -> None:
    team = teams.create_team(
        values={"name": "West", "leader": cast.leader, "parent": cast.team},
        members=[cast.rep.pk, cast.mate.pk],
        by=cast.manager,
    )
    assert (team.leader, team.parent) == (cast.leader, cast.team)
    assert members(team) == {cast.rep, cast.mate}


@pytest.mark.parametrize("part", ["rep", "mate", "leader", "stranger", "follower"])
def test_only_managers_make_and_change_teams(part: str, cast: Any) -> None:
    by = cast.people()[part]
    for attempt in (
        lambda: teams.create_team(values={"name": "West"}, by=by),
        lambda: teams.update_team(team=cast.team.pk, values={"name": "W"}, by=by),
        lambda: teams.delete_team(team=cast.team.pk, by=by),
        lambda: teams.set_members(team=cast.team.pk, users=[], by=by),
        lambda: teams.put_member(team=cast.team.pk, user=by.pk, by=by),
        lambda: teams.remove_member(team=cast.team.pk, user=cast.rep.pk, by=by),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert members(cast.team) == {cast.rep, cast.mate}


def test_who_stays_keeps_capacity(cast: Any) -> None:
    put = {"team": cast.team.pk, "by": cast.manager}
    teams.put_member(user=cast.rep.pk, values={"capacity": 7, "share": 2}, **put)
    teams.set_members(users=[cast.rep.pk, cast.follower.pk], **put)
    assert members(cast.team) == {cast.rep, cast.follower}
    kept = Membership.objects.get(team=cast.team, user=cast.rep)
    assert (kept.capacity, kept.share) == (7, 2)
    teams.remove_member(user=cast.rep.pk, **put)
    assert members(cast.team) == {cast.follower}
    with pytest.raises(NotFound):
        teams.remove_member(user=cast.rep.pk, **put)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": " NORTH "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "West", "leader": 10**9}, "leader"),
        ({"name": "West", "members": [1]}, "members"),
    ],
)
def test_what_cannot_be_is_refused(cast: Any, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        teams.create_team(values=values, by=cast.manager)
    assert list(refused.value.fields) == [field]
    assert Team.objects.count() == 2


def test_a_team_does_not_escalate_to_itself(cast: Any) -> None:
    teams.update_team(team=cast.others.pk, values={"parent": cast.team}, by=cast.manager)
    for parent in (cast.others, cast.team):
        with pytest.raises(Refused) as refused:
            teams.update_team(team=cast.team.pk, values={"parent": parent}, by=cast.manager)
        assert list(refused.value.fields) == ["parent"]


def test_an_unknown_member_is_refused_and_nothing_is_kept(cast: Any) -> None:
    with pytest.raises(Refused):
        teams.set_members(team=cast.team.pk, users=[10**9], by=cast.manager)
    assert members(cast.team) == {cast.rep, cast.mate}


def test_an_edit_from_an_old_state_is_a_conflict(cast: Any) -> None:
    edit = {"team": cast.team.pk, "by": cast.manager, "expected_version": cast.team.version}
    teams.update_team(values={"name": "A"}, **edit)
    with pytest.raises(Conflict):
        teams.update_team(values={"name": "B"}, **edit)


def test_deleting_a_team_logs_its_memberships(cast: Any) -> None:
    teams.delete_team(team=cast.team.pk, by=cast.manager)
    gone = Change.objects.filter(action="deleted").values_list("record_type", flat=True)
    assert sorted(gone) == ["crm.membership", "crm.membership", "crm.team"]
    assert factories.make_team("North").name == "North"
