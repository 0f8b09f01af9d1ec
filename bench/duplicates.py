"""Measures the search for duplicates: its time, and how well it tells copies from other people."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from bench.measure import median_of, tell

#: People of the labelled set, how many of them share a company, and how many have a copy.
PEOPLE, TOGETHER, COPIED = 1000, 5, 0.2
#: What is asked of the search: of the copies so many are found, of the found so many are copies.
ASKED = 0.95


def duplicates() -> None:
    """The duplicates of leads in the middle of all, and the labelled set."""
    _time()
    _quality()


def _time() -> None:
    from crm.models import User
    from pipeline.duplicates import find_leads, probe_of_lead
    from pipeline.models import Lead

    middle = Lead.objects.count() // 2
    leads = list(Lead.objects.filter(pk__gte=middle).exclude(email="").order_by("pk")[:10])
    leads += Lead.objects.filter(pk__gte=middle, company__isnull=False).order_by("pk")[:10]
    for part in ("manager", "rep"):
        user = User.objects.get(email=f"{part}@demo.example")
        turns = iter(range(10_000))

        def find(user: Any = user, turns: Any = turns) -> None:
            lead = leads[next(turns) % len(leads)]
            find_leads(probe_of_lead(lead), by=user, but=lead.pk)

        whole, inside, queries = median_of(find, repeats=len(leads))
        note = f"{queries} queries, {whole:.1f} ms with Python"
        tell(f"duplicates of a lead, {part}: database", inside, "ms", 20, note)


def _quality() -> None:
    """Seed people and altered copies of a fifth of them; look each up; count what is told."""
    from core.ledger.causes import because
    from core.ledger.tables import Kind
    from crm.duplicates import LIKELY, find_contacts, probe_of_contact
    from crm.models import Company, Contact, User

    rng = random.Random(1)
    manager = User.objects.get(email="manager@demo.example")
    with because(Kind.SYSTEM, label="Benchmark", quiet=True):
        firms = Company.objects.bulk_create(
            Company(name=f"Labelled {number} {_word(rng)}") for number in range(PEOPLE // TOGETHER)
        )
        people = Contact.objects.bulk_create(
            _person(rng, number, firms[number // TOGETHER]) for number in range(PEOPLE)
        )
        chosen = rng.sample(people, round(PEOPLE * COPIED))
        copies = Contact.objects.bulk_create(_copy(rng, person) for person in chosen)
    true = {(copy.pk, person.pk) for copy, person in zip(copies, chosen, strict=True)}
    told: set[tuple[int, int]] = set()
    for contact in [*people, *copies]:
        for match in find_contacts(probe_of_contact(contact), by=manager, but=contact.pk):
            if match.strength >= LIKELY:
                pair = (max(contact.pk, match.record.pk), min(contact.pk, match.record.pk))
                told.add(pair)
    right = len(true & told)
    note = f"at least; {PEOPLE} people, {len(true)} altered copies"
    tell("duplicates found: recall", right / len(true), "", ASKED, note)
    tell("duplicates told: precision", right / max(len(told), 1), "", ASKED, note)


FIRST = (
    "Nora Paul Élodie Jürgen Thomas Sophie Marc Anna Stéphane Katharina François Björn Claire "
    "Matthias Hélène Philippe Christian Agnès Walter Yannick Dorothee Isabelle Frédéric Ulrike"
)
LAST = (
    "Müller Schmidt Lefèvre Keller Dupont Weber Gauthier Schäfer Bernard Köhler Moreau Fischer "
    "Girard Vogel Rousseau Krämer Lambert Hoffmann Fontaine Brückner Mercier Lindqvist Thévenot "
    "Baumgartner Chevalier Zimmermann Delacroix Hausmann Perrault Wittmann"
)


def _word(rng: random.Random) -> str:
    return rng.choice(LAST.split())


def _person(rng: random.Random, number: int, firm: Any) -> Any:
    from crm.alike import words_of
    from crm.models import Contact

    first, last = rng.choice(FIRST.split()), rng.choice(LAST.split())
    local = ".".join(words_of(f"{first} {last}"))
    return Contact(
        name=f"{first} {last}",
        company=firm,
        email=f"{local}{number}@labelled-{firm.pk}.example",
        phone=f"+49 89 {4_000_000 + number}" if rng.random() < 0.6 else "",
        mobile=f"+49 170 {5_000_000 + number}" if rng.random() < 0.6 else "",
    )


def _copy(rng: random.Random, person: Any) -> Any:
    """The same person as somebody else enters them: another spelling, and one way to tell."""
    from crm.models import Contact

    name = rng.choice(SPELLINGS)(person.name, rng)
    copy = Contact(name=name)
    ways = ["same address", "own address at the same domain", "company"]
    ways += ["number"] * bool(person.phone or person.mobile)
    match rng.choice(ways):
        case "same address":
            copy.email = person.email.upper()
        case "own address at the same domain":
            copy.email = f"mail{rng.randrange(10**9)}@{person.email.partition('@')[2]}"
        case "company":
            copy.company = person.company
            copy.email = f"private{rng.randrange(10**9)}@gmail.com"
        case "number":
            number = person.mobile or person.phone
            copy.phone = "00" + number.removeprefix("+").replace(" ", "-")
    return copy


def _slip(name: str, rng: random.Random) -> str:
    """A letter left out, doubled, or two in each other's place."""
    place = rng.randrange(1, len(name) - 2)
    match rng.randrange(3):
        case 0:
            return name[:place] + name[place + 1 :]
        case 1:
            return name[:place] + name[place] + name[place:]
    return name[:place] + name[place + 1] + name[place] + name[place + 2 :]


def _plain(name: str, rng: random.Random) -> str:
    """Without accents, the umlauts written out."""
    from crm.alike import words_of

    for letter, written in (("ä", "ae"), ("ö", "oe"), ("ü", "ue")):
        name = name.replace(letter, written)
    return " ".join(words_of(name)).title()


def _turned(name: str, rng: random.Random) -> str:
    first, _space, last = name.partition(" ")
    return f"{last.upper()}, {first}"


def _short(name: str, rng: random.Random) -> str:
    first, _space, last = name.partition(" ")
    return f"{first[0]}. {last}"


SPELLINGS: list[Callable[[str, random.Random], str]] = [_slip, _plain, _turned, _short]
