"""Forms of a team's members."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import DateInput, Styled
from crm.models import Membership, Team, User
from crm.services.teams import LEADER_FIELDS


class MemberForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    """How somebody is in a team. It writes nothing itself; a leader is asked only for what a
    leader may change."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Membership
        fields = ("capacity", "share", "absent_from", "absent_until", "is_active")
        widgets = {"absent_from": DateInput(), "absent_until": DateInput()}

    def __init__(self, data: Any = None, *, member: Membership, by: User) -> None:
        super().__init__(data, instance=member)
        self.fields["version"].initial = member.version
        if not by.is_manager:
            for name in set(self.fields) - LEADER_FIELDS - {"version"}:
                del self.fields[name]

    def values(self) -> dict[str, Any]:
        """What was entered, for the service."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class JoinForm(Styled):
    """Who joins a team."""

    users = forms.ModelMultipleChoiceField(
        User.objects.none(), label=_("Who joins?"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any = None, *, team: Team) -> None:
        super().__init__(data)
        there = Membership.objects.filter(team=team, is_active=True).values("user")
        people: Any = self.fields["users"]
        people.queryset = User.objects.active().exclude(pk__in=there)

    def chosen(self) -> list[int]:
        """The people that were chosen."""
        return [user.pk for user in self.cleaned_data["users"]]
