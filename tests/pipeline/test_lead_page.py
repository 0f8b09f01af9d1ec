"""The page of a lead and its panel: facts in place, people, next step, neighbours, timeline."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core import panels, timeline
from core.ledger.causes import because
from core.ledger.tables import Cause, Change, Kind
from core.services.undoing import undo_cause
from core.timeline import Item
from crm.models import Company, Contact, CustomField
from pipeline.models import Activity, ActivityType, Lead
from pipeline.services.leads import update_lead
from pipeline.services.people import put_contact
from tests import factories

HTMX = {"HTTP_HX_REQUEST": "true"}
SEES = {"rep": 1, "mate": 1, "leader": 1, "manager": 1, "admin": 1, "follower": 1, "stranger": 0}
CHANGES = {"rep", "leader", "manager", "admin"}


@pytest.fixture
def lead(cast: Any, stages: Any) -> Any:
    return factories.make_lead(
        by=cast.manager,
        title="Cold storage",
        owner=cast.rep.pk,
        team=cast.team.pk,
        stage=stages[1],
        expected_revenue=Decimal("1234.50"),
        followers=[cast.follower.pk],
    )


@pytest.fixture
def login(client: Client) -> Any:
    def as_(user: Any) -> Client:
        client.force_login(user)
        return client

    return as_


def url(name: str, lead: Any, *args: Any) -> str:
    return reverse(name, args=[lead.pk, *args])


def toast(answer: Any) -> dict[str, str]:
    found: dict[str, str] = json.loads(answer["HX-Trigger"])["relance:toast"]
    return found


@pytest.mark.parametrize("part", SEES)
def test_who_opens_the_panel_and_the_forms_in_place(
    part: str, lead: Any, cast: Any, login: Any
) -> None:
    client = login(cast.people()[part])
    sees = 200 if SEES[part] else 404
    assert client.get(url("lead-panel", lead), **HTMX).status_code == sees
    assert client.get(url("activity-new", lead)).status_code == sees
    changes = 200 if part in CHANGES else 403 if SEES[part] else 404
    for name in ("lead-people", "lead-assign", "lead-convert", "lead-contacts"):
        assert client.get(url(name, lead)).status_code == changes, name
    assert client.get(url("lead-fact", lead, "amount"), **HTMX).status_code == changes


@pytest.mark.parametrize("part", SEES)
def test_who_changes_facts_stars_people_and_owner(
    part: str, lead: Any, cast: Any, login: Any
) -> None:
    client = login(cast.people()[part])
    deeds: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
        ("lead-fact", ("amount",), {"expected_revenue": "99", "currency": "EUR"}),
        ("lead-fact", ("fit",), {"turn": "true"}),
        ("lead-stars", (), {"stars": "2"}),
        ("lead-people", (), {"name": "Nora"}),
        ("lead-assign", (), {"owner": cast.mate.pk}),
    ]
    for name, args, given in deeds:
        before = Change.objects.count()
        answer = client.post(url(name, lead, *args), given)
        changed = Change.objects.count() > before
        if part in CHANGES:
            assert (answer.status_code, changed) == (302, True), name
        else:
            assert (answer.status_code, changed) == (403 if SEES[part] else 404, False), name
        if name == "lead-assign":
            with factories.arranging():
                update_lead(lead=lead.pk, values={"owner": cast.rep.pk}, by=cast.manager)


def test_a_visitor_is_sent_to_the_login(client: Client, lead: Any) -> None:
    for name in ("lead-panel", "lead-people", "lead-assign"):
        assert client.get(url(name, lead)).status_code == 302


def test_the_panel_opened_in_a_tab_is_the_page(login: Any, cast: Any, lead: Any) -> None:
    answer = login(cast.rep).get(url("lead-panel", lead))
    assert (answer.status_code, answer["Location"]) == (302, lead.get_absolute_url())


def test_a_fact_is_saved_where_it_stands_and_the_part_is_drawn_anew(
    login: Any, cast: Any, lead: Any
) -> None:
    client, address = login(cast.rep), url("lead-fact", lead, "amount")
    form = client.get(address, **HTMX)
    assert 'value="1234.50"' in form.content.decode()
    version = form.context["form"]["version"].value()
    given = {"expected_revenue": "2 500", "currency": "EUR", "version": version, "place": "panel"}
    answer = client.post(address, given, **HTMX)
    assert 'data-part="panel"' in answer.content.decode()
    assert "€2,500" in answer.content.decode()
    assert toast(answer)["undo"]
    lead.refresh_from_db()
    assert lead.expected_revenue == 2500


def test_a_refused_fact_keeps_its_input_in_its_place(login: Any, cast: Any, lead: Any) -> None:
    client = login(cast.rep)
    answer = client.post(url("lead-fact", lead, "amount"), {"expected_revenue": "much"}, **HTMX)
    assert answer.status_code == 422
    assert answer["HX-Retarget"] == '[data-fact="amount"]'
    assert 'value="much"' in answer.content.decode()
    title = client.post(url("lead-fact", lead, "title"), {"title": "x" * 100_000}, **HTMX)
    assert title.status_code == 422
    assert "at most 200 characters" in title.content.decode()
    assert "x" * 100_000 in title.content.decode()


def test_a_fact_that_somebody_changed_meanwhile_shows_both_and_asks_again(
    login: Any, cast: Any, lead: Any
) -> None:
    client, address = login(cast.rep), url("lead-fact", lead, "pain")
    stale = client.get(address, **HTMX).context["form"]["version"].value()
    with factories.arranging():
        update_lead(lead=lead.pk, values={"pain": "Theirs"}, by=cast.manager)
    answer = client.post(address, {"pain": "Mine", "version": stale}, **HTMX)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "There it says now: Theirs" in text
    assert ">\nMine</textarea>" in text
    assert Lead.objects.get(pk=lead.pk).pain == "Theirs"
    fresh = answer.context["form"]["version"].value()
    assert client.post(address, {"pain": "Mine", "version": fresh}, **HTMX).status_code == 200
    assert Lead.objects.get(pk=lead.pk).pain == "Mine"


def test_without_a_script_a_fact_leads_to_the_form_at_its_field(
    login: Any, cast: Any, lead: Any
) -> None:
    answer = login(cast.rep).get(url("lead-fact", lead, "close"))
    assert answer["Location"] == f"{url('lead-edit', lead)}#id_expected_close"
    page = login(cast.rep).get(lead.get_absolute_url()).content.decode()
    assert f'href="{url("lead-edit", lead)}#id_expected_close"' in page


@pytest.mark.parametrize("name", ["nothing", "custom.nothing", "stage", "owner_id", "%00"])
def test_a_fact_that_there_is_not_is_404(name: str, login: Any, cast: Any, lead: Any) -> None:
    assert login(cast.rep).get(f"/leads/{lead.pk}/facts/{name}/", **HTMX).status_code == 404


def test_a_custom_field_is_a_fact_too(login: Any, cast: Any, lead: Any) -> None:
    with factories.arranging():
        CustomField.objects.create(
            subject="pipeline.lead", key="seats", label="Seats", type="number"
        )
    client, address = login(cast.rep), url("lead-fact", lead, "custom.seats")
    client.post(address, {"custom.seats": "40"})
    lead.refresh_from_db()
    assert lead.custom == {"seats": 40}
    assert "Seats" in client.get(lead.get_absolute_url()).content.decode()


def test_a_new_company_is_made_only_when_it_is_wanted(login: Any, cast: Any, lead: Any) -> None:
    client, address = login(cast.rep), url("lead-fact", lead, "company")
    client.post(address, {"company": "Only told Ltd"})
    assert not Company.objects.filter(name="Only told Ltd").exists()
    client.post(address, {"company": "Brand new Ltd", "make_company": "on"})
    lead.refresh_from_db()
    assert lead.company == Company.objects.get(name="Brand new Ltd")
    cause = Cause.objects.latest("started_at")
    assert {c.record_type for c in Change.objects.filter(cause=cause)} == {
        "crm.company",
        "pipeline.lead",
    }


def test_a_chip_turns_from_unknown_to_yes_to_no_and_back(login: Any, cast: Any, lead: Any) -> None:
    client, address = login(cast.rep), url("lead-fact", lead, "decision")
    seen = []
    for _ in range(3):
        chips = client.get(lead.get_absolute_url()).context["page"].chips
        chip = next(each for each in chips if each.name == "decision")
        client.post(address, {"turn": chip.value})
        seen.append(Lead.objects.get(pk=lead.pk).decision_maker_known)
    assert seen == [True, False, None]
    assert client.post(address, {"turn": "perhaps"}).status_code == 422


def test_stars_by_hand_are_set_and_taken_back(login: Any, cast: Any, lead: Any) -> None:
    client, address = login(cast.rep), url("lead-stars", lead)
    client.post(address, {"stars": "3"})
    assert Lead.objects.get(pk=lead.pk).stars == 3
    client.post(address, {"stars": "none"})
    assert Lead.objects.get(pk=lead.pk).stars_manual is None
    assert client.post(address, {"stars": "9"}).status_code == 422


def test_people_are_added_known_or_new_get_roles_and_are_taken_off(
    login: Any, cast: Any, lead: Any
) -> None:
    client, address = login(cast.rep), url("lead-people", lead)
    known = factories.make_contact("Nora Known", email="nora@known.example", owner=cast.rep)
    client.post(address, {"contact": known.pk, "name": "Nora Known", "role": "champion"})
    # Whoever has that address is not made twice.
    client.post(address, {"name": "N. Known", "email": "NORA@known.example"})
    client.post(address, {"name": "Max New", "phone": "+33 1 23 45 67 89"})
    people = {str(each): each for each in lead.lead_contacts.select_related("contact")}
    assert set(people) == {"Nora Known", "Max New"}
    assert (people["Nora Known"].role, people["Nora Known"].is_main) == ("", True)
    new = people["Max New"].contact
    client.post(url("lead-person", lead, new.pk), {"role": "decision_maker"})
    client.post(url("lead-person", lead, new.pk), {"main": "yes"})
    shown = client.get(lead.get_absolute_url()).content.decode()
    assert 'href="tel:+33123456789"' in shown
    assert lead.lead_contacts.get(is_main=True).contact == new
    assert lead.lead_contacts.get(contact=new).role == "decision_maker"
    client.post(url("lead-person", lead, new.pk), {"remove": "yes"})
    assert [str(each) for each in lead.lead_contacts.all()] == ["Nora Known"]
    assert client.post(url("lead-person", lead, new.pk), {"remove": "yes"}).status_code == 404
    assert client.post(url("lead-person", lead, known.pk), {"role": "king"}).status_code == 422
    assert client.post(address, {"job_title": "CEO"}).status_code == 422


def test_a_contact_out_of_sight_is_neither_found_nor_put_on(
    login: Any, cast: Any, lead: Any
) -> None:
    hidden = factories.make_contact("Nina Hidden", owner=cast.stranger)
    client = login(cast.rep)
    found = client.get(url("lead-contacts", lead), {"name": "nina"}).content.decode()
    assert "Hidden" not in found
    answer = client.post(url("lead-people", lead), {"contact": hidden.pk, "name": "Nina Hidden"})
    assert answer.status_code == 404
    assert not lead.lead_contacts.exists()


def test_done_and_next_in_two_taps_answers_with_the_part(login: Any, cast: Any, lead: Any) -> None:
    step = factories.make_activity(by=cast.manager, lead=lead, assignee=cast.rep, summary="Call")
    client, address = login(cast.rep), reverse("activity-done", args=[step.pk])
    given = {"outcome": "voicemail", "then": "three_days", "version": step.version}
    answer = client.post(address, {**given, "place": "page"}, **HTMX)
    assert 'id="lead-body"' in answer.content.decode()
    assert toast(answer)["text"].startswith("Done: Call. Next: Call, ")
    again = client.post(address, {**given, "place": "page"}, **HTMX)
    assert toast(again)["kind"] == "error"
    assert Activity.objects.filter(lead=lead).count() == 2


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("activity-snooze", {"later": "never"}),
        ("activity-due", {"due_on": "soon"}),
        ("activity-due", {"due_on": "0001-01-01"}),
        ("activity-due", {"due_on": "2030-01-01", "due_time": "25:00"}),
        ("activity-done", {"then": "never"}),
        ("activity-done", {"outcome": "married"}),
        ("activity-done", {"feedback": "x" * 100_000}),
    ],
)
def test_bad_input_about_a_step_changes_nothing_and_says_so(
    name: str, given: dict[str, str], login: Any, cast: Any, lead: Any
) -> None:
    step = factories.make_activity(by=cast.manager, lead=lead, assignee=cast.rep)
    before = Change.objects.count()
    assert login(cast.rep).post(reverse(name, args=[step.pk]), given).status_code == 422
    assert Change.objects.count() == before


def test_a_step_out_of_sight_is_404_and_of_a_mate_is_refused(
    login: Any, cast: Any, lead: Any
) -> None:
    step = factories.make_activity(by=cast.manager, lead=lead, assignee=cast.rep)
    for name in ("activity-done", "activity-snooze", "activity-due"):
        address = reverse(name, args=[step.pk])
        given = {"later": "next_day", "due_on": "2030-01-01"}
        assert login(cast.stranger).post(address, given).status_code == 404
        assert login(cast.mate).post(address, given).status_code == 403


def test_a_next_step_has_an_hour_where_the_person_lives(login: Any, cast: Any, lead: Any) -> None:
    with factories.arranging():
        cast.rep.time_zone = "Asia/Tokyo"
        cast.rep.save()
    kind = ActivityType.objects.get(icon="phone")
    given = {"type": kind.pk, "summary": "Ring", "due_on": "2030-05-02", "due_time": "09:30"}
    login(cast.rep).post(url("activity-new", lead), given)
    step = Activity.objects.get(summary="Ring")
    assert step.due_at == dt.datetime(2030, 5, 2, 0, 30, tzinfo=dt.UTC)
    page = login(cast.rep).get(lead.get_absolute_url()).context["page"]
    assert page.steps[0].when == "Thursday 2 May 2030, 09:30"


def test_the_bar_tells_the_time_in_each_stage_and_what_the_next_one_asks(
    login: Any, cast: Any, lead: Any, stages: Any
) -> None:
    with factories.arranging():
        stages[2].required_fields = ["expected_revenue", "expected_close"]
        stages[2].save()
    Lead.objects.filter(pk=lead.pk).update(stage_entered_at=timezone.now() - dt.timedelta(days=9))
    page = login(cast.rep).get(lead.get_absolute_url())
    here = next(step for step in page.context["page"].stages if step.state == "here")
    assert (here.time, here.is_over) == ("9 d of 3–7", True)
    asks = [(asked.label, asked.has) for asked in page.context["page"].asks]
    assert asks == [("expected revenue", True), ("expected close", False)]
    assert "Proposal asks for:" in page.content.decode()


def test_a_lead_is_converted_with_its_contact_and_company(
    login: Any, cast: Any, stages: Any
) -> None:
    lead = factories.make_lead(
        by=cast.rep,
        owner=cast.rep.pk,
        stage=stages[0],
        contact_name="Nora New",
        email="nora@new.example",
        company_name="New Ltd",
    )
    client, address = login(cast.rep), url("lead-convert", lead)
    asked = client.get(address).content.decode()
    assert "Make the contact “Nora New”" in asked
    assert "Make the company “New Ltd”" in asked
    client.post(address, {"create_contact": "on"})
    lead.refresh_from_db()
    assert (lead.kind, lead.company) == ("opportunity", None)
    assert [str(each) for each in lead.lead_contacts.all()] == ["Nora New"]
    assert not Company.objects.filter(name="New Ltd").exists()


@pytest.mark.parametrize("part", SEES)
def test_who_converts_a_lead(part: str, cast: Any, login: Any, stages: Any) -> None:
    lead = factories.make_lead(
        by=cast.manager,
        owner=cast.rep.pk,
        team=cast.team.pk,
        stage=stages[0],
        followers=[cast.follower.pk],
    )
    answer = login(cast.people()[part]).post(url("lead-convert", lead))
    lead.refresh_from_db()
    expected = 302 if part in CHANGES else 403 if SEES[part] else 404
    assert answer.status_code == expected
    assert (lead.kind == "opportunity") is (part in CHANGES)


def test_assigning_moves_the_lead_to_a_team_of_its_new_owner(
    login: Any, cast: Any, lead: Any
) -> None:
    login(cast.manager).post(url("lead-assign", lead), {"owner": cast.stranger.pk})
    lead.refresh_from_db()
    assert (lead.owner, lead.team) == (cast.stranger, cast.others)


def beside(client: Client, lead: Any, came_from: str) -> tuple[str, str, str]:
    page = client.get(lead.get_absolute_url(), {"from": came_from})
    found = page.context["neighbours"]
    titles = []
    for address in (found.previous, found.following):
        follow = client.get(address) if address else None
        titles.append(follow.context["lead"].title if follow else "")
    return found.place, titles[0], titles[1]


def test_next_and_previous_walk_the_column_as_it_is_filtered_and_seen(
    login: Any, cast: Any, stages: Any, pipeline: Any
) -> None:
    made = {}
    for title, owner in (("D", cast.rep), ("C", cast.stranger), ("B", None), ("A", cast.rep)):
        made[title] = factories.make_lead(
            by=cast.manager, title=title, stage=stages[0], owner=owner.pk if owner else None
        )
    client, board = login(cast.rep), reverse("board", args=[pipeline.pk])
    assert beside(client, made["B"], board) == ("2 of 3", "A", "D")
    assert beside(client, made["A"], f"{board}?owner=me") == ("1 of 2", "", "D")
    assert beside(login(cast.manager), made["B"], board) == ("2 of 4", "A", "C")


def test_next_and_previous_walk_the_list_by_its_sort_empty_values_last(
    login: Any, cast: Any, stages: Any
) -> None:
    made = {
        title: factories.make_lead(by=cast.manager, title=title, expected_revenue=amount)
        for title, amount in (("A", 10), ("B", None), ("C", 30), ("D", None))
    }
    client, address = login(cast.manager), reverse("leads")
    order = f"{address}?sort=-amount"
    walked = [beside(client, made[title], order) for title in ("C", "A")]
    assert walked[0][0] == "1 of 4"
    assert walked[0][1:] == ("", "A")
    assert walked[1][1] == "C"
    assert {beside(client, made[title], order)[0] for title in "BD"} == {"3 of 4", "4 of 4"}
    newest = beside(client, made["D"], address)
    assert newest == ("1 of 4", "", "C")


def test_a_link_on_the_board_tells_where_one_came_from(
    login: Any, cast: Any, lead: Any, pipeline: Any
) -> None:
    board = f"http://testserver{reverse('board', args=[pipeline.pk])}?owner=me"
    page = login(cast.rep).get(lead.get_absolute_url(), HTTP_REFERER=board)
    assert page.context["neighbours"].place == "1 of 1"
    assert "owner%3Dme" in page.context["here"]
    other = f"http://elsewhere.example{reverse('board', args=[pipeline.pk])}"
    page = login(cast.rep).get(lead.get_absolute_url(), HTTP_REFERER=other)
    assert page.context["neighbours"].place == ""


@pytest.mark.parametrize(
    "came_from",
    ["//evil.example/", "https://evil.example/board/1/", "/board/x/", "/%00", "nothing"],
)
def test_a_strange_way_here_leads_back_to_the_board(
    came_from: str, login: Any, cast: Any, lead: Any
) -> None:
    page = login(cast.rep).get(lead.get_absolute_url(), {"from": came_from})
    assert page.context["neighbours"].back_url == reverse("board", args=[lead.pipeline_id])
    assert "evil" not in page.content.decode().split("<main")[1].split('class="top lead-title"')[0]


def test_the_timeline_tells_activities_and_changes_once_and_goes_on_where_it_stopped(
    login: Any, cast: Any, lead: Any
) -> None:
    client = login(cast.rep)
    for number in range(12):
        step = factories.make_activity(
            by=cast.manager, lead=lead, assignee=cast.rep, summary=f"Step {number}"
        )
        client.post(
            reverse("activity-done", args=[step.pk]), {"outcome": "reached", "feedback": "Fine"}
        )
    seen: list[str] = []
    page = client.get(lead.get_absolute_url())
    items, more = page.context["page"].timeline.items, page.context["page"].timeline.before
    while True:
        seen += [item.phrase for item in items]
        if more is None:
            break
        answer = client.get(url("lead-history", lead), more, **HTMX)
        items = answer.context["data"].items
        more = (
            dict(
                pair.split("=") for pair in answer.context["data"].more_url.split("?")[1].split("&")
            )
            if answer.context["data"].more_url
            else None
        )
    assert sum(phrase.startswith("Step") for phrase in seen) == 12
    assert sum(phrase.startswith("planned: Step") for phrase in seen) == 12
    assert not any(phrase.startswith("completed") for phrase in seen)
    assert seen[-1] == "created this lead"
    only = client.get(url("lead-history", lead), {"only": "activities"}).context["data"]
    assert {item.phrase.split(" ")[0] for item in only.items} == {"Step"}
    changes = client.get(url("lead-history", lead), {"only": "changes"}).context["data"]
    assert any(item.phrase.startswith("completed") for item in changes.items)


def test_a_completed_step_can_be_undone_from_the_timeline(login: Any, cast: Any, lead: Any) -> None:
    step = factories.make_activity(by=cast.manager, lead=lead, assignee=cast.rep, summary="Call")
    client = login(cast.rep)
    client.post(reverse("activity-done", args=[step.pk]), {"outcome": "reached"})
    item = client.get(lead.get_absolute_url()).context["page"].timeline.items[0]
    assert (item.phrase, item.can_undo) == ("Call: Reached", True)
    client.post(reverse("cause-undo", args=[item.cause.pk]))
    step.refresh_from_db()
    assert step.done_at is None


def test_an_undo_that_left_something_alone_is_marked_as_such(
    login: Any, cast: Any, lead: Any
) -> None:
    with because(Kind.PERSON, by=cast.rep) as first:
        update_lead(lead=lead.pk, values={"pain": "One", "phone": "123"}, by=cast.rep)
    with because(Kind.PERSON, by=cast.manager):
        update_lead(lead=lead.pk, values={"pain": "Two"}, by=cast.manager)
    undo_cause(cause=first.id, by=cast.rep)
    items = login(cast.rep).get(lead.get_absolute_url()).context["page"].timeline.items
    marked = {item.cause.pk: item.undone for item in items}
    assert marked[first.id] == "undone in part"
    assert marked[items[0].cause.pk] == "undone in part"
    assert "undone in part" in login(cast.rep).get(lead.get_absolute_url()).content.decode()


def test_floors_above_add_panels_and_things_that_happened(login: Any, cast: Any, lead: Any) -> None:
    def read(context: Any, before: str, size: int, alone: bool) -> list[Item]:
        at = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
        return [] if before else [Item("1", at, "note", "Nora", "wrote a note")]

    note = timeline.Source("notes", "Notes", 10, read)
    added = panels.Panel(
        "extra", "Extra", "pipeline/lead_about.html", 50, lambda page: f"About {page.lead}"
    )
    empty = panels.Panel("none", "Never shown", "pipeline/lead_about.html", 51, lambda page: None)
    with (
        timeline.registered("lead", note),
        panels.registered("lead", added),
        panels.registered("lead", empty),
    ):
        text = login(cast.rep).get(lead.get_absolute_url()).content.decode()
    assert "About Cold storage" in text
    assert "Never shown" not in text
    assert "wrote a note" in text
    assert ">Notes</a>" in text
    assert "wrote a note" not in login(cast.rep).get(lead.get_absolute_url()).content.decode()


def test_the_history_of_a_step_that_is_opened_again_is_told(
    login: Any, cast: Any, lead: Any
) -> None:
    with factories.arranging():
        put_contact(lead=lead.pk, contact=factories.make_contact("Nora").pk, by=cast.manager)
    text = login(cast.rep).get(lead.get_absolute_url()).content.decode()
    assert "put Nora on it" in text
    assert Contact.objects.get(name="Nora").leads.get() == lead


def test_the_panel_takes_as_many_queries_for_a_long_history_as_for_a_short_one(
    login: Any, cast: Any, lead: Any, query_budget: Any
) -> None:
    budget = query_budget("lead panel, rep")
    client = login(cast.rep)
    # As many as fill the panel, and many more.
    for size, count in (("small", 10), ("large", 25)):
        for number in range(count):
            step = factories.make_activity(by=cast.manager, lead=lead, assignee=cast.rep)
            if number:
                client.post(reverse("activity-done", args=[step.pk]))
        with budget.at(size):
            client.get(url("lead-panel", lead), **HTMX)
