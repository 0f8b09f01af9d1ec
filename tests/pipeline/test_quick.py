"""A line of words on one's day and on a lead: what it is on, and what is asked."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from core.ledger.tables import Change
from pipeline.models import Activity
from pipeline.services.search import write_search_text
from tests import factories

HTMX = {"HTTP_HX_REQUEST": "true"}
NOW = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
ADDRESS = "/activities/quick/"


@pytest.fixture
def lead(cast: Any, stages: Any) -> Any:
    """The rep's lead with Nora."""
    return named(cast, "Cold storage", "Nora Diaz", owner=cast.rep.pk, team=cast.team.pk)


def named(cast: Any, title: str, name: str, **values: Any) -> Any:
    made = factories.make_lead(by=cast.manager, title=title, contact_name=name, **values)
    with factories.arranging():
        write_search_text([made.pk])
    return made


def as_(client: Client, user: Any) -> Client:
    client.force_login(user)
    return client


@time_machine.travel(NOW, tick=False)
def test_a_line_on_ones_day_plans_a_step_on_the_lead_of_the_person_it_names(
    client: Client, cast: Any, lead: Any
) -> None:
    given = {"words": "call nora Thursday 10", "place": "day", "next": "/day/"}
    answer = as_(client, cast.rep).post(ADDRESS, given, **HTMX)
    assert 'id="day"' in answer.content.decode()
    made = Activity.objects.get(lead=lead)
    zone = zoneinfo.ZoneInfo(cast.rep.time_zone)
    assert made.due_at == dt.datetime(2026, 11, 26, 10, tzinfo=zone)
    assert (str(made.type), made.summary, made.assignee) == ("Call", "Call nora", cast.rep)


@time_machine.travel(NOW, tick=False)
def test_what_was_understood_is_shown_before_enter_and_nothing_is_written(
    client: Client, cast: Any, lead: Any
) -> None:
    before = Change.objects.count()
    text = as_(client, cast.rep).get(ADDRESS, {"words": "call nora Thursday 10"}, **HTMX)
    shown = text.content.decode()
    for told in ("Call nora", "Thursday 26 Nov, 10:00", "Cold storage"):
        assert told in shown
    assert "<html" not in shown
    assert Change.objects.count() == before


def test_a_name_that_several_bear_is_asked_and_the_chosen_one_taken(
    client: Client, cast: Any, lead: Any
) -> None:
    other = named(cast, "Warm storage", "Nora Blanc", owner=cast.rep.pk)
    login = as_(client, cast.rep)
    asked = login.post(ADDRESS, {"words": "call nora tomorrow"}, **HTMX)
    assert (asked.status_code, asked["HX-Retarget"]) == (422, "#quick-read")
    assert f'value="lead:{lead.pk}"' in asked.content.decode()
    assert not Activity.objects.exists()
    login.post(ADDRESS, {"words": "call nora tomorrow", "subject": f"lead:{other.pk}"}, **HTMX)
    assert Activity.objects.get().lead == other


def test_the_whole_name_or_what_follows_it_tells_them_apart(
    client: Client, cast: Any, lead: Any
) -> None:
    named(cast, "Warm storage", "Nora Blanc", owner=cast.rep.pk)
    as_(client, cast.rep).post(ADDRESS, {"words": "call nora diaz send prices friday"})
    made = Activity.objects.get()
    assert (made.lead, made.summary) == (lead, "Call nora diaz send prices")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "Write what is to be done"),
        ("call nobody at all tomorrow", "is called “nobody at all”"),
        ("call nora 30 February", "no such day"),
        ("call nora 3/12", "write the month as a word"),
        ("tomorrow 9:30 send offer", "with whom or on which lead"),
        ("call zoe\x00", "is called “zoe”"),
    ],
)
def test_what_cannot_be_planned_is_told_and_nothing_is_written(
    words: str, said: str, client: Client, cast: Any, lead: Any
) -> None:
    answer = as_(client, cast.rep).post(ADDRESS, {"words": words}, **HTMX)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Activity.objects.exists()


def test_names_out_of_sight_are_not_found_and_not_taken(
    client: Client, cast: Any, lead: Any
) -> None:
    login = as_(client, cast.stranger)
    for given in ({"words": "call nora"}, {"words": "call nora", "subject": f"lead:{lead.pk}"}):
        assert "is called “nora”" in login.post(ADDRESS, given, **HTMX).content.decode()
    assert login.post(ADDRESS, {"words": "call", "lead": lead.pk}).status_code == 404
    assert not Activity.objects.exists()


def test_on_a_leads_page_the_line_is_about_that_lead(client: Client, cast: Any, lead: Any) -> None:
    login = as_(client, cast.rep)
    assert "data-quick" in login.get(reverse("lead", args=[lead.pk])).content.decode()
    given = {"words": "send the offer in 3 days", "lead": lead.pk, "place": "page"}
    answer = login.post(ADDRESS, given, **HTMX)
    assert 'id="lead-body"' in answer.content.decode()
    made = Activity.objects.get()
    assert (made.lead, str(made.type), made.all_day) == (lead, "To-do", True)


def test_a_contact_without_a_lead_gets_the_step(client: Client, cast: Any, stages: Any) -> None:
    contact = factories.make_contact("Max Alone", owner=cast.rep)
    as_(client, cast.rep).post(ADDRESS, {"words": "appeler max demain"})
    assert Activity.objects.get().contact == contact


def test_without_a_script_the_line_has_a_page_of_its_own(
    client: Client, cast: Any, lead: Any
) -> None:
    login = as_(client, cast.rep)
    refused = login.post(ADDRESS, {"words": "call zoe"})
    assert refused.status_code == 422
    assert 'value="call zoe"' in refused.content.decode()
    answer = login.post(ADDRESS, {"words": "call nora", "next": "/day/"})
    assert (answer.status_code, answer["Location"]) == (302, "/day/")
