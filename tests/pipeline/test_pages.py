"""The board and the lead's pages: who sees and does what, and what they say to bad input."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.ledger.causes import because
from core.ledger.tables import Cause, Change, Kind
from pipeline.models import Activity, ActivityType, CriterionTick, Lead, LostReason
from pipeline.services.leads import update_lead
from pipeline.services.moves import move_lead
from tests import factories

#: Told by the part of the cast: what they see of the rep's lead, and whether they may change it.
SEES = {"rep": 1, "mate": 1, "leader": 1, "manager": 1, "admin": 1, "follower": 1, "stranger": 0}
CHANGES = {"rep", "leader", "manager", "admin"}


@pytest.fixture
def lead(cast: Any, stages: Any) -> Any:
    """The rep's lead in Qualified, of the team North, that the follower follows."""
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
    """Log somebody in."""

    def as_(user: Any) -> Client:
        client.force_login(user)
        return client

    return as_


HTMX = {"HTTP_HX_REQUEST": "true"}


def filled(client: Client, address: str, **changes: Any) -> dict[str, Any]:
    """What a browser sends when a form is opened and some of its fields are changed."""
    answer = client.get(address)
    if answer.status_code != 200:
        return changes
    form = answer.context["form"]
    found = {bound.name: bound.value() for bound in form}
    return {name: value for name, value in {**found, **changes}.items() if value not in (None, "")}


@pytest.mark.parametrize("part", SEES)
def test_a_lead_out_of_sight_is_404_and_on_no_board(
    part: str, lead: Any, cast: Any, login: Any
) -> None:
    client = login(cast.people()[part])
    expected = 200 if SEES[part] else 404
    assert client.get(lead.get_absolute_url()).status_code == expected
    assert client.get(reverse("lead-history", args=[lead.pk])).status_code == expected
    board = client.get(reverse("board", args=[lead.pipeline_id])).content.decode()
    assert ("Cold storage" in board) is bool(SEES[part])
    assert ("€1,234.50" in board) is bool(SEES[part])


@pytest.mark.parametrize("part", SEES)
def test_the_forms_open_for_those_who_may_change_the_lead(
    part: str, lead: Any, cast: Any, login: Any
) -> None:
    client = login(cast.people()[part])
    expected = 200 if part in CHANGES else 403 if SEES[part] else 404
    for name in ("lead-edit", "lead-move", "lead-lose", "lead-delete"):
        assert client.get(reverse(name, args=[lead.pk])).status_code == expected, name


@pytest.mark.parametrize("part", SEES)
def test_a_lead_is_changed_only_by_the_hand_of_who_may(
    part: str, lead: Any, cast: Any, login: Any, stages: Any
) -> None:
    client, reason = login(cast.people()[part]), LostReason.objects.first()
    assert reason is not None
    deeds: list[tuple[str, dict[str, Any]]] = [
        ("lead-edit", {"title": "Changed"}),
        ("lead-tick", {"stage": lead.stage_id, "met": "yes"}),
        ("lead-move", {"stage": stages[2].pk}),
        ("lead-win", {}),
        ("lead-reopen", {}),
        ("lead-lose", {"reason": reason.pk}),
        ("lead-archive", {}),
        ("lead-delete", {}),
    ]
    for name, given in deeds:
        address, before = reverse(name, args=[lead.pk]), Change.objects.count()
        fields = filled(client, address, **given) if name == "lead-edit" else given
        answer = client.post(address, fields)
        changed = Change.objects.count() > before
        if part in CHANGES:
            assert (answer.status_code, changed) == (302, True), name
        else:
            assert (answer.status_code, changed) == (403 if SEES[part] else 404, False), name


def test_a_visitor_is_sent_to_the_login(client: Client, lead: Any) -> None:
    for name, args in (("board", [lead.pipeline_id]), ("lead", [lead.pk]), ("causes", [])):
        answer = client.get(reverse(name, args=args))
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login/?next=")


def test_the_start_page_is_the_day_for_who_sells_and_the_board_for_who_leads(
    login: Any, cast: Any, pipeline: Any
) -> None:
    starts = {
        part: login(person).get("/", follow=True).redirect_chain[-1][0]
        for part, person in cast.people().items()
    }
    day, board = reverse("day"), reverse("board", args=[pipeline.pk])
    assert starts == dict.fromkeys(starts, day) | dict.fromkeys(
        ("leader", "manager", "admin"), board
    )
    answer = login(cast.leader).get("/", follow=True)
    assert "B2B" in answer.content.decode() or pipeline.name in answer.content.decode()


