"""What a language has to say about a believable company. Pure: the words are in `english` and
`french`, one name for one thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Town:
    """A town, its postal code and its telephone numbers up to the last four digits."""

    name: str
    postal_code: str
    phone: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A product, its price, and the projects in which customers buy it."""

    code: str
    name: str
    price: int
    projects: Sequence[str]


@dataclass(frozen=True, slots=True)
class Route:
    """A way on which people come: source, medium, campaign ("" for none), how often it is taken,
    and the address that sends them ("" when no visitor of the website is behind it)."""

    source: str
    medium: str
    campaign: str
    weight: int
    referrer: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything that is named in a seeded installation, in one language."""

    language: str
    country: str
    mobile: str
    # The names of the cast: admin, manager, leader, rep, mate.
    cast: Sequence[str]
    first_names: Sequence[str]
    last_names: Sequence[str]
    towns: Sequence[Town]
    # Patterns of company names over a family name, a town and an industry's own word.
    company_patterns: Sequence[str]
    # Industries with the words by which their companies call themselves.
    industries: Sequence[tuple[str, Sequence[str]]]
    job_titles: Sequence[str]
    offers: Sequence[Offer]
    # What makes two projects differ: "" stands for the bare project; %(year)s is next year.
    details: Sequence[str]
    tags: Sequence[tuple[str, str]]
    routes: Sequence[Route]
    teams: Sequence[str]
    # For each type of activity of the first pipeline, in its order, what is to be done.
    steps: Sequence[Sequence[str]]
    # What came of a completed step.
    feedback: Sequence[str]
    pains: Sequence[str]
    # Sentences of a web form over a first name, a family name and a project.
    messages: Sequence[str]
    form: str
    lost_notes: Sequence[str]

    def telephone(self, prefix: str, number: int) -> str:
        """A number of those set aside for fiction (Arcep, Ofcom), as it is written."""
        if self.language == "fr":
            return f"{prefix}{number // 100 % 100:02} {number % 100:02}"
        return f"{prefix}0{number % 1000:03}"
