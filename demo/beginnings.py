"""How leads begin: by the web form, or entered by somebody who knows the company."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate

from crm.models import Touch
from demo.acquaintances import Acquaintances, dialled
from demo.company import Person
from demo.life import Life, Setting, key, moment, rounded
from demo.plan import DAY, Turn
from demo.vocabulary import Route
from demo.why import Why
from demo.writing import Deed, Row, Table
from pipeline.models import Lead, LeadContact, LeadTag

ROLES = ("decision_maker", "champion", "user", "buyer")
TAGS_ON_A_LEAD = (1, 2, 2, 3, 3, 3, 4, 4, 5)
SITE = "https://www.demo.example"
#: What a new lead is before anything is known of it.
NEW: Row = {
    "kind": "lead",
    "status": "open",
    "owner_id": None,
    "team_id": None,
    "company_id": None,
    "assigned_at": None,
    "expected_revenue": None,
    "expected_close": None,
    "timeframe": "",
    "contact_name": "",
    "company_name": "",
    "email": "",
    "probability_manual": None,
    "archived_at": None,
}


class Beginnings:
    """Makes leads with where they came from, their tags, and whom they are with."""

    def __init__(self, setting: Setting, rng: random.Random, why: Why, chapter: int) -> None:
        self.setting = setting
        self.rng = rng
        self.words = setting.words
        self.world = setting.world
        self.why = why
        self.weights = list(accumulate(route.weight for route, *_ in setting.world.routes))
        self.selling = list(accumulate(setting.world.weights))
        self.known = Acquaintances(setting, rng, chapter)
        self.leads = setting.records(Lead, chapter)
        self.on_leads = setting.records(LeadContact, chapter)
        self.touches = setting.records(Touch, chapter)
        self.tags = Table(LeadTag, setting.vendor, ("lead_id", "tag_id"))

    def begin(self, number: int, way: Sequence[Turn]) -> Life:
        """A new lead that goes this way; its row is not written yet."""
        rng, world = self.rng, self.world
        at = moment(way[0].at)
        seller = rng.choices(world.sellers, cum_weights=self.selling)[0]
        offer, product = rng.choice(world.offers)
        project, detail = rng.choice(offer.projects), rng.choice(self.words.details)
        title = project
        if detail:
            year = detail == "{year}"
            title = f"{project} {at.year + 1}" if year else f"{project}, {detail}"
        route, source, medium, campaign = rng.choices(world.routes, cum_weights=self.weights)[0]
        row = self.leads.new(
            {
                **NEW,
                "title": title,
                "title_key": key(title),
                "created_at": at,
                "pipeline_id": world.pipeline.pk,
                "stage_id": world.stages[way[0].stage].pk,
                "probability_stage": Decimal(world.stages[way[0].stage].probability),
                "position": self.setting.place(way[0].at, number),
                "currency": world.pipeline.currency,
                "source_id": source,
                "medium_id": medium,
                "campaign_id": campaign,
                "product_id": product if rng.random() < 0.8 else None,
            },
            at,
        )
        amount = rounded(offer.price * rng.lognormvariate(0, 0.55))
        life = Life(number, way, seller, amount, row)
        by_form = bool(route.referrer) and rng.random() < 0.5
        if by_form or (route.referrer and rng.random() < 0.3):
            self._arrive(life, route, at)
        cause = self._captured(life, project, at) if by_form else self._entered(life, at)
        life.follow(None, at)
        self._tag(life, at, cause)
        if row["owner_id"] is None:
            self._assign(life, at)
        return life

    def _tag(self, life: Life, at: dt.datetime, cause: uuid.UUID) -> None:
        """Three tags on average, in the order of their names."""
        tags = self.world.tags
        places = self.rng.sample(range(len(tags)), self.rng.choice(TAGS_ON_A_LEAD))
        life.tags = [tags[place] for place in sorted(places)]
        members = [tag for tag, _ in life.tags]
        for tag in members:
            self.tags.add((life.row["id"], tag))
        life.events.append(self.leads.add_to_set(life.row, "tags", members, at, cause))

    def _arrive(self, life: Life, route: Route, at: dt.datetime) -> None:
        """The visits to the website before the lead."""
        rng, row = self.rng, life.row
        visitor = f"{rng.getrandbits(64):016x}"
        visits = [at - dt.timedelta(seconds=rng.randrange(120, 1800))]
        if rng.random() < 0.2:
            visits.insert(0, visits[0] - dt.timedelta(seconds=rng.randrange(DAY, 20 * DAY)))
        for place, arrived in enumerate(visits):
            touch = self.touches.new(
                {
                    "visitor": visitor,
                    "landing_url": f"{SITE}/{rng.choice(('', 'offer', 'contact', 'prices'))}",
                    "referrer": route.referrer,
                    "source_id": row["source_id"],
                    "medium_id": row["medium_id"],
                    "campaign_id": row["campaign_id"],
                    "at": arrived,
                },
                arrived,
            )
            self.touches.write(touch)
            life.events.append(self.touches.created(touch, arrived, self.why.form(arrived)))
            if place == 0:
                row["first_touch_id"] = touch["id"]
            row["last_touch_id"] = touch["id"]

    def _captured(self, life: Life, project: str, at: dt.datetime) -> uuid.UUID:
        """The lead came by the web form: a name, an address, a message; nobody owns it yet."""
        rng, row = self.rng, life.row
        firm = life.firm = self.known.directory.found(known=False)
        person = self.known.directory.person(firm)
        life.people.append(person)
        phone = self.known.number() if rng.random() < 0.6 else ""
        row.update(
            contact_name=person.name,
            contact_name_key=key(person.name),
            company_name=firm.name,
            company_name_key=key(firm.name),
            email=person.email,
            email_key=person.email,
            phone=phone,
            phone_key=dialled(phone),
            description=rng.choice(self.words.messages).format(
                project=project, first=person.first, last=person.last
            ),
        )
        cause = self.why.form(at)
        life.events.append(self.leads.created(row, at, cause))
        return cause

    def _entered(self, life: Life, at: dt.datetime) -> uuid.UUID:
        """A salesperson entered the lead, with a company and somebody there."""
        rng, row, seller = self.rng, life.row, life.seller
        deed = Deed(seller.id, at, self.why.person(seller.id, at), life.events)
        firm = life.firm = self.known.firm(deed)
        row.update(
            owner_id=seller.id,
            team_id=seller.team,
            assigned_at=at,
            company_id=firm.id,
            expected_revenue=life.amount if rng.random() < 0.6 else None,
            stars_manual=rng.choice((None, None, 1, 1, 2, 3)),
        )
        life.events.append(self.leads.created(row, at, deed.cause))
        person = self.known.person(firm, deed)
        life.people.append(person)
        self.put_on(life, person, rng.choice((*ROLES, "")), deed)
        if rng.random() < 0.15:
            other = self.known.person(firm, deed)
            if other is not person:
                life.people.append(other)
                self.put_on(life, other, rng.choice(ROLES), deed)
        return deed.cause

    def put_on(self, life: Life, person: Person, role: str, deed: Deed) -> None:
        """Put somebody on a lead; the first one is the main contact."""
        row = self.on_leads.new(
            {
                "lead_id": life.row["id"],
                "contact_id": person.id,
                "role": role,
                "is_main": person is life.people[0],
            },
            deed.at,
        )
        self.on_leads.write(row)
        deed.events.append(self.on_leads.created(row, deed.at, deed.cause))

    def _assign(self, life: Life, at: dt.datetime) -> None:
        """The team's leader gives the lead to somebody, unless it has only just come in."""
        until = life.way[1].at if len(life.way) > 1 else self.setting.days.now.timestamp()
        wait = self.rng.randrange(300, DAY // 2)
        if wait > until - life.way[0].at:
            if len(life.way) == 1:
                return
            wait = int((until - life.way[0].at) / 2)
        given = at + dt.timedelta(seconds=wait)
        seller = life.seller
        values = {"owner_id": seller.id, "team_id": seller.team, "assigned_at": given}
        life.change(self.leads, values, given, self.why.person(seller.leader, given))
