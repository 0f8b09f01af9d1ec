"""Completing a step from the link of a morning mail, once and without a login."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from core.errors import NotFound, Refused
from core.ledger.causes import because
from core.ledger.tables import Change, Kind
from crm.models import User
from messaging.links import DoneLink
from pipeline.models import Activity
from pipeline.services.nextsteps import finish_activity

RECORD = "pipeline.activity"


@dataclass(frozen=True, slots=True)
class Linked:
    """The step of a link, whose it is, and whether it is done or the link was used."""

    activity: Activity
    user: User
    is_done: bool
    is_used: bool


def find_linked(link: DoneLink) -> Linked:
    """What a link is about; NotFound when the step is gone, or no more the person's to see."""
    user = User.objects.active().filter(pk=link.user).first()
    found: Activity | None = None
    if user is not None:
        steps = Activity.objects.visible_to(user).for_list()
        found = steps.changeable_by(user).filter(pk=link.activity).first()
    if user is None or found is None:
        raise NotFound(_("There is no such activity."))
    return Linked(found, user, found.done_at is not None, _is_used(link))


def _is_used(link: DoneLink) -> bool:
    changes = Change.objects.filter(record_type=RECORD, record_id=link.activity)
    return changes.filter(cause__reference=link.reference).exists()


def do_linked(link: DoneLink) -> Linked:
    """Complete the step of a link. Raises NotFound; Refused when it is done, or the link used."""
    found = find_linked(link)
    if found.is_used:
        raise Refused(_("This link was used already."))
    reason = _("Link of the morning mail")
    with because(Kind.PERSON, by=found.user, label=reason, reference=link.reference):
        # Of two at once the second finds the step done.
        finish_activity(activity=link.activity, by=found.user)
    return found
