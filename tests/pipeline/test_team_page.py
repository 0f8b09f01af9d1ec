"""The page of a team: who gets in, who joins and leaves, how much each carries, what each takes."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.ledger.causes import because
from core.ledger.tables import Cause, Kind
from core.services.undoing import undo_cause
from crm.models import Membership, Team
from crm.services import teams
from crm.teampage import read_members
from pipeline.models import Lead
from pipeline.services.assignment import assign_leads
from pipeline.services.leads import archive_leads
from tests import factories

ENTERS = {"rep": 403, "mate": 403, "stranger": 403, "leader": 200, "manager": 200, "admin": 200}
DEAR = {"all": [{"field": "expected_revenue", "op": ">=", "value": "5000"}]}


@pytest.fixture
def enter(client: Client) -> Any:
    """Log somebody in."""

    def entered(person: Any) -> Client:
        client.force_login(person)
        return client

    return entered


def member(cast: Any, part: str = "rep") -> Membership:
    """How somebody is in the team."""
    found: Membership = Membership.objects.get(team=cast.team, user=cast.people()[part])
    return found


def face(viewer: Any, team: Team, user: Any) -> Any:
    """A row of the page."""
    return next(row for row in read_members(viewer, team) if row.user == user)


def last_cause() -> Any:
    """The cause of what was done last."""
    return Cause.objects.order_by("-started_at")[0]


@pytest.mark.parametrize("part", ENTERS)
def test_managers_and_the_leader_of_the_team_get_in(part: str, cast: Any, enter: Any) -> None:
    client, own = enter(cast.people()[part]), member(cast)
    for address in (
        reverse("team", args=[cast.team.pk]),
        reverse("member", args=[own.pk]),
        reverse("conditions", args=["members-territory"])
        + f"?to=/teams/{cast.team.pk}/&kept=member%3D{own.pk}",
    ):
        assert client.get(address).status_code == ENTERS[part], address
    elsewhere = client.get(reverse("team", args=[cast.others.pk])).status_code
    assert elsewhere == (200 if cast.people()[part].is_manager else 403)
    for gone in (reverse("team", args=[10**9]), reverse("member", args=[10**9])):
        assert client.get(gone).status_code == 404


def test_a_leader_finds_their_teams_in_the_navigation(cast: Any, enter: Any) -> None:
    client = enter(cast.leader)
    assert client.get(reverse("teams")).headers["Location"] == f"/teams/{cast.team.pk}/"
    second = factories.make_team("East", cast.leader)
    page = client.get(reverse("team", args=[cast.team.pk])).content.decode()
    assert f'href="/teams/{second.pk}/"' in page
    assert 'href="/teams/" aria-current="page"' in page
    with because(Kind.SYSTEM, label="test"):
        Team.objects.filter(leader=cast.leader).update(leader=None)
    assert "You lead no team." in client.get(reverse("teams")).content.decode()
    assert 'href="/teams/"' not in enter(cast.rep).get(reverse("profile")).content.decode()


def test_people_join_and_leave_each_with_undo(cast: Any, enter: Any) -> None:
    client = enter(cast.manager)
    join = reverse("team-join", args=[cast.team.pk])
    offered = {user.pk for user in client.get(join).context["form"].fields["users"].queryset}
    assert offered == {
        person.pk for part, person in cast.people().items() if part not in ("rep", "mate")
    }
    client.post(join, {"users": [cast.stranger.pk, cast.follower.pk]})
    assert Membership.objects.filter(team=cast.team).count() == 4
    undo_cause(cause=last_cause().pk, by=cast.manager)
    assert Membership.objects.filter(team=cast.team).count() == 2
    left = member(cast)
    client.post(reverse("member-leave", args=[left.pk]))
    assert list(Membership.objects.filter(team=cast.team)) == [member(cast, "mate")]
    undo_cause(cause=last_cause().pk, by=cast.manager)
    assert member(cast) == left
    assert client.post(join, {}).status_code == 422


def test_a_leader_changes_how_people_are_in_the_team_and_not_who_is(cast: Any, enter: Any) -> None:
    client, own = enter(cast.leader), member(cast)
    address = reverse("member", args=[own.pk])
    assert "is_active" not in client.get(address).context["form"].fields
    sent = {
        "capacity": 12,
        "share": 50,
        "absent_from": "2026-12-01",
        "absent_until": "2026-12-24",
        "version": own.version,
    }
    assert client.post(address, sent).status_code == 302
    own.refresh_from_db()
    assert (own.capacity, own.share, own.is_active) == (12, 50, True)
    assert (own.absent_from, own.absent_until) == (dt.date(2026, 12, 1), dt.date(2026, 12, 24))
    assert client.post(address, sent).status_code == 409
    undo_cause(cause=last_cause().pk, by=cast.leader)
    own.refresh_from_db()
    assert (own.capacity, own.share, own.absent_from) == (30, 100, None)
    for refused in (
        client.get(reverse("team-join", args=[cast.team.pk])),
        client.post(reverse("team-join", args=[cast.team.pk]), {"users": [cast.follower.pk]}),
        client.post(reverse("member-leave", args=[own.pk])),
    ):
        assert refused.status_code == 403
    assert Membership.objects.filter(team=cast.team).count() == 2


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"share": 101}, "share"),
        ({"capacity": -1}, "capacity"),
        ({"absent_from": "2026-12-24", "absent_until": "2026-12-01"}, "absent_until"),
        ({"absent_from": "soon"}, "absent_from"),
    ],
)
def test_what_cannot_be_is_told_beside_its_field(
    sent: Any, field: str, cast: Any, enter: Any
) -> None:
    own = member(cast)
    answer = enter(cast.manager).post(
        reverse("member", args=[own.pk]), {"capacity": 1, "share": 1, "is_active": "on", **sent}
    )
    assert answer.status_code == 422
    assert {name for name in answer.context["form"].errors if name != "__all__"} <= {field}
    assert answer.context["form"].errors
    own.refresh_from_db()
    assert own.capacity == 30


def built(client: Client, own: Membership, name: str, **rows: Any) -> Any:
    """Send the form of a condition."""
    kept = {"to": reverse("team", args=[own.team_id]), "kept": urlencode({"member": own.pk})}
    return client.post(
        reverse("conditions", args=[f"members-{name}"]), {**kept, "m0": "all", **rows}
    )


@pytest.mark.parametrize("part", ["leader", "manager"])
@pytest.mark.parametrize("name", ["territory", "preferred"])
def test_a_condition_is_built_told_and_undone(
    part: str, name: str, cast: Any, enter: Any, stages: Any
) -> None:
    person, own = cast.people()[part], member(cast)
    for amount in (4000, 6000, 7000):
        factories.make_lead(by=cast.manager, team=cast.team.pk, expected_revenue=amount)
    client = enter(person)
    row = {"f0": "expected_revenue", "o0": ">=", "v0": "5000"}
    asked = {"to": f"/teams/{cast.team.pk}/", "kept": f"member={own.pk}", "m0": "all", **row}
    form = client.get(reverse("conditions", args=[f"members-{name}"]), asked).content.decode()
    assert "Met by 2 of the open leads that you see" in form
    assert "Rita Rep · " in form
    assert built(client, own, name, **row).headers["Location"] == f"/teams/{cast.team.pk}/"
    own.refresh_from_db()
    assert getattr(own, name) == DEAR
    page = client.get(reverse("team", args=[cast.team.pk])).content.decode()
    assert "Expected revenue is at least" in page
    assert built(client, own, name).status_code == 302
    own.refresh_from_db()
    assert getattr(own, name) is None
    undo_cause(cause=last_cause().pk, by=person)
    own.refresh_from_db()
    assert getattr(own, name) == DEAR


def test_a_condition_that_means_another_to_each_reader_is_refused(cast: Any, enter: Any) -> None:
    answer = built(enter(cast.manager), member(cast), "territory", f0="owner", o0="=", v0="me")
    assert answer.status_code == 422
    assert "notice bad" in answer.content.decode()
    assert member(cast).territory is None


def test_nobody_else_keeps_a_condition(cast: Any, enter: Any) -> None:
    for person in (cast.rep, cast.mate, cast.stranger):
        row = {"f0": "expected_revenue", "o0": ">=", "v0": "5000"}
        assert built(enter(person), member(cast), "territory", **row).status_code == 403
    assert member(cast).territory is None


def listed(client: Client, address: str) -> int:
    """How many leads the list at an address has."""
    page = client.get(address).content.decode()
    return len(set(re.findall(r'href="/leads/(\d+)/"', page)))


def test_what_somebody_carries_is_what_the_lists_behind_it_hold(
    cast: Any, enter: Any, stages: Any
) -> None:
    """B10: 14 given in the window count, one archived, one won, one lost among them."""
    long_ago = timezone.now() - dt.timedelta(days=40)
    made = [
        factories.make_lead(by=cast.manager, owner=cast.rep.pk, team=cast.team.pk)
        for _place in range(14)
    ]
    factories.make_lead(by=cast.manager, owner=cast.rep.pk, team=cast.team.pk, created_at=long_ago)
    factories.make_lead(by=cast.manager, owner=cast.rep.pk, team=cast.others.pk)
    with because(Kind.PERSON, by=cast.manager):
        archive_leads(leads=[made[0].pk], by=cast.manager)
    client = enter(cast.manager)
    row = face(cast.manager, cast.team, cast.rep)
    assert (row.open, row.new, row.fill, row.is_over) == ("14", "14", 46, False)
    assert listed(client, row.open_url) == 14
    assert listed(client, row.new_url) == 14
    with because(Kind.PERSON, by=cast.manager):
        assign_leads(leads=[made[1].pk, made[2].pk], owner=cast.mate.pk, by=cast.manager)
    row = face(cast.manager, cast.team, cast.rep)
    assert (row.open, row.new) == ("12", "12")
    assert face(cast.manager, cast.team, cast.mate).new == "2"
    assert listed(client, row.new_url) == 12
    with because(Kind.PERSON, by=cast.manager):
        teams.put_member(
            team=cast.team.pk, user=cast.rep.pk, by=cast.manager, values={"capacity": 10}
        )
    row = face(cast.manager, cast.team, cast.rep)
    assert (row.fill, row.is_over) == (100, True)


def test_shares_are_parts_of_what_comes_to_those_who_are_there(cast: Any) -> None:
    put = {"team": cast.team.pk, "by": cast.manager}
    with factories.arranging():
        teams.add_members(users=[cast.follower.pk, cast.stranger.pk], **put)
        teams.put_member(user=cast.rep.pk, values={"share": 50}, **put)
        today = timezone.localdate()
        teams.put_member(user=cast.follower.pk, values={"absent_from": today}, **put)
        teams.put_member(user=cast.stranger.pk, values={"is_active": False}, **put)
    rows = {row.user: row for row in read_members(cast.manager, cast.team)}
    parts = {part: rows[cast.people()[part]].part for part in ("rep", "mate")}
    assert parts == {"rep": "33%", "mate": "67%"}
    assert (rows[cast.follower].part, rows[cast.follower].is_absent) == ("", True)
    assert (rows[cast.stranger].part, rows[cast.stranger].is_active) == ("", False)


@pytest.mark.parametrize(
    ("start", "end", "absent", "words"),
    [
        (None, None, False, ""),
        (0, None, True, "from"),
        (1, None, False, "from"),
        (None, 0, True, "until"),
        (-5, -1, False, ""),
        (-5, 3, True, " to "),
    ],
)
def test_an_absence_holds_from_its_first_to_its_last_day(
    start: Any, end: Any, absent: bool, words: str, cast: Any
) -> None:
    today = timezone.localdate()
    days = {
        name: None if offset is None else today + dt.timedelta(days=offset)
        for name, offset in (("absent_from", start), ("absent_until", end))
    }
    with factories.arranging():
        teams.put_member(team=cast.team.pk, user=cast.rep.pk, by=cast.manager, values=days)
    row = face(cast.manager, cast.team, cast.rep)
    assert row.is_absent is absent
    assert words in row.absence
    assert bool(words) == bool(row.absence)


def test_the_page_costs_the_same_for_two_members_and_for_ten(
    cast: Any, stages: Any, django_assert_num_queries: Any
) -> None:
    for part in ("rep", "mate"):
        factories.make_lead(by=cast.manager, owner=cast.people()[part].pk, team=cast.team.pk)
    with django_assert_num_queries(2):
        read_members(cast.manager, cast.team)
    with factories.arranging():
        people = [factories.make_user().pk for _place in range(8)]
        teams.add_members(team=cast.team.pk, users=people, by=cast.manager)
    with django_assert_num_queries(2):
        assert len(read_members(cast.manager, cast.team)) == 10


def test_teams_are_put_in_order_and_a_new_one_comes_last(cast: Any, enter: Any) -> None:
    client = enter(cast.manager)
    client.post(reverse("setting-new", args=["teams"]), {"name": "West", "is_active": "on"})
    west = Team.objects.get(name="West")
    assert list(Team.objects.in_order())[-1] == west
    wanted = [west.pk, cast.team.pk, cast.others.pk]
    order = reverse("setting-order", args=["teams"])
    assert client.post(order, {"ids": ",".join(map(str, wanted))}).status_code == 302
    assert [team.pk for team in Team.objects.in_order()] == wanted
    page = client.get(reverse("setting", args=["teams"])).content.decode()
    assert f'<a href="/teams/{cast.team.pk}/">2 members</a>' in page
    with because(Kind.PERSON, by=cast.manager):
        last = teams.create_team(values={"name": "Last"}, by=cast.manager)
    assert list(Team.objects.in_order())[-1] == last


def test_a_condition_that_can_no_longer_be_read_is_told_instead_of_breaking_the_page(
    cast: Any, enter: Any
) -> None:
    with factories.arranging():
        own = member(cast)
        own.territory = {"field": "gone", "op": "=", "value": 1}
        own.save()
    page = enter(cast.manager).get(reverse("team", args=[cast.team.pk]))
    assert page.status_code == 200
    assert json.dumps("gone").strip('"') in page.content.decode()
    assert Lead.objects.count() == 0
