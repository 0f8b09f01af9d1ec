"""How far one is on the way to a target: the number is what the list behind it holds."""

from __future__ import annotations

import datetime as dt
import html
import re
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.errors import Conflict
from core.ledger.causes import because
from core.ledger.tables import Kind
from crm.models import Membership, Target
from crm.services.targets import Cell, set_targets
from pipeline.models import Activity
from pipeline.services.activities import complete_activity
from pipeline.services.closing import win_lead
from pipeline.services.leads import archive_leads
from pipeline.targets import Progress, read_progress
from pipeline.workdays import working_days
from tests import factories
from tests.conftest import Cast

#: A Thursday in the middle of a month and a quarter.
NOW = dt.datetime(2026, 11, 19, 10, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """The clock stands still."""
    with time_machine.travel(NOW, tick=False):
        yield


def won(cast: Any, at: dt.datetime = NOW, **values: Any) -> Any:
    """A lead of the rep that was won at a moment."""
    values = {"owner": cast.rep.pk, "team": cast.team.pk, "expected_revenue": 1000, **values}
    with time_machine.travel(at, tick=False):
        lead = factories.make_lead(by=cast.manager, **values)
        with factories.arranging():
            win_lead(lead=lead.pk, by=cast.manager)
    return lead


def done(cast: Any, at: dt.datetime = NOW, **values: Any) -> Activity:
    """An activity of the rep that was completed at a moment."""
    assignee = values.pop("assignee", cast.rep)
    outcome = values.pop("outcome", "done")
    with time_machine.travel(at, tick=False):
        lead = factories.make_lead(by=cast.manager, owner=assignee.pk, team=cast.team.pk)
        step = factories.make_activity(by=cast.manager, lead=lead, assignee=assignee)
        with factories.arranging():
            complete_activity(activity=step.pk, outcome=outcome, by=cast.manager)
    return step  # type: ignore[no-any-return]


def only(user: Any, owner: Any = None) -> Progress:
    """The one target of a day."""
    (found,) = read_progress(user, owner or user)
    return found


def listed(client: Client, user: Any, address: str) -> int:
    """How many records the page behind a number shows."""
    client.force_login(user)
    page = client.get(address).content.decode()
    return len(set(re.findall(r'href="/(?:leads|activities)/(\d+)/"', page)))


def test_revenue_is_that_of_the_leads_won_in_the_period(
    cast: Any, stages: Any, client: Client
) -> None:
    factories.make_target(cast.rep, 20_000)
    won(cast, expected_revenue=12_000)
    archived = won(cast, expected_revenue=400)
    won(cast, expected_revenue=None)
    won(cast, at=NOW - dt.timedelta(days=40), expected_revenue=5000)
    won(cast, owner=cast.mate.pk, expected_revenue=5000)
    factories.make_lead(by=cast.manager, owner=cast.rep.pk, expected_revenue=5000)
    with factories.arranging():
        archive_leads(leads=[archived.pk], by=cast.manager)
    found = only(cast.rep)
    assert (found.reached, found.target, found.percent, found.fill) == (
        *("€12,400", "€20,000", "62%"),
        62,
    )
    assert found.left == "8 working days left"
    assert found.notes == ["1 won lead has no amount."]
    assert found.list_words == "The 3 leads"
    assert "Rita Rep owns" in found.rule
    assert listed(client, cast.rep, found.list_url) == 3


def test_another_currency_is_told_and_never_added(cast: Any, stages: Any, client: Client) -> None:
    factories.make_target(cast.rep, 2000)
    won(cast, expected_revenue=500)
    won(cast, expected_revenue=3000, currency="USD")
    won(cast, expected_revenue=100, currency="CHF")
    found = only(cast.rep)
    assert (found.reached, found.percent) == ("€500", "25%")
    assert found.notes == [
        "Not counted, in another currency: CHF 100, $3,000.".replace("F ", "F\xa0")
    ]
    assert listed(client, cast.rep, found.list_url) == 1
    factories.make_target(cast.rep, 6000, currency="USD")
    texts = {one.target: (one.reached, one.percent) for one in read_progress(cast.rep, cast.rep)}
    assert texts == {"€2,000": ("€500", "25%"), "$6,000": ("$3,000", "50%")}


def test_wins_are_counted_whatever_their_currency_and_over_the_quarter(
    cast: Any, stages: Any, client: Client
) -> None:
    factories.make_target(cast.rep, 3, metric="wins", period="quarter")
    won(cast)
    won(cast, currency="USD")
    won(cast, at=dt.datetime(2026, 10, 1, 9, tzinfo=dt.UTC), expected_revenue=None)
    won(cast, at=dt.datetime(2026, 9, 30, 9, tzinfo=dt.UTC))
    found = only(cast.rep)
    assert (found.period, found.reached, found.percent) == ("this quarter", "3", "100%")
    assert found.is_reached
    assert found.notes == []
    assert found.left == "31 working days left"
    assert listed(client, cast.rep, found.list_url) == 3


def test_activities_that_were_done_count_and_cancelled_ones_do_not(
    cast: Any, stages: Any, client: Client
) -> None:
    factories.make_target(cast.rep, 40, metric="activities")
    done(cast)
    done(cast, outcome="no_answer")
    done(cast, outcome="cancelled")
    done(cast, at=NOW - dt.timedelta(days=30))
    done(cast, assignee=cast.mate)
    found = only(cast.rep)
    assert (found.reached, found.target, found.percent) == ("2", "40", "5%")
    assert listed(client, cast.rep, found.list_url) == 2
    assert "without what was cancelled" in client.get(found.list_url).content.decode()


def test_the_page_of_what_counts_is_for_those_who_see_the_target(
    cast: Any, stages: Any, client: Client
) -> None:
    target = factories.make_target(cast.rep, 40, metric="activities")
    over = factories.make_target(
        cast.rep, 40, dt.date(2026, 10, 1), metric="activities", period="month"
    )
    wins = factories.make_target(cast.rep, 4, metric="wins")
    for part, status in {
        "rep": 200,
        "mate": 404,
        "stranger": 404,
        "leader": 200,
        "manager": 200,
    }.items():
        client.force_login(cast.people()[part])
        assert client.get(reverse("target-activities", args=[target.pk])).status_code == status
        for other in (over, wins):
            assert client.get(reverse("target-activities", args=[other.pk])).status_code == 404


def test_the_period_is_that_of_the_readers_time_zone(cast: Any, stages: Any) -> None:
    with factories.arranging():
        for person, zone in ((cast.rep, "Pacific/Auckland"), (cast.manager, "America/Lima")):
            person.time_zone = zone
            person.save()
    factories.make_target(cast.rep, 5, dt.date(2026, 11, 1), metric="wins")
    won(cast, at=dt.datetime(2026, 10, 31, 12, tzinfo=dt.UTC))
    assert only(cast.rep).reached == "1"
    assert only(cast.manager, cast.rep).reached == "0"


def test_a_leader_sees_the_targets_of_their_team_on_their_own_day(
    cast: Any, stages: Any, client: Client
) -> None:
    factories.make_target(cast.leader, 1, metric="wins")
    factories.make_target(cast.team, 4, metric="wins")
    factories.make_target(cast.team, 9, metric="activities")
    factories.make_target(cast.others, 4, metric="wins")
    factories.make_target(cast.rep, 3, metric="wins")
    won(cast)
    won(cast, owner=cast.mate.pk)
    won(cast, owner=cast.rep.pk, team=cast.others.pk)
    done(cast)
    done(cast, assignee=cast.leader)
    done(cast, assignee=cast.stranger)
    rows = read_progress(cast.leader, cast.leader)
    assert [(one.whose, one.what, one.reached) for one in rows] == [
        ("Lea Leader", "Wins", "0"),
        ("North", "Wins", "2"),
        ("North", "Completed activities", "2"),
    ]
    for one in rows:
        assert listed(client, cast.leader, one.list_url) == int(one.reached)
    assert [one.whose for one in read_progress(cast.leader, cast.rep)] == ["Rita Rep"]
    assert read_progress(cast.mate, cast.rep) == []
    with factories.arranging():
        Membership.objects.filter(user=cast.rep).update(is_active=False)
    assert {one.what: one.reached for one in read_progress(cast.leader, cast.leader)[1:]} == {
        "Wins": "2",
        "Completed activities": "1",
    }


def test_my_day_says_it_with_the_rule_and_the_way_to_the_list(
    cast: Any, stages: Any, client: Client
) -> None:
    client.force_login(cast.rep)
    assert "day-targets" not in client.get(reverse("day")).content.decode()
    factories.make_target(cast.rep, 20_000)
    factories.make_target(cast.rep, 5, dt.date(2026, 12, 1), metric="wins")
    lead = won(cast, expected_revenue=12_400)
    page = html.unescape(client.get(reverse("day")).content.decode())
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "Won revenue this month: €12,400 of €20,000 (62%) , 8 working days left" in text
    assert "The expected revenue in EUR of the leads that Rita Rep owns" in text
    assert page.count('class="day-target"') == 1
    href = re.search(r'href="(/leads/\?[^"]*this_month[^"]*)"', page)
    assert href
    assert f'href="/leads/{lead.pk}/"' in client.get(href[1]).content.decode()


def test_who_has_no_target_pays_one_read_and_who_has_any_three(
    cast: Any, stages: Any, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        assert read_progress(cast.leader, cast.leader) == []
    for of in (cast.leader, cast.team):
        for metric in Target.Metric.values:
            for period in ("month", "quarter"):
                factories.make_target(of, 5, metric=metric, period=period)
    with django_assert_num_queries(3):
        assert len(read_progress(cast.leader, cast.leader)) == 12


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ("2026-11-19", "2026-11-30", 8),
        ("2026-11-21", "2026-11-22", 0),
        ("2026-11-30", "2026-11-30", 1),
        ("2026-11-01", "2026-11-30", 21),
        ("2026-11-30", "2026-11-29", 0),
        ("2026-11-22", "2026-11-29", 5),
    ],
)
def test_working_days_are_counted_with_both_ends(first: str, last: str, days: int) -> None:
    assert working_days(dt.date.fromisoformat(first), dt.date.fromisoformat(last)) == days


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(5))
def test_a_cell_that_two_fill_at_once_holds_what_one_of_them_wrote(turn: int, cast: Cast) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time: there is nothing to race for.")
    start, answers = threading.Barrier(3), list[str]()
    day = timezone.localdate().replace(day=1)

    def fill(value: int) -> None:
        cell = Cell(None, cast.rep.pk, day, Decimal(value), None)
        try:
            start.wait()
            with because(Kind.PERSON, by=cast.manager):
                set_targets(
                    cells=[cell], metric="wins", period="month", currency="", by=cast.manager
                )
            answers.append(f"done {value}")
        except Conflict:
            answers.append("Conflict")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=fill, args=[value]) for value in (3, 4, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers)[:2] == ["Conflict", "Conflict"]
    assert f"done {Target.objects.get().value:.0f}" in answers
