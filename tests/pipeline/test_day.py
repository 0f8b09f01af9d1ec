"""My day: what is overdue, due today and soon, what has no next step; and whose day one sees."""

from __future__ import annotations

import datetime as dt
import json
import zoneinfo
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.ledger.tables import Change
from pipeline.models import Activity
from pipeline.services.activities import complete_activity, plan_activity
from tests import factories

HTMX = {"HTTP_HX_REQUEST": "true"}
ADDRESS = "/day/"


@pytest.fixture
def login(client: Client) -> Any:
    def as_(user: Any) -> Client:
        client.force_login(user)
        return client

    return as_


@pytest.fixture
def lead(cast: Any, stages: Any) -> Any:
    """The rep's lead with a phone."""
    return factories.make_lead(
        by=cast.manager,
        title="Cold storage",
        owner=cast.rep.pk,
        team=cast.team.pk,
        contact_name="Nora",
        phone="+33 1 23 45 67 89",
        expected_revenue=1200,
    )


def step(cast: Any, lead: Any, summary: str, **values: Any) -> Activity:
    made: Activity = factories.make_activity(
        by=cast.manager, lead=lead, assignee=cast.rep, summary=summary, **values
    )
    return made


def parts(client: Client, address: str = ADDRESS) -> dict[str, list[str]]:
    """The titles that each part of the day shows."""
    day = client.get(address).context["day"]
    return {
        part.name: [getattr(row, "step", row).title for row in part.rows]
        for part in day.parts
        if part.count
    }


def test_steps_stand_in_the_part_of_the_day_in_which_they_are_due(
    login: Any, cast: Any, lead: Any
) -> None:
    zone = zoneinfo.ZoneInfo(cast.rep.time_zone)
    today = timezone.localdate(timezone=zone)
    day = dt.timedelta(days=1)
    step(cast, lead, "Long ago", due_on=today - 30 * day, due_at=None)
    step(cast, lead, "Yesterday", due_on=today - day, due_at=None)
    step(cast, lead, "Today", due_on=today, due_at=None)
    step(cast, lead, "Tomorrow", due_on=today + day, due_at=None)
    step(cast, lead, "In a week", due_on=today + 7 * day, due_at=None)
    step(cast, lead, "Much later", due_on=today + 8 * day, due_at=None)
    factories.make_activity(by=cast.manager, lead=lead, assignee=cast.mate, summary="Another's")
    assert parts(login(cast.rep)) == {
        "over": ["Long ago", "Yesterday"],
        "today": ["Today"],
        "week": ["Tomorrow", "In a week"],
    }


def test_today_is_where_the_person_lives(login: Any, cast: Any, lead: Any) -> None:
    with factories.arranging():
        cast.rep.time_zone = "Pacific/Kiritimati"
        cast.rep.save()
    far = zoneinfo.ZoneInfo("Pacific/Kiritimati")
    step(cast, lead, "There", due_on=timezone.localdate(timezone=far), due_at=None)
    assert parts(login(cast.rep)) == {"today": ["There"]}


def test_a_row_tells_what_with_whom_on_which_lead_for_how_much_and_how_to_call(
    login: Any, cast: Any, lead: Any
) -> None:
    step(cast, lead, "Call back", due_at=timezone.now() - dt.timedelta(days=3))
    text = login(cast.rep).get(ADDRESS).content.decode()
    for told in ("Call back", "with Nora", "Cold storage", "€1,200", "3 d late"):
        assert told in text
    assert 'href="tel:+33123456789"' in text


def test_steps_on_contacts_stand_there_too(login: Any, cast: Any) -> None:
    contact = factories.make_contact("Max Alone", owner=cast.rep, phone="+33 1 11 11 11 11")
    step_type = Activity._meta.get_field("type").related_model.objects.first()
    with factories.arranging():
        plan_activity(
            by=cast.rep,
            type=step_type.pk,
            contact=contact.pk,
            summary="Greet",
            due_at=timezone.now(),
        )
    text = login(cast.rep).get(ADDRESS).content.decode()
    assert "Greet" in text
    assert "Max Alone" in text


