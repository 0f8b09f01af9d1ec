"""Reminders: the right moment for the assignee, once; moved and dropped with the activity."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.urls import reverse

from core.ledger.causes import because
from core.ledger.dispatch import hand_out
from core.ledger.tables import Change, Kind
from core.services.undoing import undo_cause
from messaging.channels import Channel, channels_of
from messaging.models import Notification, ReminderWork
from messaging.services.mailing import send_mails
from messaging.services.reminding import moment_of, remind
from messaging.services.wishes import set_wishes
from pipeline.services.activities import (
    complete_activity,
    delete_activity,
    reopen_activity,
    update_activity,
)
from tests import factories

NOW = dt.datetime(2026, 11, 24, 8, 0, tzinfo=dt.UTC)
DUE = dt.datetime(2026, 11, 24, 14, 0, tzinfo=dt.UTC)


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def step(clock: Any, lead: Any, cast: Any) -> Any:
    made = factories.make_activity(
        by=cast.rep, lead=lead, assignee=cast.rep, due_at=DUE, summary="Call Nora"
    )
    hand_out()
    return made


def waiting() -> list[dt.datetime]:
    return list(ReminderWork.objects.order_by("not_before").values_list("not_before", flat=True))


def reminded() -> list[int]:
    found = Notification.objects.filter(kind="reminder").order_by("pk")
    return list(found.values_list("user", flat=True))


def change(step: Any, by: Any, **values: Any) -> None:
    with because(Kind.PERSON, by=by):
        update_activity(activity=step.pk, values=values, by=by)
    hand_out()


@pytest.mark.parametrize(
    ("reminder", "all_day", "expected"),
    [
        ("", False, "2026-11-24 14:50"),
        ("due", False, "2026-11-24 15:00"),
        ("10min", False, "2026-11-24 14:50"),
        ("1h", False, "2026-11-24 14:00"),
        ("1d", False, "2026-11-23 15:00"),
        ("none", False, None),
        ("", True, None),
        ("due", True, "2026-11-24 09:00"),
        ("1h", True, "2026-11-24 09:00"),
        ("1d", True, "2026-11-23 09:00"),
    ],
)
def test_the_moment_of_each_choice(
    reminder: str, all_day: bool, expected: str | None, step: Any, cast: Any
) -> None:
    values: dict[str, Any] = {"reminder": reminder}
    if all_day:
        values["due_on"] = dt.date(2026, 11, 24)
    change(step, cast.rep, **values)
    step.refresh_from_db()
    found = moment_of(step)
    local = found.astimezone(ZoneInfo("Europe/Paris")) if found else None
    assert (f"{local:%Y-%m-%d %H:%M}" if local else None) == expected


def test_a_day_before_is_the_same_hour_across_the_change_of_clocks(step: Any, cast: Any) -> None:
    zone = ZoneInfo("Europe/Paris")
    due = dt.datetime(2027, 3, 28, 15, 0, tzinfo=zone)  # clocks went forward that night
    change(step, cast.rep, due_at=due, reminder="1d")
    assert waiting() == [dt.datetime(2027, 3, 27, 15, 0, tzinfo=zone)]


def test_a_whole_day_is_that_of_the_assignee(step: Any, cast: Any) -> None:
    with factories.arranging():
        cast.mate.time_zone = "America/New_York"
        cast.mate.save()
    change(step, cast.rep, due_on=dt.date(2026, 11, 26), reminder="due")
    assert waiting() == [dt.datetime(2026, 11, 26, 8, 0, tzinfo=dt.UTC)]
    change(step, cast.rep, assignee=cast.mate.pk, due_on=dt.date(2026, 11, 26))
    assert waiting() == [dt.datetime(2026, 11, 26, 14, 0, tzinfo=dt.UTC)]


def test_it_is_told_once_at_its_moment(step: Any, cast: Any, clock: Any, login: Any) -> None:
    assert remind() == 0 and reminded() == []
    clock.move_to(DUE - dt.timedelta(minutes=10))
    assert remind() == 1 and remind() == 0
    assert reminded() == [cast.rep.pk] and not mail.outbox
    page = login(cast.rep).get(reverse("notices")).content.decode()
    assert "Call Nora" in page and "Cold storage" in page
    row = Notification.objects.get(kind="reminder")
    assert login(cast.rep).post(reverse("notification-open", args=[row.pk])).status_code == 302
    change(step, cast.rep, summary="Call Nora again")
    clock.move_to(DUE + dt.timedelta(hours=1))
    remind()
    assert len(reminded()) == 1, "another change of it is no reason"


def test_it_is_mailed_to_who_wants_that(step: Any, cast: Any, clock: Any) -> None:
    ways = {kind: list(channels_of(cast.rep, kind)) for kind in Notification.Kind}
    ways[Notification.Kind.REMINDER] = [Channel.APP, Channel.MAIL]
    set_wishes(user=cast.rep, told=ways, reminder="10min", digest_on=True, hour=7)
    clock.move_to(DUE)
    remind()
    while send_mails():
        pass
    (sent,) = mail.outbox
    assert sent.to == [cast.rep.email] and "Call Nora, Tuesday 24 Nov, 15:00" in sent.subject


def test_it_moves_with_the_activity(step: Any, cast: Any, clock: Any) -> None:
    later = DUE + dt.timedelta(days=2)
    change(step, cast.rep, due_at=later)
    assert waiting() == [later - dt.timedelta(minutes=10)]
    clock.move_to(DUE)
    remind()
    assert reminded() == []
    change(step, cast.rep, assignee=cast.mate.pk)
    clock.move_to(later)
    remind()
    assert reminded() == [cast.mate.pk]


def test_it_is_dropped_when_done_or_deleted_and_comes_back_with_undo(
    step: Any, cast: Any, clock: Any
) -> None:
    with because(Kind.PERSON, by=cast.rep):
        complete_activity(activity=step.pk, by=cast.rep)
    hand_out()
    assert waiting() == []
    with because(Kind.PERSON, by=cast.rep):
        reopen_activity(activity=step.pk, by=cast.rep)
    hand_out()
    assert len(waiting()) == 1
    with because(Kind.PERSON, by=cast.rep):
        delete_activity(activity=step.pk, by=cast.rep)
    hand_out()
    assert waiting() == []
    deleted = Change.objects.filter(action="deleted", record_id=step.pk).latest("pk").cause_id
    undo_cause(cause=deleted, by=cast.rep)
    hand_out()
    assert len(waiting()) == 1


def test_one_that_was_done_meanwhile_is_not_told(step: Any, cast: Any, clock: Any) -> None:
    with because(Kind.PERSON, by=cast.rep):
        complete_activity(activity=step.pk, by=cast.rep)
    clock.move_to(DUE)  # the dispatcher has not come by yet
    assert remind() == 1 and reminded() == []


def test_a_moment_that_is_past_when_it_is_planned_is_none(clock: Any, lead: Any, cast: Any) -> None:
    soon = NOW + dt.timedelta(minutes=5)
    factories.make_activity(by=cast.rep, lead=lead, assignee=cast.rep, due_at=soon)
    hand_out()
    assert waiting() == []


def test_the_usual_reminder_is_each_persons_own(step: Any, cast: Any) -> None:
    ways = {kind: list(channels_of(cast.rep, kind)) for kind in Notification.Kind}
    set_wishes(user=cast.rep, told=ways, reminder="1h", digest_on=True, hour=7)
    assert waiting() == [DUE - dt.timedelta(hours=1)]
    change(step, cast.rep, reminder="due")
    set_wishes(user=cast.rep, told=ways, reminder="none", digest_on=True, hour=7)
    assert waiting() == [DUE], "what an activity says for itself stays"
