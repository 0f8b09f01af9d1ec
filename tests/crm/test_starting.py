"""“Start here” ticks itself from facts, is put away and back, and costs nobody else a query."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm.models import SavedView, User
from crm.services.organisation import set_organisation
from crm.starting import is_shown, read_start
from pipeline.services.moves import move_lead
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(stages: Any, client: Client) -> User:
    """A manager who is alone, and in."""
    user = factories.make_user("Bea Boss", role="admin")
    client.force_login(user)
    return user


def ticks(client: Client) -> list[bool]:
    start = client.get(reverse("day")).context["start"]
    return [line.is_done for line in start.lines]


def test_each_line_is_ticked_by_what_was_done(client: Client, boss: User, stages: Any) -> None:
    assert ticks(client) == [False] * 6
    with factories.arranging():
        set_organisation(values={"currency": "USD"}, by=boss)
    assert ticks(client) == [False] * 6
    with factories.arranging():
        set_organisation(values={"name": "Acme"}, by=boss)
    assert ticks(client) == [True, *[False] * 5]
    factories.make_user("Colleague")
    assert ticks(client) == [*[True] * 2, *[False] * 4]
    lead = factories.make_lead(by=boss)
    assert ticks(client) == [*[True] * 3, *[False] * 3]
    factories.make_activity(by=boss, lead=lead)
    assert ticks(client) == [*[True] * 4, *[False] * 2]
    with factories.arranging():
        move_lead(lead=lead.pk, stage=stages[1].pk, by=boss)
    assert ticks(client) == [*[True] * 5, False]
    with factories.arranging():
        SavedView.objects.create(owner=boss, place="leads", name="Mine", query="owner=me")
    assert ticks(client) == [True] * 6
    # The page itself says that it is finished; until then it is shown.
    page = client.get(reverse("day")).content.decode()
    assert 'value="finished"' in page
    client.post(reverse("start-here"), {"state": "finished"})
    assert client.get(reverse("day")).context["start"] is None


def test_every_line_leads_somewhere(client: Client, boss: User) -> None:
    for line in client.get(reverse("day")).context["start"].lines:
        assert client.get(line.url, follow=True).status_code == 200, line.label


def test_it_is_put_away_and_brought_back(client: Client, boss: User) -> None:
    answer = client.post(reverse("start-here"), {"state": "away"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert reverse("start-here") in answer["HX-Trigger"]
    assert client.get(reverse("day")).context["start"] is None
    answer = client.post(reverse("start-here"), {}, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == reverse("day")
    assert client.get(reverse("day")).context["start"] is not None
    assert client.post(reverse("start-here"), {"state": "away"}).status_code == 302
    assert client.get(reverse("day")).context["start"] is None


def test_who_has_put_it_away_pays_no_query(client: Client, boss: User) -> None:
    address = reverse("day")
    client.get(address)
    with CaptureQueriesContext(connection) as shown:
        client.get(address)
    costs = len(shown)  # the next request empties the log
    client.post(reverse("start-here"), {"state": "away"})
    client.get(address)  # the toast goes with it
    with CaptureQueriesContext(connection) as away:
        client.get(address)
    assert costs == len(away) + 1
    boss.refresh_from_db()
    with CaptureQueriesContext(connection) as none:
        assert read_start(boss) is None
    assert len(none) == 0


@pytest.mark.parametrize("part", ["rep", "mate", "leader", "manager", "admin"])
def test_it_is_for_managers_in_their_first_weeks(part: str, cast: Any, client: Client) -> None:
    user = cast.people()[part]
    assert is_shown(user) == (part in ("manager", "admin"))
    client.force_login(user)
    assert bool(client.get(reverse("day")).context["start"]) == is_shown(user)
    user.created_at = timezone.now() - dt.timedelta(weeks=7)
    assert not is_shown(user)


def test_it_is_not_on_the_day_of_somebody_else(cast: Any, client: Client) -> None:
    client.force_login(cast.manager)
    page = client.get(reverse("day"), {"owner": cast.rep.pk})
    assert page.status_code == 200
    assert not page.context.get("start")
