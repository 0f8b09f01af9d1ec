"""Finding the leads that may be about one and the same sale; how is told in crm/duplicates.py.

A lead is known by what was captured with it and by the people that are on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm.duplicates import (
    COMPANY,
    COMPANY_NAME,
    CONTACT,
    DOMAIN,
    EMAIL,
    NAME,
    OF_PEOPLE,
    PHONE,
    Candidates,
    LookUp,
    Match,
    Probe,
    companies_alike,
    contact_lookups,
    look_up,
    some,
)
from crm.models import ContactPoint
from pipeline.models import DistinctLeads, Lead, LeadContact

if TYPE_CHECKING:
    from crm.models import User

#: What a line about a lead and the comparison with it need.
READ = (
    *("title", "status", "kind", "company_name", "contact_name", "expected_revenue", "currency"),
    *("company__name", "stage__name", "owner__name", "owner__email"),
)


def probe_of_lead(lead: Lead) -> Probe:
    """What is known of a lead: what it says itself, and the contacts on it. One query, and one for
    the company where it is not read yet."""
    people = list(
        LeadContact.objects.filter(lead=lead).values_list(
            "contact",
            "contact__name",
            "contact__email_key",
            "contact__phone_key",
            "contact__mobile_key",
            "contact__company",
            # A person with several further addresses has as many rows.
            "contact__points__kind",
            "contact__points__key",
        )
    )
    further = {kind: [row[7] for row in people if row[6] == kind] for kind in ContactPoint.Kind}
    return Probe(
        emails=some(
            [lead.email_key, *(row[2] for row in people), *further[ContactPoint.Kind.EMAIL]]
        ),
        phones=some(
            [
                lead.phone_key,
                *(number for row in people for number in (row[3], row[4])),
                *further[ContactPoint.Kind.PHONE],
            ]
        ),
        people=tuple(dict.fromkeys(filter(None, [lead.contact_name, *(row[1] for row in people)]))),
        company_names=tuple(
            filter(None, [lead.company_name, lead.company.name if lead.company else ""])
        ),
        companies=some([lead.company_id, *(person[5] for person in people)]),
        contacts=frozenset(person[0] for person in people),
    )


def find_leads(probe: Probe, *, by: User, but: int = 0, include_closed: bool = True) -> list[Match]:
    """The leads that `by` sees and that may be about the same; not `but` itself, none archived.

    Without closed ones only what is open; with them also what is won or lost, but for leads that
    were lost before they were an opportunity.
    """
    found = Candidates()
    _by_keys(found, probe, but)
    found.leave([but])
    if not found.reasons:
        return []
    leads = Lead.objects.visible_to(by, singly=True).active().filter(pk__in=found.reasons)
    leads = leads.mergeable() if include_closed else leads.open()
    if but:
        leads = leads.exclude(DistinctLeads.objects.others_than(but))
    records = list(leads.select_related("company", "stage", "owner").only(*READ))
    names: dict[int, list[str]] = {lead.pk: [lead.contact_name] for lead in records}
    people = LeadContact.objects.filter(lead__in=names).values_list("lead", "contact__name")
    for key, name in people:
        names[key].append(name)
    for lead in records:
        if any(probe.knows(name) for name in names[lead.pk]):
            found.add(NAME, [lead.pk])
        if lead.company_id in probe.companies:
            found.add(COMPANY, [lead.pk])
    return found.matches(records, OF_PEOPLE)


def _by_keys(found: Candidates, probe: Probe, but: int) -> None:
    """First the contacts and companies that the probe may mean, then the leads of all of it."""
    contacts: dict[str, list[int]] = {CONTACT: sorted(probe.contacts)}
    firms: list[int] = []
    for answer in look_up([*contact_lookups(probe), *companies_alike(probe)]):
        if answer.reason == COMPANY_NAME:
            firms += answer.ids
        else:
            contacts.setdefault(answer.reason, []).extend(answer.ids)
    wanted = {key for keys in contacts.values() for key in keys}
    lookups = _lookups(probe, [key for key in firms if key not in probe.companies])
    if wanted:
        rows = LeadContact.objects.filter(contact__in=wanted)
        lookups.append(LookUp(CONTACT, rows, "lead", at_most=200, via="contact"))
    on: dict[int, list[int]] = {}
    for answer in look_up(lookups, but=but):
        if answer.reason != CONTACT:
            found.add(answer.reason, answer.ids)
            continue
        for contact, lead in zip(answer.through, answer.ids, strict=True):
            on.setdefault(contact, []).append(lead)
    for reason, keys in contacts.items():
        # Somebody who is on both says so once, as what they are: the same person.
        theirs = (key for key in keys if reason == CONTACT or key not in probe.contacts)
        for key in theirs:
            found.add(reason, on.get(key, []))


def _lookups(probe: Probe, firms: list[int]) -> list[LookUp]:
    """The leads by what they say themselves, and those of `firms`, which are named alike."""
    leads, found = Lead.objects.all(), []
    if probe.emails:
        found.append(LookUp(EMAIL, leads.filter(email_key__in=probe.emails)))
    if probe.phones:
        found.append(LookUp(PHONE, leads.filter(phone_key__in=probe.phones)))
    domains, names, keys = probe.domains, probe.people_alike, probe.companies_alike
    if domains:
        there = leads.filter(domain_key__in=domains)
        found.append(LookUp(DOMAIN, there, if_few=True))
        if names:
            found.append(LookUp(NAME, there.filter(contact_name_alike__in=names)))
    if names:
        found.append(LookUp(NAME, leads.filter(contact_name_alike__in=names), if_few=True))
    if probe.companies:
        there = leads.filter(company__in=probe.companies)
        found.append(LookUp(COMPANY, there, if_few=True))
    if keys:
        alike = leads.filter(company_name_alike__in=keys)
        found.append(LookUp(COMPANY_NAME, alike, if_few=True))
    if firms:
        found.append(LookUp(COMPANY_NAME, leads.filter(company__in=firms), if_few=True))
    return found
