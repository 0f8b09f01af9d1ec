"""Records that may be one and the same, as pages print them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import dates
from core.bulk import Opening
from core.folding import domain_key, email_key, phone_key
from core.merging import MOST
from crm import reviews
from crm.alike import own_domain
from crm.duplicates import (
    LIKELY,
    SURE,
    Match,
    Probe,
    find_companies,
    find_contacts,
    probe_of_company,
    probe_of_contact,
    some,
)
from crm.models import Company
from crm.recordpage import visible_company, visible_contact
from crm.reviewing import Review

if TYPE_CHECKING:
    from crm.models import User

#: So many are shown at once; so many as a hint while one types.
SHOWN, HINTED = 10, 4


@dataclass(frozen=True, slots=True)
class Line:
    """A record that may be the same: what and where it is, why, and how surely. `apart` are the
    two that the person may tell apart, if they may."""

    pk: int
    url: str
    title: str
    where: str
    why: str
    strength: str
    is_sure: bool
    is_likely: bool
    merge_url: str = ""
    apart: Sequence[int] = ()


def lines_of(matches: Sequence[Match], where: Callable[[Any], Sequence[Any]]) -> list[Line]:
    """Matches ready to be printed; `where` gives what tells a record from its namesakes."""
    return [
        Line(
            pk=match.record.pk,
            url=match.record.get_absolute_url(),
            title=str(match.record),
            where=" · ".join(str(part) for part in where(match.record) if part),
            why=", ".join(match.words),
            strength=match.strength_words,
            is_sure=match.strength == SURE,
            is_likely=match.strength >= LIKELY,
        )
        for match in matches
    ]


#: Labels and values of a record, as a comparison shows them.
Facts = Sequence[tuple[Any, str]]


@dataclass(frozen=True, slots=True)
class Kind:
    """What differs between contacts, companies and what upper floors add. `name` is that of its
    routes, `many` where its list stands; `known` reads what was typed into a form, `facts` what a
    comparison shows of each of some records."""

    name: str
    many: str
    label: Any
    visible: Callable[[User, int], Any]
    probe: Callable[[Any], Probe]
    find: Callable[..., list[Match]]
    where: Callable[[Any], Sequence[Any]]
    known: Callable[[Mapping[str, str]], Probe]
    review: Review
    facts: Callable[[Sequence[Any]], Mapping[int, Facts]]

    def lines(self, record: Any, user: User) -> list[Line]:
        """The records that may be the same as `record`."""
        lines = lines_of(self.find(self.probe(record), by=user, but=record.pk), self.where)
        if not lines:
            return []
        keys = [record.pk, *(line.pk for line in lines)]
        changeable = type(record)._default_manager.changeable_by(user).filter(pk__in=keys)
        may = set(changeable.values_list("pk", flat=True))
        return [
            replace(
                line,
                merge_url=self.merge_address(pair) if may.issuperset(pair) else "",
                apart=pair if may.intersection(pair) else (),
            )
            for line in lines
            for pair in [(record.pk, line.pk)]
        ]

    def merge_address(self, ids: Sequence[int]) -> str:
        """The page on which records become one."""
        # One more than may be: the page says that they are too many.
        query = urlencode({"id": list(ids)[: MOST + 1]}, doseq=True)
        return f"{reverse(f'{self.name}-merge')}?{query}"

    @property
    def queue_url(self) -> str:
        """Where all of the kind are gone through."""
        return reverse("duplicates-of", args=[self.many])

    def merging(self) -> Opening:
        """What a list offers for selected records: the page on which they become one."""
        return Opening("merge", "arrows-right-left", lambda: _("Merge…"), self.merge_address)

    def hints(self, typed: Mapping[str, str], user: User, but: int) -> list[Line]:
        """The records that may be the same as what is being typed."""
        found = self.find(self.known(typed), by=user, but=but)
        return lines_of(found[:HINTED], self.where)

    def address(self, record: Any) -> str:
        """The page of the duplicates of a record."""
        return reverse(f"{self.name}-duplicates", args=[record.pk])

    def known_url(self, but: int | None = None) -> str:
        """Where a form asks what is there already; `but` is the record that it edits."""
        return reverse(f"{self.name}-known") + (f"?but={but}" if but else "")


def typed_phones(*numbers: str) -> frozenset[str]:
    """The keys of numbers as somebody types them."""
    return some(phone_key(number[:40], settings.DEFAULT_COUNTRY) for number in numbers)


def _known_contact(typed: Mapping[str, str]) -> Probe:
    company = typed.get("company", "")[:200]
    named = Company.objects.named(company).values_list("pk", flat=True)[:2] if company else []
    return Probe(
        emails=some([email_key(typed.get("email", "")[:254])]),
        phones=typed_phones(typed.get("phone", ""), typed.get("mobile", "")),
        people=tuple(some([typed.get("name", "")[:150]])),
        companies=frozenset(named),
    )


def _known_company(typed: Mapping[str, str]) -> Probe:
    return Probe(
        phones=typed_phones(typed.get("phone", "")),
        company_names=tuple(some([typed.get("name", "")[:200]])),
        domain=own_domain(domain_key(typed.get("domain", "")[:253])),
    )


def _contact_facts(contacts: Sequence[Any]) -> Mapping[int, Facts]:
    return {
        contact.pk: (
            (_("Company"), str(contact.company or "")),
            (_("Job title"), contact.job_title),
            (_("E-mail"), contact.email),
            (_("Phone"), contact.phone),
            (_("Mobile"), contact.mobile),
            *of_both(contact),
        )
        for contact in contacts
    }


def _company_facts(companies: Sequence[Any]) -> Mapping[int, Facts]:
    return {
        company.pk: (
            (_("Domain"), company.domain),
            (_("Phone"), company.phone),
            (_("City"), company.city),
            (_("Industry"), company.industry),
            (_("Parent company"), str(company.parent or "")),
            *of_both(company),
        )
        for company in companies
    }


def of_both(record: Any) -> Facts:
    """What is shown last of any record: whose it is, and since when it is there."""
    return (_("Owner"), str(record.owner or "–")), (_("Created"), dates.day(record.created_at))


CONTACTS = Kind(
    "contact",
    "contacts",
    gettext_lazy("Contacts"),
    visible_contact,
    probe_of_contact,
    find_contacts,
    lambda contact: (contact.job_title, contact.company, contact.email, contact.phone),
    _known_contact,
    reviews.CONTACTS,
    _contact_facts,
)
COMPANIES = Kind(
    "company",
    "companies",
    gettext_lazy("Companies"),
    visible_company,
    probe_of_company,
    find_companies,
    lambda company: (company.domain, company.city, company.phone),
    _known_company,
    reviews.COMPANIES,
    _company_facts,
)
KINDS: dict[str, Kind] = {"contact": CONTACTS, "company": COMPANIES}

_queues: list[Kind] = [CONTACTS, COMPANIES]


def register_queue(kind: Kind) -> None:
    """Let what an upper floor adds be gone through as well, and first."""
    if kind not in _queues:
        _queues.insert(0, kind)


def queues() -> Sequence[Kind]:
    """The kinds of records that are gone through, in the order of their tabs."""
    return _queues
