"""How much the members of a team carry, and the leads that their conditions are tried on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from core.conditions import bind, to_q
from core.conditions.filters import zone_of
from core.requests import Request
from core.views.conditions import register_built
from crm.models import Team, User
from crm.services.checks import LEADS
from crm.teampage import CONDITIONS, Load, built_name, register_load
from crm.views.teams import condition_heading, condition_keeper
from pipeline.models import Lead
from pipeline.narrowing import Narrowing
from pipeline.querysets import LeadQuerySet

#: What counts as new: given to its owner within these days.
NEW = {"field": "assigned_at", "op": "=", "value": "last_30_days"}


def read_load(user: User, team: Team, people: Sequence[int]) -> Mapping[int, Load]:
    """What people carry of a team's leads, as far as `user` sees these: in one query.

    A new one counts whatever became of it, an archived one too; one that went to somebody else
    counts for them.
    """
    is_new = to_q(bind(NEW, LEADS, now=timezone.now(), zone=zone_of(user), user=user))
    is_open = Q(status=Lead.Status.OPEN, archived_at__isnull=True)
    leads = Lead.objects.visible_to(user).filter(team=team, owner__in=people)
    rows = (
        leads.filter(is_open | is_new)
        .values("owner")
        .annotate(open=Count("pk", filter=is_open), new=Count("pk", filter=is_new))
        .order_by()
        .values_list("owner", "open", "new")
    )
    found = {owner: (open_, new) for owner, open_, new in rows}
    return {person: _load(team, person, *found.get(person, (0, 0))) for person in people}


def _load(team: Team, person: int, open_: int, new: int) -> Load:
    theirs = {"owner": person, "team": team.pk}
    return Load(
        open_,
        new,
        _list(**theirs, status="open"),
        _list(**theirs, archived="any", where=json.dumps(NEW)),
    )


def _list(**narrowing: Any) -> str:
    return f"{reverse('leads')}?{urlencode(narrowing)}"


def open_leads(request: Request, query: QueryDict) -> LeadQuerySet:
    """The open leads that a condition finds, for the form that builds it."""
    narrowing = Narrowing.read({"status": "open", "where": query.get("where", "")}, request.user)
    return narrowing.apply(Lead.objects.visible_to(request.user))


def register() -> None:
    """Called once, when the app is ready."""
    register_load(read_load)
    for name in CONDITIONS:
        register_built(
            built_name(name),
            LEADS,
            open_leads,
            keep=condition_keeper(name),
            heading=condition_heading(name),
        )
