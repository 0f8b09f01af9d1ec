"""The API of pipelines, leads and activities: its resources, for the router to join."""

from typing import Any

from core.api.subroutes import register_subroute
from pipeline.api import history
from pipeline.api.activities import ActivitiesView, ActivityTypesView
from pipeline.api.leads import LeadsView
from pipeline.api.people import LeadContactsView
from pipeline.api.plans import LaunchView, PlanStepsView, PlansView
from pipeline.api.stages import LostReasonsView, PipelinesView, StagesView

RESOURCES: dict[str, Any] = {
    "leads": LeadsView,
    "pipelines": PipelinesView,
    "stages": StagesView,
    "lost-reasons": LostReasonsView,
    "activities": ActivitiesView,
    "activity-types": ActivityTypesView,
    "plans": PlansView,
    "plan-steps": PlanStepsView,
}

register_subroute("leads", "contacts", LeadContactsView, {"get": "list"})
register_subroute(
    "leads", "contacts/<id:contact>", LeadContactsView, {"put": "put", "delete": "remove"}
)
register_subroute("leads", "launch", LaunchView, {"post": "create"})

history.register()
