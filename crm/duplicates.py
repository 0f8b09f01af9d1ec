"""Finding the records that may be one and the same: by indexed keys, never by a scan.

What is known of a record is a `Probe`. Each criterion is a look-up of its own, so that the database
answers it from one index, and all of a search are asked in one statement; one that many records
share says nothing and is left out. What a person does not see is not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.db.models import F, QuerySet, Value
from django.utils.translation import gettext_lazy as _

from crm.alike import company_alike, is_same_company, is_same_person, own_domain, person_alike
from crm.models import Company, Contact, ContactPoint, DistinctCompanies, DistinctContacts

if TYPE_CHECKING:
    from crm.models import User

#: So many others may share a domain, a company or a name; where it is more, it tells nobody apart.
SHARED = 20
#: So many records of one address or number are looked at.
MOST = 50

EMAIL, PHONE, CONTACT, NAME = "email", "phone", "contact", "name"
COMPANY, DOMAIN, COMPANY_NAME = "company", "domain", "company_name"
#: Where somebody is, said in three ways: they count once.
PLACE = (COMPANY, DOMAIN, COMPANY_NAME)

WORDS = {
    EMAIL: _("same e-mail"),
    CONTACT: _("same contact"),
    PHONE: _("same phone"),
    NAME: _("same name, perhaps spelt otherwise"),
    COMPANY: _("same company"),
    DOMAIN: _("same domain"),
    COMPANY_NAME: _("company of the same name, perhaps spelt otherwise"),
}
#: What each reason says of people and leads, and of companies.
OF_PEOPLE = {EMAIL: 3, CONTACT: 3, PHONE: 2, NAME: 1, COMPANY: 1, DOMAIN: 1, COMPANY_NAME: 1}
OF_COMPANIES = {DOMAIN: 3, EMAIL: 2, COMPANY_NAME: 2, PHONE: 1}

#: What needs no saying beside another reason.
IMPLIED = {CONTACT: {NAME, EMAIL, PHONE}, EMAIL: {DOMAIN}, COMPANY: {COMPANY_NAME}}

POSSIBLE, LIKELY, SURE = 1, 2, 3
STRENGTHS = {POSSIBLE: _("possible"), LIKELY: _("likely"), SURE: _("very likely")}


@dataclass(frozen=True, slots=True)
class Probe:
    """What is known of a record whose like is sought: normalised keys, names as they are written,
    ids of contacts and companies."""

    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    people: tuple[str, ...] = ()
    company_names: tuple[str, ...] = ()
    companies: frozenset[int] = frozenset()
    contacts: frozenset[int] = frozenset()
    domain: str = ""

    @property
    def domains(self) -> set[str]:
        """The domains that belong to one company."""
        return {self.domain, *(own_domain(key) for key in self.emails)} - {""}

    @property
    def people_alike(self) -> set[str]:
        """The keys of the people's names."""
        return {person_alike(name) for name in self.people} - {""}

    @property
    def companies_alike(self) -> set[str]:
        """The keys of the companies' names."""
        return {company_alike(name) for name in self.company_names} - {""}

    def knows(self, name: str) -> bool:
        """Whether a person's name may be that of one of the people."""
        return any(is_same_person(name, known) for known in self.people)


def some(keys: Iterable[Any]) -> frozenset[Any]:
    """What of `keys` is not empty."""
    return frozenset(key for key in keys if key)


@dataclass(slots=True)
class Match:
    """A record that may be the same, why, and how surely: one of POSSIBLE, LIKELY, SURE."""

    record: Any
    reasons: tuple[str, ...]
    strength: int

    @property
    def words(self) -> list[str]:
        """The reasons in words."""
        implied = {name for reason in self.reasons for name in IMPLIED.get(reason, ())}
        return [str(WORDS[reason]) for reason in self.reasons if reason not in implied]

    @property
    def is_sure(self) -> bool:
        """Whether hardly anything else is possible."""
        return self.strength == SURE

    @property
    def strength_words(self) -> str:
        """How surely, in words."""
        return str(STRENGTHS[self.strength])


def weigh(reasons: Iterable[str], weights: Mapping[str, int]) -> int:
    """How much reasons say together; a place counts once, however it is said."""
    told = list(reasons)
    places = (weights[name] for name in told if name in PLACE)
    return sum(weights[name] for name in told if name not in PLACE) + max(places, default=0)


