"""Whom a believable company knows: firms and their people, named one after the other. Pure."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from demo.vocabulary import Vocabulary


@dataclass(slots=True)
class Person:
    """Somebody who works at a firm."""

    first: str
    last: str
    email: str
    id: int = 0

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.first} {self.last}"


@dataclass(slots=True)
class Firm:
    """A company with those of its people whom we know."""

    name: str
    domain: str
    values: dict[str, Any]
    people: list[Person] = field(default_factory=list)
    id: int = 0


@lru_cache(maxsize=20_000)
def slug(text: str) -> str:
    """A text as a part of an address: small letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("&", " "))
    letters = "".join(c if c.isascii() and c.isalnum() else " " for c in plain if c < "\u0300")
    return "-".join(letters.lower().split())


class Directory:
    """Firms as they become known. `firm` now and then gives one that is known already."""

    def __init__(self, rng: random.Random, words: Vocabulary, number: int = 0) -> None:
        self.rng = rng
        self.words = words
        # Directories of other numbers have other domains.
        self.suffix = f"-{number}" if number else ""
        self.known: list[Firm] = []
        self.domains: dict[str, int] = {}

    def find(self) -> Firm | None:
        """A firm that is known already, or None: it is time for a new one."""
        if not self.known or self.rng.random() < 0.3:
            return None
        return self.rng.choice(self.known)

    def found(self, known: bool = True) -> Firm:
        """A new firm, known from now on unless it is only a name yet."""
        rng, words = self.rng, self.words
        industry, trades = rng.choice(words.industries)
        town = rng.choice(words.towns)
        name, other = rng.sample(words.last_names, 2)
        pattern = rng.choice(words.company_patterns)
        title = pattern.format(name=name, name2=other, town=town.name, trade=rng.choice(trades))
        domain = self._domain(slug(title))
        values = {
            "industry": industry,
            "employees": round(rng.lognormvariate(3.6, 1.1)) + 2,
            "postal_code": town.postal_code,
            "city": town.name,
            "country": words.country,
            "website": f"https://www.{domain}/",
            "phone": words.telephone(town.phone, rng.randrange(10_000)),
        }
        firm = Firm(title, domain, values)
        if known:
            self.known.append(firm)
        return firm

    def _domain(self, name: str) -> str:
        name = name[:50].strip("-")
        times = self.domains[name] = self.domains.get(name, 0) + 1
        place = f"-{times}" if times > 1 else ""
        return f"{name}{place}{self.suffix}.example"

    def person(self, firm: Firm) -> Person:
        """Somebody new at a firm."""
        first, last = (
            self.rng.choice(self.words.first_names),
            self.rng.choice(self.words.last_names),
        )
        address = f"{slug(first)}.{slug(last)}"
        taken = {person.email for person in firm.people}
        email = f"{address}@{firm.domain}"
        if email in taken:
            email = f"{address}{len(firm.people)}@{firm.domain}"
        person = Person(first, last, email)
        firm.people.append(person)
        return person
