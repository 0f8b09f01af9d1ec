"""The calendar feed: valid, right in zone and length, void when revoked, not asked too often."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from core.ledger.tables import Change
from messaging.models import CalendarFeed
from messaging.views import feeds
from pipeline.services.activities import complete_activity, delete_activity, update_activity
from tests import factories

DUE = dt.datetime(2027, 7, 1, 12, 30, tzinfo=dt.UTC)


@pytest.fixture
def address(cast: Any) -> str:
    client = Client()
    client.force_login(cast.rep)
    answer = client.post(reverse("calendar-change"))
    assert "no-store" in answer["Cache-Control"]
    found = re.search(r'value="http://testserver(/calendar/[^"]+)"', answer.content.decode())
    assert found is not None
    return found[1]


@pytest.fixture
def step(lead: Any, cast: Any) -> Any:
    return factories.make_activity(
        by=cast.rep,
        lead=lead,
        assignee=cast.rep,
        due_at=DUE,
        summary="Visit; bring plans, keys",
        place="Rue de l'Église 4, Lyon",
        duration=45,
        note="He is short of money",
    )


def events(client: Client, address: str) -> list[Any]:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert b"\r\n" in answer.content
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def test_an_activity_at_an_hour_is_an_event_of_its_length(
    step: Any, address: str, client: Client, cast: Any
) -> None:
    factories.make_activity(by=cast.mate, lead=step.lead, assignee=cast.mate, due_at=DUE)
    (event,) = events(client, address)
    assert event["uid"] == f"activity-{step.pk}@localhost"
    assert event["summary"] == "Visit; bring plans, keys · Cold storage"
    assert event["location"] == "Rue de l'Église 4, Lyon"
    assert event.decoded("dtstart") == DUE and event.decoded("dtend").minute == 15
    assert event["status"] == "CONFIRMED" and "dtstamp" in event
    assert "short of money" not in client.get(address).content.decode()


def test_a_whole_day_is_that_of_the_assignee(
    step: Any, address: str, client: Client, cast: Any
) -> None:
    with factories.arranging():
        cast.rep.time_zone = "Pacific/Auckland"
        cast.rep.save()
        update_activity(activity=step.pk, values={"due_on": dt.date(2027, 7, 2)}, by=cast.rep)
    (event,) = events(client, address)
    assert event.decoded("dtstart") == dt.date(2027, 7, 2)
    assert event.decoded("dtend") == dt.date(2027, 7, 3)


def test_one_that_is_called_off_says_so_and_a_deleted_one_is_gone(
    step: Any, address: str, client: Client, cast: Any
) -> None:
    with factories.arranging():
        complete_activity(activity=step.pk, by=cast.rep, outcome="cancelled")
    (event,) = events(client, address)
    assert event["status"] == "CANCELLED" and int(event["sequence"]) == 2
    with factories.arranging():
        delete_activity(activity=step.pk, by=cast.rep)
    assert events(client, address) == []


def test_a_calendar_that_has_it_already_gets_nothing(
    step: Any, address: str, client: Client, cast: Any
) -> None:
    first = client.get(address)
    assert "private" in first["Cache-Control"]
    again = client.get(address, HTTP_IF_NONE_MATCH=first["ETag"])
    assert again.status_code == 304 and not again.content
    with factories.arranging():
        update_activity(activity=step.pk, values={"summary": "Call"}, by=cast.rep)
    changed = client.get(address, HTTP_IF_NONE_MATCH=first["ETag"])
    assert changed.status_code == 200 and changed["ETag"] != first["ETag"]


def test_an_address_ends_when_renewed_revoked_or_its_owner_leaves(
    address: str, client: Client, cast: Any
) -> None:
    assert client.get("/calendar/nonsense.ics").status_code == 404
    assert client.post(address).status_code == 405
    mine = Client()
    mine.force_login(cast.rep)
    page = mine.get(reverse("profile")).content.decode()
    assert "There is an address since" in page and address not in page
    renewed = re.search(
        r'value="http://testserver([^"]+\.ics)"',
        mine.post(reverse("calendar-change")).content.decode(),
    )
    assert renewed is not None
    assert client.get(address).status_code == 404
    assert client.get(renewed[1]).status_code == 200
    with factories.arranging():
        cast.rep.is_active = False
        cast.rep.save()
    assert client.get(renewed[1]).status_code == 404
    with factories.arranging():
        cast.rep.is_active = True
        cast.rep.save()
    mine.force_login(cast.rep)
    assert mine.post(reverse("calendar-change"), {"revoke": "yes"}).status_code == 302
    assert client.get(renewed[1]).status_code == 404


def test_its_key_is_kept_nowhere(address: str, cast: Any) -> None:
    secret = address.removeprefix("/calendar/").removesuffix(".ics")
    assert CalendarFeed.objects.get().digest == CalendarFeed.digest_of(secret)
    for diff in Change.objects.values_list("diff", flat=True):
        assert secret not in str(diff) and CalendarFeed.digest_of(secret) not in str(diff)


def test_it_is_not_read_too_often(
    address: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "READS", 3)
    assert [client.get(address).status_code for _time in range(4)] == [200, 200, 200, 429]
    assert client.get(address)["Retry-After"] == "3600"
