"""The companies and contacts that leads are with, written when they become known."""

from __future__ import annotations

import random

from crm.alike import company_alike, own_domain, person_alike
from crm.models import Company, Contact
from demo.company import Directory, Firm, Person
from demo.life import Deed, Setting, key, pick
from demo.times import iso


def dialled(number: str) -> str:
    """The key of a number that is written with its country code (E.164)."""
    return number.replace(" ", "")


class Acquaintances:
    """Finds or makes the firm and the person of a lead, with the changes that made them."""

    def __init__(self, setting: Setting, rng: random.Random, chapter: int) -> None:
        self.chance = rng.random
        self.words = setting.words
        self.directory = Directory(rng, setting.words, chapter)
        self.companies = setting.records(Company, chapter)
        self.contacts = setting.records(Contact, chapter)

    def firm(self, deed: Deed) -> Firm:
        """A firm that is known already, or one that becomes known now."""
        found = self.directory.find()
        if found is None:
            found = self.directory.found()
            self.write_firm(found, deed)
        return found

    def write_firm(self, firm: Firm, deed: Deed) -> None:
        """Write a firm."""
        town = firm.town
        row = {
            "name": firm.name,
            "name_key": key(firm.name),
            "name_alike": company_alike(firm.name),
            "domain": firm.domain,
            "domain_key": firm.domain,
            "industry": firm.industry,
            "industry_key": key(firm.industry),
            "employees": str(firm.employees),
            "postal_code": town.postal_code,
            "postal_code_key": key(town.postal_code),
            "city": town.name,
            "city_key": key(town.name),
            "country": self.words.country,
            "country_key": key(self.words.country),
            "website": f"https://www.{firm.domain}/",
            "phone": firm.phone,
            "phone_key": dialled(firm.phone),
            "created_at": iso(deed.at),
        }
        if self.chance() < 0.6:
            row["owner_id"] = str(deed.by)
        deed.events.append(self.companies.insert(row, deed.at, deed.cause))
        firm.id = row["id"]

    def person(self, firm: Firm, deed: Deed) -> Person:
        """Somebody at a firm whom we know already, or get to know now."""
        known = [person for person in firm.people if person.id]
        if known and self.chance() < 0.55:
            return pick(self.chance, known)
        person = self.directory.person(firm)
        self.write_person(person, firm, deed)
        return person

    def write_person(self, person: Person, firm: Firm, deed: Deed) -> None:
        """Write a contact."""
        chance = self.chance
        title = pick(chance, self.words.job_titles)
        moment = iso(deed.at)
        row = {
            "name": person.name,
            "name_key": key(person.name),
            "name_alike": person_alike(person.name),
            "company_id": firm.id,
            "job_title": title,
            "job_title_key": key(title),
            "email": person.email,
            "email_key": person.email,
            "domain_key": own_domain(person.email),
            "language": self.words.language,
            "created_at": moment,
        }
        if chance() < 0.4:
            row["mobile"] = self.number()
            row["mobile_key"] = dialled(row["mobile"])
        if chance() < 0.4:
            row["consent"], row["consent_at"] = "given", moment
            row["consent_source"] = self.words.form
        if chance() < 0.6:
            row["owner_id"] = str(deed.by)
        deed.events.append(self.contacts.insert(row, deed.at, deed.cause))
        person.id = row["id"]

    def number(self) -> str:
        """A mobile number."""
        return self.words.telephone(self.words.mobile, int(self.chance() * 10_000))
