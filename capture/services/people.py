"""Salespeople, managers and teams that a file names: found, or made as accounts without a login.

A person is known by e-mail, else by name. Who is new gets an inactive account with an address that
no mail reaches; inviting them later gives it a real one. Managers lead a team each, named after
them; where a region is given as well, that is a team above it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from capture.services.registers import imagined_id
from core.folding import email_key, fold
from crm.models import Membership, Team, User
from crm.models.people import Role
from crm.organisation import organisation

#: A domain that is reserved and never resolves (RFC 2606).
DOMAIN = "import.invalid"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom a row names, with the team that it puts them into."""

    name: str = ""
    email: str = ""
    reference: str = ""
    manager: str = ""
    team: str = ""
    region: str = ""


@dataclass
class People:
    """Users and teams by what files call them. `made_users`, `made_teams` count the new ones."""

    rehearsal: bool
    by_name: dict[str, int] = field(default_factory=dict)
    by_email: dict[str, int] = field(default_factory=dict)
    by_reference: dict[str, int] = field(default_factory=dict)
    teams: dict[str, int] = field(default_factory=dict)
    members: set[tuple[int, int]] = field(default_factory=set)
    team_of: dict[int, int] = field(default_factory=dict)
    made_users: int = 0
    made_teams: int = 0

    def load(self) -> None:
        """Read who is there. Of several with one name the active one counts, then the oldest."""
        self.by_name, self.by_email = {}, {}
        for pk, email, name in User.objects.order_by("is_active", "-pk").values_list(
            "pk", "email", "name"
        ):
            self.by_name[fold(name)] = pk
            self.by_email[email] = pk
        self.teams = {fold(name): pk for pk, name in Team.objects.values_list("pk", "name")}
        self.members = set(Membership.objects.values_list("team", "user"))

    def saved(self) -> dict[str, Any]:
        """The state to go back to when a batch is taken back."""
        return {name: copy(value) for name, value in vars(self).items()}

    def find(self, person: Person) -> int | None:
        """The user whom a row means."""
        if person.reference in self.by_reference:
            return self.by_reference[person.reference]
        if person.email:
            found = self.by_email.get(email_key(person.email))
            if found is not None:
                return found
        return self.by_name.get(fold(person.name)) if person.name else None

    def team(self, person: Person) -> int | None:
        """The team that a row names."""
        name = team_name(person)
        return self.teams.get(fold(name)) if name else None

    def learn(self, people: Iterable[Person]) -> None:
        """See that everybody has an account, and that the teams stand as the rows tell."""
        named = list(dict.fromkeys(people))
        managers = [Person(person.manager) for person in named if person.manager]
        self._learn_users(managers, Role.LEADER)
        self._learn_users(named, Role.REP_ALL)
        self._learn_teams(named)
        fresh: list[tuple[int, int]] = []
        for person in named:
            user, team = self.find(person), self.team(person)
            if user is None or team is None:
                continue
            self.team_of[user] = team
            if (team, user) not in self.members:
                self.members.add((team, user))
                fresh.append((team, user))
        if fresh and not self.rehearsal:
            Membership.objects.bulk_create(
                Membership(team_id=team, user_id=user) for team, user in fresh
            )

    def _learn_users(self, people: Sequence[Person], role: Role) -> None:
        fresh: list[tuple[Person, str]] = []
        for person in people:
            if not (person.name or person.email):
                continue
            user = self.find(person)
            if user is None:
                address = self._address(person)
                fresh.append((person, address))
                user = imagined_id()
                self.by_email[address] = user
            self._note(person, user)
        self.made_users += len(fresh)
        if self.rehearsal or not fresh:
            return
        users, ours = [], organisation()
        for person, address in fresh:
            user_row = User(
                email=address,
                name=person.name or address.partition("@")[0],
                role=role,
                language=ours.language,
                time_zone=ours.time_zone,
                is_active=False,
            )
            user_row.set_unusable_password()
            users.append(user_row)
        for (person, address), row in zip(fresh, User.objects.bulk_create(users), strict=True):
            self.by_email[address] = row.pk
            self._note(person, row.pk)

    def _note(self, person: Person, user: int) -> None:
        if person.reference:
            self.by_reference[person.reference] = user
        if person.name:
            self.by_name[fold(person.name)] = user

    def _address(self, person: Person) -> str:
        key = email_key(person.email)
        if key:
            return key
        plain = unicodedata.normalize("NFKD", person.name or person.email).casefold()
        plain = plain.encode("ascii", "ignore").decode()
        local = re.sub(r"[^a-z0-9]+", ".", plain).strip(".")[:60] or "person"
        address, number = f"{local}@{DOMAIN}", 1
        while address in self.by_email:
            number += 1
            address = f"{local}.{number}@{DOMAIN}"
        return address

    def _learn_teams(self, people: Sequence[Person]) -> None:
        # A region first: the teams of its managers escalate to it.
        for person in people:
            if person.region:
                self._put_team(person.region, None, None)
        for person in people:
            name = team_name(person)
            if name and name != person.region:
                leader = self.find(Person(person.manager)) if person.manager else None
                above = self.teams.get(fold(person.region)) if person.region else None
                self._put_team(name, leader, above)

    def _put_team(self, name: str, leader: int | None, above: int | None) -> None:
        if fold(name) in self.teams:
            return
        self.made_teams += 1
        if self.rehearsal:
            self.teams[fold(name)] = imagined_id()
            return
        team = Team.objects.create(name=name, leader_id=leader, parent_id=above)
        self.teams[fold(name)] = team.pk


def team_name(person: Person) -> str:
    """What the team of a row is called: as it says, else after manager and region; "" if none."""
    if person.team:
        return person.team
    if person.manager and person.region:
        return f"{person.region} · {person.manager}"[:100]
    return person.manager[:100] or person.region
