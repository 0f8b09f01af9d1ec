"""What the pipeline holds on people: their leads, what came with these, activities."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.models import Touch
from crm.privacy import Holding, Person
from crm.privacy import register as hold
from pipeline.models import Activity, Lead, LeadContact


def register() -> None:
    """Called once, when the app is ready."""
    from pipeline.services.search import write_search_text

    hold(
        Holding(
            "leads",
            _("Leads"),
            20,
            leads_of,
            learn=_learn,
            prose=("description", "pain"),
            after=write_search_text,
        )
    )
    hold(
        Holding(
            "activities", _("Activities"), 30, _activities, prose=("summary", "note", "feedback")
        )
    )
    hold(Holding("touches", _("Touches"), 50, _touches))


def leads_of(person: Person) -> Any:
    """The leads that a person is on, or that came from one of their addresses."""
    on = LeadContact.objects.filter(contact=person.contact).values("lead")
    return Lead.objects.filter(Q(pk__in=on) | Q(email_key__in=person.email_keys))


def _learn(person: Person) -> None:
    """How somebody called themselves when they wrote, from the leads that nobody else is on."""
    shared = LeadContact.objects.exclude(contact=person.contact).values("lead")
    rows = leads_of(person).filter(Q(email_key__in=person.email_keys) | ~Q(pk__in=shared))
    said = list(rows.values_list("contact_name", "email", "phone"))
    if said:
        person.learn(*zip(*said, strict=True))


def _activities(person: Person) -> Any:
    leads = leads_of(person).values("pk")
    return Activity.objects.filter(Q(contact=person.contact) | Q(lead__in=leads))


def _touches(person: Person) -> Any:
    leads = leads_of(person)
    return Touch.objects.filter(
        Q(pk__in=leads.values("first_touch")) | Q(pk__in=leads.values("last_touch"))
    )
