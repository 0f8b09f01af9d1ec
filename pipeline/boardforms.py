"""The form of the filter of leads, for board and list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import Styled
from crm.models import Source, Tag, Team, User
from pipeline.narrowing import Narrowing


class NarrowingForm(Styled):
    """The parts of the filter that have no chip of their own, as they stand in an address."""

    q = forms.CharField(label=_("Words"), required=False, max_length=200)
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    team = forms.ChoiceField(label=_("Sales team"), required=False)
    tag = forms.ChoiceField(label=_("Tag"), required=False)
    source = forms.ChoiceField(label=_("Source"), required=False)
    next_step = forms.ChoiceField(
        label=_("Next step"),
        required=False,
        choices=[
            ("", _("Any")),
            ("none", _("No next step")),
            ("overdue", _("Overdue")),
            ("today", _("Today")),
            ("later", _("Later")),
        ],
    )
    closing = forms.ChoiceField(
        label=_("Expected close"),
        required=False,
        choices=[
            ("", _("Any")),
            ("overdue", _("Overdue")),
            ("this_month", _("This month")),
            ("next_month", _("Next month")),
        ],
    )
    stalled = forms.ChoiceField(
        label=_("Stalled"),
        required=False,
        choices=[("", _("Any")), ("true", _("Only those that are")), ("false", _("Only others"))],
    )

    def __init__(self, narrowing: Narrowing) -> None:
        super().__init__(initial=dict(narrowing.values))
        anything = [("", _("Any"))]
        rows: dict[str, list[tuple[str, Any]]] = {
            "owner": [("me", _("Me")), ("none", _("Nobody")), *named(User.objects.active())],
            "team": [("mine", _("My teams")), ("none", _("None")), *named(Team.objects.all())],
            "tag": [("none", _("None")), *named(Tag.objects.all())],
            "source": [("none", _("None")), *named(Source.objects.all())],
        }
        for name, choices in rows.items():
            chosen = narrowing.values.get(name, "")
            if chosen and chosen not in {key for key, _label in choices}:
                choices.append((chosen, chosen))  # several at once, from an address
            self.fields[name].choices = [*anything, *choices]  # type: ignore[attr-defined]


def named(rows: Any) -> list[tuple[str, str]]:
    """Records as choices."""
    return [(str(row.pk), str(row)) for row in rows.order_by("name", "pk")]