@dataclass(slots=True)
class Candidates:
    """Ids of records, each with the reasons for which they were found."""

    reasons: dict[int, set[str]] = field(default_factory=dict)

    def add(self, reason: str, ids: Iterable[int]) -> None:
        """Note a reason for records."""
        for pk in ids:
            self.reasons.setdefault(pk, set()).add(reason)

    def leave(self, ids: Iterable[int]) -> None:
        """Forget records."""
        for pk in ids:
            self.reasons.pop(pk, None)

    def matches(self, records: Iterable[Any], weights: dict[str, int]) -> list[Match]:
        """The records with their reasons, the surest first, of equal ones the latest."""
        found = []
        for record in records:
            reasons = tuple(name for name in weights if name in self.reasons[record.pk])
            weight = weigh(reasons, weights)
            if weight:
                found.append((weight, record.pk, Match(record, reasons, min(weight, SURE))))
        return [match for _weight, _pk, match in sorted(found, key=lambda each: each[:2])[::-1]]


@dataclass(frozen=True, slots=True)
class LookUp:
    """What one index finds: records for a reason, `path` to their ids. Where it says nothing once
    many share it, `if_few`: none are found where more than SHARED others do. `via` leads to the
    record through which another was found."""

    reason: str
    records: QuerySet[Any]
    path: str = "pk"
    if_few: bool = False
    at_most: int = MOST
    via: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The ids that a look-up found, with those through which it did."""

    reason: str
    ids: list[int]
    through: list[int]


def look_up(lookups: Sequence[LookUp], *, but: int = 0) -> list[Found]:
    """The answers to several look-ups, in their order; `but` does not count among the few.

    One statement, of which each part reads its own index and stops where it has enough. A database
    in this very process, which cannot limit such parts, is asked one by one.
    """
    parts = [
        each.records.order_by()
        .annotate(part=Value(number), passed=F(each.via) if each.via else Value(0))
        .values_list("part", each.path, "passed")[: SHARED + 2 if each.if_few else each.at_most]
        for number, each in enumerate(lookups)
    ]
    if not parts:
        return []
    rows: Iterable[Any]
    if connections[parts[0].db].features.supports_slicing_ordering_in_compound:
        rows = parts[0].union(*parts[1:], all=True).order_by() if parts[1:] else parts[0]
    else:
        rows = chain.from_iterable(parts)
    found = [Found(each.reason, [], []) for each in lookups]
    for number, pk, passed in rows:
        found[number].ids.append(pk)
        found[number].through.append(passed)
    for each, answer in zip(lookups, found, strict=True):
        if each.if_few and len({*answer.ids} - {but}) > SHARED:
            answer.ids.clear()
            answer.through.clear()
    return found


def contact_lookups(probe: Probe) -> list[LookUp]:
    """The contacts of the probe's addresses and numbers, and those of the same name at the same
    company or domain."""
    contacts = Contact.objects.all()
    found = []
    if probe.emails:
        found.append(LookUp(EMAIL, contacts.filter(email_key__in=probe.emails)))
    if probe.phones:
        found += [
            LookUp(PHONE, contacts.filter(**{f"{name}__in": probe.phones}))
            for name in ("phone_key", "mobile_key")
        ]
    found += further_lookups(probe, "contact")
    names, domains = probe.people_alike, probe.domains
    if names and domains:
        there = contacts.filter(name_alike__in=names, domain_key__in=domains)
        found.append(LookUp(NAME, there))
    if names and probe.companies:
        there = contacts.filter(name_alike__in=names, company__in=probe.companies)
        found.append(LookUp(NAME, there))
    return found


def further_lookups(probe: Probe, holder: str) -> list[LookUp]:
    """The contacts, or the companies, with one of the addresses and numbers beside their own."""
    points = ContactPoint.objects.filter(**{f"{holder}__isnull": False})
    return [
        LookUp(reason, points.filter(key__in=keys, kind=kind), holder)
        for reason, kind, keys in (
            (EMAIL, ContactPoint.Kind.EMAIL, probe.emails),
            (PHONE, ContactPoint.Kind.PHONE, probe.phones),
        )
        if keys
    ]


def companies_alike(probe: Probe) -> list[LookUp]:
    """The companies of the same name, perhaps spelt otherwise."""
    keys = probe.companies_alike
    alike = Company.objects.filter(name_alike__in=keys)
    return [LookUp(COMPANY_NAME, alike, if_few=True)] if keys else []


def further_keys(record: Contact | Company) -> tuple[list[str], list[str]]:
    """The further e-mail addresses and numbers of a record, as they are compared; one query."""
    found: tuple[list[str], list[str]] = ([], [])
    for point in record.points.all():
        found[point.kind == ContactPoint.Kind.PHONE].append(point.key)
    return found


def probe_of_contact(contact: Contact) -> Probe:
    """What is known of a contact."""
    emails, phones = further_keys(contact)
    return Probe(
        emails=some([contact.email_key, *emails]),
        phones=some([contact.phone_key, contact.mobile_key, *phones]),
        people=(contact.name,),
        companies=some([contact.company_id]),
    )


def find_contacts(probe: Probe, *, by: User, but: int = 0) -> list[Match]:
    """The contacts that `by` sees and that may be one of the probe's people; not `but` itself."""
    contacts = Contact.objects.all()
    lookups = contact_lookups(probe)
    if probe.people_alike:
        alike = contacts.filter(name_alike__in=probe.people_alike)
        lookups.append(LookUp(NAME, alike, if_few=True))
    if probe.domains:
        there = contacts.filter(domain_key__in=probe.domains)
        lookups.append(LookUp(DOMAIN, there, if_few=True))
    if probe.companies:
        there = contacts.filter(company__in=probe.companies)
        lookups.append(LookUp(COMPANY, there, if_few=True))
    found, places = Candidates(), Candidates()
    for answer in look_up(lookups, but=but):
        (places if answer.reason in PLACE else found).add(answer.reason, answer.ids)
    keys = {*found.reasons, *places.reasons} - {but}
    if not keys:
        return []
    seen = Contact.objects.visible_to(by).active().filter(pk__in=keys)
    if but:
        seen = seen.exclude(DistinctContacts.objects.others_than(but))
    records = list(seen.for_list())
    found.leave([but])
    for contact in records:
        if probe.knows(contact.name):
            found.add(NAME, [contact.pk])
        if contact.pk in found.reasons:
            if contact.company_id in probe.companies:
                found.add(COMPANY, [contact.pk])
            if contact.domain_key and contact.domain_key in probe.domains:
                found.add(DOMAIN, [contact.pk])
    # A colleague of another name is no duplicate.
    return found.matches([each for each in records if each.pk in found.reasons], OF_PEOPLE)


