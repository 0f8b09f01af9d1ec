"""How people want to be told. Preferences, hence no changes of the ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Refused
from crm.services.preferences import set_preference
from messaging.channels import Channel, Kind, channels_of, cleaned, digest_hour, reminder_of
from messaging.services.reminding import place_of
from pipeline.models import Activity

if TYPE_CHECKING:
    from crm.models import User


@transaction.atomic
def set_wishes(
    *,
    user: User,
    told: Mapping[Kind, Collection[Channel]],
    reminder: str,
    digest_on: bool,
    hour: int,
) -> None:
    """Keep how a person is told of each kind, their usual reminder, and their morning mail."""
    if reminder not in Activity.Reminder.values or reminder == Activity.Reminder.CHOSEN:
        raise Refused(_("Some values cannot be kept."), {"reminder": [_("Choose a reminder.")]})
    if not 0 <= hour <= 23:
        raise Refused(_("Some values cannot be kept."), {"hour": [_("Choose an hour.")]})
    before = reminder_of(user)
    kept = {str(kind): sorted(cleaned(kind, ways)) for kind, ways in told.items()}
    set_preference(user=user, name="told", value=kept)
    set_preference(user=user, name="digest", value={"on": digest_on, "hour": hour})
    set_preference(user=user, name="reminder", value=reminder)
    if reminder_of(user) != before:
        place_of(user)


@transaction.atomic
def stop_mails(*, user: User, what: str) -> None:
    """End the mails of a kind, or the morning mail, from the link in one of them."""
    if what == "digest":
        hour = digest_hour(user)
        if hour is not None:
            set_preference(user=user, name="digest", value={"on": False, "hour": hour})
        return
    kind = Kind(what)
    told = user.preferences.get("told")
    kept = dict(told) if isinstance(told, dict) else {}
    kept[str(kind)] = sorted(channels_of(user, kind) - {Channel.MAIL})
    set_preference(user=user, name="told", value=kept)
