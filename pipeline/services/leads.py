"""Making leads, editing, archiving and deleting them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Subquery
from django.db.models.base import ModelState
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, Refused
from core.ledger.causes import current_cause
from core.ledger.tables import TOUCHING
from core.ledger.writing import insert_dated
from crm.belonging import Belonging, linked
from crm.models import Organisation
from crm.organisation import organisation, usual
from crm.services.companies import create_company
from pipeline.models import Lead, LeadContact, LeadTag, LostReason, Pipeline, Stage
from pipeline.models.stages import PipelineTeam, StageTeam
from pipeline.ranking import spread
from pipeline.services.access import lock_leads
from pipeline.services.moves import ATTEMPTS, check_not_emptied, check_required
from pipeline.services.sets import replace_sets
from pipeline.services.touches import save_leads
from pipeline.services.values import SETS, check_recurring, clean_values, set_values

if TYPE_CHECKING:
    from crm.models import User


@dataclass(frozen=True, slots=True)
class Step:
    """A dated point of an imported lead's past: from `at` on it stood in `stage`, with `status`."""

    at: dt.datetime
    stage: Stage
    status: str = "open"
    lost_reason: LostReason | None = None


@dataclass(slots=True)
class LeadDraft:
    """A lead to be made.

    `values` are Lead fields by name (keys to other records as id or record); `stage` is where it
    starts (the first of `pipeline`, or of the first pipeline, when not given); `steps` its dated
    past, the first its creation and the last where it stands; `tags` ids; `contacts` pairs of
    contact id and role, the first being the main one.
    """

    values: Mapping[str, Any]
    stage: Stage | None = None
    pipeline: Pipeline | None = None
    steps: Sequence[Step] = ()
    tags: Sequence[int] = ()
    contacts: Sequence[tuple[int, str]] = ()
    created_at: dt.datetime | None = None


def create_lead(*, draft: LeadDraft, by: User | None) -> Lead:
    """Make one lead; see `create_leads`."""
    return create_leads(drafts=[draft], by=by)[0]


def create_leads(*, drafts: Sequence[LeadDraft], by: User | None) -> list[Lead]:
    """Make leads, each on top of its column, in the order given from top to bottom.

    Who makes a lead and says nothing of its owner owns it. The team is the owner's
    (crm.belonging), the currency the pipeline's or else the organisation's, unless given.
    `by=None` is the system itself.
    """
    if not drafts:
        return []
    moment = timezone.now()
    cleaned = clean_values([draft.values for draft in drafts], by=by)
    starts = _Starts(by)
    built: list[_Built] = []
    for draft, values in zip(drafts, cleaned, strict=True):
        if not values.get("title"):
            raise Refused(_("A lead needs a title."), {"title": [_("A lead needs a title.")]})
        built.append(_build(draft, values, starts, moment, by))
    _fill_teams(built)
    cause = current_cause()
    if cause is not None and cause.kind in TOUCHING:
        for item in built:
            item.lead.touched_at = item.history[-1][0] if item.history else moment
    leads = [item.lead for item in built]
    with transaction.atomic():
        _insert(built)
        _put_sets(drafts, leads)
    return leads


@dataclass(slots=True)
class _Built:
    lead: Lead
    history: list[tuple[dt.datetime, dict[str, Any]]] = field(default_factory=list)
    asks_team: bool = False


class _Starts:
    """Where leads start, looked up once for a batch."""

    def __init__(self, by: User | None) -> None:
        self.by = by
        self._first: dict[tuple[int | None, int | None], Stage] = {}

    @cached_property
    def usual_currency(self) -> str:
        """That of the organisation; it comes along with the first stage."""
        return organisation().currency

    def stage_of(self, draft: LeadDraft, team: int | None) -> Stage:
        """The stage that a draft names, or the first open one of its pipeline, or of its team."""
        if draft.steps:
            return draft.steps[0].stage
        return draft.stage or self.first(draft.pipeline, None if draft.pipeline else team)

    def first(self, pipeline: Pipeline | None, team: int | None = None) -> Stage:
        """The first open stage of a pipeline; else of the first one that the person sees, those
        that the team works before others."""
        key = (pipeline.pk if pipeline else None, team)
        if key not in self._first:
            stages = Stage.objects.active().filter(kind=Stage.Kind.OPEN, pipeline__is_active=True)
            if self.by is not None:
                stages = stages.visible_to(self.by)
            if pipeline is not None:
                stages = stages.filter(pipeline=pipeline)
            order = ["pipeline__sequence", "pipeline", "sequence", "id"]
            if team is not None:
                theirs = PipelineTeam.objects.filter(pipeline=OuterRef("pipeline"), team=team)
                stages, order = stages.alias(theirs=Exists(theirs)), ["-theirs", *order]
            stages = stages.annotate(usual_currency=Organisation.currency_now())
            found = stages.select_related("pipeline").order_by(*order).first()
            if found is None:
                raise Refused(_("There is no pipeline with an open stage to put the lead into."))
            self.usual_currency = found.usual_currency or usual().currency
            self._first[key] = found
            self._first.setdefault((found.pipeline_id, None), found)
        return self._first[key]


