"""What the pipeline itself shows on the page of a lead, and what its timeline is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import timeline
from core.panels import MAIN, SIDE, Panel, register
from core.timeline import Timeline, sources_of
from pipeline.duplicatelines import LEADS
from pipeline.leadpage import LeadPage
from pipeline.leadtimeline import read_activities, read_changes
from pipeline.models import Lead


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice of what the timeline shows."""

    label: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class TimelineData:
    """The timeline with its filters, and where older things are."""

    items: list[timeline.Item]
    filters: list[Filter]
    more_url: str


def timeline_data(lead: Lead, found: Timeline, only: str = "") -> TimelineData:
    """A page of the timeline, ready to print."""
    address = reverse("lead-history", args=[lead.pk])
    chosen = {"only": only} if only else {}
    filters = [Filter(_("All"), address, not only)]
    filters += [
        Filter(
            str(source.label), f"{address}?{urlencode({'only': source.name})}", only == source.name
        )
        for source in sources_of("lead")
    ]
    more = ""
    if found.before is not None:
        more = f"{address}?{urlencode({**chosen, **found.before})}"
    return TimelineData(found.items, filters, more)


def register_panels() -> None:
    """Called once, when the app is ready."""
    for panel in (
        Panel("next", gettext_lazy("Next step"), "pipeline/lead_next.html", 10, _next, MAIN, True),
        Panel("about", gettext_lazy("Description"), "pipeline/lead_about.html", 40, _about),
        Panel(
            "timeline",
            gettext_lazy("Timeline"),
            "pipeline/lead_timeline.html#panel",
            90,
            _timeline,
            MAIN,
            True,
        ),
        Panel(
            "people", gettext_lazy("People"), "pipeline/lead_people.html", 20, _people, SIDE, True
        ),
        Panel(
            "duplicates",
            gettext_lazy("Possible duplicates"),
            "crm/duplicates_panel.html",
            25,
            lambda page: LEADS.address(page.lead),
            SIDE,
        ),
        Panel(
            "need",
            gettext_lazy("Qualification"),
            "pipeline/lead_need.html",
            30,
            lambda page: page.chips,
            SIDE,
        ),
        Panel(
            "facts",
            gettext_lazy("Facts"),
            "pipeline/lead_facts.html",
            60,
            lambda page: page.facts,
            SIDE,
            True,
        ),
    ):
        register("lead", panel)
    timeline.register(
        "lead", timeline.Source("activities", gettext_lazy("Activities"), 20, read_activities)
    )
    timeline.register("lead", timeline.Source("changes", gettext_lazy("Changes"), 90, read_changes))


def _next(page: LeadPage) -> Any:
    """The planned steps; a closed lead on which nothing is planned has no such panel."""
    return page.steps if page.steps or page.lead.status == Lead.Status.OPEN else None


def _about(page: LeadPage) -> Any:
    """The description, or where it may be written."""
    return page.lead.description if page.lead.description else None


def _timeline(page: LeadPage) -> TimelineData:
    return timeline_data(page.lead, page.timeline)


def _people(page: LeadPage) -> Any:
    return page.people
