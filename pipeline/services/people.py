"""The people on a lead and their roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import NotFound, Refused
from crm.models import Contact
from crm.services.contacts import create_contact
from pipeline.models import LeadContact
from pipeline.services.access import lock_leads

if TYPE_CHECKING:
    from crm.models import User


def put_contact(
    *,
    lead: int,
    contact: int,
    by: User | None,
    role: str | None = None,
    is_main: bool | None = None,
) -> LeadContact:
    """Put a contact on a lead, or change its role there (None leaves it).

    The first contact of a lead is its main one; making another the main one takes it from there.
    """
    with transaction.atomic():
        lock_leads([lead], by=by)
        contacts = Contact.objects.all() if by is None else Contact.objects.visible_to(by)
        if not contacts.filter(pk=contact).exists():
            raise NotFound(_("There is no such contact."))
        if role and role not in LeadContact.Role.values:
            message = _("“%s” is not a role.") % role
            raise Refused(message, {"role": [message]})
        people = {person.contact_id: person for person in LeadContact.objects.filter(lead=lead)}
        person = people.get(contact) or LeadContact(lead_id=lead, contact_id=contact)
        main = next((other for other in people.values() if other.is_main), None)
        if role is not None:
            person.role = role
        if is_main is not None:
            person.is_main = is_main
        if main is None and person._state.adding and is_main is None:
            person.is_main = True
        if person.is_main and main is not None and main.pk != person.pk:
            main.is_main = False
            main.save()
        person.save()
    return person


def add_person(
    *,
    lead: int,
    by: User | None,
    contact: int | None = None,
    values: Mapping[str, Any] | None = None,
    role: str = "",
) -> LeadContact:
    """Put somebody on a lead: a known contact; else the one who has that e-mail; else a new one
    made of `values` (name, email, phone, job_title), at the lead's company."""
    with transaction.atomic():
        chosen = lock_leads([lead], by=by)[0]
        if contact is None:
            given = {name: value for name, value in (values or {}).items() if value}
            known = Contact.objects.active().with_email(given.get("email", ""))
            known = known if by is None else known.visible_to(by)
            contact = known.order_by("pk").values_list("pk", flat=True).first()
            if contact is None:
                given.setdefault("name", given.get("email") or given.get("phone", ""))
                contact = create_contact(values={**given, "company": chosen.company_id}, by=by).pk
        return put_contact(lead=lead, contact=contact, by=by, role=role)


def remove_contact(*, lead: int, contact: int, by: User | None) -> None:
    """Take a contact from a lead; the oldest of the others becomes the main one if it was."""
    with transaction.atomic():
        lock_leads([lead], by=by)
        person = LeadContact.objects.filter(lead=lead, contact=contact).first()
        if person is None:
            raise NotFound(_("This contact is not on the lead."))
        was_main = person.is_main
        person.delete()
        heir = LeadContact.objects.filter(lead=lead).order_by("pk").first()
        if was_main and heir is not None:
            heir.is_main = True
            heir.save()
