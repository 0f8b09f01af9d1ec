"""What one wants to know of a lead before a call: the last exchanges, and the open questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.timeline import Item, read_timeline, sources_of
from crm.models import User
from pipeline.facts import Chip, Facts
from pipeline.leadpage import visible_lead, whom_of
from pipeline.leadtimeline import LeadPast, past_of
from pipeline.models import Lead
from pipeline.todo import Whom

#: So many exchanges are told.
TOLD = 3
#: The source of the timeline that tells of changes; the others tell of exchanges.
CHANGES = "changes"


@dataclass(frozen=True, slots=True)
class Brief:
    """A lead before a call."""

    lead: Lead
    whom: Whom
    items: Sequence[Item]
    questions: Sequence[Chip]


def read_brief(user: User, pk: int) -> Brief:
    """The brief of a lead that the person sees."""
    lead = visible_lead(user, pk)
    people = list(lead.lead_contacts.select_related("contact__company"))
    past = past_of(lead, user, offer_undo=False)
    return Brief(
        lead=lead,
        whom=whom_of(lead, people),
        items=_exchanges(past),
        questions=[chip for chip in Facts(lead, may_change=False).chips() if chip.state == "open"],
    )


def _exchanges(past: LeadPast) -> list[Item]:
    """What was done and said last; what was changed where nothing was."""
    found = [
        item
        for source in sources_of("lead")
        if source.name != CHANGES
        for item in read_timeline("lead", past, size=TOLD, only=source.name).items
    ]
    found.sort(key=lambda item: item.at, reverse=True)
    return found[:TOLD] or read_timeline("lead", past, size=TOLD, only=CHANGES).items
