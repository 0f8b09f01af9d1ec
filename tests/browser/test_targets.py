"""The grid of targets by keys and paste, in a browser."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse

from crm.models import Target
from crm.targetgrid import cell_name
from tests.browser.pages import let_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASTE = """([cell, text]) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const how = {clipboardData: data, bubbles: true, cancelable: true};
  cell.dispatchEvent(new ClipboardEvent("paste", how));
}"""


@pytest.fixture
def page(cast: Any, chromium: Any, live_server: Any) -> Iterator[Any]:
    """The manager's grid of 2026, months."""
    context = chromium.new_context(base_url=live_server.url, service_workers="block")
    context.set_default_timeout(15_000)
    let_in(context, cast.manager, live_server.url, "en")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(reverse("targets") + "?year=2026&metric=wins")
    yield page
    context.close()
    assert errors == []


def cell(page: Any, of: Any, month: int) -> Any:
    """A field of the grid."""
    kind = "user" if hasattr(of, "email") else "team"
    return page.locator(f'[name="{kind}-{of.pk}-2026-{month:02}-01"]')


def focused(page: Any) -> str:
    """The name of the field that has the focus."""
    name: str = page.evaluate("document.activeElement.name")
    return name


def test_one_goes_from_cell_to_cell_by_keys(page: Any, cast: Any) -> None:
    def name(of: Any, month: int) -> str:
        return str(cell(page, of, month).get_attribute("name"))

    cell(page, cast.leader, 1).focus()
    for key, of, month in (
        ("Enter", cast.mate, 1),
        ("ArrowDown", cast.rep, 1),
        ("Shift+Enter", cast.mate, 1),
        ("ArrowUp", cast.leader, 1),
        ("ArrowRight", cast.leader, 2),
        ("Tab", cast.leader, 3),
        ("ArrowLeft", cast.leader, 2),
    ):
        page.keyboard.press(key)
        assert focused(page) == name(of, month), key
    page.keyboard.type("12")
    page.keyboard.press("ArrowLeft")
    assert focused(page) == name(cast.leader, 2)


def test_a_block_is_pasted_summed_saved_and_undone(page: Any, cast: Any) -> None:
    cell(page, cast.leader, 1).focus()
    handle = cell(page, cast.leader, 1).element_handle()
    page.evaluate(PASTE, [handle, "1\t2\t3\n4\t\t1 000\n"])
    sums = page.locator('[data-sum="user"] td')
    assert sums.nth(0).inner_text() == "5"
    assert sums.nth(2).inner_text() == "1,003"
    assert sums.last.inner_text() == "1,010"
    assert page.locator("[data-state]").inner_text() == "Not saved yet"
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[data-toast]")
    assert page.locator("[data-toast]").first.inner_text().startswith("5 targets are saved.")
    assert sorted(int(one.value) for one in Target.objects.all()) == [1, 2, 3, 4, 1000]
    assert cell(page, cast.mate, 3).input_value() == "1,000"
    page.locator("[data-toast] [data-undo] button").first.click()
    page.wait_for_load_state()
    page.wait_for_function(
        f"document.querySelector('[name=\"{cell_of(cast.mate)}\"]')?.value === ''"
    )
    assert not Target.objects.exists()


def cell_of(user: Any) -> str:
    """The name of the field of March."""
    return cell_name(("user", user.pk), dt.date(2026, 3, 1))


def test_a_period_is_filled_from_the_one_before_with_what_was_just_typed(
    page: Any, cast: Any
) -> None:
    cell(page, cast.rep, 1).fill("7")
    page.get_by_role("button", name="Fill the empty cells of February 2026 from January").click()
    page.wait_for_selector("[data-toast]")
    assert cell(page, cast.rep, 2).input_value() == "7"
    assert [one.starts_on.month for one in Target.objects.order_by("starts_on")] == [1, 2]


def test_what_is_no_number_is_marked_at_once(page: Any, cast: Any) -> None:
    field = cell(page, cast.rep, 1)
    field.fill("many")
    assert field.get_attribute("aria-invalid") == "true"
    field.fill("3")
    assert field.get_attribute("aria-invalid") is None
