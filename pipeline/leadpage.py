"""What the page of a lead shows, read in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.panels import MAIN, SIDE, Shown, panels_of
from core.timeline import Timeline, read_timeline
from crm.models import CustomField, Touch, User
from pipeline.facts import Chip, Fact, Facts
from pipeline.leadtimeline import LeadPast, past_of
from pipeline.models import CriterionTick, Lead, LeadContact, Stage, StageVisit
from pipeline.services.moves import is_empty
from pipeline.todo import Planned, Planner, Whom, viewer_may_change
from pipeline.words import age_in_days, days_text

#: What happened, shown at once: on the page, and in a side panel.
PAGE, BRIEF = 20, 8


def visible_lead(user: User, pk: int) -> Lead:
    """A lead with the records that its page names; NotFound when it is out of sight."""
    lead: Lead | None = (
        Lead.objects.visible_to(user, singly=True)
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
        )
        .defer("search_text", "title_key", "custom_keys", "contact_name_key", "company_name_key")
        .defer("contact_name_alike", "company_name_alike", "domain_key")
        .filter(pk=pk)
        .first()
    )
    if lead is None:
        raise NotFound(_("There is no such lead."))
    _add_touches(lead)
    return lead


def _add_touches(lead: Lead) -> None:
    """Read the first and the last touch in a query of their own: the join is long without them."""
    keys = {key for key in (lead.first_touch_id, lead.last_touch_id) if key is not None}
    if not keys:
        return
    found = Touch.objects.select_related("source", "medium", "campaign").in_bulk(keys)
    for name in ("first_touch", "last_touch"):
        touch = found.get(getattr(lead, f"{name}_id"))
        if touch is not None:
            setattr(lead, name, touch)


def may_change(user: User, lead: Lead) -> bool:
    """Whether the person may edit the lead."""
    return bool(user.is_manager) or Lead.objects.changeable_by(user).filter(pk=lead.pk).exists()


@dataclass(frozen=True, slots=True)
class StageStep:
    """A stage in the bar at the top: been (with the days spent), here, or ahead."""

    stage: Stage
    state: str
    time: str
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A field that the next stage asks for, and whether the lead has it."""

    label: str
    has: bool


@dataclass(slots=True)
class LeadPage:
    """Everything that stands on the page. `panels` are filled last, from all the rest."""

    lead: Lead
    user: User
    may_change: bool
    brief: bool
    stages: Sequence[StageStep]
    criterion_met: bool
    next_stage: Stage | None
    asks: Sequence[Asked]
    people: Sequence[LeadContact]
    tags: Sequence[Any]
    steps: Sequence[Planned]
    facts: Sequence[Fact]
    chips: Sequence[Chip]
    timeline: Timeline
    panels: list[Shown] = field(default_factory=list)

    @property
    def main(self) -> list[Shown]:
        """The panels of the wide column."""
        return [panel for panel in self.panels if panel.column == MAIN]

    @property
    def side(self) -> list[Shown]:
        """The panels of the narrow column."""
        return [panel for panel in self.panels if panel.column == SIDE]


def read_lead_page(user: User, pk: int, *, brief: bool = False) -> LeadPage:
    """The page of a lead for a person, or with `brief` what fits beside a board."""
    lead = visible_lead(user, pk)
    now = timezone.now()
    changeable = may_change(user, lead)
    people = list(lead.lead_contacts.select_related("contact__company"))
    ticks = list(CriterionTick.objects.filter(lead=lead))
    stages, tags = _stages(lead), list(lead.tags.all())
    past = past_of(
        lead,
        user,
        offer_undo=changeable,
        people=[person.pk for person in people],
        ticks=[tick.pk for tick in ticks],
        records=[*stages, *tags, *people, *(person.contact for person in people)],
    )
    following = _next_stage(lead, stages)
    facts = Facts(lead, may_change=changeable)
    page = LeadPage(
        lead=lead,
        user=user,
        may_change=changeable,
        brief=brief,
        stages=_bar(lead, stages, now),
        criterion_met=any(tick.stage_id == lead.stage_id for tick in ticks),
        next_stage=following,
        asks=_asks(lead, following),
        people=people,
        tags=tags,
        steps=_steps(past, whom_of(lead, people), changeable, now),
        facts=_facts(facts, lead, brief=brief),
        chips=facts.chips(),
        timeline=read_timeline("lead", past, size=BRIEF if brief else PAGE),
    )
    page.panels = panels_of("lead", page, brief=brief)
    return page


