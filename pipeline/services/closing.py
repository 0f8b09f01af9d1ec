"""Winning, losing and reopening."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound, Refused
from pipeline.models import Lead, LostReason, Stage, StageVisit
from pipeline.services.access import lock_leads
from pipeline.services.again import plan_again
from pipeline.services.moves import (
    check_moves,
    check_required,
    enter_stage,
    get_stage,
    place_and_save,
)
from pipeline.services.touches import save_leads

if TYPE_CHECKING:
    from crm.models import User


def win_lead(*, lead: int, **arguments: Any) -> Lead:
    """Win one lead; see `win_leads`."""
    return win_leads(leads=[lead], **arguments)[0]


def win_leads(
    *,
    leads: Sequence[int],
    by: User | None,
    stage: int | None = None,
    at: dt.datetime | None = None,
    expected_version: int | None = None,
) -> list[Lead]:
    """Move leads to a won stage: the given one, else the next won stage that their team has.

    A lead that is won already keeps its closing date.
    """
    with transaction.atomic():
        chosen = lock_leads(leads, by=by, expected_version=expected_version)
        moment = timezone.now()
        _check_closing(at, moment)
        targets: dict[int, tuple[Stage, list[Lead]]] = {}
        for lead in chosen:
            target = get_stage(stage or _won_stage(lead), by=by)
            if not target.is_won:
                message = _("“%s” is not a stage of won leads.") % target.name
                raise Refused(message, {"stage": [message]})
            targets.setdefault(target.pk, (target, []))[1].append(lead)
        for target, group in targets.values():
            entering = [lead for lead in group if lead.stage_id != target.pk]
            check_moves(entering, target)
            for lead in entering:
                was_won = lead.status == Lead.Status.WON
                check_required(lead, target)
                enter_stage(lead, target, moment)
                if at is not None and not was_won:
                    lead.closed_at = at
            if entering:
                place_and_save(entering, target.pk, moment)
    return chosen


def _won_stage(lead: Lead) -> int:
    """The next won stage after the lead's, among the shared stages and those of its team."""
    if lead.stage.is_won:
        return lead.stage_id
    stages = (
        Stage.objects.active()
        .filter(pipeline=lead.pipeline_id, kind=Stage.Kind.WON)
        .for_team(lead.team_id)
        .in_order()
    )
    found = list(stages.values_list("pk", "sequence"))
    if not found:
        raise Refused(_("This pipeline has no stage for won leads."))
    later = [pk for pk, sequence in found if sequence >= lead.stage.sequence]
    return int((later or [found[-1][0]])[0])


def _check_closing(at: dt.datetime | None, moment: dt.datetime) -> None:
    if at is not None and at > moment + dt.timedelta(minutes=5):
        message = _("The closing date lies in the future.")
        raise Refused(message, {"at": [message]})


def lose_lead(*, lead: int, **arguments: Any) -> Lead:
    """Lose one lead; see `lose_leads`."""
    return lose_leads(leads=[lead], **arguments)[0]


def lose_leads(
    *,
    leads: Sequence[int],
    reason: int | None,
    by: User | None,
    note: str = "",
    at: dt.datetime | None = None,
    again_on: dt.date | None = None,
    expected_version: int | None = None,
) -> list[Lead]:
    """Lose open leads for a reason. One that is lost already may get another reason and keeps
    its date; a won one is reopened first.

    With `again_on` the owner of each, else whoever loses it, has a follow-up planned on that day,
    under the same cause.
    """
    with transaction.atomic():
        chosen = lock_leads(leads, by=by, expected_version=expected_version)
        if reason is None:
            message = _("Say why the lead is lost.")
            raise Refused(message, {"reason": [message]})
        found = LostReason.objects.filter(pk=reason).first()
        if found is None:
            message = _("There is no such lost reason.")
            raise Refused(message, {"reason": [message]})
        moment = timezone.now()
        _check_closing(at, moment)
        for lead in chosen:
            if lead.status == Lead.Status.WON:
                raise Refused(_("“%s” is won. Reopen it first.") % lead.title)
            if lead.status != Lead.Status.LOST:
                lead.status = Lead.Status.LOST
                lead.closed_at = at or moment
            lead.lost_reason = found
            lead.lost_note = note.strip()
        save_leads(chosen, moment)
        if again_on is not None:
            plan_again(leads=chosen, day=again_on, by=by)
    return chosen


def reopen_lead(
    *,
    lead: int,
    by: User | None,
    stage: int | None = None,
    expected_version: int | None = None,
) -> Lead:
    """Open a won or lost lead again: in the given stage, else in the open stage it was last in.

    The closing date and the lost reason are cleared; the history keeps them.
    """
    with transaction.atomic():
        chosen = lock_leads([lead], by=by, expected_version=expected_version)[0]
        if chosen.status == Lead.Status.OPEN:
            raise Refused(_("“%s” is open already.") % chosen.title)
        target = get_stage(stage or _open_stage(chosen), by=by)
        if target.is_won:
            message = _("“%s” is a stage of won leads.") % target.name
            raise Refused(message, {"stage": [message]})
        moment = timezone.now()
        was_lost = chosen.status == Lead.Status.LOST
        chosen.status = Lead.Status.OPEN
        chosen.closed_at = None
        chosen.lost_reason = None
        chosen.lost_note = ""
        if chosen.stage_id == target.pk:
            chosen.probability_stage = Decimal(target.probability)
            if was_lost:
                chosen.stage_entered_at = moment
            save_leads([chosen], moment)
        else:
            check_moves([chosen], target)
            enter_stage(chosen, target, moment)
            place_and_save([chosen], target.pk, moment)
    return chosen


def _open_stage(lead: Lead) -> int:
    """The stage a closed lead goes back to."""
    if not lead.stage.is_won:
        return lead.stage_id
    stages = Stage.objects.active().filter(pipeline=lead.pipeline_id, kind=Stage.Kind.OPEN)
    last = (
        StageVisit.objects.filter(lead=lead, stage__in=stages)
        .order_by("-entered_at", "-id")
        .values_list("stage", flat=True)
        .first()
    )
    first = stages.in_order().values_list("pk", flat=True).first()
    found = last or first
    if found is None:
        raise NotFound(_("There is no such stage."))
    return int(found)
