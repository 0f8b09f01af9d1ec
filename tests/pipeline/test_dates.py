"""Leads by date: the forecast by months, the calendar by days, and what a drop on them does."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.ledger.causes import because
from core.ledger.tables import Cause, Kind
from core.services.undoing import undo_cause
from crm.models import User
from crm.services.organisation import set_organisation
from pipeline.models import Activity, Lead
from pipeline.services.leads import update_lead
from tests import factories

NOW = dt.datetime(2026, 5, 20, 10, tzinfo=dt.UTC)
JUNE = dt.date(2026, 6, 12)


@pytest.fixture(autouse=True)
def may(db: None) -> Any:
    """It is the 20th of May 2026."""
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def login(client: Client) -> Any:
    """`login(user)` is that person's browser."""

    def as_(user: Any) -> Client:
        client.force_login(user)
        return client

    return as_


@pytest.fixture
def make(cast: Any, stages: Any) -> Any:
    """Make a lead of the rep."""

    def made(**values: Any) -> Any:
        return factories.make_lead(by=cast.manager, **{"owner": cast.rep.pk, **values})

    return made


def months(client: Client, query: str = "") -> dict[str, Any]:
    page = client.get(reverse("forecast") + query)
    assert page.status_code == 200
    return {month.key: month for month in page.context["months"]}


def titles(month: Any) -> list[str]:
    return [face.title for face, _stage in month.faces]


def test_a_month_expects_the_sum_of_amounts_times_probability(
    login: Any, cast: Any, make: Any
) -> None:
    """D9: 3,800 at 90 % and 22,500 at 20 % make 7,920."""
    make(expected_close=JUNE, expected_revenue=3800, probability_manual=90)
    make(expected_close=JUNE, expected_revenue=22500, probability_manual=20)
    make(expected_close=JUNE)
    june = months(login(cast.rep))["2026-06"]
    assert june.weighted == {"EUR": Decimal(7920)}
    assert (june.number, june.total) == (3, "€7,920")
    assert "€26,300" in june.total_title


def test_what_is_omitted_is_shown_and_counts_nothing_and_currencies_stay_apart(
    login: Any, cast: Any, make: Any
) -> None:
    make(expected_close=JUNE, expected_revenue=1000, probability_manual=50)
    make(
        expected_close=JUNE,
        expected_revenue=1000,
        probability_manual=50,
        forecast_category="omitted",
    )
    make(expected_close=JUNE, expected_revenue=800, probability_manual=50, currency="CHF")
    june = months(login(cast.rep))["2026-06"]
    assert (june.number, june.weighted) == (3, {"EUR": Decimal(500), "CHF": Decimal(400)})


def test_only_open_leads_in_sight_stand_in_their_months(
    login: Any, cast: Any, make: Any, stages: Any
) -> None:
    make(title="Late", expected_close=dt.date(2026, 4, 30))
    make(title="May", expected_close=dt.date(2026, 5, 31))
    make(title="First of June", expected_close=dt.date(2026, 6, 1))
    make(title="Far", expected_close=dt.date(2027, 3, 1))
    make(title="Some day")
    make(title="Won", expected_close=JUNE, stage=stages[-1])
    make(title="Not mine", expected_close=JUNE, owner=cast.stranger.pk)
    found = months(login(cast.rep))
    shown = {key: titles(month) for key, month in found.items() if month.number}
    later = next(month for month in found.values() if titles(month) == ["Far"])
    assert shown["2026-05"] == ["May"]
    assert shown["2026-06"] == ["First of June"]
    assert shown["none"] == ["Some day"]
    assert later.key == ""
    assert "Late" in login(cast.rep).get(reverse("forecast")).content.decode()


