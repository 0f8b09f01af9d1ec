"""What the page of a lead shows, read in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.ledger.tables import Change
from core.telling import Entry, entries
from crm.models import CustomField, User
from pipeline.models import Activity, CriterionTick, Lead, LeadContact, Stage, StageVisit
from pipeline.words import Due, age_in_days, days_text, due_text, expected_days

#: Changes shown at once.
HISTORY_PAGE = 25


def visible_lead(user: User, pk: int) -> Lead:
    """A lead with the records that its page names; NotFound when it is out of sight."""
    lead: Lead | None = (
        Lead.objects.visible_to(user)
        .select_related(
            "owner",
            "team",
            "company",
            "stage",
            "pipeline",
            "product",
            "lost_reason",
            "source",
            "medium",
            "campaign",
            "first_touch__source",
            "first_touch__medium",
            "first_touch__campaign",
            "last_touch__source",
            "last_touch__medium",
            "last_touch__campaign",
        )
        .filter(pk=pk)
        .first()
    )
    if lead is None:
        raise NotFound(_("There is no such lead."))
    return lead


def may_change(user: User, lead: Lead) -> bool:
    """Whether the person may edit the lead."""
    return bool(user.is_manager) or Lead.objects.changeable_by(user).filter(pk=lead.pk).exists()


@dataclass(frozen=True, slots=True)
class StageStep:
    """A stage in the bar at the top: been (with the days spent), here, or ahead."""

    stage: Stage
    state: str
    time: str


@dataclass(frozen=True, slots=True)
class Step:
    """A planned activity with its due time in words."""

    activity: Activity
    due: Due


@dataclass(frozen=True, slots=True)
class LeadPage:
    """Everything that stands on the page beside its history."""

    lead: Lead
    may_change: bool
    stages: Sequence[StageStep]
    criterion_met: bool
    people: Sequence[LeadContact]
    tags: Sequence[Any]
    collaborators: Sequence[User]
    followers: Sequence[User]
    steps: Sequence[Step]
    facts: Sequence[tuple[str, str]]
    weighted: Decimal | None


def read_lead_page(user: User, pk: int) -> LeadPage:
    """The page of a lead for a person; NotFound when it is out of sight."""
    lead = visible_lead(user, pk)
    now = timezone.now()
    activities = (
        Activity.objects.filter(lead=lead)
        .to_do()
        .select_related("type", "assignee")
        .order_by("due_at", "id")
    )
    amount = lead.expected_revenue
    return LeadPage(
        lead=lead,
        may_change=may_change(user, lead),
        stages=_stage_steps(lead, now),
        criterion_met=CriterionTick.objects.filter(lead=lead, stage=lead.stage_id).exists(),
        people=list(lead.lead_contacts.select_related("contact__company")),
        tags=list(lead.tags.all()),
        collaborators=list(lead.collaborators.all()),
        followers=list(lead.followers.all()),
        steps=[
            Step(activity, due_text(activity.due_at, activity.all_day, now))
            for activity in activities
        ],
        facts=_custom_facts(lead),
        weighted=None if amount is None else amount * lead.probability / 100,
    )


def _stage_steps(lead: Lead, now: dt.datetime) -> list[StageStep]:
    stages = list(
        Stage.objects.active().filter(pipeline=lead.pipeline_id).for_team(lead.team_id).in_order()
    )
    if lead.stage_id not in {stage.pk for stage in stages}:
        stages.append(lead.stage)
        stages.sort(key=lambda stage: (stage.sequence, stage.pk))
    spent: dict[int, dt.timedelta] = {}
    for visit in StageVisit.objects.filter(lead=lead):
        length = (visit.left_at or now) - visit.entered_at
        spent[visit.stage_id] = spent.get(visit.stage_id, dt.timedelta()) + length
    steps = []
    for stage in stages:
        if stage.pk == lead.stage_id:
            steps.append(StageStep(stage, "here", _time_here(lead, stage, now)))
        elif stage.pk in spent:
            steps.append(StageStep(stage, "been", days_text(max(spent[stage.pk].days, 1))))
        else:
            steps.append(StageStep(stage, "ahead", ""))
    return steps


def _time_here(lead: Lead, stage: Stage, now: dt.datetime) -> str:
    if lead.status == Lead.Status.LOST:
        return str(lead.get_status_display())  # type: ignore[attr-defined]
    age = days_text(age_in_days(lead.stage_entered_at, now))
    expected = expected_days(stage)
    return _("%(age)s, expected %(days)s") % {"age": age, "days": expected} if expected else age


def _custom_facts(lead: Lead) -> list[tuple[str, str]]:
    if not lead.custom:
        return []
    facts = []
    for definition in CustomField.objects.filter(subject="pipeline.lead"):
        value = lead.custom.get(definition.key)
        if value is not None:
            facts.append((definition.label, _custom_text(definition, value)))
    return facts


def _custom_text(definition: CustomField, value: Any) -> str:
    labels = {str(item["id"]): str(item["label"]) for item in definition.options or []}
    match definition.type:
        case CustomField.Type.YES_NO:
            return _("Yes") if value else _("No")
        case CustomField.Type.CHOICE:
            return labels.get(str(value), str(value))
        case CustomField.Type.CHOICES:
            return ", ".join(labels.get(str(item), str(item)) for item in value)
    return str(value)


def lead_history(
    lead: Lead, user: User, *, offer_undo: bool, before: int | None = None
) -> tuple[list[Entry], int | None]:
    """A page of what happened to the lead and what hangs on it, newest first; and how to go on."""
    mine: models.QuerySet[Any] = Activity.objects.filter(lead=lead)
    hanging = {
        "pipeline.activity": mine,
        "pipeline.leadcontact": LeadContact.objects.filter(lead=lead),
        "pipeline.criteriontick": CriterionTick.objects.filter(lead=lead),
    }
    wanted = Q(record_type="pipeline.lead", record_id=lead.pk)
    for record_type, records in hanging.items():
        ids = list(records.values_list("pk", flat=True)[:500])
        if ids:
            wanted |= Q(record_type=record_type, record_id__in=ids)
    changes = Change.objects.filter(wanted).select_related("cause__actor").order_by("-id")
    if before is not None:
        changes = changes.filter(pk__lt=before)
    found = list(changes[: HISTORY_PAGE + 1])
    more = found[HISTORY_PAGE - 1].pk if len(found) > HISTORY_PAGE else None
    return entries(found[:HISTORY_PAGE], user, offer_undo=offer_undo), more
