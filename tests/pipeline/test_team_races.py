"""People who are put into teams at the same moment: one membership each, one team where that is
the rule."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from crm.models import Membership
from crm.services import teams
from tests import factories
from tests.conftest import Cast
from tests.pipeline.test_merging_races import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def needs_row_locks() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time: there is nothing to race for.")


@pytest.mark.parametrize("turn", range(5))
def test_one_person_put_into_a_team_twice_at_once_is_in_it_once(turn: int, cast: Cast) -> None:
    by, team, user = cast.manager, cast.others.pk, cast.rep.pk
    answers = at_once(
        by,
        lambda: teams.put_member(team=team, user=user, by=by, values={"capacity": 5}),
        lambda: teams.add_members(team=team, users=[user], by=by),
        lambda: teams.put_member(team=team, user=user, by=by, values={"capacity": 5}),
    )
    assert answers == ["done"] * 3
    assert Membership.objects.get(team=team, user=user).capacity in (5, 30)


@pytest.mark.parametrize("turn", range(5))
def test_teams_that_take_one_person_at_once_leave_them_in_one(
    turn: int, cast: Cast, settings: Any
) -> None:
    settings.SINGLE_TEAM = True
    by, user = cast.manager, cast.rep.pk
    wanted = [cast.team.pk, cast.others.pk, factories.make_team("Third").pk]

    def put(team: int) -> Any:
        return lambda: teams.put_member(team=team, user=user, by=by, values={"is_active": True})

    assert at_once(by, *[put(team) for team in wanted]) == ["done"] * 3
    rows = Membership.objects.filter(user=user)
    assert sorted(row.team_id for row in rows) == sorted(wanted)
    assert sum(row.is_active for row in rows) == 1
