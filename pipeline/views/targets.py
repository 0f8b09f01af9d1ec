"""What counts for a target, where no list shows it: completed activities."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.money import format_number
from core.requests import Request
from crm.models import Target
from pipeline.services.nextsteps import zone_of
from pipeline.targets import counted_activities, rule_of

#: Rows that are shown; the number says how many there are.
MOST = 250


def activities(request: Request, pk: int) -> HttpResponse:
    """The activities that count for a running target, newest first, with the rule in words."""
    now = timezone.now()
    running = Target.objects.running(timezone.localdate(now, zone_of(request.user)))
    found = (
        running.filter(metric=Target.Metric.ACTIVITIES)
        .visible_to(request.user)
        .select_related("team", "user")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise NotFound(_("There is no such target now."))
    counted = counted_activities(found, request.user, now)
    rows = list(counted.for_list().order_by("-done_at", "-pk")[:MOST])  # type: ignore[attr-defined]
    count = len(rows) if len(rows) < MOST else counted.count()
    context = {
        "target": found,
        "rule": rule_of(found),
        "rows": rows,
        "count": format_number(count, request.LANGUAGE_CODE),  # type: ignore[attr-defined]
        "is_more": count > len(rows),
    }
    return render(request, "pipeline/target_activities.html", context)
