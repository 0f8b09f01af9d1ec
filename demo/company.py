"""Whom a believable company knows: firms and their people, named one after the other. Pure."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

from demo.vocabulary import Town, Vocabulary


@dataclass(slots=True)
class Person:
    """Somebody who works at a firm; with an id once we know them."""

    first: str
    last: str
    email: str
    id: str = ""

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.first} {self.last}"


@dataclass(slots=True)
class Firm:
    """A company with those of its people whom we have heard of; with an id once we know it."""

    name: str
    domain: str
    industry: str
    employees: int
    town: Town
    phone: str
    people: list[Person] = field(default_factory=list)
    id: str = ""


@lru_cache(maxsize=20_000)
def slug(text: str) -> str:
    """A text as a part of an address: small letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("&", " "))
    letters = "".join(c if c.isascii() and c.isalnum() else " " for c in plain if c < "\u0300")
    return "-".join(letters.lower().split())


class Directory:
    """Firms as they become known. `find` now and then gives one that is known already."""

    def __init__(self, rng: random.Random, words: Vocabulary, number: int = 0) -> None:
        self.rng = rng
        self.chance = rng.random
        self.words = words
        # Directories of other numbers have other domains.
        self.suffix = f"-{number}" if number else ""
        self.known: list[Firm] = []
        self.domains: dict[str, int] = {}

    def find(self) -> Firm | None:
        """A firm that is known already, or None: it is time for a new one."""
        if not self.known or self.chance() < 0.3:
            return None
        return self.known[int(self.chance() * len(self.known))]

    def found(self, known: bool = True) -> Firm:
        """A new firm, known from now on unless it is only a name yet."""
        chance, words = self.chance, self.words
        industry, trades = words.industries[int(chance() * len(words.industries))]
        town = words.towns[int(chance() * len(words.towns))]
        name, other = self.rng.sample(words.last_names, 2)
        pattern = words.company_patterns[int(chance() * len(words.company_patterns))]
        trade = trades[int(chance() * len(trades))]
        title = pattern.format(name=name, name2=other, town=town.name, trade=trade)
        firm = Firm(
            title,
            self._domain(slug(title)),
            industry,
            round(self.rng.lognormvariate(3.6, 1.1)) + 2,
            town,
            words.telephone(town.phone, int(chance() * 10_000)),
        )
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
        chance, words = self.chance, self.words
        first = words.first_names[int(chance() * len(words.first_names))]
        last = words.last_names[int(chance() * len(words.last_names))]
        email = f"{slug(first)}.{slug(last)}@{firm.domain}"
        if any(person.email == email for person in firm.people):
            email = email.replace("@", f"{len(firm.people)}@")
        person = Person(first, last, email)
        firm.people.append(person)
        return person
