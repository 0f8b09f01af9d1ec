"""The form of a saved view."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import Styled
from crm.models import SavedView, Team, User


class ViewForm(Styled):
    """What a view is called, who sees it, and whether it opens first."""

    name = forms.CharField(label=_("Name"), max_length=60)
    share = forms.ChoiceField(
        label=_("Who sees it"),
        widget=forms.RadioSelect,
        choices=[("me", _("Only me")), ("team", _("A sales team")), ("all", _("Everyone"))],
    )
    team = forms.ModelChoiceField(
        Team.objects.none(), label=_("Sales team"), required=False, empty_label=_("None")
    )
    first = forms.BooleanField(label=_("Open it first, for me"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, user: User, view: SavedView | None = None) -> None:
        initial: dict[str, Any] = {"share": "me"}
        if view is not None:
            share = "all" if view.is_public else "team" if view.team_id else "me"
            first = user.preferences.get(f"view.{view.place}") == view.pk
            initial = {
                "name": view.name,
                "share": share,
                "team": view.team_id,
                "first": first,
                "version": view.version,
            }
        super().__init__(data, initial=initial)
        teams = Team.objects.all() if user.is_manager else Team.objects.of(user)
        self.fields["team"].queryset = teams.order_by("name")  # type: ignore[attr-defined]
        self.fields["name"].widget.attrs["autofocus"] = True

    def clean(self) -> dict[str, Any]:
        """Sharing with a team names the team."""
        if self.cleaned_data.get("share") == "team" and not self.cleaned_data.get("team"):
            self.add_error("team", _("Choose a team."))
        return self.cleaned_data

    def values(self) -> dict[str, Any]:
        """The view as its service takes it."""
        share = self.cleaned_data["share"]
        return {
            "name": self.cleaned_data["name"],
            "team": self.cleaned_data["team"] if share == "team" else None,
            "is_public": share == "all",
        }
