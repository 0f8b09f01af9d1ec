"""The board without a mouse: walking, lifting, shifting, letters, and what is announced."""

from __future__ import annotations

from typing import Any

import pytest

from crm.services.preferences import set_preference
from pipeline.models import Lead
from tests.browser.test_board import board, lane_of, stands_in

__all__ = ["board"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def focused(page: Any) -> str:
    """The title of the card that has the focus."""
    return str(page.evaluate("document.activeElement.querySelector('h3')?.textContent ?? ''"))


def said(page: Any) -> str:
    """What was announced last."""
    return str(page.locator("#announcer").inner_text())


def press(page: Any, *keys: str) -> None:
    """Press keys one after the other."""
    for key in keys:
        page.keyboard.press(key)


def test_arrows_walk_and_a_lifted_card_is_carried_dropped_and_announced(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    page, lead = enter(cast.rep), board[2].pk
    page.locator("#board").focus()
    press(page, "ArrowDown")
    assert focused(page) == "Gamma"
    press(page, "ArrowDown", "ArrowDown")
    assert focused(page) == "Alpha"
    press(page, "ArrowRight")
    assert focused(page) == "Delta"
    press(page, "ArrowLeft")
    assert focused(page) == "Gamma"
    press(page, "Space")
    assert said(page).startswith("Lifted Gamma.")
    press(page, "ArrowDown")
    assert said(page) == "Gamma: New, place 2 of 3."
    press(page, "Escape")
    assert said(page) == "Gamma is back where it was."
    press(page, "Space", "ArrowRight", "ArrowDown")
    assert said(page) == "Gamma: Qualified, place 2 of 2."
    press(page, "Space")
    stands_in(page, lead, stages[1])
    assert focused(page) == "Gamma"
    page.wait_for_selector("text=“Gamma” is in Qualified.")
    column = Lead.objects.filter(stage=stages[1]).order_by("position")
    assert [found.title for found in column] == ["Delta", "Gamma"]


def test_letters_do_what_buttons_do_and_can_be_turned_off(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    page, lead = enter(cast.rep), board[2].pk
    page.locator("#board").focus()
    press(page, "ArrowDown", "Shift+ArrowRight")
    stands_in(page, lead, stages[1])
    assert focused(page) == "Gamma"
    press(page, "m")
    page.wait_for_selector("#dialog [name=stage]")
    page.locator("#dialog [name=stage]:checked").focus()
    press(page, "ArrowDown", "Enter")
    stands_in(page, lead, stages[2])
    page.wait_for_selector("#dialog", state="hidden")
    assert focused(page) == "Gamma"
    press(page, "w")
    stands_in(page, lead, stages[4])
    press(page, "Control+z")
    stands_in(page, lead, stages[2])
    press(page, "x")
    assert page.locator("[data-picked]").inner_text() == "1 selected"
    press(page, "Escape")
    assert page.locator("#bulk-bar").is_hidden()
    press(page, "Enter")
    page.wait_for_selector("#side h2 >> text=Gamma")
    press(page, "Escape")
    page.wait_for_selector("#side", state="hidden")
    press(page, "a")
    page.keyboard.type("By hand")
    press(page, "Enter")
    page.wait_for_selector("text=“By hand” is created.")
    press(page, "Escape", "?")
    page.wait_for_selector("#dialog >> text=Lift the card, drop it again")
    press(page, "Escape")

    set_preference(user=cast.rep, name="keys", value="off")
    page.reload()
    page.locator(f"#lead-{lead}").focus()
    press(page, "w")
    page.wait_for_timeout(300)
    assert lane_of(page, lead) == str(stages[2].pk)


def test_a_card_that_may_not_be_changed_is_read_but_not_lifted(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    page = enter(cast.mate)
    page.locator(f"#lead-{board[2].pk}").focus()
    press(page, "Space", "ArrowRight", "Space", "Shift+ArrowRight")
    assert lane_of(page, board[2].pk) == str(stages[0].pk)
    label = page.locator(f"#lead-{board[2].pk}").get_attribute("aria-label")
    assert label == "Gamma, €100, New, No next step"
