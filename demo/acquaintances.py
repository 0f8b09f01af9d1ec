"""The companies and contacts that leads are with, written when they become known."""

from __future__ import annotations

import random

from crm.models import Company, Contact
from demo.company import Directory, Firm, Person
from demo.life import Setting, key
from demo.writing import Deed


def dialled(number: str) -> str:
    """The key of a number that is written with its country code (E.164)."""
    return number.replace(" ", "")


class Acquaintances:
    """Finds or makes the firm and the person of a lead, with the changes that made them."""

    def __init__(self, setting: Setting, rng: random.Random, chapter: int) -> None:
        self.rng = rng
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
        values = firm.values
        row = self.companies.new(
            {
                **values,
                "name": firm.name,
                "name_key": key(firm.name),
                "domain": firm.domain,
                "domain_key": firm.domain,
                "industry_key": key(values["industry"]),
                "postal_code_key": key(values["postal_code"]),
                "city_key": key(values["city"]),
                "country_key": key(values["country"]),
                "phone_key": dialled(values["phone"]),
                "owner_id": deed.by if self.rng.random() < 0.6 else None,
                "created_at": deed.at,
            },
            deed.at,
        )
        firm.id = row["id"]
        self.companies.write(row)
        deed.events.append(self.companies.created(row, deed.at, deed.cause))

    def person(self, firm: Firm, deed: Deed) -> Person:
        """Somebody at a firm whom we know already, or get to know now."""
        known = [person for person in firm.people if person.id]
        if known and self.rng.random() < 0.55:
            return self.rng.choice(known)
        person = self.directory.person(firm)
        self.write_person(person, firm, deed)
        return person

    def write_person(self, person: Person, firm: Firm, deed: Deed) -> None:
        """Write a contact."""
        rng = self.rng
        title = rng.choice(self.words.job_titles)
        mobile = self.number() if rng.random() < 0.4 else ""
        given = rng.random() < 0.4
        row = self.contacts.new(
            {
                "name": person.name,
                "name_key": key(person.name),
                "company_id": firm.id,
                "job_title": title,
                "job_title_key": key(title),
                "email": person.email,
                "email_key": person.email,
                "mobile": mobile,
                "mobile_key": dialled(mobile),
                "language": self.words.language,
                "consent": "given" if given else "unknown",
                "consent_at": deed.at if given else None,
                "consent_source": self.words.form if given else "",
                "owner_id": deed.by if rng.random() < 0.6 else None,
                "created_at": deed.at,
            },
            deed.at,
        )
        person.id = row["id"]
        self.contacts.write(row)
        deed.events.append(self.contacts.created(row, deed.at, deed.cause))

    def number(self) -> str:
        """A mobile number."""
        return self.words.telephone(self.words.mobile, self.rng.randrange(10_000))
