"""The form of an invitation. It checks what was typed; services write."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import getaddresses
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import Styled
from crm.models import Contact, User
from messaging.models import Guest, Invitation
from messaging.services.inviting import LONGEST, Asked
from pipeline.models import Activity

#: People of a company, and colleagues, that the form offers at most.
MOST = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody who can be ticked: the value of the tick, and whom it asks."""

    value: str
    label: str
    asked: Asked


class InviteForm(Styled):
    """Whom to invite to a meeting, and what they read."""

    people = forms.MultipleChoiceField(
        label=_("Guests"), required=False, widget=forms.CheckboxSelectMultiple
    )
    colleagues = forms.MultipleChoiceField(
        label=_("Colleagues"), required=False, widget=forms.CheckboxSelectMultiple
    )
    more = forms.CharField(
        label=_("Further addresses"),
        required=False,
        max_length=4000,
        help_text=_("Parted by commas."),
    )
    title = forms.CharField(
        label=_("Title"), max_length=200, help_text=_("What guests read, and their calendar shows.")
    )
    message = forms.CharField(
        label=_("Message"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, activity: Activity, by: User, data: Any = None) -> None:
        found = Invitation.objects.filter(activity=activity).first()
        guests = Guest.objects.filter(invitation=found).values_list("email", flat=True)
        there = set(guests) if found is not None else set()
        initial = {"title": found.title if found is not None else str(activity.type)}
        initial["message"] = found.message if found is not None else ""
        super().__init__(data, initial=initial)
        self.known = [each for each in people_of(activity, by) if each.asked.email not in there]
        self.staff = [each for each in colleagues_of(by) if each.asked.email not in there]
        for name, choices in (("people", self.known), ("colleagues", self.staff)):
            if choices:
                field: Any = self.fields[name]
                field.choices = [(each.value, each.label) for each in choices]
            else:
                del self.fields[name]

    def guests(self) -> list[Asked]:
        """Who was chosen and typed, for the service to check."""
        chosen = {*self.cleaned_data.get("people", ()), *self.cleaned_data.get("colleagues", ())}
        asked = [each.asked for each in [*self.known, *self.staff] if each.value in chosen]
        return [*asked, *read_addresses(self.cleaned_data["more"])]


def read_addresses(text: str) -> list[Asked]:
    """Addresses as people write them in one line, with or without names."""
    parts = [part for part in re.split(r"[;\n]+", text) if part.strip()]
    found = getaddresses(parts, strict=False)
    return [Asked(email, name) for name, email in found if name or email]


def people_of(activity: Activity, by: User) -> Sequence[Choice]:
    """The people that the activity is about, those who have an address."""
    contacts = Contact.objects.visible_to(by).exclude(email="").filter(archived_at__isnull=True)
    found: Any
    if activity.lead_id is not None:
        found = contacts.filter(lead_contacts__lead=activity.lead_id)
        found = found.order_by("-lead_contacts__is_main", "lead_contacts__id")
    elif activity.contact_id is not None:
        found = contacts.filter(pk=activity.contact_id)
    else:
        found = contacts.filter(company=activity.company_id).order_by("name", "pk")
    choices = [_contact(each) for each in found[:MOST]]
    lead = activity.lead
    if lead is not None and lead.email and lead.email.lower() not in _addresses(choices):
        asked = Asked(lead.email.lower(), lead.contact_name)
        choices.append(Choice("lead", _labelled(asked), asked))
    return choices


def colleagues_of(by: User) -> Sequence[Choice]:
    """One's colleagues."""
    found = User.objects.active().exclude(pk=by.pk).order_by("name", "pk")[:MOST]
    return [
        Choice(f"user:{each.pk}", each.name, Asked(each.email.lower(), each.name)) for each in found
    ]


def _contact(contact: Contact) -> Choice:
    asked = Asked(contact.email.lower(), contact.name, contact.pk)
    return Choice(f"contact:{contact.pk}", _labelled(asked), asked)


def _labelled(asked: Asked) -> str:
    return f"{asked.name} · {asked.email}" if asked.name else asked.email


def _addresses(choices: Sequence[Choice]) -> set[str]:
    return {each.asked.email for each in choices}