def test_own_open_leads_without_a_next_step_are_listed_and_planned_in_place(
    login: Any, cast: Any, lead: Any
) -> None:
    factories.make_lead(by=cast.manager, title="A mate's", owner=cast.mate.pk)
    factories.make_lead(by=cast.manager, title="Nobody's")
    client = login(cast.rep)
    assert parts(client) == {"cold": ["Cold storage"]}
    address = reverse("activity-new", args=[lead.pk])
    form = client.get(address, {"place": "day"}, **HTMX)
    assert 'name="place" value="day"' in form.content.decode()
    given = {"type": form.context["form"]["type"].field.queryset[0].pk, "place": "day"}
    wrong = client.post(address, {**given, "due_on": "soon"}, **HTMX)
    assert (wrong.status_code, wrong["HX-Retarget"]) == (422, f'[data-plan="{lead.pk}"]')
    due = timezone.localdate() + dt.timedelta(days=2)
    answer = client.post(address, {**given, "due_on": due.isoformat()}, **HTMX)
    assert 'id="day"' in answer.content.decode()
    assert parts(client) == {"week": ["Call"]}


def test_done_and_next_in_two_taps_draws_the_day_anew(login: Any, cast: Any, lead: Any) -> None:
    first = step(cast, lead, "Call", due_at=timezone.now() - dt.timedelta(days=3))
    client, address = login(cast.rep), reverse("activity-done", args=[first.pk])
    offered = client.get(address, {"place": "day"}, **HTMX).content.decode()
    assert offered.count('name="then"') == 3
    given = {"place": "day", "then": "next_day", "version": first.version, "next": ADDRESS}
    answer = client.post(address, given, **HTMX)
    assert 'id="day"' in answer.content.decode()
    assert json.loads(answer["HX-Trigger"])["relance:toast"]["undo"]
    first.refresh_from_db()
    assert first.outcome == "done"
    assert list(parts(client)) == ["week"]


def test_without_a_script_the_same_forms_lead_back_to_the_day(
    login: Any, cast: Any, lead: Any
) -> None:
    first = step(cast, lead, "Call", due_at=timezone.now())
    client, address = login(cast.rep), reverse("activity-done", args=[first.pk])
    page = client.get(address, {"next": "/day/?show=over"})
    assert "<html" in page.content.decode()
    answer = client.post(address, {"then": "next_week", "next": "/day/?show=over"})
    assert (answer.status_code, answer["Location"]) == (302, "/day/?show=over")
    assert Activity.objects.filter(lead=lead).to_do().count() == 1


def test_an_empty_day_says_what_to_do(login: Any, cast: Any, db: None) -> None:
    text = login(cast.rep).get(ADDRESS).content.decode()
    assert "Nothing is due." in text
    assert reverse("lead-new") in text


@pytest.mark.parametrize(
    ("part", "sees"),
    [("leader", True), ("manager", True), ("mate", True), ("stranger", False), ("follower", False)],
)
def test_of_somebody_elses_day_one_sees_what_one_may_see(
    part: str, sees: bool, login: Any, cast: Any, lead: Any
) -> None:
    step(cast, lead, "Call", due_at=timezone.now() - dt.timedelta(days=1))
    factories.make_lead(by=cast.manager, title="Cold one", owner=cast.rep.pk, team=cast.team.pk)
    address = f"{ADDRESS}?owner={cast.rep.pk}"
    found = parts(login(cast.people()[part]), address)
    assert found == ({"over": ["Call"], "cold": ["Cold one"]} if sees else {})


def test_a_leader_chooses_among_the_team_and_may_finish_for_them(
    login: Any, cast: Any, lead: Any
) -> None:
    first = step(cast, lead, "Call", due_at=timezone.now())
    client = login(cast.leader)
    page = client.get(ADDRESS)
    assert {str(person) for person in page.context["colleagues"]} == {"Rita Rep", "Max Mate"}
    assert login(cast.rep).get(ADDRESS).context["colleagues"] == []
    client = login(cast.leader)
    here = f"{ADDRESS}?owner={cast.rep.pk}"
    answer = client.post(
        reverse("activity-done", args=[first.pk]), {"place": "day", "next": here}, **HTMX
    )
    assert answer.context["day"].owner == cast.rep


def test_a_mate_who_sees_a_step_is_not_offered_to_finish_it(
    login: Any, cast: Any, lead: Any
) -> None:
    step(cast, lead, "Call", due_at=timezone.now())
    text = login(cast.mate).get(f"{ADDRESS}?owner={cast.rep.pk}").content.decode()
    assert "Call" in text
    assert "/done/" not in text


@pytest.mark.parametrize("query", ["?owner=999999", "?owner=99999999999999999999"])
def test_nobodys_day_is_404_or_ones_own(query: str, login: Any, cast: Any, db: None) -> None:
    assert login(cast.rep).get(ADDRESS + query).status_code in (200, 404)
    assert login(cast.rep).get(f"{ADDRESS}?owner=999999").status_code == 404


