"""Two people on one board, and a line that breaks: the later one is told, nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sessions.models import Session

from core.ledger.causes import because
from core.ledger.tables import Kind
from pipeline.models import Lead, Stage
from pipeline.services.leads import update_lead
from pipeline.services.moves import move_lead
from tests import factories
from tests.browser.conftest import drag
from tests.browser.test_board import board, heads, lane, lane_of, stands_in

__all__ = ["board"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_of_two_who_drag_one_card_the_later_is_told_who_moved_it_where(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    first, second, lead = enter(cast.rep), enter(cast.manager), board[0].pk
    second.route("**/news/**", lambda route: route.abort())  # it has not heard of it yet
    drag(first, first.locator(f"#lead-{lead}"), lane(first, stages[3]))
    stands_in(first, lead, stages[3])
    first.wait_for_selector("text=“Alpha” is in Negotiation.")
    drag(second, second.locator(f"#lead-{lead}"), lane(second, stages[1]))
    second.wait_for_selector("#toasts .error")
    words = second.locator("#toasts .error").inner_text()
    assert "Rita Rep" in words
    assert "Negotiation" in words
    stands_in(second, lead, stages[3])
    assert Lead.objects.get(pk=lead).stage == stages[3]


def test_what_another_does_appears_within_seconds_and_the_pointed_card_stays(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    page = enter(cast.rep)
    held = page.locator(f"#lead-{board[1].pk}")
    held.hover()
    with because(Kind.PERSON, by=cast.manager):
        update_lead(lead=board[0].pk, values={"title": "Alpha two"}, by=cast.manager)
        move_lead(lead=board[2].pk, stage=stages[1].pk, by=cast.manager)
    page.wait_for_selector("text=Alpha two", timeout=6000)
    stands_in(page, board[2].pk, stages[1])
    page.wait_for_function("() => document.querySelector('.col-head .count').textContent === '2'")
    assert heads(page)[:2] == ["New 2", "Qualified 2"]


def test_a_move_without_a_line_waits_and_is_saved_when_there_is_one(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    page, lead = enter(cast.rep), board[0].pk
    page.context.set_offline(True)
    drag(page, page.locator(f"#lead-{lead}"), lane(page, stages[1]))
    page.wait_for_selector(f"#lead-{lead}.waiting >> text=Waiting for the connection")
    assert "kept" in page.locator("#toasts .error").inner_text()
    drag(page, page.locator(f"#lead-{board[1].pk}"), lane(page, stages[2]))
    assert Lead.objects.filter(stage=stages[0]).count() == 3
    page.context.set_offline(False)
    page.wait_for_selector(f"#lead-{lead}.waiting", state="detached")
    stands_in(page, lead, stages[1])
    stands_in(page, board[1].pk, stages[2])
    page.wait_for_selector("text=Moves that had waited are saved.")
    assert Lead.objects.get(pk=lead).stage == stages[1]
    assert Lead.objects.get(pk=board[1].pk).stage == stages[2]


def test_an_answer_that_was_lost_does_not_make_a_conflict_of_the_move(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    page, lead = enter(cast.rep), board[0].pk

    def lose_the_answer(route: Any) -> None:
        route.fetch()
        route.abort()

    page.route("**/move/", lose_the_answer, times=1)
    drag(page, page.locator(f"#lead-{lead}"), lane(page, stages[1]))
    page.wait_for_selector("text=Moves that had waited are saved.")
    stands_in(page, lead, stages[1])
    assert page.locator("#toasts .error").count() == 0
    assert Lead.objects.get(pk=lead).stage == stages[1]


def test_a_session_that_ended_during_a_drag_leads_back_and_the_move_is_saved(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    page, lead = enter(cast.rep), board[0].pk
    Session.objects.all().delete()
    drag(page, page.locator(f"#lead-{lead}"), lane(page, stages[1]))
    page.wait_for_url("**/login/**")
    page.fill("[name=username]", cast.rep.email)
    page.fill("[name=password]", factories.PASSWORD)
    page.click("main button.btn-primary")
    page.wait_for_url("**/board/**")
    page.wait_for_selector("text=Moves that had waited are saved.")
    stands_in(page, lead, stages[1])
    assert Lead.objects.get(pk=lead).stage == stages[1]


def test_a_stage_that_was_deleted_meanwhile_is_said_and_the_board_read_anew(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    with factories.arranging():
        doomed = Stage.objects.create(pipeline=stages[0].pipeline, name="Doomed", sequence=15)
    page, lead = enter(cast.rep), board[0].pk
    with factories.arranging():
        Stage.objects.get(pk=doomed.pk).delete()
    drag(page, page.locator(f"#lead-{lead}"), lane(page, doomed))
    page.wait_for_selector("#toasts .error")
    assert "not there any more" in page.locator("#toasts .error").inner_text()
    page.wait_for_selector(f"[data-lane='{doomed.pk}']", state="detached")
    assert lane_of(page, lead) == str(stages[0].pk)