def probe_of_company(company: Company) -> Probe:
    """What is known of a company."""
    emails, phones = further_keys(company)
    return Probe(
        emails=some(emails),
        phones=some([company.phone_key, *phones]),
        company_names=(company.name,),
        domain=own_domain(company.domain_key),
    )


def find_companies(probe: Probe, *, by: User, but: int = 0) -> list[Match]:
    """The companies that `by` sees and that may be the probe's; not `but` itself."""
    companies, domains = Company.objects.all(), probe.domains
    lookups = companies_alike(probe)
    if domains:
        lookups.append(LookUp(DOMAIN, companies.filter(domain_key__in=domains)))
    if probe.phones:
        lookups.append(LookUp(PHONE, companies.filter(phone_key__in=probe.phones)))
    lookups += further_lookups(probe, "company")
    found = Candidates()
    for answer in look_up(lookups, but=but):
        found.add(answer.reason, answer.ids)
    found.leave([but])
    if not found.reasons:
        return []
    seen = Company.objects.visible_to(by).active().filter(pk__in=found.reasons)
    if but:
        seen = seen.exclude(DistinctCompanies.objects.others_than(but))
    records = list(seen.for_list())
    for company in records:
        if any(is_same_company(company.name, name) for name in probe.company_names):
            found.add(COMPANY_NAME, [company.pk])
    matches = found.matches(records, OF_COMPANIES)
    for match in matches:
        # Two companies of one name with two domains are two, as far as one can tell.
        if domains and match.record.domain_key and DOMAIN not in match.reasons:
            match.strength = min(match.strength, POSSIBLE)
    return sorted(matches, key=lambda match: -match.strength)
