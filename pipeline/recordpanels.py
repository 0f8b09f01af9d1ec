"""What the pipeline shows on the pages of contacts and companies: their leads, their steps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from core import dates, panels
from core.money import format_money
from core.panels import Panel
from crm.models import Contact
from crm.recordpage import About, register_elsewhere
from pipeline.models import Activity, Lead
from pipeline.todo import due_of

#: So many are shown; the list has the rest.
SHOWN = 10
#: The steps of so many leads are looked at.
MOST = 200


@dataclass(frozen=True, slots=True)
class LeadLine:
    """A lead as it is printed."""

    url: str
    title: str
    where: str
    amount: str
    status: str


@dataclass(frozen=True, slots=True)
class Leads:
    """The leads of a record, the latest first; `more_url` when there are more."""

    lines: Sequence[LeadLine]
    more_url: str


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step as it is printed; `state` is how urgent it is, `done_url` completes it."""

    icon: str
    title: str
    url: str
    when: str
    state: str
    who: str
    done_url: str


@dataclass(frozen=True, slots=True)
class Steps:
    """What is to be done, soonest first, and what was done last."""

    due: Sequence[StepLine]
    done: Sequence[StepLine]


def register() -> None:
    """Called once, when the app is ready."""
    register_elsewhere(past_of_leads)
    for page in ("contact", "company"):
        panels.register(
            page,
            Panel("leads", gettext_lazy("Leads"), "pipeline/record_leads.html", 10, read_leads),
        )
        panels.register(
            page,
            Panel(
                "steps", gettext_lazy("Activities"), "pipeline/record_steps.html", 20, read_steps
            ),
        )


def past_of_leads(record: Any, user: Any, tree: Sequence[int]) -> dict[Any, dict[int, About]]:
    """The leads of a contact or company that the person sees, and what was planned on them."""
    seen = Lead.objects.visible_to(user, singly=True)
    if isinstance(record, Contact):
        seen = seen.of_contact(record.pk)
    else:
        seen = seen.filter(company__in=tree)
    titles = seen.order_by("-updated_at").values_list("pk", "title")[:MOST]
    leads = {pk: About(title, reverse("lead", args=[pk])) for pk, title in titles}
    if not leads:
        return {}
    steps = Activity.objects.filter(lead__in=leads).values_list("pk", "lead")
    return {Lead: leads, Activity: {pk: leads[lead] for pk, lead in steps}}


def leads_of(page: Any) -> Any:
    """The leads of a contact or a company that the person sees."""
    leads = Lead.objects.visible_to(page.user, singly=True).active()
    if isinstance(page.record, Contact):
        return leads.of_contact(page.record.pk)
    return leads.filter(company__in=page.tree)


def read_leads(page: Any) -> Leads:
    """The latest leads of the record."""
    language = get_language() or "en"
    latest = leads_of(page).select_related("stage", "owner").order_by("-updated_at", "-id")
    if page.is_deep:
        latest = latest.select_related("stage", "owner", "company")
    found = list(latest[: SHOWN + 1])
    name = "contact" if isinstance(page.record, Contact) else "company"
    ids = ",".join(str(pk) for pk in page.tree)
    more = f"{reverse('leads')}?{name}={ids}" if len(found) > SHOWN else ""
    lines = []
    for lead in found[:SHOWN]:
        owner = str(lead.owner) if lead.owner is not None else _("Nobody")
        stage = lead.stage.name if lead.status == Lead.Status.OPEN else lead.get_status_display()
        when = dates.day(lead.closed_at) if lead.closed_at else ""
        below = page.is_deep and lead.company_id != page.record.pk
        lines.append(
            LeadLine(
                url=lead.get_absolute_url(),
                title=lead.title,
                where=" · ".join(
                    str(part)
                    for part in (lead.company if below else "", stage, when, owner)
                    if part
                ),
                amount=format_money(lead.expected_revenue, lead.currency, language),
                status=lead.status,
            )
        )
    return Leads(lines, more)


def read_steps(page: Any) -> Steps:
    """The steps on the record itself and on its leads."""
    now = timezone.now()
    leads = list(leads_of(page).order_by("-updated_at").values_list("pk", flat=True)[:MOST])
    own = "contact" if isinstance(page.record, Contact) else "company"
    steps = Activity.objects.filter(Q(lead__in=leads) | Q(**{f"{own}__in": page.tree}))
    steps = steps.select_related("type", "assignee", "lead")
    due = list(steps.to_do().order_by("due_at", "id")[:SHOWN])
    done = list(steps.done().order_by("-done_at", "-id")[:SHOWN])
    may = set(
        Activity.objects.changeable_by(page.user)
        .filter(pk__in=[step.pk for step in due])
        .values_list("pk", flat=True)
    )
    return Steps(
        [_to_do(step, now, step.pk in may) for step in due], [_was_done(step) for step in done]
    )


def _to_do(step: Activity, now: dt.datetime, may_change: bool) -> StepLine:
    due = due_of(step, now)
    return StepLine(
        icon=step.type.icon,
        title=str(step),
        url=step.lead.get_absolute_url() if step.lead is not None else "",
        when=due.words,
        state=due.state,
        who=_about(step),
        done_url=reverse("activity-done", args=[step.pk]) if may_change else "",
    )


def _was_done(step: Activity) -> StepLine:
    return StepLine(
        icon=step.type.icon,
        title=f"{step}: {step.get_outcome_display()}",  # type: ignore[attr-defined]
        url=step.lead.get_absolute_url() if step.lead is not None else "",
        when=dates.day(step.done_at),
        state="done",
        who=_about(step),
        done_url="",
    )


def _about(step: Activity) -> str:
    """On which lead it is, and whose it is."""
    parts = (step.lead, step.assignee)
    return " · ".join(str(part) for part in parts if part is not None)
