"""The morning mail: once a day of the person's, on working days, from their hour on."""

from __future__ import annotations

import datetime as dt
import zoneinfo

from django.db import transaction
from django.utils import timezone

from crm.models import User
from messaging.channels import digest_hour
from messaging.models import Digest, Notification
from messaging.services.mailing import queue_digest
from pipeline.workdays import working_day

#: For so many hours after their hour it is still a morning mail; later that day it is none.
HOURS = 5
#: What happened longer ago than this is no news any more.
NEWS = dt.timedelta(days=7)


def day_for(user: User, now: dt.datetime) -> dt.date | None:
    """The day whose mail is to be sent to a person now; None when it is not the time."""
    hour = digest_hour(user)
    local = now.astimezone(zoneinfo.ZoneInfo(user.time_zone))
    if hour is None or not hour <= local.hour < hour + HOURS:
        return None
    day = local.date()
    return day if working_day(day) == day else None


def order_digests(now: dt.datetime | None = None) -> int:
    """Order the morning mails whose hour has come; returns how many. Ordered twice is once."""
    now = now or timezone.now()
    wanted = {
        user.pk: (user, day)
        for user in User.objects.active()
        if (day := day_for(user, now)) is not None and user.has_usable_password()
    }
    days = {day for _user, day in wanted.values()}
    had = set(Digest.objects.filter(day__in=days, user__in=wanted).values_list("user", "day"))
    ordered = 0
    for user, day in wanted.values():
        if (user.pk, day) not in had:
            ordered += _order(user, day, now)
    return ordered


@transaction.atomic
def _order(user: User, day: dt.date, now: dt.datetime) -> bool:
    digest, is_new = Digest.objects.get_or_create(user=user, day=day)
    if is_new:
        waiting = Notification.objects.filter(user=user, in_digest=True, digest__isnull=True)
        waiting.filter(created_at__gt=now - NEWS).update(digest=digest)
        queue_digest(digest)
    return is_new
