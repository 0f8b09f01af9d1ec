"""The morning mail: when, to whom, once, with what; and its "done" links."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client

from core.ledger.causes import because
from core.ledger.tables import Cause, Kind
from messaging.links import DoneLink, done_url
from messaging.models import Digest
from messaging.services.digests import day_for, order_digests
from messaging.services.mailing import send_mails
from messaging.services.wishes import stop_mails
from pipeline.models import Activity
from pipeline.services.activities import complete_activity, reopen_activity
from tests import factories

#: A Tuesday, seven in the morning in Paris.
SEVEN = dt.datetime(2026, 11, 24, 6, 0, tzinfo=dt.UTC)


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(SEVEN, tick=False) as traveller:
        yield traveller


@pytest.fixture
def steps(clock: Any, lead: Any, cast: Any) -> list[Any]:
    """One that is late and one for today."""
    return [
        factories.make_activity(
            by=cast.rep,
            lead=lead,
            assignee=cast.rep,
            summary=name,
            due_at=SEVEN + dt.timedelta(hours=hours),
        )
        for name, hours in (("Call Nora", -20), ("Send the offer", 5))
    ]


def sent_to(user: Any) -> list[Any]:
    while send_mails():
        pass
    return [sent for sent in mail.outbox if sent.to == [user.email]]


def link_in(sent: Any, name: str) -> str:
    found = re.search(rf"- {name}.*\n.*\n  Done: http://testserver(\S+)", str(sent.body))
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        ("Europe/Paris", "2026-11-24T05:59", None),
        ("Europe/Paris", "2026-11-24T06:00", "2026-11-24"),
        ("Europe/Paris", "2026-11-24T10:59", "2026-11-24"),
        ("Europe/Paris", "2026-11-24T11:00", None),
        ("Europe/Paris", "2026-11-28T08:00", None),
        ("Europe/Paris", "2026-07-24T05:00", "2026-07-24"),
        ("America/New_York", "2026-11-24T06:00", None),
        ("America/New_York", "2026-11-24T12:00", "2026-11-24"),
        ("Pacific/Auckland", "2026-11-23T18:30", "2026-11-24"),
    ],
)
def test_its_hour_is_that_of_the_person_on_working_days(
    zone: str, moment: str, day: str | None, cast: Any
) -> None:
    cast.rep.time_zone = zone
    found = day_for(cast.rep, dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC))
    assert (found.isoformat() if found else None) == day


def test_it_tells_what_is_late_today_and_what_happened_once(
    steps: list[Any], lead: Any, cast: Any, tell: Any
) -> None:
    factories.make_note("The price is fine", by=cast.mate, lead=lead)
    tell()
    mail.outbox.clear()
    assert order_digests() > 0 and order_digests() == 0
    (sent,) = sent_to(cast.rep)
    assert sent.subject == "Your day: 2 activities"
    text = str(sent.body)
    for words in ("Overdue", "Call Nora", "Today", "Send the offer", "The price is fine"):
        assert words in text and words in str(sent.alternatives[0][0])
    assert "List-Unsubscribe" in sent.extra_headers
    assert f"<digest.{cast.rep.pk}.2026-11-24@" in sent.extra_headers["Message-ID"]
    assert sent_to(cast.stranger) == [], "nothing to tell, no mail"


def test_what_happened_is_told_on_one_morning(lead: Any, cast: Any, tell: Any, clock: Any) -> None:
    factories.make_note("The price is fine", by=cast.mate, lead=lead)
    tell()
    mail.outbox.clear()
    for day in range(2):
        clock.move_to(SEVEN + dt.timedelta(days=day))
        order_digests()
        while send_mails():
            pass
    assert sum("The price is fine" in str(sent.body) for sent in sent_to(cast.leader)) == 1


def test_who_wants_none_gets_none(steps: list[Any], cast: Any) -> None:
    stop_mails(user=cast.rep, what="digest")
    order_digests()
    assert sent_to(cast.rep) == []
    assert not Digest.objects.filter(user=cast.rep).exists()


def test_its_link_asks_before_it_completes_and_does_it_once(
    steps: list[Any], cast: Any, client: Client
) -> None:
    order_digests()
    address = link_in(sent_to(cast.rep)[0], "Call Nora")
    page = client.get(address)
    assert page.status_code == 200 and b"Call Nora" in page.content
    assert b"Cold storage" not in page.content, "who holds the link reads the step alone"
    step = steps[0]
    step.refresh_from_db()
    assert step.done_at is None, "looking changes nothing"
    assert b"Completed." in client.post(address).content
    step.refresh_from_db()
    assert step.done_at is not None and step.outcome == "done"
    cause = Cause.objects.get(reference__startswith="done:")
    assert cause.actor_id == cast.rep.pk and cause.label == "Link of the morning mail"
    for again in (client.get(address), client.post(address)):
        assert b"completed already" in again.content
    with because(Kind.PERSON, by=cast.rep):
        reopen_activity(activity=step.pk, by=cast.rep)
    assert b"was used already" in client.post(address).content
    step.refresh_from_db()
    assert step.done_at is None


def test_its_link_of_a_step_that_somebody_completed_says_so(
    steps: list[Any], cast: Any, client: Client
) -> None:
    order_digests()
    address = link_in(sent_to(cast.rep)[0], "Call Nora")
    with because(Kind.PERSON, by=cast.leader):
        complete_activity(activity=steps[0].pk, by=cast.leader)
    version = Activity.objects.get(pk=steps[0].pk).version
    assert b"completed already" in client.post(address).content
    assert Activity.objects.get(pk=steps[0].pk).version == version


def test_a_link_that_is_broken_old_or_of_nobody_is_dead(
    steps: list[Any], cast: Any, client: Client, clock: Any
) -> None:
    address = done_url(DoneLink(cast.rep.pk, 1, steps[0].pk)).removeprefix("http://testserver")
    assert client.get(address).status_code == 200
    others = done_url(DoneLink(cast.stranger.pk, 1, steps[0].pk)).removeprefix("http://testserver")
    for bad in (address[:-4] + "abc/", others, "/done/nonsense/"):
        assert client.get(bad).status_code == 404 and client.post(bad).status_code == 404
    clock.move_to(SEVEN + dt.timedelta(days=8))
    assert client.get(address).status_code == 404
    clock.move_to(SEVEN)
    with factories.arranging():
        cast.rep.is_active = False
        cast.rep.save()
    assert client.post(address).status_code == 404
    assert Activity.objects.get(pk=steps[0].pk).done_at is None