def test_a_drop_on_a_month_sets_its_last_day_and_can_be_undone(
    login: Any, cast: Any, make: Any
) -> None:
    """D9: a card that is dragged to June 2026 should close on the 30th."""
    lead = make(expected_close=dt.date(2026, 5, 3))
    answer = login(cast.rep).post(
        reverse("calendar-close", args=[lead.pk]),
        {"to": "2026-06", "version": lead.version},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 204
    toast = json.loads(answer["HX-Trigger"])["relance:toast"]
    lead.refresh_from_db()
    assert lead.expected_close == dt.date(2026, 6, 30)
    undo_cause(cause=Cause.objects.get(pk=toast["undo"]).pk, by=cast.rep)
    lead.refresh_from_db()
    assert lead.expected_close == dt.date(2026, 5, 3)


@pytest.mark.parametrize(
    ("to", "close"),
    [
        ("2028-02", dt.date(2028, 2, 29)),
        ("2026-12", dt.date(2026, 12, 31)),
        ("2026-06-05", dt.date(2026, 6, 5)),
        ("none", None),
    ],
)
def test_what_a_drop_may_say(to: str, close: Any, login: Any, cast: Any, make: Any) -> None:
    lead = make(expected_close=JUNE)
    login(cast.rep).post(reverse("calendar-close", args=[lead.pk]), {"to": to})
    lead.refresh_from_db()
    assert lead.expected_close == close


@pytest.mark.parametrize("to", ["", "2026-13", "June", "2026-02-30", "99999-01", "\x00"])
def test_a_drop_on_no_day_changes_nothing(to: str, login: Any, cast: Any, make: Any) -> None:
    lead = make(expected_close=JUNE)
    answer = login(cast.rep).post(
        reverse("calendar-close", args=[lead.pk]), {"to": to}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 422
    assert json.loads(answer["HX-Trigger"])["relance:toast"]["text"] == "That is no day."
    lead.refresh_from_db()
    assert lead.expected_close == JUNE


@pytest.mark.parametrize(
    ("part", "status"), [("stranger", 404), ("mate", 422), ("leader", 204), ("manager", 204)]
)
def test_who_may_move_a_lead(part: str, status: int, login: Any, cast: Any, make: Any) -> None:
    lead = make(expected_close=JUNE, team=cast.team.pk)
    answer = login(cast.people()[part]).post(
        reverse("calendar-close", args=[lead.pk]),
        {"to": "2026-07"},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == status
    lead.refresh_from_db()
    assert (lead.expected_close != JUNE) == (status == 204)


def test_who_saw_an_older_state_is_told(login: Any, cast: Any, make: Any) -> None:
    lead = make(expected_close=JUNE)
    with because(Kind.PERSON, by=cast.manager):
        update_lead(lead=lead.pk, values={"title": "Another"}, by=cast.manager)
    answer = login(cast.rep).post(
        reverse("calendar-close", args=[lead.pk]),
        {"to": "2026-07", "version": lead.version},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 409
    lead.refresh_from_db()
    assert lead.expected_close == JUNE


def grid(client: Client, query: str = "") -> dict[str, list[Any]]:
    page = client.get(reverse("calendar") + query)
    assert page.status_code == 200
    days = [day for week in page.context["grid"].weeks for day in week]
    return {day.date.isoformat(): day for day in days}


def test_the_next_step_of_each_lead_stands_on_its_day_where_the_reader_is(
    login: Any, cast: Any, make: Any
) -> None:
    lead = make(title="Cold storage")
    at = dt.datetime(2026, 5, 21, 22, 30, tzinfo=dt.UTC)  # in Paris it is the 22nd
    factories.make_activity(
        by=cast.manager, lead=lead, assignee=cast.rep, summary="Ring", due_at=at
    )
    factories.make_activity(
        by=cast.manager,
        lead=lead,
        assignee=cast.rep,
        summary="And then",
        due_at=at + dt.timedelta(days=3),
    )
    with factories.arranging():
        User.objects.filter(pk=cast.rep.pk).update(time_zone="Europe/Paris")
    found = grid(login(cast.rep))
    shown = {key: [entry.what for entry in day.entries] for key, day in found.items() if day.number}
    assert shown == {"2026-05-22": ["Ring"]}


def test_a_step_keeps_its_hour_on_another_day(login: Any, cast: Any, make: Any) -> None:
    lead = make()
    at = timezone.make_aware(dt.datetime(2026, 5, 21, 15))
    timed = factories.make_activity(by=cast.manager, lead=lead, assignee=cast.rep, due_at=at)
    whole = factories.make_activity(
        by=cast.manager, lead=lead, assignee=cast.rep, due_at=None, due_on=dt.date(2026, 5, 22)
    )
    client = login(cast.rep)
    for step in (timed, whole):
        answer = client.post(
            reverse("calendar-step", args=[step.pk]),
            {"to": "2026-05-28", "version": step.version},
            headers={"HX-Request": "true"},
        )
        assert answer.status_code == 204
    timed.refresh_from_db()
    whole.refresh_from_db()
    assert timed.due_at - at == dt.timedelta(days=7)
    assert whole.all_day
    assert timezone.localdate(whole.due_at) == dt.date(2026, 5, 28)


def test_a_step_out_of_sight_is_not_moved(login: Any, cast: Any, make: Any) -> None:
    step = factories.make_activity(by=cast.manager, lead=make(), assignee=cast.rep)
    due = step.due_at
    answer = login(cast.stranger).post(
        reverse("calendar-step", args=[step.pk]), {"to": "2026-05-28"}
    )
    assert answer.status_code == 404
    step.refresh_from_db()
    assert step.due_at == due


def test_a_full_day_says_how_many_more_and_opens(login: Any, cast: Any, make: Any) -> None:
    for number in range(7):
        make(title=f"Lead {number}", expected_close=JUNE, expected_revenue=1000 - number)
    client = login(cast.rep)
    day = grid(client, "?by=close&month=2026-06")["2026-06-12"]
    assert ([entry.title for entry in day.entries], day.more) == (
        ["Lead 0", "Lead 1", "Lead 2", "Lead 3"],
        "3 more",
    )
    page = client.get(f"{reverse('calendar')}?by=close&day=2026-06-12")
    assert len(page.context["grid"].opened.entries) == 7


@pytest.mark.parametrize("query", ["?month=x", "?month=0000-01", "?day=2026-99-01", "?by=moon"])
@pytest.mark.parametrize("route", ["forecast", "calendar"])
def test_what_cannot_be_read_shows_this_month(
    route: str, query: str, login: Any, cast: Any, make: Any
) -> None:
    page = login(cast.rep).get(reverse(route) + query)
    assert page.status_code == 200
    assert page.context["view"].month == dt.date(2026, 5, 1)


@pytest.mark.parametrize("route", ["forecast", "calendar"])
def test_both_are_narrowed_like_the_list_and_lead_to_it(
    route: str, login: Any, cast: Any, make: Any
) -> None:
    make(title="Big", expected_close=JUNE, expected_revenue=9000)
    make(title="Small", expected_close=JUNE, expected_revenue=10)
    where = json.dumps({"field": "expected_revenue", "op": ">=", "value": 1000})
    data = {"where": where, "month": "2026-06", "by": "close"}
    page = login(cast.rep).get(reverse(route), data)
    text = page.content.decode()
    assert "Big" in text
    assert "Small" not in text
    assert [way.current for way in page.context["ways"]].count(True) == 1
    listed = login(cast.rep).get(page.context["ways"][1].url).content.decode()
    assert "Big" in listed
    assert "Small" not in listed


def test_the_rest_of_a_month_is_found_in_the_list(
    login: Any, cast: Any, make: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("pipeline.forecast.CARDS", 1)
    for name in ("One", "Two"):
        make(title=name, expected_close=JUNE)
        make(title=f"{name} undated")
    make(title="Seventh", expected_close=dt.date(2026, 7, 1))
    client = login(cast.rep)
    found = months(client)
    june = client.get(found["2026-06"].more_url).content.decode()
    assert found["2026-06"].more == "1 more"
    assert "One" in june
    assert "Two" in june
    assert "Seventh" not in june
    assert "undated" not in june
    undated = client.get(found["none"].more_url).content.decode()
    assert "Two undated" in undated
    assert "Seventh" not in undated


@pytest.mark.parametrize("route", ["forecast", "calendar"])
def test_one_walks_from_lead_to_lead_by_their_dates(
    route: str, login: Any, cast: Any, make: Any
) -> None:
    leads = [make(expected_close=JUNE + dt.timedelta(days=n)) for n in (0, 1, 2)]
    came_from = f"{reverse(route)}?by=close&month=2026-06"
    page = login(cast.rep).get(leads[1].get_absolute_url(), {"from": came_from})
    beside = page.context["neighbours"]
    assert beside.place == "2 of 3"
    assert beside.previous.startswith(leads[0].get_absolute_url())
    assert beside.following.startswith(leads[2].get_absolute_url())
    assert beside.back_url == came_from


@pytest.mark.parametrize("query", ["forecast", "calendar", "calendar?by=close"])
def test_the_queries_do_not_grow_with_the_leads(
    query: str, login: Any, cast: Any, make: Any, query_budget: Any
) -> None:
    budget = query_budget(query)
    client = login(cast.rep)
    for size, count in (("small", 1), ("large", 30)):
        for _number in range(count):
            lead = make(expected_close=dt.date(2026, 5, 21))
            factories.make_activity(by=cast.manager, lead=lead, assignee=cast.rep)
        with budget.at(size):
            client.get("/" + query.replace("?", "/?") + ("" if "?" in query else "/"))


def test_nothing_at_all_is_said_so(login: Any, cast: Any, stages: Any) -> None:
    client = login(cast.rep)
    assert "No open leads yet." in client.get(reverse("forecast")).content.decode()
    assert "No next step is due in this month." in client.get(reverse("calendar")).content.decode()
    assert not Lead.objects.exists()
    assert not Activity.objects.exists()


def test_a_month_that_begins_a_fiscal_quarter_says_so(cast: Any, client: Client) -> None:
    with factories.arranging():
        set_organisation(values={"fiscal_month": 2}, by=None)
    factories.make_lead(by=cast.rep, owner=cast.rep.pk)
    client.force_login(cast.rep)
    page = client.get(reverse("forecast"), {"month": "2026-11"})
    quarters = {month.key: month.quarter for month in page.context["months"]}
    assert quarters["2026-11"] == "Q4"
    assert quarters["2027-02"] == "Q1"
    assert [key for key, quarter in quarters.items() if quarter] == ["2026-11", "2027-02"]
