"""What “Start here” lists of the pipeline."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.starting import Fact, register
from pipeline.models import Activity, Lead, StageVisit


def register_facts() -> None:
    """Called once, when the app is ready."""
    register(
        Fact(
            "lead",
            _("Make a lead, or import your leads"),
            30,
            lambda: reverse("setup-end"),
            lambda user: Lead.objects.all(),
        ),
        Fact(
            "step",
            _("Plan a next step"),
            40,
            lambda: reverse("day"),
            lambda user: Activity.objects.all(),
        ),
        Fact(
            "move",
            _("Move a lead on the board"),
            50,
            lambda: reverse("boards"),
            lambda user: StageVisit.objects.filter(left_at__isnull=False),
        ),
    )