def test_heads_tell_the_true_count_sum_and_what_has_no_amount(
    login: Any, cast: Any, stages: Any, pipeline: Any
) -> None:
    for number in range(25):
        amount = None if number < 2 else Decimal("100.00")
        factories.make_lead(by=cast.manager, stage=stages[0], expected_revenue=amount)
    page = login(cast.manager).get(reverse("board", args=[pipeline.pk]))
    column = page.context["page"].columns[0]
    assert (column.count, column.sum, column.without) == ("25", "€2,300", "+ 2 ?")
    assert len(column.faces) == 20
    assert column.more == "5 more ↓"
    rest = login(cast.manager).get(column.more_url, **HTMX).content.decode()
    assert rest.count('class="card-lead') == 5
    assert 'class="more' not in rest


def test_the_filter_in_the_address_narrows_cards_and_sums(
    login: Any, cast: Any, stages: Any, pipeline: Any
) -> None:
    values = {"by": cast.manager, "stage": stages[0]}
    factories.make_lead(**values, owner=cast.rep.pk, team=cast.team.pk, expected_revenue=10)
    factories.make_lead(**values, owner=cast.mate.pk, team=cast.team.pk, expected_revenue=5)
    factories.make_lead(**values, team=cast.others.pk, expected_revenue=3)
    client, address = login(cast.mate), reverse("board", args=[pipeline.pk])
    sums = {
        query: client.get(f"{address}?{query}").context["page"].columns[0].sum
        for query in ("", "team=mine", "owner=me", "owner=nonsense")
    }
    assert sums == {"": "€18", "team=mine": "€15", "owner=me": "€5", "owner=nonsense": "€18"}


def test_an_empty_amount_is_a_question_not_a_zero(login: Any, cast: Any, stages: Any) -> None:
    lead = factories.make_lead(by=cast.manager, stage=stages[0])
    page = login(cast.manager).get(reverse("board", args=[lead.pipeline_id])).content.decode()
    assert "amount?" in page
    assert "€0" not in page


def test_a_dragged_card_answers_with_its_place_and_both_heads(
    login: Any, cast: Any, lead: Any, stages: Any
) -> None:
    first = factories.make_lead(by=cast.manager, stage=stages[2], expected_revenue=10)
    lead.refresh_from_db()
    answer = login(cast.rep).post(
        reverse("lead-move", args=[lead.pk]),
        {"stage": stages[2].pk, "below": first.pk, "version": lead.version, "board": ""},
        **HTMX,
    )
    text = answer.content.decode()
    assert answer.status_code == 200
    assert f'id="head-{stages[1].pk}"' in text
    assert f'id="head-{stages[2].pk}"' in text
    assert f'data-stage="{stages[2].pk}"' in text
    toast = json.loads(answer["HX-Trigger"])["relance:toast"]
    assert toast["text"] == "“Cold storage” is in Proposal."
    assert toast["undo"]
    lead.refresh_from_db()
    assert lead.stage_id == stages[2].pk
    assert lead.position > first.position


def test_a_card_that_somebody_moved_meanwhile_stays_and_says_who(
    login: Any, cast: Any, lead: Any, stages: Any
) -> None:
    with because(Kind.PERSON, by=cast.manager):
        move_lead(lead=lead.pk, stage=stages[3].pk, by=cast.manager)
    fields = {"stage": stages[2].pk, "from": stages[0].pk, "dragged": "yes", "board": ""}
    answer = login(cast.rep).post(reverse("lead-move", args=[lead.pk]), fields, **HTMX)
    assert answer.status_code == 409
    assert "Mona Manager" in answer["HX-Trigger"]
    assert "Negotiation" in answer["HX-Trigger"]
    lead.refresh_from_db()
    assert lead.stage_id == stages[3].pk


def test_a_stage_asks_only_for_what_it_requires_then_moves(
    login: Any, cast: Any, lead: Any, stages: Any
) -> None:
    with factories.arranging():
        stages[2].required_fields = ["expected_revenue", "expected_close"]
        stages[2].save()
    client, address = login(cast.rep), reverse("lead-move", args=[lead.pk])
    asked = client.post(address, {"stage": stages[2].pk, "dragged": "yes", "board": ""}, **HTMX)
    text = asked.content.decode()
    assert asked.status_code == 422
    assert 'name="expected_close"' in text
    assert 'name="expected_revenue"' not in text
    answer = client.post(address, {"stage": stages[2].pk, "expected_close": "2027-01-15"})
    assert answer.status_code == 302
    lead.refresh_from_db()
    assert (lead.stage_id, lead.expected_close) == (stages[2].pk, dt.date(2027, 1, 15))


