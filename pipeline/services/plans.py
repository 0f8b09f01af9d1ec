"""Launching a plan on leads: all of its steps on each, or nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import NotFound, Refused
from core.ledger.writing import lock
from crm.models import User as UserModel
from pipeline.models import Activity, Lead, Plan, PlanStep
from pipeline.services.activities import end_of_day

if TYPE_CHECKING:
    from crm.models import User

#: Launches are for days between these; others are slips of the finger.
FIRST, LAST = dt.date(2000, 1, 1), dt.date(2200, 1, 1)
#: So many steps are planned at once.
MOST = 50_000


@dataclass(frozen=True, slots=True)
class Drafted:
    """A step as it would be planned: its day; its person, or None while one must be asked."""

    step: PlanStep
    day: dt.date
    person: User | None


def draft(
    *, steps: Sequence[PlanStep], base_on: dt.date, owner: User | None, by: User | None,
    asked: User | None = None,
) -> list[Drafted]:  # fmt: skip
    """What the steps of a plan become on a lead of `owner`: each so many days after `base_on`; the
    launcher stands in for an owner that there is not."""
    people = {
        PlanStep.Who.OWNER: owner or by,
        PlanStep.Who.LAUNCHER: by,
        PlanStep.Who.ASKED: asked,
    }
    return [
        Drafted(step, base_on + dt.timedelta(days=days_of(step)), people[PlanStep.Who(step.who)])
        for step in steps
    ]


def days_in_common(
    plan: Plan, base_on: dt.date, by: User, asked: User | None = None
) -> list[Drafted]:
    """What the steps of a plan become on several leads: the person is None where it is not the
    same on all of them."""
    drafts = draft(steps=steps_of(plan), base_on=base_on, owner=None, by=by, asked=asked)
    mine = PlanStep.Who.OWNER
    return [replace(each, person=None) if each.step.who == mine else each for each in drafts]


def days_of(step: PlanStep) -> int:
    """How many days after the launch a step is due."""
    return step.type.default_days if step.days is None else step.days


def steps_of(plan: Plan) -> list[PlanStep]:
    """The steps of a plan in their order, without those whose type is out of use."""
    steps = PlanStep.objects.filter(plan=plan, type__is_active=True).select_related("type")
    return list(steps.order_by("sequence", "pk"))


def launch_plan(
    *,
    plan: int,
    leads: Sequence[int],
    base_on: dt.date,
    by: User | None,
    asked: int | None = None,
) -> list[Activity]:
    """Plan the steps of a plan on each of the leads, which the person sees, in one INSERT.

    `asked` is for whom the steps are that ask for somebody; without it such a plan is refused, and
    the steps are named.
    """
    with transaction.atomic():
        found = Plan.objects.filter(pk=plan, is_active=True).first()
        if found is None:
            raise NotFound(_("There is no such plan."))
        steps = steps_of(found)
        if not steps:
            raise Refused(_("“%s” has no steps.") % found)
        person = UserModel.objects.active().filter(pk=asked).first() if asked else None
        _check(steps, base_on, asked, person)
        seen = Lead.objects.filter(pk__in=leads)
        chosen: list[Lead] = lock(seen if by is None else seen.visible_to(by))
        if not chosen or len(chosen) < len(set(leads)):
            raise NotFound(_("There is no such record."))
        if len(chosen) * len(steps) > MOST:
            raise Refused(_("That would be too many steps at once. Choose fewer leads."))
        owners = UserModel.objects.active().in_bulk({lead.owner_id for lead in chosen} - {None})
        due = cache(end_of_day)
        made = [
            Activity(
                type=drafted.step.type,
                summary=drafted.step.summary or drafted.step.type.default_summary,
                due_at=due(drafted.day, drafted.person),
                all_day=True,
                assignee=drafted.person,
                lead=lead,
            )
            for lead in chosen
            for drafted in draft(
                steps=steps,
                base_on=base_on,
                owner=owners.get(lead.owner_id or 0),
                by=by,
                asked=person,
            )
        ]
        return list(Activity.objects.bulk_create(made))


def _check(
    steps: Sequence[PlanStep], base_on: dt.date, asked: int | None, person: User | None
) -> None:
    if not FIRST <= base_on < LAST:
        message = _("Check the year.")
        raise Refused(message, {"base_on": [message]})
    if asked is not None and person is None:
        message = _("There is no such active user.")
        raise Refused(message, {"asked": [message]})
    asking = [str(step) for step in steps if step.who == PlanStep.Who.ASKED]
    if asking and person is None:
        message = _("Say for whom: %(steps)s.") % {"steps": ", ".join(asking)}
        raise Refused(message, {"asked": [message]})
