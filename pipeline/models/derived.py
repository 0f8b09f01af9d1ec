"""What is derived from the ledger: time in stages, the past, the sums of the board, search text.

None of these rows is tracked. Each has one writer and can be rebuilt at any time. Their keys to
stages, owners and teams carry no constraint: the past outlives a stage and a person.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from core.models import WorkRow
from crm.models import Team, User
from pipeline.models.leads import Lead
from pipeline.models.stages import Pipeline, Stage


class StageVisit(models.Model):
    """A stay of a lead in a stage; a lost lead has none. Written by pipeline.services.moves."""

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="visits", db_index=False)
    stage = models.ForeignKey(
        Stage, models.DO_NOTHING, related_name="visits", db_constraint=False, db_index=False
    )
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead"], name="stage_visit_one_open", condition=Q(left_at__isnull=True)
            ),
            models.CheckConstraint(
                name="stage_visit_in_order",
                condition=Q(left_at__isnull=True) | Q(left_at__gte=F("entered_at")),
            ),
        ]
        indexes = [
            models.Index(fields=["lead", "entered_at"], name="stage_visit_by_lead"),
            models.Index(fields=["stage", "left_at"], name="stage_visit_by_stage"),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} in {self.stage_id}"


class LeadSpan(models.Model):
    """A time in which nothing that a board shows changed on a lead. Written by
    pipeline.services.spans; the board "as of" a day reads the spans that hold on it."""

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="spans", db_index=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    pipeline = models.ForeignKey(
        Pipeline, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    stage = models.ForeignKey(
        Stage, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    status = models.CharField(max_length=4, choices=Lead.Status)
    owner = models.ForeignKey(
        User, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    team = models.ForeignKey(
        Team, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    amount = models.DecimalField(max_digits=15, decimal_places=2, null=True)
    currency = models.CharField(max_length=3)
    probability = models.DecimalField(max_digits=5, decimal_places=2)
    archived = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead"], name="lead_span_one_open", condition=Q(ends_at__isnull=True)
            ),
        ]
        indexes = [
            models.Index(fields=["lead", "starts_at"], name="lead_span_by_lead"),
            models.Index(fields=["ends_at", "starts_at"], name="lead_span_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} from {self.starts_at}"


class StageTotal(models.Model):
    """Counts and sums of leads that are not archived: a folded row a group, and appended deltas.

    What holds is the sum over all rows of a group. Written by pipeline.services.totals.
    """

    id = models.BigAutoField(primary_key=True)
    pipeline = models.ForeignKey(
        Pipeline, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    stage = models.ForeignKey(
        Stage, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    status = models.CharField(max_length=4, choices=Lead.Status)
    owner = models.ForeignKey(
        User, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    team = models.ForeignKey(
        Team, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    currency = models.CharField(max_length=3)
    count = models.BigIntegerField()
    amount = models.DecimalField(max_digits=20, decimal_places=2)
    weighted = models.DecimalField(max_digits=24, decimal_places=6)
    without_amount = models.BigIntegerField()
    folded = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["pipeline", "stage"], name="stage_total_by_stage")]

    def __str__(self) -> str:
        return f"{self.stage_id} {self.status}: {self.count}"


class LeadSearch(WorkRow):
    """Search text of a lead to be made anew."""

    class Meta(WorkRow.Meta):
        abstract = False
