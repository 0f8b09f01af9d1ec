"""What messaging tells the floors below: what follows from a note, and whom changes are told."""

from __future__ import annotations

from core.ledger.derivations import register_derivation, register_derived
from core.ledger.dispatch import register_consumer
from core.merging import register_moving


def register() -> None:
    """Called once, when the app is ready."""
    from messaging.services import files, mentions, notifying, reminding, sending

    register_derivation("messaging.note", follow=mentions.follow, rebuild=mentions.rebuild)
    register_derived(
        *("messaging.notemention", "messaging.notification", "messaging.notificationwork"),
        *("messaging.digest", "messaging.reminderwork", "messaging.mailwork"),
        *("messaging.calendarfeed", "messaging.sentinvitation", "messaging.invitationwork"),
    )
    register_consumer("notifications", notifying.take, then=notifying.wake, hears_quiet=True)
    register_moving("messaging.file.lead", prepare=files.rename_moving)
    register_consumer("reminders", reminding.take, hears_quiet=True)
    register_consumer("invitations", sending.take, hears_quiet=True)
