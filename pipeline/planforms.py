"""Forms of launching a plan, on one lead or on several."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.forms import Styled
from crm.models import User
from pipeline.models import Pipeline, Plan
from pipeline.stepforms import DayField


class LaunchForm(Styled):
    """Which plan, counted from which day, for whom where a step asks."""

    plan = forms.ModelChoiceField(
        Plan.objects.filter(is_active=True, steps__isnull=False).distinct(),
        label=pgettext_lazy("steps in order", "Plan"),
        empty_label=None,
    )
    base_on = DayField(label=_("Counted from"), initial=timezone.localdate)
    asked = forms.ModelChoiceField(
        User.objects.active(),
        label=_("For whom, where a step asks"),
        required=False,
        empty_label="–",
    )


class BulkLaunchForm(LaunchForm):
    """The same for several leads, with the steps below it as they will stand on each."""

    preview_url = reverse_lazy("leads-launch-preview")

    def __init__(self, data: Any = None, *, user: User, pipeline: Pipeline | None) -> None:
        super().__init__(data, auto_id="launch_%s")

    def missing(self) -> str:
        """Says so where there is no plan to launch."""
        if self.fields["plan"].queryset.exists():  # type: ignore[attr-defined]
            return ""
        return _now("There is no plan with steps yet. Managers make them in the settings.")
