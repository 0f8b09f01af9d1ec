"""The queue of imports: asked for by people, taken by one worker at a time under a lease."""

from __future__ import annotations

import datetime as dt
import uuid
from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from capture.models import Import
from core.ledger.locking import take_turn

#: The advisory lock of taking an import: "IMPO" in ASCII.
TURN = 0x494D504F
#: A worker that says nothing for so long is taken for dead.
LEASE = dt.timedelta(minutes=3)
#: How often in a row an import may break off at the same place.
ATTEMPTS = 3


def send(pk: int) -> None:
    """Have a worker look at an import, once this transaction is through."""
    from capture.tasks import send_import

    transaction.on_commit(partial(send_import, pk))


def take(pk: int) -> Import | None:
    """Take an import for LEASE; None when it is not to be worked on, or not now.

    Files are read side by side, but brought in one import after the other: two at once would make
    the same companies twice.
    """
    with transaction.atomic():
        take_turn(TURN, "default")
        now = timezone.now()
        found = Import.objects.waiting(now).select_for_update().filter(pk=pk).first()
        if not isinstance(found, Import):
            return None
        running = found.state == Import.State.RUNNING
        if running and Import.objects.being_written(now).exists():
            return None
        if found.attempts >= ATTEMPTS:
            give_up(found)
            return None
        found.token, found.leased_until = uuid.uuid4(), now + LEASE
        found.attempts += 1
        found.save(update_fields=["token", "leased_until", "attempts"])
    return found


def give_up(found: Import) -> None:
    """Say that an import broke off too often."""
    text = ngettext(
        "It broke off %(count)s time at the same place.",
        "It broke off %(count)s times at the same place.",
        found.attempts,
    ) % {"count": found.attempts}
    if found.has_written():
        text += " " + _("What it wrote until then is there, and can be undone.")
    found.state, found.message = Import.State.FAILED, text
    found.token = found.leased_until = None
    found.finished_at = timezone.now()
    found.save()


def waiting() -> list[int]:
    """The imports that no worker holds though one should."""
    return list(Import.objects.waiting(timezone.now()).values_list("pk", flat=True))