_DEFAULTS: dict[str, Any] = {}


def _blank_lead() -> Lead:
    """`Lead()`, twenty times as fast: its sixty fields are asked for their defaults only once."""
    if not _DEFAULTS:
        _DEFAULTS.update(vars(Lead()))
    lead = Lead.__new__(Lead)
    vars(lead).update(_DEFAULTS, _state=ModelState(), updated_at=timezone.now())
    for name in Lead.ledger_json_fields():  # changed in place, so each lead needs its own
        vars(lead)[name] = deepcopy(_DEFAULTS[name])
    return lead


def _build(
    draft: LeadDraft,
    values: Mapping[str, Any],
    starts: _Starts,
    moment: dt.datetime,
    by: User | None,
) -> _Built:
    start = starts.stage_of(draft, values.get("team_id"))
    first = starts.first(start.pipeline)
    created = draft.steps[0].at if draft.steps else draft.created_at or moment
    lead = _blank_lead()
    lead.created_at, lead.currency = created, ""
    for attname, value in values.items():
        setattr(lead, attname, value)
    if not lead.currency:
        lead.currency = start.pipeline.currency or starts.usual_currency
    if "owner_id" not in values and by is not None:
        lead.owner_id = by.pk
    check_recurring(lead)
    if lead.owner_id is not None:
        lead.assigned_at = created
    built = _Built(lead, asks_team="team_id" not in values and lead.owner_id is not None)
    steps = draft.steps or [Step(created, start, "won" if start.is_won else "open")]
    history: list[tuple[dt.datetime, dict[str, Any]]] = []
    entered = steps[0].at
    for place, step in enumerate(steps):
        if place and step.stage.pk != steps[place - 1].stage.pk:
            entered = step.at
        if lead.converted_at is None and (step.stage.pk != first.pk or step.status == "won"):
            lead.kind, lead.converted_at = Lead.Kind.OPPORTUNITY, step.at
        closed = step.status != Lead.Status.OPEN
        reason = step.lost_reason
        if (step.status == Lead.Status.LOST) != (reason is not None):
            raise Refused(_("A lost lead has a reason; no other lead has one."))
        history.append(
            (
                step.at,
                {
                    "pipeline_id": step.stage.pipeline_id,
                    "stage_id": step.stage.pk,
                    "status": step.status,
                    "lost_reason_id": reason.pk if reason else None,
                    "closed_at": step.at if closed else None,
                    "kind": str(lead.kind),
                    "converted_at": lead.converted_at,
                    "probability_stage": Decimal(step.stage.probability),
                },
            )
        )
    for attname, value in history[-1][1].items():
        setattr(lead, attname, value)
    last = steps[-1].stage
    lead.stage = last
    lead.stage_entered_at = entered
    if not draft.steps:
        check_required(lead, last)
        built.history = [(moment, {})] if draft.created_at is None else [(created, {})]
    else:
        built.history = history
    return built


def _fill_teams(built: Sequence[_Built]) -> None:
    """Give leads the team of their owner that crm.belonging tells, with the teams that their stage
    or pipeline is limited to."""
    asking = [item.lead for item in built if item.asks_team]
    if not asking:
        return
    stages = StageTeam.objects.filter(stage__in={lead.stage_id for lead in asking})
    pipelines = PipelineTeam.objects.filter(pipeline__in={lead.pipeline_id for lead in asking})
    belonging = Belonging.read(
        {lead.owner_id for lead in asking},
        linked("stage", stages.filter(team__is_active=True), "stage_id"),
        linked("pipeline", pipelines.filter(team__is_active=True), "pipeline_id"),
    )
    for lead in asking:
        places = (("stage", lead.stage_id), ("pipeline", lead.pipeline_id))
        lead.team_id = belonging.default(lead.owner_id, *places)


def _insert(built: Sequence[_Built]) -> None:
    leads = [item.lead for item in built]
    columns: dict[int, list[Lead]] = {}
    for lead in leads:
        columns.setdefault(lead.stage_id, []).append(lead)
    for _attempt in range(ATTEMPTS):
        top = Lead.objects.filter(stage=OuterRef("pk")).order_by("position").values("position")
        tops = dict(Stage.objects.filter(pk__in=columns).values_list("pk", Subquery(top[:1])))
        for stage, group in columns.items():
            for lead, rank in zip(group, spread(None, tops.get(stage), len(group)), strict=True):
                lead.position = rank
        try:
            with transaction.atomic():
                insert_dated(Lead, leads, [item.history for item in built])
        except IntegrityError as error:
            for lead in leads:
                lead.pk, lead._state.adding = None, True
            if "position" in str(error):
                continue
            if "external" in str(error):
                raise Conflict(_("A lead of this external id exists already.")) from error
            raise
        else:
            return
    raise Conflict(_("Many people are making leads here just now. Try again."))


