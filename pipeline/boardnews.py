"""What happened on a board since a page was read: the leads whose cards are not as shown."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from core.ledger.tables import Change
from pipeline.models import Activity, LeadContact

#: What a card shows comes from these records; sets (tags) are changes of the lead itself.
WATCHED = ("pipeline.lead", "pipeline.activity", "pipeline.leadcontact")
#: More leads than this are not sent one by one: the board is read anew.
MOST = 40
#: A change younger than this is told again next time: one with a lower number may still be on its
#: way to the disk.
SETTLED = dt.timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class News:
    """Leads that changed after `since`, the number from which to ask next time; `too_many` says
    that they are not all named."""

    since: int
    leads: list[int]
    too_many: bool = False


def read_news(since: int) -> News:
    """The leads that changed after the change `since`."""
    # All kinds of records, so that a page that stays open does not walk over the others each time.
    changes = Change.objects.filter(pk__gt=since).order_by("pk")
    rows = list(changes.values_list("pk", "record_type", "record_id", "diff", "at")[: MOST * 20])
    settled = timezone.now() - SETTLED
    seen = since
    for pk, _type, _record, _diff, at in rows:
        if at > settled:
            break
        seen = pk
    leads = _leads_of([row for row in rows if row[1] in WATCHED])
    return News(seen, leads[:MOST], len(leads) > MOST or len(rows) == MOST * 20)


def _leads_of(rows: list[Any]) -> list[int]:
    leads: dict[int, None] = {}
    hanging: dict[str, set[int]] = {"pipeline.activity": set(), "pipeline.leadcontact": set()}
    for _pk, record_type, record, diff, _at in rows:
        if record_type == "pipeline.lead":
            leads[record] = None
            continue
        change = diff.get("lead")
        if isinstance(change, list):  # made, or gone with its row
            leads.update(dict.fromkeys(key for key in change if key))
        else:
            hanging[record_type].add(record)
    for model, keys in (
        (Activity, hanging["pipeline.activity"]),
        (LeadContact, hanging["pipeline.leadcontact"]),
    ):
        if keys:
            found = model._default_manager.filter(pk__in=keys, lead__isnull=False)
            leads.update(dict.fromkeys(found.values_list("lead", flat=True)))
    return list(leads)
