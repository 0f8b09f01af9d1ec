"""The forecast: months with their weighted sums, who sees and moves what, and where one goes on."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.ledger.tables import Change
from core.services.undoing import undo_cause
from pipeline.forecast import last_day
from tests import factories

SEES = {"rep": 1, "mate": 1, "leader": 1, "manager": 1, "admin": 1, "follower": 1, "stranger": 0}
CHANGES = {"rep", "leader", "manager", "admin"}
HTMX = {"HTTP_HX_REQUEST": "true"}
NOW = dt.datetime(2026, 5, 20, 10, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def may() -> Any:
    """It is the 20th of May 2026."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def make(cast: Any) -> Any:
    """Make a lead of the rep, of the team North, that the follower follows."""

    def made(title: str, close: str | None, amount: str | None = None, **values: Any) -> Any:
        lead = factories.make_lead(
            by=cast.manager,
            title=title,
            owner=cast.rep.pk,
            team=cast.team.pk,
            followers=[cast.follower.pk],
            expected_close=dt.date.fromisoformat(close) if close else None,
            expected_revenue=Decimal(amount) if amount else None,
            **values,
        )
        lead.refresh_from_db()
        return lead

    return made


def columns(client: Client, query: str = "") -> dict[str, Any]:
    """The columns of the page by their keys."""
    answer = client.get(reverse("forecast") + query)
    assert answer.status_code == 200
    return {column.key: column for column in answer.context["page"].columns}


def titles(column: Any) -> list[str]:
    """What stands in a column."""
    return [face.title for face in column.faces]


def test_a_month_is_worth_its_leads_weighted_by_their_probability(
    client: Client, cast: Any, make: Any
) -> None:
    make("Sure", "2026-06-30", "3800", probability_manual=Decimal(90))
    make("Far", "2026-06-01", "22500", probability_manual=Decimal(20))
    make("Dollars", "2026-06-15", "100", probability_manual=Decimal(50), currency="USD")
    make("Of no amount", "2026-06-15")
    client.force_login(cast.rep)
    june = columns(client)["2026-06"]
    assert (june.name, june.count) == ("June 2026", "4")
    assert sorted(june.weighted.split(" + ")) == ["$50", "€7,920"]
    assert june.without == "+ 1 ?"
    assert titles(june) == ["Far", "Dollars", "Of no amount", "Sure"]


def test_leads_stand_in_the_column_of_their_day(client: Client, cast: Any, make: Any) -> None:
    make("Undated", None)
    make("Old", "2026-04-30")
    make("First", "2026-05-01")
    make("Last", "2026-10-31")
    make("After", "2026-11-01")
    client.force_login(cast.rep)
    found = {key: titles(column) for key, column in columns(client).items() if column.faces}
    assert found == {
        "none": ["Undated"],
        "past": ["Old"],
        "2026-05": ["First"],
        "2026-10": ["Last"],
        "later": ["After"],
    }
    shifted = columns(client, "?start=2026-11")
    assert titles(shifted["2026-11"]) == ["After"]
    assert titles(shifted["past"]) == ["Old", "First", "Last"]


def test_the_filter_of_list_and_board_narrows_it(client: Client, cast: Any, make: Any) -> None:
    make("Mine", "2026-05-10")
    factories.make_lead(by=cast.manager, title="Nobody's", expected_close=dt.date(2026, 5, 11))
    client.force_login(cast.rep)
    assert titles(columns(client)["2026-05"]) == ["Mine", "Nobody's"]
    assert titles(columns(client, "?owner=me")["2026-05"]) == ["Mine"]
    answer = client.get(reverse("forecast") + "?owner=me&stalled=perhaps")
    assert "stalled" in answer.context["problems"][0]
    urls = {look.name: look.url for look in answer.context["looks"]}
    assert urls == {
        "board": reverse("boards") + "?owner=me",
        "leads": reverse("leads") + "?owner=me",
        "forecast": reverse("forecast") + "?owner=me",
    }
    board = client.get(urls["board"])
    assert board.status_code == 302
    assert board["Location"].endswith("/?owner=me")