def _put_sets(drafts: Sequence[LeadDraft], leads: Sequence[Lead]) -> None:
    """Put tags, people, collaborators and followers on new leads."""
    tags = [
        LeadTag(lead_id=lead.pk, tag_id=tag)
        for draft, lead in zip(drafts, leads, strict=True)
        for tag in draft.tags
    ]
    if tags:
        LeadTag.objects.bulk_create(tags)
    people = [
        LeadContact(lead_id=lead.pk, contact_id=contact, role=role, is_main=place == 0)
        for draft, lead in zip(drafts, leads, strict=True)
        for place, (contact, role) in enumerate(draft.contacts)
    ]
    if people:
        LeadContact.objects.bulk_create(people)
    for draft, lead in zip(drafts, leads, strict=True):
        sets = {name: draft.values[name] for name in SETS if name in draft.values}
        if sets:
            replace_sets([lead], sets)


def update_lead(
    *, lead: int, values: Mapping[str, Any], by: User | None, expected_version: int | None = None
) -> Lead:
    """Edit one lead; see `update_leads`."""
    return update_leads(leads=[lead], values=values, by=by, expected_version=expected_version)[0]


def update_lead_with_company(*, lead: int, **arguments: Any) -> Lead:
    """Edit one lead; see `update_leads_with_company`."""
    return update_leads_with_company(leads=[lead], **arguments)[0]


def update_leads_with_company(
    *,
    leads: Sequence[int],
    values: Mapping[str, Any],
    new_company: str,
    by: User | None,
    expected_version: int | None = None,
) -> list[Lead]:
    """Edit leads, and under the same cause make the company that they name anew ("" for none)."""
    with transaction.atomic():
        values = {**values, **company_values(new_company, by)}
        return update_leads(leads=leads, values=values, by=by, expected_version=expected_version)


def create_lead_with_company(*, draft: LeadDraft, new_company: str, by: User | None) -> Lead:
    """Make one lead, and under the same cause the company that it names anew ("" for none)."""
    with transaction.atomic():
        draft = replace(draft, values={**draft.values, **company_values(new_company, by)})
        return create_lead(draft=draft, by=by)


def company_values(name: str, by: User | None) -> dict[str, Any]:
    """Make a company of that name; the values that link a lead with it."""
    if not name:
        return {}
    return {"company": create_company(values={"name": name}, by=by).pk, "company_name": ""}


def update_leads(
    *,
    leads: Sequence[int],
    values: Mapping[str, Any],
    by: User | None,
    expected_version: int | None = None,
) -> list[Lead]:
    """Set the same values on leads, also whole sets of tags, collaborators and followers.

    A new owner sets `assigned_at`; custom fields are merged key by key. What a lead's stage
    requires cannot be emptied.
    """
    with transaction.atomic():
        chosen = lock_leads(leads, by=by, expected_version=expected_version)
        cleaned = clean_values([values], by=by)[0]
        if "title" in cleaned and not cleaned["title"]:
            raise Refused(_("A lead needs a title."), {"title": [_("A lead needs a title.")]})
        moment = timezone.now()
        before = {lead.pk: lead.owner_id for lead in chosen}
        set_values(chosen, cleaned)
        for lead in chosen:
            if lead.owner_id != before[lead.pk]:
                lead.assigned_at = moment if lead.owner_id is not None else None
        try:
            with transaction.atomic():
                save_leads(chosen, moment)
        except IntegrityError as error:
            if "external" in str(error):
                raise Conflict(_("A lead of this external id exists already.")) from error
            raise
        sets = {name: values[name] for name in SETS if name in values}
        replace_sets(chosen, sets)
        touched = {*values, *(f"custom.{key}" for key in cleaned.get("custom", ()))}
        for lead in chosen:
            if lead.status == Lead.Status.OPEN:
                check_not_emptied(lead, touched, sets)
    return chosen


def archive_leads(*, leads: Sequence[int], by: User | None) -> list[Lead]:
    """Put leads away: they leave lists, board and sums, and stay countable."""
    return _set_archived(leads, True, by)


def unarchive_leads(*, leads: Sequence[int], by: User | None) -> list[Lead]:
    """Bring archived leads back."""
    return _set_archived(leads, False, by)


def _set_archived(leads: Sequence[int], archived: bool, by: User | None) -> list[Lead]:
    with transaction.atomic():
        chosen = lock_leads(leads, by=by)
        moment = timezone.now()
        for lead in chosen:
            if (lead.archived_at is not None) != archived:
                lead.archived_at = moment if archived else None
        save_leads(chosen, moment)
    return chosen


def delete_leads(
    *, leads: Sequence[int], by: User | None, expected_version: int | None = None
) -> int:
    """Delete leads with what hangs on them; an undo of the cause brings all of it back."""
    with transaction.atomic():
        chosen = lock_leads(leads, by=by, expected_version=expected_version)
        Lead.objects.filter(pk__in=[lead.pk for lead in chosen]).delete()
    return len(chosen)
