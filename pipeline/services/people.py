"""The people on a lead and their roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import NotFound, Refused
from crm.models import Contact
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