def test_a_required_criterion_is_ticked_in_the_same_go(
    login: Any, cast: Any, lead: Any, stages: Any
) -> None:
    with factories.arranging():
        stages[1].criterion_required = True
        stages[1].save()
    client, address = login(cast.rep), reverse("lead-move", args=[lead.pk])
    asked = client.post(address, {"stage": stages[2].pk, "dragged": "yes", "board": ""}, **HTMX)
    assert asked.status_code == 422
    assert "First tick the exit criterion" in asked.content.decode()
    assert 'name="criterion"' in asked.content.decode()
    assert client.post(address, {"stage": stages[2].pk, "criterion": "on"}).status_code == 302
    lead.refresh_from_db()
    assert lead.stage_id == stages[2].pk
    assert CriterionTick.objects.filter(lead=lead, stage=stages[1]).count() == 1


def test_lost_asks_for_its_reason(login: Any, cast: Any, lead: Any) -> None:
    client, address = login(cast.rep), reverse("lead-lose", args=[lead.pk])
    answer = client.post(address, {})
    assert answer.status_code == 422
    assert "Say why the lead is lost." in answer.content.decode()
    reason = LostReason.objects.last()
    assert reason is not None
    client.post(address, {"reason": reason.pk, "note": "Chose a neighbour"})
    lead.refresh_from_db()
    assert (lead.status, lead.lost_reason, lead.lost_note) == ("lost", reason, "Chose a neighbour")
    lost = client.get(reverse("board-lost", args=[lead.pipeline_id])).content.decode()
    assert "Cold storage" in lost
    assert reason.name in lost


def test_won_reopened_and_the_closing_date_goes(login: Any, cast: Any, lead: Any) -> None:
    client = login(cast.rep)
    client.post(reverse("lead-win", args=[lead.pk]))
    lead.refresh_from_db()
    assert lead.status == "won"
    assert lead.closed_at is not None
    client.post(reverse("lead-reopen", args=[lead.pk]))
    lead.refresh_from_db()
    assert (lead.status, lead.closed_at) == ("open", None)


def test_only_the_title_is_needed(login: Any, cast: Any, stages: Any) -> None:
    client, address = login(cast.rep), reverse("lead-new")
    assert "Only the title is needed." in client.get(address).content.decode()
    refused = client.post(address, {"title": " ", "email": "kept@example.com"})
    assert refused.status_code == 422
    assert "kept@example.com" in refused.content.decode()
    client.post(address, filled(client, address, title="From a fair"))
    lead = Lead.objects.get(title="From a fair")
    assert (lead.owner, lead.stage, lead.expected_revenue) == (cast.rep, stages[0], None)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("1 234,50 €", "1234.50"), ("1,234.50", "1234.50"), ("12.500", "12500"), ("99,9", "99.9")],
)
def test_amounts_are_read_in_both_ways_of_writing(
    typed: str, kept: str, login: Any, cast: Any, lead: Any
) -> None:
    client, address = login(cast.rep), reverse("lead-edit", args=[lead.pk])
    client.post(address, filled(client, address, expected_revenue=typed))
    lead.refresh_from_db()
    assert lead.expected_revenue == Decimal(kept)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x" * 100_000),
        ("expected_revenue", "-5"),
        ("expected_revenue", "much"),
        ("expected_revenue", "1" * 400),
        ("expected_close", "2026-02-30"),
        ("probability_manual", "101"),
        ("owner", "999999999999999999999"),
        ("tags", "nothing"),
        ("title", "nul\x00l"),
    ],
)
def test_bad_input_is_said_beside_its_field_and_nothing_is_written(
    field: str, value: str, login: Any, cast: Any, lead: Any
) -> None:
    before = Change.objects.count()
    client, address = login(cast.rep), reverse("lead-edit", args=[lead.pk])
    answer = client.post(address, filled(client, address, **{"pain": "kept", field: value}))
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert "kept" in answer.content.decode()
    assert Change.objects.count() == before


def test_a_stale_form_keeps_what_was_typed_and_says_who_was_faster(
    login: Any, cast: Any, lead: Any
) -> None:
    client, address = login(cast.rep), reverse("lead-edit", args=[lead.pk])
    given = filled(client, address, title="Mine")
    with factories.arranging():
        update_lead(lead=lead.pk, values={"pain": "Too slow"}, by=cast.manager)
    answer = client.post(address, given)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert 'value="Mine"' in text
    assert "meanwhile" in text
    lead.refresh_from_db()
    assert lead.title == "Cold storage"
    fresh = answer.context["form"]["version"].value()
    again = client.post(address, {**given, "version": fresh})
    assert again.status_code == 302
    lead.refresh_from_db()
    assert lead.title == "Mine"


