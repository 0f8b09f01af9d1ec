"""Giving leads to people and teams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Refused
from crm.belonging import Belonging
from crm.models import Team
from crm.models import User as UserModel
from pipeline.models import Lead
from pipeline.services.access import lock_leads
from pipeline.services.touches import save_leads

if TYPE_CHECKING:
    from crm.models import User


class _Keep:
    """Says that the team follows from the owner."""


KEEP: Final = _Keep()


def assign_lead(*, lead: int, **arguments: Any) -> Lead:
    """Give one lead to somebody; see `assign_leads`."""
    return assign_leads(leads=[lead], **arguments)[0]


def assign_leads(
    *,
    leads: Sequence[int],
    owner: int | None,
    by: User | None,
    team: int | _Keep | None = KEEP,
    expected_version: int | None = None,
) -> list[Lead]:
    """Give leads to an active user (None: to nobody). `assigned_at` changes with the owner.

    Without a team given, a lead stays in its team if the owner belongs to it or to none,
    and goes to the owner's first team otherwise (crm.belonging).
    """
    with transaction.atomic():
        chosen = lock_leads(leads, by=by, expected_version=expected_version)
        if owner is not None and not UserModel.objects.active().filter(pk=owner).exists():
            message = _("There is no such active user.")
            raise Refused(message, {"owner": [message]})
        if isinstance(team, int) and not Team.objects.filter(pk=team).exists():
            message = _("There is no such team.")
            raise Refused(message, {"team": [message]})
        own_teams: list[int] = []
        if owner is not None and isinstance(team, _Keep):
            own_teams = Belonging.read([owner]).of(owner)
        moment = timezone.now()
        for lead in chosen:
            if lead.owner_id != owner:
                lead.owner_id = owner
                lead.assigned_at = moment if owner is not None else None
            if not isinstance(team, _Keep):
                lead.team_id = team
            elif own_teams and lead.team_id not in own_teams:
                lead.team_id = own_teams[0]
        save_leads(chosen, moment)
    return chosen
