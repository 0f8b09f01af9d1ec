"""How a stage does: how long leads stayed in it lately, and how many went on from it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef
from django.utils import timezone

from crm.querysets import sees_all
from pipeline.models import Lead, Stage, StageVisit

if TYPE_CHECKING:
    from crm.models import User

#: The visits that are looked at: those that ended in so many days, the latest so many.
DAYS, MOST = 180, 5000


@dataclass(frozen=True, slots=True)
class StageFacts:
    """`left` leads left the stage lately, after `days` on average, and `onward` of them went to a
    later stage."""

    left: int
    days: Decimal | None
    onward: int

    @property
    def rate(self) -> Decimal | None:
        """Of those that left, the per cent that went on."""
        return Decimal(self.onward) * 100 / self.left if self.left else None


def read_stage_facts(user: User, stage: Stage) -> StageFacts:
    """The facts of a stage, over the leads that the person sees."""
    since = timezone.now() - dt.timedelta(days=DAYS)
    visits = StageVisit.objects.filter(stage=stage, left_at__gte=since)
    if not sees_all(user):
        visits = visits.filter(lead__in=Lead.objects.visible_to(user).values("pk"))
    later = list(
        Stage.objects.filter(pipeline=stage.pipeline, sequence__gt=stage.sequence).values_list(
            "pk", flat=True
        )
    )
    onward = StageVisit.objects.filter(
        lead=OuterRef("lead"), stage__in=later, entered_at__gte=OuterRef("left_at")
    )
    rows = list(
        visits.order_by("-left_at")
        .annotate(onward=Exists(onward))
        .values_list("entered_at", "left_at", "onward")[:MOST]
    )
    if not rows:
        return StageFacts(0, None, 0)
    seconds = sum((left - entered).total_seconds() for entered, left, _onward in rows if left)
    days = Decimal(seconds / len(rows) / 86400).quantize(Decimal("0.1"))
    return StageFacts(len(rows), days, sum(1 for row in rows if row[2]))
