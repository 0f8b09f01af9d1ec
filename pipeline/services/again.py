"""Contacting lost leads again: a follow-up on a day that lies ahead."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Refused
from crm.models import User as UserModel
from pipeline.models import Activity, ActivityType, Lead
from pipeline.quickwords import names_of
from pipeline.services.activities import end_of_day
from pipeline.services.nextsteps import today_of

if TYPE_CHECKING:
    from crm.models import User

#: Days from here on are slips of the finger.
FARTHEST = dt.date(2200, 1, 1)


def follow_up_type() -> ActivityType:
    """The type of a follow-up, as it is called in either language; else the first in use."""
    types = {kind.pk: kind for kind in ActivityType.objects.filter(is_active=True)}
    named = names_of([(kind.pk, kind.name) for kind in types.values()])
    found = types.get(named.get("follow-up", 0)) or next(iter(types.values()), None)
    if found is None:
        raise Refused(_("There is no activity type in use."))
    return found


def plan_again(*, leads: Sequence[Lead], day: dt.date, by: User | None) -> list[Activity]:
    """Plan a follow-up on each of the locked leads, for its owner while they are active, else for
    whoever does it. One INSERT, whatever their number."""
    if not today_of(by) < day < FARTHEST:
        message = _("Choose a day that lies ahead.")
        raise Refused(message, {"again_on": [message]})
    kind = follow_up_type()
    owners = UserModel.objects.active().in_bulk({lead.owner_id for lead in leads if lead.owner_id})
    with transaction.atomic():
        made = []
        for lead in leads:
            person = owners.get(lead.owner_id or 0, by)
            made.append(
                Activity(
                    type=kind,
                    summary=_("Contact again"),
                    due_at=end_of_day(day, person),
                    all_day=True,
                    assignee=person,
                    lead=lead,
                )
            )
        return list(Activity.objects.bulk_create(made))
