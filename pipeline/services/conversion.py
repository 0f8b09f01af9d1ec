"""Making an opportunity of a captured lead, with the contact and company behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound, Refused
from crm.models import Company, Contact
from crm.services import companies as company_services
from crm.services import contacts as contact_services
from pipeline.models import Lead, LeadContact
from pipeline.services.access import lock_leads
from pipeline.services.people import put_contact
from pipeline.services.touches import save_leads

if TYPE_CHECKING:
    from crm.models import User


@dataclass(frozen=True, slots=True)
class Proposal:
    """What converting a lead would link: records found, and values for those that could be made.

    `contact_values` and `company_values` are empty where a record was found, or nothing is known.
    """

    contact: Contact | None
    company: Company | None
    contact_values: dict[str, Any]
    company_values: dict[str, Any]


def propose_conversion(*, lead: int, by: User) -> Proposal:
    """Find the contact by normalised e-mail and the company by name; else offer to make them."""
    found = Lead.objects.visible_to(by).select_related("company").filter(pk=lead).first()
    if found is None:
        raise NotFound(_("There is no such lead."))
    return _propose(found, by)


def _propose(lead: Lead, by: User | None) -> Proposal:
    contacts, companies = Contact.objects.active(), Company.objects.active()
    if by is not None:
        contacts, companies = contacts.visible_to(by), companies.visible_to(by)
    linked = LeadContact.objects.filter(lead=lead).select_related("contact__company").first()
    contact = (
        linked.contact
        if linked is not None
        else contacts.with_email(lead.email).select_related("company").order_by("pk").first()
    )
    company = lead.company
    if company is None and contact is not None:
        company = contact.company
    if company is None and lead.company_name:
        company = companies.named(lead.company_name).order_by("pk").first()
    contact_values: dict[str, Any] = {}
    if contact is None and (lead.contact_name or lead.email):
        contact_values = {
            "name": lead.contact_name or lead.email,
            "email": lead.email,
            "phone": lead.phone,
        }
    company_values: dict[str, Any] = {}
    if company is None and lead.company_name:
        company_values = {"name": lead.company_name}
    return Proposal(contact, company, contact_values, company_values)


def convert_lead(
    *,
    lead: int,
    by: User | None,
    contact: int | None = None,
    company: int | None = None,
    create_contact: bool = False,
    create_company: bool = False,
    expected_version: int | None = None,
) -> Lead:
    """Make the lead an opportunity and link its contact and company.

    Given records are linked; else the found ones; else they are made if asked. The owner and the
    stage stay, `converted_at` is now. Only an open lead is converted, and only once.
    """
    with transaction.atomic():
        chosen = lock_leads([lead], by=by, expected_version=expected_version)[0]
        if chosen.status != Lead.Status.OPEN:
            raise Refused(_("Only an open lead is converted."))
        if chosen.kind == Lead.Kind.OPPORTUNITY:
            raise Refused(_("“%s” is an opportunity already.") % chosen.title)
        proposal = _propose(chosen, by)
        moment = timezone.now()
        linked_company = _company(proposal, company, create_company, by)
        linked_contact = _contact(proposal, contact, create_contact, linked_company, by)
        chosen.kind = Lead.Kind.OPPORTUNITY
        chosen.converted_at = moment
        if linked_company is not None:
            chosen.company = linked_company
        save_leads([chosen], moment)
        if linked_contact is not None:
            put_contact(lead=chosen.pk, contact=linked_contact.pk, by=by)
    return chosen


def _company(
    proposal: Proposal, company: int | None, make: bool, by: User | None
) -> Company | None:
    if company is not None:
        companies = Company.objects.all() if by is None else Company.objects.visible_to(by)
        found: Company | None = companies.filter(pk=company).first()
        if found is None:
            message = _("There is no such company.")
            raise Refused(message, {"company": [message]})
        return found
    if proposal.company is not None or not make:
        return proposal.company
    if not proposal.company_values:
        message = _("The lead names no company to make.")
        raise Refused(message, {"create_company": [message]})
    return company_services.create_company(values=proposal.company_values, by=by)


def _contact(
    proposal: Proposal,
    contact: int | None,
    make: bool,
    company: Company | None,
    by: User | None,
) -> Contact | None:
    if contact is not None:
        contacts = Contact.objects.all() if by is None else Contact.objects.visible_to(by)
        found: Contact | None = contacts.filter(pk=contact).first()
        if found is None:
            message = _("There is no such contact.")
            raise Refused(message, {"contact": [message]})
        return found
    if proposal.contact is not None or not make:
        return proposal.contact
    if not proposal.contact_values:
        message = _("The lead names no person to make a contact of.")
        raise Refused(message, {"create_contact": [message]})
    values = {**proposal.contact_values, "company": company.pk if company else None}
    return contact_services.create_contact(values=values, by=by)