def test_a_known_company_is_linked_and_an_unknown_name_is_kept(
    login: Any, cast: Any, lead: Any
) -> None:
    company = factories.make_company("Baltic Cold Chain", owner=cast.rep)
    client, address = login(cast.rep), reverse("lead-edit", args=[lead.pk])
    client.post(address, filled(client, address, company="baltic  cold chain"))
    lead.refresh_from_db()
    assert (lead.company, lead.company_name) == (company, "")
    client.post(address, filled(client, address, company="Nobody knows Ltd", make_company=""))
    lead.refresh_from_db()
    assert (lead.company, lead.company_name) == (None, "Nobody knows Ltd")
    client.post(address, filled(client, address, company="Brand new Ltd", make_company="on"))
    lead.refresh_from_db()
    assert (str(lead.company), lead.company_name) == ("Brand new Ltd", "")
    found = client.get(reverse("company-suggest"), {"company": "BALT"}).content.decode()
    assert "Baltic Cold Chain" in found


def test_the_history_tells_who_moved_it_and_undo_takes_it_back(
    login: Any, cast: Any, lead: Any, stages: Any
) -> None:
    client = login(cast.rep)
    client.post(reverse("lead-move", args=[lead.pk]), {"stage": stages[2].pk})
    page = client.get(lead.get_absolute_url())
    text = page.content.decode()
    assert "<b>Rita Rep</b> <span>moved Qualified → Proposal</span>" in text
    latest = page.context["page"].timeline.items[0]
    cause = latest.cause
    assert latest.can_undo
    asked = client.get(reverse("cause-undo", args=[cause.pk])).content.decode()
    assert "1 change" in asked
    answer = client.post(
        reverse("cause-undo", args=[cause.pk]), {"next": lead.get_absolute_url()}, follow=True
    )
    assert "1 change undone." in answer.content.decode()
    lead.refresh_from_db()
    assert lead.stage_id == stages[1].pk
    assert "undone" in client.get(lead.get_absolute_url()).content.decode()


def test_a_deleted_lead_comes_back_by_undo(login: Any, cast: Any, lead: Any) -> None:
    client = login(cast.rep)
    answer = client.post(reverse("lead-delete", args=[lead.pk]), follow=True)
    assert not Lead.objects.filter(pk=lead.pk).exists()
    assert client.get(lead.get_absolute_url()).status_code == 404
    cause = Cause.objects.filter(actor=cast.rep).latest("started_at")
    assert str(cause.pk) in answer.content.decode()
    client.post(reverse("cause-undo", args=[cause.pk]), {"next": lead.get_absolute_url()})
    assert Lead.objects.get(pk=lead.pk).title == "Cold storage"


def test_an_archived_lead_leaves_the_board_and_comes_back(login: Any, cast: Any, lead: Any) -> None:
    client, board = login(cast.rep), reverse("board", args=[lead.pipeline_id])
    client.post(reverse("lead-archive", args=[lead.pk]))
    client.get(lead.get_absolute_url())  # shows the toast that names it
    assert "Cold storage" not in client.get(board).content.decode()
    client.post(reverse("lead-archive", args=[lead.pk]))
    assert "Cold storage" in client.get(board).content.decode()


def test_a_next_step_is_planned_and_done_with_its_outcome(login: Any, cast: Any, lead: Any) -> None:
    client, kind = login(cast.rep), ActivityType.objects.first()
    assert kind is not None
    assert "No next step" in client.get(lead.get_absolute_url()).content.decode()
    given = {"type": kind.pk, "summary": "Call Nora", "due_on": "2030-05-02"}
    client.post(reverse("activity-new", args=[lead.pk]), given)
    assert "Call Nora" in client.get(lead.get_absolute_url()).content.decode()
    step = Activity.objects.get(summary="Call Nora")
    client.post(reverse("activity-done", args=[step.pk]), {"outcome": "reached"})
    step.refresh_from_db()
    assert (step.outcome, step.assignee) == ("reached", cast.rep)
    wrong = client.post(reverse("activity-new", args=[lead.pk]), {**given, "due_on": "soon"})
    assert wrong.status_code == 422
    assert login(cast.stranger).get(reverse("activity-done", args=[step.pk])).status_code == 404