@pytest.mark.parametrize("part", SEES)
def test_a_drop_sets_the_last_day_of_the_month_by_the_hand_of_who_may(
    part: str, client: Client, cast: Any, make: Any
) -> None:
    lead = make("Cold storage", "2026-05-10")
    client.force_login(cast.people()[part])
    shown = "Cold storage" in client.get(reverse("forecast")).content.decode()
    assert shown is bool(SEES[part])
    before = Change.objects.count()
    answer = client.post(
        reverse("lead-month", args=[lead.pk]),
        {"dragged": "yes", "month": "2026-06", "version": lead.version},
        **HTMX,
    )
    lead.refresh_from_db()
    if part in CHANGES:
        assert answer.status_code == 204
        assert lead.expected_close == dt.date(2026, 6, 30)
        assert Change.objects.count() > before
        with factories.arranging():
            undo_cause(cause=Change.objects.latest("pk").cause_id, by=cast.people()[part])
        lead.refresh_from_db()
    else:
        assert answer.status_code == (403 if SEES[part] else 404)
    assert lead.expected_close == dt.date(2026, 5, 10)


def test_a_drop_on_what_has_changed_is_told_and_changes_nothing(
    client: Client, cast: Any, make: Any
) -> None:
    lead = make("Cold storage", "2026-05-10")
    client.force_login(cast.rep)
    address = reverse("lead-month", args=[lead.pk])
    fields = {"dragged": "yes", "month": "2026-06"}
    stale = client.post(address, {**fields, "version": lead.version - 1}, **HTMX)
    assert stale.status_code == 409
    for month in ("2026-13", "June", "2026"):
        bad = client.post(address, {**fields, "month": month, "version": lead.version}, **HTMX)
        assert bad.status_code == 422
    lead.refresh_from_db()
    assert lead.expected_close == dt.date(2026, 5, 10)


def test_the_form_puts_a_lead_into_a_month_or_takes_its_day_away(
    client: Client, cast: Any, make: Any
) -> None:
    lead = make("Cold storage", "2026-05-10")
    client.force_login(cast.rep)
    address = reverse("lead-month", args=[lead.pk])
    assert client.get(address).context["form"]["month"].value() == "2026-05"
    answer = client.post(address, {"month": "2027-02", "version": lead.version})
    assert (answer.status_code, answer["Location"]) == (302, reverse("forecast"))
    lead.refresh_from_db()
    assert lead.expected_close == dt.date(2027, 2, 28)
    client.post(address, {"month": "none", "version": lead.version})
    lead.refresh_from_db()
    assert lead.expected_close is None


def test_the_page_of_a_lead_goes_on_in_its_month(client: Client, cast: Any, make: Any) -> None:
    first, second = make("One", "2026-06-10"), make("Two", "2026-06-10")
    third, july = make("Three", "2026-06-20"), make("Four", "2026-07-01")
    client.force_login(cast.rep)
    came_from = reverse("forecast") + "?owner=me"
    address = f"?from={quote(came_from, safe='')}"
    page = client.get(second.get_absolute_url() + address).content.decode()
    assert f'href="{came_from}"' in page
    assert "2 of 3" in page
    assert f"{first.get_absolute_url()}?from=" in page
    assert f"{third.get_absolute_url()}?from=" in page
    assert f"{july.get_absolute_url()}?from=" not in page


def test_many_leads_cost_no_more_queries_and_are_shown_in_bounds(
    client: Client, cast: Any, make: Any
) -> None:
    make("Lead", "2026-06-10", "10")
    client.force_login(cast.rep)
    client.get(reverse("forecast") + "?owner=me")
    with CaptureQueriesContext(connection) as few:
        columns(client, "?owner=me")
    for number in range(24):
        make(f"More {number}", f"2026-{6 + number % 2:02}-12", "10")
    with CaptureQueriesContext(connection) as many:
        found = columns(client, "?owner=me")
    assert len(many) <= len(few)
    assert len(found["2026-06"].faces) == 13
    for number in range(12):
        make(f"Still more {number}", "2026-06-28")
    june = columns(client, "?owner=me")["2026-06"]
    assert (len(june.faces), june.more) == (20, "5 more ↓")
    opened = columns(client, "?owner=me&more=2026-06")["2026-06"]
    assert (len(opened.faces), opened.more) == (25, "")


@pytest.mark.parametrize(
    ("month", "day"),
    [("2026-06", "2026-06-30"), ("2028-02", "2028-02-29"), ("2026-12", "2026-12-31")],
)
def test_the_last_day_of_a_month(month: str, day: str) -> None:
    assert last_day(month) == dt.date.fromisoformat(day)
