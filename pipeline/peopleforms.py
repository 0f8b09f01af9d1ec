"""Forms about the people on a lead and who works on it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.forms import Styled
from crm.models import Team, User
from pipeline.models import LeadContact

ROLES = [("", _("No role")), *LeadContact.Role.choices]


class PersonForm(Styled):
    """Somebody who is to stand on a lead: one we know, or a new contact."""

    name = forms.CharField(
        label=_("Name"),
        max_length=150,
        required=False,
        help_text=_("Type a few letters to find somebody you know."),
    )
    contact = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    job_title = forms.CharField(label=_("Job title"), max_length=120, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=ROLES, required=False)

    def __init__(self, data: Any = None, *, lead: int, initial: Any = None) -> None:
        super().__init__(data, initial=initial, auto_id="person_%s")
        self.fields["name"].widget.attrs |= {
            "autofocus": True,
            "autocomplete": "off",
            "hx-get": reverse("lead-contacts", args=[lead]),
            "hx-trigger": "input changed delay:200ms",
            "hx-target": "#contact-options",
            "hx-sync": "this:replace",
        }

    def clean(self) -> dict[str, Any]:
        """Ask for at least a way to tell who it is."""
        cleaned: dict[str, Any] = super().clean() or {}
        told = ("contact", "name", "email", "phone")
        if not any(cleaned.get(name) for name in told) and not self.errors:
            raise ValidationError(_("Give a name, an e-mail or a phone."))
        return cleaned


class AssignForm(Styled):
    """Who works on a lead."""

    owner = forms.ModelChoiceField(
        User.objects.active(), label=_("Owner"), required=False, empty_label=_("Nobody")
    )
    team = forms.ModelChoiceField(
        Team.objects.filter(is_active=True),
        label=_("Sales team"),
        required=False,
        empty_label=_("The owner's team"),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class ConvertForm(Styled):
    """What is linked or made when a lead becomes an opportunity."""

    create_contact = forms.BooleanField(required=False, initial=True)
    create_company = forms.BooleanField(required=False, initial=True)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, proposal: Any, version: int) -> None:
        super().__init__(data, initial={"version": version})
        values = proposal.contact_values
        if values:
            name = {"name": values["name"]}
            self.fields["create_contact"].label = _("Make the contact “%(name)s”") % name
        else:
            del self.fields["create_contact"]
        if proposal.company_values:
            name = {"name": proposal.company_values["name"]}
            self.fields["create_company"].label = _("Make the company “%(name)s”") % name
        else:
            del self.fields["create_company"]
