"""How leads begin: by the web form, or entered by somebody who knows the company."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import accumulate

from crm.alike import company_alike, own_domain, person_alike
from crm.models import Touch
from demo.acquaintances import Acquaintances, dialled
from demo.company import Person
from demo.life import Deed, Life, Setting, key, pick, rounded
from demo.plan import Turn
from demo.times import DAY, iso
from demo.vocabulary import Route
from demo.why import Why
from demo.writing import Table, Texts
from pipeline.models import Lead, LeadContact, LeadTag

ROLES = ("decision_maker", "champion", "user", "buyer")
STARS = ("", "", "1", "1", "2", "3")
TAGS_ON_A_LEAD = (1, 2, 2, 3, 3, 3, 4, 4, 5)
SITE = "https://www.demo.example/"
PAGES = ("", "offer", "contact", "prices")


class Beginnings:
    """Makes leads with where they came from, their tags, and whom they are with."""

    def __init__(self, setting: Setting, rng: random.Random, why: Why, chapter: int) -> None:
        self.setting = setting
        self.rng = rng
        self.chance = rng.random
        self.words = setting.words
        self.world = setting.world
        self.why = why
        self.weights = list(accumulate(route.weight for route, *_ in setting.world.routes))
        self.selling = list(accumulate(setting.world.weights))
        self.known = Acquaintances(setting, rng, chapter)
        self.leads = setting.records(Lead, chapter)
        self.on_leads = setting.records(LeadContact, chapter)
        self.touches = setting.records(Touch, chapter)
        self.tags = Table(LeadTag, ("lead_id", "tag_id"))

    def begin(self, number: int, way: Sequence[Turn]) -> Life:
        """A new lead that goes this way; its row is not written yet."""
        rng, chance, world = self.rng, self.chance, self.world
        at, stage, status = way[0]
        moment = iso(at)
        seller = rng.choices(world.sellers, cum_weights=self.selling)[0]
        offer, product = pick(chance, world.offers)
        project = pick(chance, offer.projects)
        title = self._title(project, at)
        route, source, medium, campaign = rng.choices(world.routes, cum_weights=self.weights)[0]
        row = {
            "id": self.leads.number(),
            "version": "1",
            "updated_at": moment,
            "title": title,
            "title_key": key(title),
            "created_at": moment,
            "kind": "lead",
            "status": status,
            "pipeline_id": world.pipeline_text,
            "stage_id": world.stage_texts[stage],
            "probability_stage": world.odds[stage],
            "position": self.setting.place(at, number),
            "currency": world.currency,
            "source_id": source,
            "medium_id": medium,
        }
        if campaign:
            row["campaign_id"] = campaign
        if chance() < 0.8:
            row["product_id"] = product
        life = Life(number, way, seller, offer.price * rng.lognormvariate(0, 0.55), row)
        by_form = bool(route.referrer) and chance() < 0.5
        if by_form or (route.referrer and chance() < 0.3):
            self._arrive(life, route, at)
        cause = self._captured(life, project, at) if by_form else self._entered(life, at)
        life.stand(at)
        life.show(at)
        self._tag(life, at, cause)
        if by_form:
            self._assign(life, at)
        return life

    def _title(self, project: str, at: int) -> str:
        detail = pick(self.chance, self.words.details)
        if not detail:
            return project
        if detail == "{year}":
            return f"{project} {1971 + int(at / DAY / 365.2425)}"
        return f"{project}, {detail}"

    def _tag(self, life: Life, at: int, cause: str) -> None:
        """Three tags on average, in the order of their names."""
        tags = self.world.tags
        places = self.rng.sample(range(len(tags)), pick(self.chance, TAGS_ON_A_LEAD))
        places.sort()
        life.tags = [tags[place] for place in places]
        members = [tag for tag, _ in life.tags]
        lead = life.row["id"]
        self.tags.lines += [f"{lead}\t{tag}" for tag in members]
        life.events.append(self.leads.add_to_set(life.row, "tags", members, at, cause))

    def _arrive(self, life: Life, route: Route, at: int) -> None:
        """The visits to the website before the lead."""
        chance, row = self.chance, life.row
        visitor = f"{self.rng.getrandbits(64):016x}"
        arrived = at - 120 - int(chance() * 1700)
        if chance() < 0.2:
            earlier = arrived - int((1 + chance() * 20) * DAY)
            row["first_touch_id"] = self._touch(life, route, visitor, earlier)
        row["last_touch_id"] = self._touch(life, route, visitor, arrived)
        row.setdefault("first_touch_id", row["last_touch_id"])

    def _touch(self, life: Life, route: Route, visitor: str, at: int) -> str:
        touch = {
            "visitor": visitor,
            "landing_url": SITE + pick(self.chance, PAGES),
            "referrer": route.referrer,
            "at": iso(at),
        }
        for name in ("source_id", "medium_id", "campaign_id"):
            if name in life.row:
                touch[name] = life.row[name]
        life.events.append(self.touches.insert(touch, at, self.why.form(at)))
        return touch["id"]

    def _captured(self, life: Life, project: str, at: int) -> str:
        """The lead came by the web form: a name, an address, a message; nobody owns it yet."""
        row = life.row
        firm = life.firm = self.known.directory.found(known=False)
        person = self.known.directory.person(firm)
        life.people.append(person)
        row["contact_name"] = person.name
        row["contact_name_key"] = key(person.name)
        row["contact_name_alike"] = person_alike(person.name)
        row["company_name"] = firm.name
        row["company_name_key"] = key(firm.name)
        row["company_name_alike"] = company_alike(firm.name)
        row["email"] = row["email_key"] = person.email
        row["domain_key"] = own_domain(person.email)
        if self.chance() < 0.6:
            row["phone"] = self.known.number()
            row["phone_key"] = dialled(row["phone"])
        row["description"] = pick(self.chance, self.words.messages).format(
            project=project, first=person.first, last=person.last
        )
        cause = self.why.form(at)
        life.events.append(self.leads.created(row, at, cause))
        return cause

    def _entered(self, life: Life, at: int) -> str:
        """A salesperson entered the lead, with a company and somebody there."""
        chance, row, seller = self.chance, life.row, life.seller
        deed = Deed(seller.id, at, self.why.person(seller.id, at), life.events)
        firm = life.firm = self.known.firm(deed)
        life.assigned = at
        row["owner_id"] = str(seller.id)
        row["team_id"] = str(seller.team)
        row["assigned_at"] = row["created_at"]
        row["company_id"] = firm.id
        if chance() < 0.6:
            row["expected_revenue"] = rounded(life.price)
        stars = pick(chance, STARS)
        if stars:
            row["stars_manual"] = stars
        life.events.append(self.leads.created(row, at, deed.cause))
        person = self.known.person(firm, deed)
        life.people.append(person)
        self.put_on(life, person, pick(chance, ROLES) if chance() < 0.8 else "", deed)
        if chance() < 0.15:
            other = self.known.person(firm, deed)
            if other is not person:
                life.people.append(other)
                self.put_on(life, other, pick(chance, ROLES), deed)
        return deed.cause

    def put_on(self, life: Life, person: Person, role: str, deed: Deed) -> None:
        """Put somebody on a lead; the first one is the main contact."""
        main = "true" if person is life.people[0] else "false"
        row: Texts = {"lead_id": life.row["id"], "contact_id": person.id, "is_main": main}
        if role:
            row["role"] = role
        deed.events.append(self.on_leads.insert(row, deed.at, deed.cause))

    def _assign(self, life: Life, at: int) -> None:
        """The team's leader gives the lead to somebody, unless it has only just come in."""
        until = life.way[1].at if len(life.way) > 1 else self.setting.days.now
        wait = 300 + int(self.chance() * DAY / 2)
        if wait > until - at:
            if len(life.way) == 1:
                return
            wait = (until - at) // 2
        given = life.assigned = at + wait
        seller = life.seller
        values = {
            "owner_id": str(seller.id),
            "team_id": str(seller.team),
            "assigned_at": iso(given),
        }
        life.change(self.leads, values, given, self.why.person(seller.leader, given))
