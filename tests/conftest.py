"""What all tests share: the cast of people and the first pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import translation

from crm.models import Team, User
from tests import factories
from tests.budgets import query_budget  # noqa: F401  (a fixture)


@dataclass(frozen=True)
class Cast:
    """The people of a test, and the two teams they are in.

    `leader` leads `team`, of which `rep` and `mate` are members; `stranger` is a rep of `others`.
    `follower` belongs to no team: follow a lead with them to see what following opens.
    """

    rep: User
    mate: User
    leader: User
    manager: User
    stranger: User
    follower: User
    admin: User
    team: Team
    others: Team

    def people(self) -> dict[str, User]:
        """Everyone by the name of their part."""
        parts = ("rep", "mate", "leader", "manager", "stranger", "follower", "admin")
        return {part: getattr(self, part) for part in parts}


@pytest.fixture
def cast(db: None) -> Cast:
    """Rep (own leads), mate (their teams' leads), leader, manager, stranger, follower, admin."""
    rep = factories.make_user("Rita Rep", "rep")
    mate = factories.make_user("Max Mate", "rep_team")
    leader = factories.make_user("Lea Leader", "leader")
    manager = factories.make_user("Mona Manager", "manager")
    stranger = factories.make_user("Sten Stranger", "rep")
    follower = factories.make_user("Fay Follower", "rep")
    admin = factories.make_user("Ada Admin", "admin")
    return Cast(
        rep=rep,
        mate=mate,
        leader=leader,
        manager=manager,
        stranger=stranger,
        follower=follower,
        admin=admin,
        team=factories.make_team("North", leader, [rep, mate]),
        others=factories.make_team("South", None, [stranger]),
    )


@pytest.fixture
def rep(cast: Cast) -> User:
    """A salesperson who sees own and unassigned leads."""
    return cast.rep


@pytest.fixture
def mate(cast: Cast) -> User:
    """A salesperson who sees the leads of their teams."""
    return cast.mate


@pytest.fixture
def leader(cast: Cast) -> User:
    """The leader of the team of rep and mate."""
    return cast.leader


@pytest.fixture
def manager(cast: Cast) -> User:
    """Somebody who sees and changes everything."""
    return cast.manager


@pytest.fixture
def stranger(cast: Cast) -> User:
    """A salesperson of another team."""
    return cast.stranger


@pytest.fixture
def follower(cast: Cast) -> User:
    """A salesperson without a team, who follows what the test says."""
    return cast.follower


@pytest.fixture
def admin(cast: Cast) -> User:
    """The person who runs the installation."""
    return cast.admin


@pytest.fixture
def team(cast: Cast) -> Team:
    """The team of rep, mate and leader."""
    return cast.team


@pytest.fixture
def pipeline(db: None) -> Any:
    """The first pipeline, as every installation starts with it."""
    from pipeline.models import Pipeline

    return Pipeline.objects.order_by("sequence", "id").first()


@pytest.fixture
def stages(pipeline: Any) -> list[Any]:
    """Its stages, from New to Won."""
    return list(pipeline.stages.in_order())


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """No test sees what another has cached: throttles, gates."""
    cache.clear()
    yield


@pytest.fixture(autouse=True)
def one_language() -> Iterator[None]:
    """No test speaks the language that another has left behind."""
    with translation.override(settings.LANGUAGE_CODE):
        yield
