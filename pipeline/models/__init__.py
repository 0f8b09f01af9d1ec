"""What moves."""

from pipeline.models.activities import Activity, ActivityType
from pipeline.models.derived import LeadSearch, LeadSpan, StageTotal, StageVisit
from pipeline.models.distinct import DistinctLeads
from pipeline.models.leads import Lead
from pipeline.models.people import LeadCollaborator, LeadContact, LeadFollower, LeadTag
from pipeline.models.plans import Plan, PlanStep
from pipeline.models.stages import CriterionTick, LostReason, Pipeline, Stage

__all__ = [
    "Activity",
    "ActivityType",
    "CriterionTick",
    "DistinctLeads",
    "Lead",
    "LeadCollaborator",
    "LeadContact",
    "LeadFollower",
    "LeadSearch",
    "LeadSpan",
    "LeadTag",
    "LostReason",
    "Pipeline",
    "Plan",
    "PlanStep",
    "Stage",
    "StageTotal",
    "StageVisit",
]
