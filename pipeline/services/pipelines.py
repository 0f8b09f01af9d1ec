"""The first pipeline of an installation, in its language."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from core.ledger.causes import because
from core.ledger.tables import Change, Kind
from pipeline.models import ActivityType, LostReason, Pipeline, Stage


def create_first_pipeline(**_signal: Any) -> Pipeline | None:
    """Make the B2B pipeline, lost reasons and activity types of a fresh installation.

    Does nothing where a pipeline stands or ever stood.
    """
    known = Change.objects.filter(record_type="pipeline.pipeline").exists()
    if known or Pipeline.objects.exists():
        return None
    with (
        translation.override(settings.LANGUAGE_CODE),
        transaction.atomic(),
        because(Kind.SYSTEM, label="First pipeline"),
    ):
        return _create()


def _create() -> Pipeline:
    pipeline = Pipeline.objects.create(name=_("B2B sales"), sequence=10)
    won = Stage.Kind.WON
    stages = [
        # name, kind, objective, exit criterion, expected days, probability
        (
            _("New"),
            Stage.Kind.OPEN,
            _("Lead captured, not yet contacted"),
            _("First contact made"),
            (0, 2),
            10,
        ),
        (
            _("Qualified"),
            Stage.Kind.OPEN,
            _("Need and budget confirmed"),
            _("Discovery call done"),
            (3, 7),
            25,
        ),
        (
            _("Proposal"),
            Stage.Kind.OPEN,
            _("Solution presented with a price"),
            _("Proposal delivered"),
            (5, 14),
            50,
        ),
        (
            _("Negotiation"),
            Stage.Kind.OPEN,
            _("Terms under discussion"),
            _("Scope and price agreed"),
            (7, 21),
            75,
        ),
        (_("Won"), won, _("Deal closed"), _("Contract signed"), (None, None), 100),
    ]
    Stage.objects.bulk_create(
        Stage(
            pipeline=pipeline,
            name=name,
            kind=kind,
            sequence=(place + 1) * 10,
            objective=objective,
            exit_criterion=criterion,
            days_min=days[0],
            days_max=days[1],
            probability=probability,
        )
        for place, (name, kind, objective, criterion, days, probability) in enumerate(stages)
    )
    reasons = [
        _("Too expensive"),
        _("Chose a competitor"),
        _("No budget"),
        _("No decision"),
        _("Not a fit"),
        _("No answer"),
    ]
    LostReason.objects.bulk_create(
        LostReason(name=name, sequence=(place + 1) * 10) for place, name in enumerate(reasons)
    )
    kinds = [
        (_("Call"), "phone", 1),
        (_("E-mail"), "mail", 1),
        (_("Meeting"), "users", 3),
        (_("To-do"), "check", 1),
        (_("Follow-up"), "arrow-back-up-double", 3),
        (_("Document"), "note", 5),
    ]
    made = ActivityType.objects.bulk_create(
        ActivityType(name=name, icon=icon, default_days=days, sequence=(place + 1) * 10)
        for place, (name, icon, days) in enumerate(kinds)
    )
    # What was written, said or sent is followed up: by default that is suggested.
    follow_up = made[4]
    for kind in (made[1], made[2], made[5]):
        kind.next_type = follow_up
        kind.save()
    return pipeline