def whom_of(lead: Lead, people: Sequence[LeadContact]) -> Whom:
    """Who is to be called about a lead: its main contact, else who was captured."""
    main = next(iter(people), None)
    if main is None:
        return Whom(lead.contact_name, lead.phone, lead.phone_key or lead.phone)
    contact = main.contact
    if contact.mobile:
        return Whom(contact.name, contact.mobile, contact.mobile_key or contact.mobile)
    if contact.phone:
        return Whom(contact.name, contact.phone, contact.phone_key or contact.phone)
    return Whom(contact.name, lead.phone, lead.phone_key or lead.phone)


def _steps(past: LeadPast, whom: Whom, changeable: bool, now: dt.datetime) -> list[Planned]:
    planner = Planner(now)
    planned = [each for each in past.activities if each.done_at is None]
    planned.sort(key=lambda each: (each.due_at, each.pk))
    return [
        planner.of(each, whom, can_change=viewer_may_change(each, past.user, changeable))
        for each in planned
    ]


def _facts(facts: Facts, lead: Lead, *, brief: bool) -> list[Fact]:
    if brief:
        return facts.main()
    definitions = list(CustomField.objects.filter(subject="pipeline.lead", is_active=True))
    found = facts.all(list(lead.collaborators.all()))
    return found + facts.custom(definitions)


def _stages(lead: Lead) -> list[Stage]:
    stages = list(
        Stage.objects.active().filter(pipeline=lead.pipeline_id).for_team(lead.team_id).in_order()
    )
    if lead.stage_id not in {stage.pk for stage in stages}:
        stages.append(lead.stage)
        stages.sort(key=lambda stage: (stage.sequence, stage.pk))
    return stages


def _next_stage(lead: Lead, stages: Sequence[Stage]) -> Stage | None:
    if lead.status != Lead.Status.OPEN:
        return None
    place = next(i for i, stage in enumerate(stages) if stage.pk == lead.stage_id)
    return stages[place + 1] if place + 1 < len(stages) else None


def _asks(lead: Lead, stage: Stage | None) -> list[Asked]:
    """What the next stage requires, and what of it is there."""
    if stage is None:
        return []
    asked = []
    labels = {}
    customs = [name for name in stage.required_fields if name.startswith("custom.")]
    if customs:
        keys = [name.removeprefix("custom.") for name in customs]
        found = CustomField.objects.filter(subject="pipeline.lead", key__in=keys)
        labels = {f"custom.{key}": label for key, label in found.values_list("key", "label")}
    for name in stage.required_fields:
        label = labels.get(name, name)
        if name not in labels and not name.startswith("custom."):
            label = str(Lead._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        asked.append(Asked(label, not is_empty(lead, name)))
    return asked


def _bar(lead: Lead, stages: Sequence[Stage], now: dt.datetime) -> list[StageStep]:
    spent: dict[int, dt.timedelta] = {}
    for visit in StageVisit.objects.filter(lead=lead):
        length = (visit.left_at or now) - visit.entered_at
        spent[visit.stage_id] = spent.get(visit.stage_id, dt.timedelta()) + length
    steps = []
    for stage in stages:
        if stage.pk == lead.stage_id:
            steps.append(_here(lead, stage, now))
        elif stage.pk in spent:
            steps.append(StageStep(stage, "been", days_text(max(spent[stage.pk].days, 1))))
        else:
            steps.append(StageStep(stage, "ahead", ""))
    return steps


def _here(lead: Lead, stage: Stage, now: dt.datetime) -> StageStep:
    """Where the lead stands: "4 d of 3–7"."""
    if lead.status == Lead.Status.LOST:
        return StageStep(stage, "here", str(lead.get_status_display()))  # type: ignore[attr-defined]
    days = age_in_days(lead.stage_entered_at, now)
    age, low, high = days_text(days), stage.days_min, stage.days_max
    if lead.status != Lead.Status.OPEN or (low is None and high is None):
        return StageStep(stage, "here", age)
    if high is None:
        expected = _("%(low)d or more") % {"low": low}
    else:
        expected = str(high) if low is None else f"{low}–{high}"
    text = _("%(days)d d of %(expected)s") % {"days": days, "expected": expected}
    return StageStep(stage, "here", text, is_over=high is not None and days > high)