def test_the_exit_criterion_is_ticked_and_unticked(login: Any, cast: Any, lead: Any) -> None:
    client, address = login(cast.rep), reverse("lead-tick", args=[lead.pk])
    client.post(address, {"stage": lead.stage_id, "met": "yes"})
    assert CriterionTick.objects.filter(lead=lead).count() == 1
    client.post(address, {"stage": lead.stage_id})
    assert CriterionTick.objects.filter(lead=lead).count() == 0


def test_what_people_write_is_shown_as_text(login: Any, cast: Any, stages: Any) -> None:
    script = "<script>alert(1)</script>"
    lead = factories.make_lead(
        by=cast.manager, title=script, stage=stages[0], description=script, company_name=script
    )
    client = login(cast.manager)
    for address in (lead.get_absolute_url(), reverse("board", args=[lead.pipeline_id])):
        text = client.get(address).content.decode()
        assert script not in text
        assert "&lt;script&gt;" in text


@pytest.mark.parametrize(
    "address",
    [
        "/board/999999/",
        "/board/1/stages/999999/?after=A",
        "/board/1/stages/1/?after='",
        "/leads/999999/",
        "/leads/99999999999999999999999/",
        "/changes/not-a-cause/",
        "/changes/00000000-0000-4000-8000-000000000000/",
        "/nothing/",
    ],
)
def test_what_is_not_there_is_404_in_words(address: str, login: Any, cast: Any, db: None) -> None:
    answer = login(cast.manager).get(address)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


@pytest.mark.parametrize(
    "query", ["?owner=%00", "?q=%00", "?q=" + "x" * 5000, "?owner=me&q=%F0%9F%98%80'\"<"]
)
def test_a_strange_filter_shows_a_board_all_the_same(
    query: str, login: Any, cast: Any, pipeline: Any
) -> None:
    assert login(cast.rep).get(reverse("board", args=[pipeline.pk]) + query).status_code == 200


def test_no_get_changes_anything(login: Any, cast: Any, lead: Any) -> None:
    before = Change.objects.count()
    client = login(cast.rep)
    for name in ("lead-win", "lead-reopen", "lead-archive", "lead-tick", "lead-stars"):
        assert client.get(reverse(name, args=[lead.pk])).status_code == 405
    for name in ("lead-move", "lead-lose", "lead-delete", "lead-edit", "activity-new"):
        client.get(reverse(name, args=[lead.pk]))
    assert Change.objects.count() == before


def test_pages_carry_no_inline_style_script_or_handler(login: Any, cast: Any, lead: Any) -> None:
    client = login(cast.manager)
    for address in (
        lead.get_absolute_url(),
        reverse("board", args=[lead.pipeline_id]),
        reverse("lead-edit", args=[lead.pk]),
        reverse("causes"),
        reverse("profile"),
    ):
        answer = client.get(address)
        text = answer.content.decode()
        assert " style=" not in text
        assert " onclick=" not in text
        assert "<script>" not in text
        assert "'unsafe-inline'" not in answer["Content-Security-Policy"]


def test_the_board_takes_as_many_queries_for_many_leads_as_for_few(
    login: Any, cast: Any, stages: Any, pipeline: Any, query_budget: Any
) -> None:
    budget = query_budget("board page, manager")
    client, address = login(cast.manager), reverse("board", args=[pipeline.pk])
    tag = factories.make_tag()
    for size, count in (("small", 3), ("large", 30)):
        for _ in range(count):
            lead = factories.make_lead(
                by=cast.manager, stage=stages[0], owner=cast.rep.pk, tags=[tag.pk]
            )
            factories.make_activity(by=cast.manager, lead=lead)
        with budget.at(size):
            client.get(address)


def test_the_lead_page_takes_as_many_queries_for_a_long_history_as_for_a_short_one(
    login: Any, cast: Any, lead: Any, query_budget: Any
) -> None:
    budget = query_budget("lead page, manager")
    client = login(cast.manager)
    contact = factories.make_contact("Nora")
    with factories.arranging():
        lead.lead_contacts.create(contact=contact, is_main=True)
        CriterionTick.objects.create(lead=lead, stage=lead.stage, at=dt.datetime.now(dt.UTC))
    factories.make_activity(by=cast.manager, lead=lead)
    for size, count in (("small", 1), ("large", 12)):
        for number in range(count):
            with factories.arranging():
                update_lead(lead=lead.pk, values={"pain": f"{size} {number}"}, by=cast.manager)
        with budget.at(size):
            client.get(lead.get_absolute_url())
