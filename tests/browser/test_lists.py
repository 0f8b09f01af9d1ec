"""Lists in a browser: found while typing, walked by keys, columns put in order, files that open."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipeline.services.search import write_search_text
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def leads(cast: Any, pipeline: Any) -> list[Any]:
    """Sixty leads of the rep; every third is about storage."""
    words = ("Cold storage", "Fleet", "Training")
    made = [
        factories.make_lead(
            by=cast.manager,
            title=f"{words[number % 3]} {number:02}",
            owner=cast.rep.pk,
            expected_revenue=number * 100,
        )
        for number in range(60)
    ]
    write_search_text([lead.pk for lead in made])
    return made


def test_a_morning_in_the_list_by_keyboard(enter: Any, cast: Any, leads: Any) -> None:
    page = enter(cast.rep)
    page.goto("/leads/")
    assert page.locator("[data-row]").count() == 50
    page.keyboard.press("/")
    page.keyboard.type("storage")
    page.wait_for_url("**/leads/?q=storage")
    page.wait_for_function("() => document.querySelectorAll('[data-row]').length === 20")
    assert page.inner_text("#list-count") == "20 leads"
    assert page.inner_text("#list-said") == "20 leads"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.textContent") == "Cold storage 54"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/leads/{leads[54].pk}/**")


def test_more_rows_come_behind_the_last(enter: Any, cast: Any, leads: Any) -> None:
    page = enter(cast.rep)
    page.goto("/leads/?sort=title")
    page.click("[data-more]")
    page.wait_for_function("() => document.querySelectorAll('[data-row]').length === 60")
    texts = page.locator("[data-row] th").all_inner_texts()
    assert texts == sorted(lead.title for lead in leads)


def test_columns_are_put_in_order_and_exported_so(
    enter: Any, cast: Any, leads: Any, tmp_path: Path
) -> None:
    page = enter(cast.rep)
    page.goto("/leads/?q=storage")
    page.click("a[href*='/lists/leads/columns/']")
    box = page.locator("#dialog")
    for name in ("company", "contact", "stage", "expected_close", "next_activity", "owner"):
        box.locator(f"input[value={name}]").uncheck()
    for _ in range(4):
        box.locator("button[value=amount][data-move=up]").click()
    box.get_by_role("button", name="Save").click()
    named = page.locator("table.list thead th:not(.pick-cell)")
    named.nth(2).wait_for(state="detached")
    heads = named.all_inner_texts()
    assert [head.strip() for head in heads] == ["Expected revenue", "Title"]
    page.click("summary[aria-label=Export]")
    with page.expect_download() as download:
        page.get_by_text("Spreadsheet (XLSX)").click()
    file = tmp_path / "leads.xlsx"
    download.value.save_as(file)
    sheet = openpyxl.load_workbook(io.BytesIO(file.read_bytes())).active
    assert sheet.max_row == 21
    assert [cell.value for cell in sheet[2]] == [5700, "Cold storage 57"]


def test_a_phone_shows_rows_as_cards_without_sideways_scrolling(
    enter: Any, cast: Any, leads: Any
) -> None:
    page = enter(cast.rep, viewport={"width": 360, "height": 740}, has_touch=True)
    for address in ("/leads/", "/contacts/", "/companies/"):
        page.goto(address)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), address
    page.goto("/leads/?sort=title")
    page.locator("[data-row]").first.click(position={"x": 200, "y": 30})
    page.wait_for_url("**/leads/*/**")


def test_a_step_is_done_on_the_page_of_a_contact(
    enter: Any, cast: Any, open_page: Any, pipeline: Any
) -> None:
    contact = factories.make_contact("Aleksandra Novak", owner=cast.rep)
    lead = factories.make_lead(by=cast.manager, owner=cast.rep.pk, contacts=[(contact.pk, "")])
    factories.make_activity(by=cast.rep, lead=lead, summary="Discovery call")
    page = enter(cast.rep)
    page.goto(contact.get_absolute_url())
    page.get_by_role("link", name="Done").click()
    page.locator("#dialog form").get_by_role("button", name="Done").click()
    page.wait_for_selector("text=Discovery call: Done")
    assert not page.evaluate("document.getElementById('dialog').open")
    page.get_by_role("link", name="Done", exact=True).wait_for(state="detached")
    assert "Done: Discovery call" in page.inner_text("#toasts")


def test_selected_rows_are_edited_and_it_is_undone(enter: Any, cast: Any, leads: Any) -> None:
    page = enter(cast.rep)
    page.goto("/leads/?sort=title")
    page.locator("[data-row] input").nth(0).click()
    page.locator("[data-row] input").nth(3).click(modifiers=["Shift"])
    assert page.inner_text("#bulk [data-picked]") == "4 selected"
    page.click("#bulk [formaction$='/edit/']")
    page.check("#dialog [value=amount]")
    page.fill("#dialog [name=expected_revenue]", "777")
    page.click("#dialog button.btn-primary")
    page.wait_for_selector("#toasts [data-toast]")
    assert "4 leads edited." in page.inner_text("#toasts")
    assert page.url.endswith("/leads/?sort=title")
    changed = type(leads[0]).objects.filter(expected_revenue=777)
    assert changed.count() == 4
    page.click("#toasts [data-undo] button")
    page.wait_for_function("() => document.querySelector('#toasts')?.innerText.includes('undone')")
    assert not changed.exists()


def test_all_of_the_filter_are_archived_by_keyboard(enter: Any, cast: Any, leads: Any) -> None:
    page = enter(cast.rep)
    page.goto("/leads/?q=storage")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.focus("#bulk [name=all]")
    page.keyboard.press("Space")
    page.focus("#bulk [formaction$='/archive/']")
    page.keyboard.press("Enter")
    page.wait_for_selector("#dialog[open] form")
    assert page.inner_text("#dialog h2") == "Archive 20 leads?"
    page.focus("#dialog button.btn-primary")
    page.keyboard.press("Enter")
    page.wait_for_selector("#toasts [data-toast]")
    assert type(leads[0]).objects.active().count() == 40