@pytest.mark.parametrize("query", ["?show=%00", "?owner=x", "?owner=-1", "?show=nothing&owner="])
def test_a_strange_query_shows_ones_own_day(query: str, login: Any, cast: Any, db: None) -> None:
    answer = login(cast.rep).get(ADDRESS + query)
    assert answer.status_code == 200
    assert answer.context["day"].is_own


def test_a_visitor_is_sent_to_the_login_and_a_look_changes_nothing(
    client: Client, cast: Any, lead: Any
) -> None:
    assert client.get(ADDRESS)["Location"].startswith("/login/")
    before = Change.objects.count()
    client.force_login(cast.rep)
    client.get(ADDRESS)
    assert Change.objects.count() == before


def test_long_parts_are_cut_counted_and_opened(login: Any, cast: Any, stages: Any) -> None:
    for number in range(28):
        factories.make_lead(by=cast.manager, title=f"Cold {number}", owner=cast.rep.pk)
    client = login(cast.rep)
    part = client.get(ADDRESS).context["day"].parts[-1]
    assert (part.count, len(part.rows), part.more) == (28, 20, "8 more after these")
    opened = client.get(part.more_url).context["day"].parts[-1]
    assert (len(opened.rows), opened.more) == (28, "")


def test_the_overdue_steps_of_a_person_are_counted_by_one_query(cast: Any, lead: Any) -> None:
    step(cast, lead, "Late", due_at=timezone.now() - dt.timedelta(hours=1))
    step(cast, lead, "Later", due_at=timezone.now() + dt.timedelta(hours=1))
    done = step(cast, lead, "Done", due_at=timezone.now() - dt.timedelta(hours=2))
    with factories.arranging():
        complete_activity(activity=done.pk, by=cast.manager)
    assert [str(each) for each in Activity.objects.due_for(cast.rep, until=timezone.now())] == [
        "Late"
    ]


@pytest.mark.parametrize("part", ["rep", "leader"])
def test_the_day_takes_as_many_queries_for_many_steps_as_for_few(
    part: str, login: Any, cast: Any, stages: Any, query_budget: Any
) -> None:
    budget = query_budget(f"day, {part}")
    client = login(cast.people()[part])
    address = ADDRESS if part == "rep" else f"{ADDRESS}?owner={cast.rep.pk}"
    for size, count in (("small", 2), ("large", 30)):
        for number in range(count):
            lead = factories.make_lead(by=cast.manager, owner=cast.rep.pk, team=cast.team.pk)
            if number % 2:
                step(cast, lead, "Call", due_at=timezone.now() - dt.timedelta(days=number))
                step(cast, lead, "Soon", due_at=timezone.now() + dt.timedelta(days=3))
        with budget.at(size):
            client.get(address)


def test_a_brief_tells_the_last_exchanges_and_what_is_still_open(
    login: Any, cast: Any, lead: Any
) -> None:
    for number in range(4):
        made = step(cast, lead, f"Talk {number}")
        with factories.arranging():
            complete_activity(activity=made.pk, by=cast.rep, feedback=f"Said {number}")
    client, address = login(cast.rep), reverse("lead-brief", args=[lead.pk])
    brief = client.get(address, **HTMX)
    text = brief.content.decode()
    assert [f"Said {number}" in text for number in range(4)] == [False, True, True, True]
    assert {"Budget?", "Timeframe?", "Pain?"} <= {c.words for c in brief.context["brief"].questions}
    assert "<html" not in text
    assert "https://wa.me/33123456789" in text
    assert "<html" in client.get(address).content.decode()
    with factories.arranging():
        lead.pain = "Too slow"
        lead.save()
    assert "Pain?" not in client.get(address).content.decode()


@pytest.mark.parametrize(("part", "status"), [("mate", 200), ("leader", 200), ("stranger", 404)])
def test_who_sees_a_lead_sees_its_brief(
    part: str, status: int, login: Any, cast: Any, lead: Any
) -> None:
    address = reverse("lead-brief", args=[lead.pk])
    assert login(cast.people()[part]).get(address).status_code == status


def test_a_row_offers_the_phone_whatsapp_and_a_copy(login: Any, cast: Any, lead: Any) -> None:
    step(cast, lead, "Call", due_at=timezone.now())
    text = login(cast.rep).get(ADDRESS).content.decode()
    for told in ("tel:+33123456789", "https://wa.me/33123456789", 'data-copy="+33 1 23 45 67 89"'):
        assert told in text
