"""What happened to a lead: its changes and what was done about it, as sources of its timeline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _

from core.ledger.schema import schema_of
from core.ledger.tables import Change
from core.telling import Entry, entries, undone_or_in_part
from core.timeline import Item
from crm.models import User
from pipeline.models import Activity, CriterionTick, Lead, LeadContact

#: So many of a lead's activities are looked at for one page; no lead has more that are of use.
MOST = 500
ACTIVITY = "pipeline.activity"
#: What is read with a lead for its page.
NAMED = ("owner", "team", "company", "stage", "pipeline", "product", "source", "medium", "campaign")
#: Lines of a change that are shown at once.
LINES = 3


@dataclass
class LeadPast:
    """What the sources read from. What a page has read already is handed in."""

    lead: Lead
    user: User
    offer_undo: bool
    people: list[int] | None = None
    ticks: list[int] | None = None
    activities: list[Activity] = field(default_factory=list)
    #: Other records of the page.
    records: Sequence[models.Model] = ()

    @cached_property
    def hanging(self) -> dict[str, list[int]]:
        """The ids of what hangs on the lead, by kind of record."""
        people = self.people
        if people is None:
            people = list(LeadContact.objects.filter(lead=self.lead).values_list("pk", flat=True))
        ticks = self.ticks
        if ticks is None:
            ticks = list(CriterionTick.objects.filter(lead=self.lead).values_list("pk", flat=True))
        return {
            ACTIVITY: [activity.pk for activity in self.activities],
            "pipeline.leadcontact": people,
            "pipeline.criteriontick": ticks,
        }

    def known_names(self) -> dict[type[models.Model], dict[int, str]]:
        """The names of what the page has read: the ledger need not read them again."""
        names: dict[type[models.Model], dict[int, str]] = {}
        for record in self.read_already():
            names.setdefault(type(record), {})[record.pk] = str(record)
        return names

    def read_already(self) -> Iterator[models.Model]:
        """Records that are at hand."""
        yield self.lead
        for name in NAMED:
            record = getattr(self.lead, name)
            if record is not None:
                yield record
        for activity in self.activities:
            yield activity
            yield activity.type
            if activity.assignee is not None:
                yield activity.assignee
        yield self.user
        yield from self.records

    @cached_property
    def completions(self) -> dict[int, Change]:
        """The change that completed each activity which is done."""
        done = {each.pk: each.done_at for each in self.activities if each.done_at is not None}
        if not done:
            return {}
        decode = schema_of(Activity).by_name["done_at"].decode
        changes = Change.objects.filter(
            record_type=ACTIVITY, record_id__in=done, diff__has_key="done_at"
        )
        return {
            change.record_id: change
            for change in changes.select_related("cause__actor").order_by("id")
            if decode(change.diff["done_at"][1]) == done[change.record_id]
        }


def past_of(lead: Lead, user: User, *, offer_undo: bool, **known: Any) -> LeadPast:
    """The past of a lead for a person."""
    activities = list(
        Activity.objects.filter(lead=lead)
        .select_related("type__next_type", "assignee")
        .order_by(F("done_at").desc(nulls_first=True), "-id")[:MOST]
    )
    return LeadPast(lead, user, offer_undo, activities=activities, **known)


def read_changes(past: LeadPast, before: str, size: int, alone: bool) -> Sequence[Item]:
    """Changes of the lead and of what hangs on it; those that completed an activity are told by
    the activity itself where both are shown."""
    wanted = Q(record_type="pipeline.lead", record_id=past.lead.pk)
    for record_type, ids in past.hanging.items():
        if ids:
            wanted |= Q(record_type=record_type, record_id__in=ids)
    changes = Change.objects.filter(wanted).select_related("cause__actor").order_by("-id")
    if before.isdigit():
        changes = changes.filter(pk__lt=int(before))
    if not alone and past.completions:
        changes = changes.exclude(pk__in=[change.pk for change in past.completions.values()])
    told = entries(
        list(changes[:size]), past.user, offer_undo=past.offer_undo, known=past.known_names()
    )
    return [_of_change(entry) for entry in told]


def _of_change(entry: Entry) -> Item:
    return Item(
        key=str(entry.change_id),
        at=entry.at,
        icon=entry.icon,
        who=entry.who,
        phrase=entry.phrase,
        lines=entry.lines[:LINES],
        rest=entry.lines[LINES:],
        cause=entry.cause,
        can_undo=entry.can_undo,
        undone=undone_text(entry.undone, entry.in_part),
        created=entry.created and entry.record_type == "pipeline.lead",
    )


def undone_text(undone: bool, in_part: bool) -> str:
    """What an undo made of a change, in a word; "" when it stands."""
    if undone:
        return _("undone")
    return _("undone in part") if in_part else ""


def read_activities(past: LeadPast, before: str, size: int, alone: bool) -> Sequence[Item]:
    """What was done about the lead, with what came of it."""
    done = [each for each in past.activities if each.done_at is not None]
    done.sort(key=_place, reverse=True)
    shown = [each for each in done if not before or _place(each) < before][:size]
    causes = [past.completions[each.pk].cause_id for each in shown if each.pk in past.completions]
    undone, in_part = undone_or_in_part(causes) if causes else (set(), set())
    items = []
    for activity in shown:
        change = past.completions.get(activity.pk)
        cause = change.cause if change is not None else None
        key = cause.pk if cause is not None else None
        # Translators: "Call: Reached", what was done and what came of it.
        words = {"what": str(activity), "outcome": activity.get_outcome_display()}
        items.append(
            Item(
                key=_place(activity),
                at=_done_at(activity),
                icon=activity.type.icon,
                who=_who(activity, cause),
                phrase=_("%(what)s: %(outcome)s") % words,
                text=activity.feedback or activity.note,
                cause=cause,
                can_undo=past.offer_undo and cause is not None and key not in undone,
                undone=undone_text(key in undone, key in in_part),
            )
        )
    return items


def _who(activity: Activity, cause: Any) -> str:
    if cause is not None and cause.actor is not None:
        return str(cause.actor)
    return str(activity.assignee) if activity.assignee is not None else _("Nobody")


def _place(activity: Activity) -> str:
    """A key that sorts as the moments do."""
    return f"{_done_at(activity).timestamp():020.6f}-{activity.pk:019d}"


def _done_at(activity: Activity) -> dt.datetime:
    if activity.done_at is None:
        raise ValueError("Only what is done has a place.")
    return activity.done_at
