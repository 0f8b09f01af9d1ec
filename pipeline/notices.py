"""What the bell tells of leads and their next steps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Max, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from core.ledger.tables import Action, Change
from core.navigation import Count
from core.notices import MOST, Notice
from core.telling import Entry, entries
from pipeline.models import Activity, Lead
from pipeline.words import due_text

#: Changes of the whole house that are looked through, the newest.
LOOKED_AT = 20_000
#: Changes that are read of those.
READ = 200
#: Leads of one cause that are told one by one.
EACH = 3

#: What a change may touch without being worth a line.
UNTOLD = {"position"}

Groups = dict[UUID, dict[int, Change]]


def by_others(user: Any, since: dt.datetime) -> Groups:
    """What others did to the leads that are the person's now: cause, lead, and the change.

    Of several changes to a lead under one cause the last is kept. What was before the lead became
    theirs is left out, and so is a card that was only put above or below others.
    """
    last = Change.objects.aggregate(last=Max("id"))["last"] or 0
    changes = (
        Change.objects.filter(
            Q(cause__actor__isnull=True) | ~Q(cause__actor=user),
            pk__gt=last - LOOKED_AT,
            record_type=Lead._meta.label_lower,
            record_id__in=Lead.objects.active().filter(owner=user).values("pk"),
            cause__started_at__gt=since,
        )
        .select_related("cause__actor")
        .order_by("-id")
    )
    groups: Groups = {}
    came: set[int] = set()
    for change in changes[:READ]:
        lead = change.record_id
        if lead in came or not (change.action != Action.UPDATED or change.diff.keys() - UNTOLD):
            continue
        groups.setdefault(change.cause_id, {}).setdefault(lead, change)
        if is_given(change, user):
            came.add(lead)
    return groups


def is_given(change: Change, user: Any) -> bool:
    """Whether a change made the person the owner."""
    owner = change.diff.get("owner")
    return isinstance(owner, list) and owner[1] == user.pk


class MyLeads:
    """My leads that others gave me, moved, won, lost or changed."""

    def count(self, user: Any, since: dt.datetime) -> int:
        """How many lines `notices` shows."""
        groups = by_others(user, since).values()
        return min(sum(min(len(leads), EACH + 1) for leads in groups), MOST)

    def notices(self, user: Any, since: dt.datetime) -> Sequence[Notice]:
        """A line for each lead and cause; of a cause with many leads three, and how many more."""
        groups = by_others(user, since)
        changes = [change for leads in groups.values() for change in list(leads.values())[:EACH]]
        told = {entry.change_id: entry for entry in entries(changes[:MOST], user)}
        found = []
        for leads in groups.values():
            shown = [(change, told[change.pk]) for change in leads.values() if change.pk in told]
            found += [_about(change, entry, user) for change, entry in shown]
            if shown and len(leads) > EACH:
                found.append(_more(shown[0][1], len(leads) - EACH))
        return found[:MOST]


def _about(change: Change, entry: Entry, user: Any) -> Notice:
    what = entry.phrase
    if is_given(change, user):
        what = gettext("assigned it to you")
    elif entry.phrase == gettext("changed it") and entry.lines:
        what = "; ".join(str(line) for line in entry.lines[:3])
    lead = reverse("lead", args=[change.record_id])
    return Notice(
        at=entry.cause.started_at,
        icon=entry.icon,
        title=entry.record,
        what=gettext("%(who)s: %(what)s") % {"who": entry.who, "what": what},
        url=lead,
        why=reverse("lead-history", args=[change.record_id]),
    )


def _more(entry: Entry, number: int) -> Notice:
    title = ngettext("%(n)d more of your leads", "%(n)d more of your leads", number)
    return Notice(
        at=entry.cause.started_at,
        icon=entry.icon,
        title=title % {"n": number},
        what=gettext("%(who)s: changed in the same go") % {"who": entry.who},
        url=f"{reverse('leads')}?owner=me",
    )


class OverdueSteps:
    """Next steps of mine that should have been done."""

    def count(self, user: Any, since: dt.datetime) -> int:
        """How many fell due after `since`."""
        return len(_overdue(user, since).values_list("pk")[:MOST])

    def notices(self, user: Any, since: dt.datetime) -> Sequence[Notice]:
        """Those that fell due after `since`, the latest first."""
        steps = _overdue(user, since).for_list().order_by("-due_at", "-id")[:MOST]
        now = timezone.now()
        return [
            Notice(
                at=step.due_at,
                icon=step.type.icon,
                title=str(step),
                what=" · ".join(
                    str(part)
                    for part in (
                        due_text(step.due_at, step.all_day, now).words,
                        step.lead or step.contact or step.company,
                    )
                ),
                url=_where(step),
                is_late=True,
            )
            for step in steps
        ]


def _overdue(user: Any, since: dt.datetime) -> Any:
    return Activity.objects.overdue(timezone.now()).filter(assignee=user, due_at__gt=since)


def _where(step: Activity) -> str:
    record: Any = step.lead or step.contact or step.company
    return str(record.get_absolute_url()) if hasattr(record, "get_absolute_url") else "/"


def overdue_count(user: Any) -> Count:
    """How many of the person's steps are late, for the navigation."""
    number = Activity.objects.overdue(timezone.now()).filter(assignee=user).count()
    words = ngettext("%(n)d step is overdue", "%(n)d steps are overdue", number) % {"n": number}
    return Count(number, words, late=True)
