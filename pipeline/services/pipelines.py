"""The first pipeline of an installation, in its language, and another pattern in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from core.ledger.causes import because
from core.ledger.tables import Change, Kind
from crm.services.rights import require_manager
from pipeline.models import ActivityType, Lead, LostReason, Pipeline, Stage
from pipeline.patterns import PATTERNS
from pipeline.services.configuration import create_pipeline, delete_pipeline

if TYPE_CHECKING:
    from crm.models import User


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


@transaction.atomic
def take_pattern(*, name: str, by: User | None) -> Pipeline:
    """Make the pipeline of a pattern, in the language that is spoken; one of its name is taken as
    it stands.

    It takes the place of the only pipeline there is while no lead is in that, else it stands last.
    """
    require_manager(by)
    pattern = PATTERNS[name]
    known: list[Pipeline] = list(Pipeline.objects.order_by("sequence", "pk"))
    for pipeline in known:
        if pipeline.name == str(pattern.name):
            return pipeline
    alone = len(known) == 1 and not Lead.objects.exists()
    sequence = known[0].sequence if alone else max((p.sequence for p in known), default=0) + 10
    made = create_pipeline(
        values={"name": str(pattern.name), "sequence": sequence},
        by=by,
        stages=[part.values() for part in pattern.parts],
    )
    if alone:
        delete_pipeline(pipeline=known[0].pk, by=by)
    return made


def _create() -> Pipeline:
    pattern = next(iter(PATTERNS.values()))
    pipeline = Pipeline.objects.create(name=str(pattern.name), sequence=10)
    Stage.objects.bulk_create(
        Stage(pipeline=pipeline, sequence=place * 10, **part.values())
        for place, part in enumerate(pattern.parts, start=1)
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
