"""Who works at the believable company, in which teams, and what it sells under which names."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import models

from core.folding import fold
from crm.models import Campaign, Medium, Membership, Product, Source, Tag, Team, User
from crm.models.people import Role
from crm.organisation import organisation
from demo.company import slug
from demo.loading import load, next_id, number_on, pack
from demo.vocabulary import Offer, Route, Vocabulary
from demo.writing import Ledger, Records
from pipeline.currencies import currency_of
from pipeline.models import ActivityType, LostReason, Pipeline, Stage

DOMAIN = "demo.example"
PASSWORD = "demo"  # noqa: S105 - refused wherever it is not a demo
CAST = (
    ("admin", Role.ADMIN),
    ("manager", Role.MANAGER),
    ("leader", Role.LEADER),
    ("rep", Role.REP),
    ("mate", Role.REP_TEAM),
)
#: What colleagues beside the cast may see, taken in turns.
ROLES = (Role.REP_TEAM, Role.REP_ALL, Role.REP)


class NotReady(Exception):
    """The database lacks what a company needs; the message says what."""


@dataclass(frozen=True, slots=True)
class Seller:
    """Somebody who owns leads, and the team they are in."""

    id: int
    team: int
    leader: int


@dataclass(slots=True)
class World:
    """What leads are made of."""

    pipeline: Pipeline
    stages: Sequence[Stage]
    reasons: Sequence[int]
    types: Sequence[int]
    # Ids with their names, in the order in which the database sorts them.
    tags: Sequence[tuple[int, str]] = ()
    # Products, and sources, mediums and campaigns, by the texts of their ids.
    offers: Sequence[tuple[Offer, str]] = ()
    routes: Sequence[tuple[Route, str, str, str]] = ()
    sellers: list[Seller] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)
    # Read here: those who tell the lives are processes of their own, without a database.
    currency: str = field(init=False)
    pipeline_text: str = field(init=False)
    stage_texts: Sequence[str] = field(init=False)
    odds: Sequence[str] = field(init=False)

    def __post_init__(self) -> None:
        self.currency = currency_of(self.pipeline)
        self.pipeline_text = str(self.pipeline.pk)
        self.stage_texts = [str(stage.pk) for stage in self.stages]
        self.odds = [f"{stage.probability}.00" for stage in self.stages]


class Founding:
    """Makes the records that a company has before its first lead, and writes them at once."""

    def __init__(
        self,
        rng: random.Random,
        words: Vocabulary,
        ledger: Ledger,
        cause: str,
        at: int,
    ) -> None:
        self.rng = rng
        self.words = words
        self.ledger = ledger
        self.cause = cause
        self.at = at

    def found(self, users: int) -> World:
        """The company with `users` people, at least the cast."""
        world = self._start()
        people = self._people(users)
        self._teams(world, people)
        words = self.words
        tags = self._named(Tag, [{"name": name, "colour": colour} for name, colour in words.tags])
        ranked = Tag.objects.filter(pk__in=tags.values()).order_by("name", "pk")
        world.tags = list(ranked.values_list("pk", "name"))
        products = self._named(
            Product,
            [{"code": o.code, "name": o.name, "list_price": o.price} for o in words.offers],
            squeeze=True,
        )
        world.offers = [(o, str(products[fold(o.name).replace(" ", "")])) for o in words.offers]
        sources = self._named(Source, [{"name": route.source} for route in words.routes])
        media = self._named(Medium, [{"name": route.medium} for route in words.routes])
        campaigns = self._named(
            Campaign, [{"name": route.campaign} for route in words.routes if route.campaign]
        )
        world.routes = [
            (
                route,
                str(sources[fold(route.source)]),
                str(media[fold(route.medium)]),
                str(campaigns.get(fold(route.campaign), "")),
            )
            for route in words.routes
        ]
        return world

    def _start(self) -> World:
        pipeline = Pipeline.objects.active().order_by("sequence", "id").first()
        reasons = LostReason.objects.filter(is_active=True)
        types = ActivityType.objects.filter(is_active=True)
        if pipeline is None:
            raise NotReady("There is no pipeline: run migrate first.")
        stages = list(Stage.objects.active().filter(pipeline=pipeline).for_team(None).in_order())
        stages.sort(key=lambda stage: stage.is_won)
        opened = [stage for stage in stages if not stage.is_won]
        if not opened or len(opened) == len(stages):
            raise NotReady("The first pipeline needs an open stage and a won one.")
        world = World(
            pipeline,
            stages[: len(opened) + 1],
            list(reasons.values_list("pk", flat=True)),
            list(types.values_list("pk", flat=True)),
        )
        if not world.reasons or not world.types:
            raise NotReady("There must be a lost reason and an activity type.")
        return world

    def _insert(self, model: type[models.Model], instances: Sequence[Any]) -> list[int]:
        """Write new records with their changes; their ids."""
        if not instances:
            return []
        records = Records(model, next_id(model))
        ids = []
        for instance in instances:
            row = records.texts(instance)
            self.ledger.add([records.insert(row, self.at, self.cause)])
            ids.append(int(row["id"]))
        load(pack(records.table))
        number_on(model, ids[-1])
        return ids

    def _named(
        self, model: Any, wanted: Sequence[dict[str, Any]], squeeze: bool = False
    ) -> dict[str, int]:
        """Ids of records by their folded names; those that exist already are taken as they are."""
        values = {}
        for item in wanted:
            key = fold(item["name"])
            values[key.replace(" ", "") if squeeze else key] = item
        known = dict(model.objects.filter(name_key__in=values).values_list("name_key", "pk"))
        missing = [key for key in values if key not in known]
        made = self._insert(model, [model(**values[key]) for key in missing])
        return {**known, **dict(zip(missing, made, strict=True))}

    def _people(self, count: int) -> list[tuple[int, str]]:
        """Ids and roles of the people: the cast, then colleagues."""
        secret, none = make_password(PASSWORD), make_password(None)
        wanted = [
            (f"{part}@{DOMAIN}", name, role, secret)
            for (part, role), name in zip(CAST, self.words.cast, strict=True)
        ]
        taken = {email for email, *_ in wanted}
        teams = max(count // 2, 1)
        while len(wanted) < count:
            name = f"{self.rng.choice(self.words.first_names)} {self._last_name()}"
            email = f"{slug(name).replace('-', '.')}@{DOMAIN}"
            if email in taken:
                email = email.replace("@", f"{len(wanted)}@")
            taken.add(email)
            leads = len(wanted) - len(CAST) < teams - 1
            role = Role.LEADER if leads else ROLES[len(wanted) % len(ROLES)]
            wanted.append((email, name, role, none))
        known = dict(User.objects.filter(email__in=taken).values_list("email", "pk"))
        missing = [item for item in wanted if item[0] not in known]
        began, zone = dt.datetime.fromtimestamp(self.at, dt.UTC), organisation().time_zone
        made = self._insert(
            User,
            [
                User(
                    email=email,
                    name=name,
                    role=role,
                    password=password,
                    created_at=began,
                    time_zone=zone,
                )
                for email, name, role, password in missing
            ],
        )
        known.update(zip((item[0] for item in missing), made, strict=True))
        return [(known[email], role) for email, _, role, _ in wanted]

    def _last_name(self) -> str:
        return self.rng.choice(self.words.last_names)

    def _teams(self, world: World, people: Sequence[tuple[int, str]]) -> None:
        """A team for every two people: that of the cast's leader, rep and mate, and the others."""
        (_admin, _manager, leader, rep, mate), colleagues = people[: len(CAST)], people[len(CAST) :]
        count = max(len(people) // 2, 1)
        leading = [leader[0], *(person for person, _ in colleagues[: count - 1])]
        names = [self._team_name(place) for place in range(len(leading))]
        known = dict(Team.objects.filter(name__in=names).values_list("name", "pk"))
        missing = [place for place, name in enumerate(names) if name not in known]
        made = self._insert(
            Team,
            [
                Team(name=names[place], leader_id=leading[place], sequence=place + 1)
                for place in missing
            ],
        )
        known.update(zip((names[place] for place in missing), made, strict=True))
        teams = [known[name] for name in names]
        members = [(person, 0) for person in (leader[0], rep[0], mate[0])]
        for place, (person, _role) in enumerate(colleagues):
            own = place + 1 < count
            members.append((person, place + 1 if own else 1 + place % max(count - 1, 1)))
        rows = []
        for person, wanted in members:
            place = min(wanted, len(teams) - 1)
            rows.append(Membership(user_id=person, team_id=teams[place]))
            world.sellers.append(Seller(person, teams[place], leading[place]))
            # The cast has a little more to do, so that their own boards are not empty.
            world.weights.append(2 if person in (rep[0], mate[0]) else 1)
        there = set(Membership.objects.filter(team__in=teams).values_list("user", "team"))
        self._insert(Membership, [row for row in rows if (row.user_id, row.team_id) not in there])

    def _team_name(self, place: int) -> str:
        names = self.words.teams
        turn, name = divmod(place, len(names))
        return names[name] if not turn else f"{names[name]} {turn + 1}"
