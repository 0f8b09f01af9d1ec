"""The form in which people say how they want to be told."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from django import forms
from django.utils.formats import time_format
from django.utils.translation import gettext_lazy as _

from core.forms import Styled
from messaging.channels import (
    ALWAYS,
    DEFAULTS,
    DIGEST_HOUR,
    NEVER,
    Channel,
    Kind,
    channels_of,
    digest_hour,
    reminder_of,
)
from pipeline.models import Activity

if TYPE_CHECKING:
    from crm.models import User


@dataclass(frozen=True, slots=True)
class Cell:
    """A box of the table: one kind by one way. Without a name it is not to be chosen."""

    name: str
    label: str
    checked: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A kind, and its boxes in the order of the ways."""

    label: str
    cells: list[Cell]


def _hours() -> list[tuple[int, str]]:
    return [(hour, time_format(dt.time(hour), "H:i")) for hour in range(24)]


class WishForm(Styled):
    """Reminders and the morning mail; the table of kinds stands beside it as boxes."""

    reminder = forms.ChoiceField(
        label=_("Remind me of activities at an hour"),
        choices=[choice for choice in Activity.Reminder.choices if choice[0] != "chosen"],
        help_text=_("An activity may say something else for itself."),
    )
    digest_on = forms.BooleanField(
        label=_("Send me a mail in the morning"),
        required=False,
        help_text=_("On working days: what is overdue, what is due today, and what happened."),
    )
    hour = forms.TypedChoiceField(label=_("From"), choices=_hours, coerce=int)

    @classmethod
    def of(cls, user: User, data: Any) -> Self:
        """The form with a person's wishes."""
        hour = digest_hour(user)
        kept = user.preferences.get("digest")
        last = kept.get("hour") if isinstance(kept, dict) else None
        initial = {
            "reminder": reminder_of(user),
            "digest_on": hour is not None,
            "hour": hour if hour is not None else last or DIGEST_HOUR,
        }
        return cls(data, initial=initial)


def table_of(user: User) -> list[Line]:
    """The ways of each kind as boxes."""
    return [
        Line(
            str(kind.label),
            [
                Cell(
                    "" if (kind, way) in ALWAYS | NEVER else f"{kind}-{way}",
                    str(way.label),
                    way in channels_of(user, kind),
                )
                for way in Channel
            ],
        )
        for kind in DEFAULTS
    ]


def told_in(data: Any) -> dict[Kind, list[Channel]]:
    """What was chosen in the table."""
    return {kind: [way for way in Channel if f"{kind}-{way}" in data] for kind in DEFAULTS}
