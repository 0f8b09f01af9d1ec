"""Forms about next steps. They check what was typed; services write."""

from __future__ import annotations

import datetime as dt
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.forms import DateInput, Styled
from crm.models import User
from pipeline.models import Activity, ActivityType
from pipeline.services.activities import LONGEST
from pipeline.services.nextsteps import CHAINED, Chained
from pipeline.todo import local_due
from pipeline.workdays import Later

#: No day of a next step lies outside these years; others are slips of the finger.
YEARS = (2000, 2200)


class DayField(forms.DateField):
    """The day of a next step."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=DateInput(), **options)

    def clean(self, value: Any) -> dt.date | None:
        """A day of a year that makes sense."""
        day: dt.date | None = super().clean(value)
        if day is not None and not YEARS[0] <= day.year <= YEARS[1]:
            raise ValidationError(_("Check the year."))
        return day


class HourField(forms.TimeField):
    """The hour of a next step, where the person is; empty is any time that day."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
        super().__init__(widget=widget, required=False, **options)


class DueForm(Styled):
    """A day and perhaps an hour."""

    due_on = DayField(label=_("Due"))
    due_time = HourField(label=_("At"))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def due(self) -> dict[str, Any]:
        """When it is due, as services take it."""
        day, hour = self.cleaned_data["due_on"], self.cleaned_data["due_time"]
        if hour is None:
            return {"due_on": day, "due_at": None}
        moment = dt.datetime.combine(day, hour, timezone.get_current_timezone())
        return {"due_on": None, "due_at": moment}


def tomorrow() -> dt.date:
    """The day after today, where the person is."""
    return timezone.localdate() + dt.timedelta(days=1)


class PlanForm(DueForm):
    """The next step on a lead."""

    type = forms.ModelChoiceField(
        ActivityType.objects.filter(is_active=True), label=_("Type"), empty_label=None
    )
    summary = forms.CharField(label=_("What"), max_length=200, required=False)
    due_on = DayField(label=_("Due"), initial=tomorrow)
    assignee = forms.ModelChoiceField(
        User.objects.active(), label=_("Assigned to"), required=False, empty_label=None
    )
    # A moment of one's own choice is set on the page of the step.
    reminder = forms.ChoiceField(
        label=_("Reminder"),
        choices=[
            ("", _("As the profile says")),
            *(each for each in Activity.Reminder.choices if each[0] != Activity.Reminder.CHOSEN),
        ],
        required=False,
    )

    field_order = ("type", "summary", "due_on", "due_time", "assignee", "reminder")


class EditForm(DueForm):
    """Everything about a planned step."""

    type = forms.ModelChoiceField(
        ActivityType.objects.filter(is_active=True), label=_("Type"), empty_label=None
    )
    summary = forms.CharField(label=_("What"), max_length=200, required=False)
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For colleagues only."),
    )
    assignee = forms.ModelChoiceField(
        User.objects.active(), label=_("Assigned to"), required=False, empty_label=_("Nobody")
    )
    duration = forms.IntegerField(
        label=_("Minutes"), required=False, min_value=1, max_value=LONGEST
    )
    place = forms.CharField(
        label=_("Place"),
        max_length=200,
        required=False,
        help_text=_("A room, an address, or a link."),
    )
    reminder = forms.ChoiceField(
        label=_("Reminder"),
        choices=[("", _("As the profile says")), *Activity.Reminder.choices],
        required=False,
    )
    remind_at = forms.DateTimeField(
        label=_("Chosen moment"),
        required=False,
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )

    @classmethod
    def of(cls, activity: Activity, data: Any) -> Self:
        """The form of a step, filled with what stands."""
        local = local_due(activity)
        names = ("type", "summary", "note", "assignee", "duration", "place", "reminder", "version")
        initial = {name: getattr(activity, name) for name in (*names, "remind_at")}
        initial |= {
            "due_on": local.date(),
            "due_time": None if activity.all_day else local.time(),
        }
        form = cls(data, initial=initial)
        # The type that stands may be out of use by now.
        types = ActivityType.objects.filter(Q(is_active=True) | Q(pk=activity.type_id))
        form.fields["type"].queryset = types  # type: ignore[attr-defined]
        return form

    def values(self) -> dict[str, Any]:
        """What was changed, as the service takes it."""
        chosen = self.cleaned_data
        changed = set(self.changed_data)
        values: dict[str, Any] = {
            name: chosen[name]
            for name in ("summary", "note", "duration", "place")
            if name in changed
        }
        for name in ("type", "assignee"):
            if name in changed:
                values[name] = chosen[name].pk if chosen[name] is not None else None
        if changed & {"due_on", "due_time"}:
            values |= self.due()
        if changed & {"reminder", "remind_at"}:
            at_moment = chosen["reminder"] == Activity.Reminder.CHOSEN
            values["reminder"] = chosen["reminder"]
            values["remind_at"] = chosen["remind_at"] if at_moment else None
        return values


class DoneForm(Styled):
    """What came of a step, and when the next one is due."""

    outcome = forms.ChoiceField(
        label=_("Outcome"),
        choices=Activity.Outcome.choices,
        initial=Activity.Outcome.DONE,
        widget=forms.RadioSelect,
        required=False,
    )
    feedback = forms.CharField(
        label=_("Feedback"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    then = forms.ChoiceField(
        label=_("Then next"),
        choices=[("", _("Nothing")), *Later.choices, (CHAINED.value, _("What usually comes next"))],
        required=False,
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def deed(self) -> dict[str, Any]:
        """What is to be done, as the service takes it."""
        cleaned = self.cleaned_data
        return {
            "outcome": cleaned["outcome"] or Activity.Outcome.DONE,
            "feedback": cleaned["feedback"],
            "then": _then(cleaned["then"]),
            "expected_version": cleaned["version"],
        }


def _then(chosen: str) -> Later | Chained | None:
    if not chosen:
        return None
    return CHAINED if chosen == CHAINED.value else Later(chosen)


class SnoozeForm(Styled):
    """How far to put a step off."""

    later = forms.ChoiceField(label=_("Until"), choices=Later.choices)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
