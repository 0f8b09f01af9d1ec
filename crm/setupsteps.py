"""The steps of setting up that are about us: the organisation, a team, the people."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from core.admin.fields import label_of
from core.errors import Refused
from core.forms import Styled
from crm import assistant
from crm.assistant import Ending, Step
from crm.models import Team, User
from crm.models.people import Role
from crm.organisation import organisation
from crm.organisationforms import OrganisationForm, read_organisation
from crm.services.organisation import set_organisation
from crm.services.teams import create_team, put_member
from crm.services.users import invite_user, update_user

#: So many people are invited at once.
INVITED = 50


class NameForm(OrganisationForm):
    """What the organisation is called, and how it speaks."""

    currency = None  # type: ignore[assignment]

    class Meta(OrganisationForm.Meta):
        fields = ("name", "language", "time_zone")  # type: ignore[assignment]


class MoneyForm(OrganisationForm):
    """In what the organisation counts."""

    time_zone = None  # type: ignore[assignment]

    class Meta(OrganisationForm.Meta):
        fields = ("currency", "fiscal_month", "first_weekday")  # type: ignore[assignment]


class TeamForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    """The first team; who sets up may lead it."""

    lead = forms.BooleanField(label=_("I lead it"), required=False, initial=True)

    class Meta:
        model = Team
        fields = ("name",)


class PeopleForm(Styled):
    """Addresses, what those people may do, and the team that they are in."""

    addresses = forms.CharField(
        label=_("E-mail addresses"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 4, "autocapitalize": "off", "spellcheck": "false"}),
        help_text=_("One a line, or separated by commas."),
    )
    role = forms.ChoiceField(label=label_of(User, "role"), initial=Role.REP_ALL)
    team = forms.ModelChoiceField(
        Team.objects.filter(is_active=True),
        label=_("Sales team"),
        required=False,
        empty_label=_("No team"),
    )

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        fields: Any = self.fields
        fields["role"].choices = [
            choice for choice in Role.choices if user.is_admin or choice[0] != Role.ADMIN
        ]
        fields["team"].initial = Team.objects.filter(is_active=True).order_by("pk").first()
        if fields["team"].initial is None:
            del self.fields["team"]

    def clean_addresses(self) -> list[str]:
        """The addresses, each once."""
        words = re.split(r"[\s,;]+", self.cleaned_data["addresses"].strip())
        found = list(dict.fromkeys(word.strip("<>").lower() for word in words if word.strip("<>")))
        for address in found:
            try:
                validate_email(address)
            except forms.ValidationError:
                raise forms.ValidationError(
                    _("“%(address)s” is no e-mail address."), params={"address": address[:80]}
                ) from None
        if len(found) > INVITED:
            raise forms.ValidationError(
                _("At most %(most)s people are invited at once."), params={"most": INVITED}
            )
        return found


def _organisation_form(kind: type[OrganisationForm]) -> Any:
    def make(data: Any, user: User) -> OrganisationForm:
        record = read_organisation()
        if record._state.adding:
            record.language = user.language
        return kind(data, instance=record)

    return make


def _save_organisation(form: Any, user: User) -> None:
    before = organisation().time_zone
    set_organisation(
        values=form.values(), by=user, expected_version=form.cleaned_data.get("version")
    )
    after = organisation().time_zone
    if user.time_zone == before != after:
        # Who sets up has what the server said until now.
        update_user(user=user.pk, values={"time_zone": after}, by=user)


def _save_team(form: Any, user: User) -> None:
    leader = user.pk if form.cleaned_data["lead"] else None
    create_team(
        values={"name": form.cleaned_data["name"], "leader": leader}, by=user, members=[user.pk]
    )


def _save_people(form: Any, user: User) -> None:
    team = form.cleaned_data.get("team")
    for address in form.cleaned_data["addresses"]:
        try:
            person = invite_user(
                email=address, name=_name_in(address), role=form.cleaned_data["role"], by=user
            )
        except Refused as refused:
            text = f"{address}: {refused.message}"
            raise Refused(text, {"addresses": [text]}) from None
        if team is not None:
            put_member(team=team.pk, user=person.pk, by=user)


def _name_in(address: str) -> str:
    """ "Jane Doe" of "jane.doe@example.org"; people set their own names."""
    return re.sub(r"[._+-]+", " ", address.partition("@")[0]).strip().title() or address


def register() -> None:
    """Called once, when the app is ready."""
    assistant.register(
        Step(
            "organisation",
            _("Your organisation"),
            _("What is it called, which language does it speak, and where is it?"),
            10,
            _organisation_form(NameForm),
            _save_organisation,
        ),
        Step(
            "money",
            _("Currency and year"),
            _("In which currency are your sales, and when do your year and your week begin?"),
            20,
            _organisation_form(MoneyForm),
            _save_organisation,
        ),
        Step(
            "team",
            _("First team"),
            _("Who sells together? More teams, and who is in them, are in the settings."),
            30,
            lambda data, user: TeamForm(data),
            _save_team,
        ),
        Step(
            "people",
            _("Colleagues"),
            _("Each gets a mail with a link, good for seven days, to choose a password."),
            50,
            lambda data, user: PeopleForm(data, user=user),
            _save_people,
        ),
    )
    assistant.register_ending(
        Ending(
            "empty",
            _("Start empty"),
            _("Go to your day, and make the first lead."),
            "arrow-right",
            30,
            "start",
        )
    )
