"""Taking a stage out of a pipeline together with where its leads go."""

from __future__ import annotations

from itertools import batched
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.services.configuration import delete_record
from crm.services.rights import require_manager
from pipeline.models import Lead, Stage
from pipeline.services.access import lock_leads
from pipeline.services.moves import move_leads, place_and_save

if TYPE_CHECKING:
    from crm.models import User

#: So many leads are moved by one round of statements.
BATCH = 1000


def remove_stage(*, record: int, into: int, by: User | None) -> None:
    """Delete a stage after putting all of its leads, lost and archived ones too, into another
    stage of its pipeline; all or nothing, one Undo.

    Raises what moving would: the stage `into` asks for fields that a lead lacks, say.
    """
    require_manager(by)
    with transaction.atomic():
        target = Stage.objects.filter(pk=into).first()
        if target is None:
            raise NotFound(_("There is no such stage."))
        standing = Lead.objects.filter(stage=record).order_by("position")
        lost = list(standing.lost().values_list("pk", flat=True))
        others = list(standing.exclude(status=Lead.Status.LOST).values_list("pk", flat=True))
        for part in batched(others, BATCH):
            move_leads(leads=part, stage=into, by=by)
        moment = timezone.now()
        for part in batched(lost, BATCH):
            leads = lock_leads(part, by=by)
            for lead in leads:
                # It stays lost: where it stood is all that changes.
                lead.stage, lead.pipeline_id = target, target.pipeline_id
            place_and_save(leads, target.pk, moment)
        delete_record(model=Stage, record=record, by=by)
