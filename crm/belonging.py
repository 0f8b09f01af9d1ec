"""Which team somebody's new lead belongs to: the first of their teams, unless the place where it is
made says another.

The rule: a person belongs to the teams that they lead and to those that they are an active member
of. The first in the order of the teams is theirs by default; of teams with the same place the
newest. A team that is given with the place (that a stage or a pipeline is limited to) wins over
that order only if the person belongs to it, or belongs to none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import QuerySet, Value

from crm.models import Membership, Team

PERSON = "person"
#: What somebody or something has to do with a team: (what, its id).
Place = tuple[str, int]


def linked(what: str, rows: QuerySet[Any], key: str, team: str = "team") -> QuerySet[Any]:
    """The teams of `rows` by the column `key`, as `Belonging.read` takes them."""
    sequence = "sequence" if team == "pk" else f"{team}__sequence"
    return rows.order_by().values_list(Value(what), key, team, sequence)


class Belonging:
    """The teams of people and of places."""

    def __init__(self, rows: Iterable[tuple[str, int, int, int]] = ()) -> None:
        found: dict[Place, set[tuple[int, int]]] = defaultdict(set)
        for what, key, team, sequence in rows:
            found[what, key].add((sequence, -team))
        self.teams = {
            place: [-negative for _sequence, negative in sorted(teams)]
            for place, teams in found.items()
        }

    @classmethod
    def read(cls, people: Collection[int | None], *places: QuerySet[Any]) -> Belonging:
        """The active teams of people, and of places (made by `linked`), in one query."""
        members = Membership.objects.active().filter(user__in=people)
        led = Team.objects.filter(leader__in=people, is_active=True)
        rows = linked(PERSON, members, "user_id", "team")
        return cls(rows.union(linked(PERSON, led, "leader_id", "pk"), *places, all=True))

    def of(self, user: int | None) -> list[int]:
        """The teams that a person belongs to, in order."""
        return self.teams.get((PERSON, user), []) if user is not None else []

    def default(self, user: int | None, *given: Place) -> int | None:
        """The team of a person's new lead; `given` are the places that say another, nearest
        first."""
        own = self.of(user)
        teams = [team for place in given for team in self.teams.get(place, [])]
        for team in teams:
            if team in own or not own:
                return team
        return own[0] if own else None


__all__ = ["PERSON", "Belonging", "Place", "linked"]
