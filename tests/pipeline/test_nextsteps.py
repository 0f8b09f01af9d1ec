"""What one tap does to a next step: done and on to the next, put off, set anew."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Any

import pytest
from django.utils import timezone

from core.calendar import calendar
from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.ledger.causes import because
from core.ledger.tables import Cause, Change, Kind
from core.services.undoing import undo_cause
from pipeline.models import Activity, Lead
from pipeline.services.nextsteps import finish_activity, reschedule_activity, snooze_activity
from pipeline.workdays import Later, later_than
from tests import factories

pytestmark = pytest.mark.django_db
TOKYO = zoneinfo.ZoneInfo("Asia/Tokyo")


@pytest.fixture
def lead(cast: Any) -> Any:
    return factories.make_lead(by=cast.manager, owner=cast.rep.pk, team=cast.team.pk)


def step(cast: Any, lead: Any, **values: Any) -> Activity:
    made: Activity = factories.make_activity(
        by=cast.manager, lead=lead, assignee=cast.rep, summary="Call Nora", **values
    )
    return made


def acting(by: Any, deed: Any, **values: Any) -> Any:
    with because(Kind.PERSON, by=by):
        return deed(by=by, **values)


def test_done_and_the_next_one_are_one_cause_and_one_undo_takes_both_back(
    cast: Any, lead: Any
) -> None:
    first = step(cast, lead)
    done = acting(
        cast.rep,
        finish_activity,
        activity=first.pk,
        outcome="reached",
        feedback=" Wants a quote ",
        then=Later.THREE_DAYS,
    )
    first.refresh_from_db()
    following = done.following
    assert (first.outcome, first.feedback) == ("reached", "Wants a quote")
    assert (following.summary, following.assignee, following.lead) == ("Call Nora", cast.rep, lead)
    cause = Cause.objects.latest("started_at")
    touched = set(Change.objects.filter(cause=cause).values_list("record_id", flat=True))
    assert touched == {first.pk, following.pk}
    undo_cause(cause=cause.pk, by=cast.rep)
    first.refresh_from_db()
    assert (first.done_at, first.outcome) == (None, "")
    assert not Activity.objects.filter(pk=following.pk).exists()
    assert Lead.objects.get(pk=lead.pk).next_activity_at == first.due_at


def test_the_next_one_is_on_a_working_day_of_the_assignee_at_the_same_hour(
    cast: Any, lead: Any
) -> None:
    with factories.arranging():
        cast.rep.time_zone = "Asia/Tokyo"
        cast.rep.save()
    at_nine = dt.datetime.combine(timezone.localdate(timezone=TOKYO), dt.time(9), TOKYO)
    first = step(cast, lead, due_at=at_nine)
    following = acting(
        cast.manager, finish_activity, activity=first.pk, then=Later.NEXT_WEEK
    ).following
    local = following.due_at.astimezone(TOKYO)
    assert local.date() == later_than(
        timezone.localdate(timezone=TOKYO), Later.NEXT_WEEK, calendar()
    )
    assert (local.time(), local.weekday(), following.all_day) == (dt.time(9), 0, False)


def test_an_all_day_step_is_followed_by_an_all_day_step(cast: Any, lead: Any) -> None:
    first = step(cast, lead, due_on=dt.date(2026, 3, 2), due_at=None)
    day = dt.date(2031, 5, 5)
    following = acting(cast.rep, finish_activity, activity=first.pk, then=day).following
    assert following.all_day
    zone = zoneinfo.ZoneInfo(cast.rep.time_zone)
    assert following.due_at.astimezone(zone).date() == day


def test_snoozing_counts_from_today_when_overdue_and_from_the_day_when_not(
    cast: Any, lead: Any
) -> None:
    zone = zoneinfo.ZoneInfo(cast.rep.time_zone)
    today = timezone.localdate(timezone=zone)
    late = step(cast, lead, due_at=timezone.now() - dt.timedelta(days=40))
    put_off = acting(cast.rep, snooze_activity, activity=late.pk, later=Later.NEXT_DAY)
    assert put_off.due_at.astimezone(zone).date() == later_than(today, Later.NEXT_DAY, calendar())
    ahead = step(cast, lead, due_at=timezone.now() + dt.timedelta(days=30))
    was = ahead.due_at.astimezone(zone).date()
    put_off = acting(cast.rep, snooze_activity, activity=ahead.pk, later=Later.THREE_DAYS)
    assert put_off.due_at.astimezone(zone).date() == later_than(was, Later.THREE_DAYS, calendar())
    assert put_off.due_at.astimezone(zone).time() == ahead.due_at.astimezone(zone).time()


def test_a_step_that_is_done_is_neither_put_off_nor_set_anew_nor_done_again(
    cast: Any, lead: Any
) -> None:
    first = step(cast, lead)
    acting(cast.rep, finish_activity, activity=first.pk)
    before = Change.objects.count()
    for deed, values in (
        (finish_activity, {}),
        (snooze_activity, {"later": Later.NEXT_DAY}),
        (reschedule_activity, {"due_on": dt.date(2030, 1, 1)}),
    ):
        with pytest.raises(Refused, match="completed already"):
            acting(cast.rep, deed, activity=first.pk, **values)
    assert Change.objects.count() == before


def test_rescheduling_asks_for_a_day_and_not_for_two(cast: Any, lead: Any) -> None:
    first = step(cast, lead)
    with pytest.raises(Refused, match="Say the day"):
        acting(cast.rep, reschedule_activity, activity=first.pk)
    with pytest.raises(Refused, match="not both"):
        acting(
            cast.rep,
            reschedule_activity,
            activity=first.pk,
            due_on=dt.date(2030, 1, 1),
            due_at=timezone.now(),
        )


def test_a_stale_version_is_told_and_nothing_of_it_is_written(cast: Any, lead: Any) -> None:
    first = step(cast, lead)
    stale = first.version
    acting(cast.manager, reschedule_activity, activity=first.pk, due_on=dt.date(2030, 1, 1))
    with pytest.raises(Conflict):
        acting(
            cast.rep,
            finish_activity,
            activity=first.pk,
            then=Later.NEXT_DAY,
            expected_version=stale,
        )
    assert Activity.objects.filter(lead=lead).to_do().count() == 1


@pytest.mark.parametrize(
    ("part", "error"),
    [
        ("rep", None),
        ("leader", None),
        ("manager", None),
        ("mate", NotAllowed),
        ("stranger", NotFound),
    ],
)
def test_who_may_finish_snooze_and_reschedule(part: str, error: Any, cast: Any, lead: Any) -> None:
    by = cast.people()[part]
    for deed, values in (
        (snooze_activity, {"later": Later.NEXT_DAY}),
        (reschedule_activity, {"due_on": dt.date(2030, 1, 1)}),
        (finish_activity, {"then": Later.NEXT_DAY}),
    ):
        first = step(cast, lead)
        if error is None:
            acting(by, deed, activity=first.pk, **values)
        else:
            with pytest.raises(error):
                acting(by, deed, activity=first.pk, **values)
