"""Cells of lists edited where they stand, by mouse, by keyboard and by finger."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from crm.models import CustomField
from pipeline.models import Lead
from pipeline.services.leads import update_lead
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
COLUMNS = "/leads/?sort=title&columns=title,company,stage,amount,expected_close,weighted"


@pytest.fixture
def leads(cast: Any, pipeline: Any) -> list[Any]:
    """Three leads of the rep, and one of the mate that the rep only sees."""
    made = [
        factories.make_lead(
            by=cast.manager, title=title, owner=cast.rep.pk, team=cast.team.pk, expected_revenue=100
        )
        for title in ("Alpha", "Beta", "Gamma")
    ]
    mates = {"owner": cast.mate.pk, "team": cast.team.pk, "followers": [cast.rep.pk]}
    made.append(factories.make_lead(by=cast.manager, title="Delta", **mates))
    return made


def cell(page: Any, title: str, label: str) -> Any:
    """The cell of a row under a head."""
    heads = [text.strip() for text in page.locator("table.list thead th").all_inner_texts()]
    row = page.locator("[data-row]").filter(has=page.locator(f"th a:text-is('{title}')"))
    return row.locator(":scope > td, :scope > th").nth(heads.index(label))


def double_click(cell: Any) -> None:
    """Two clicks without the time that a busy machine lets pass between them."""
    cell.evaluate(
        """cell => [["click", 1], ["click", 2], ["dblclick", 2]].forEach(([name, detail]) =>
            cell.dispatchEvent(new MouseEvent(name, { bubbles: true, detail })))"""
    )


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.name || document.activeElement.innerText"))


def test_a_cell_is_edited_by_double_click_and_it_is_undone(
    enter: Any, cast: Any, leads: Any
) -> None:
    page = enter(cast.rep)
    page.goto(COLUMNS)
    amount = cell(page, "Beta", "Expected revenue")
    double_click(amount)
    page.wait_for_selector(".cell-form")
    assert page.url.endswith(COLUMNS)
    assert focused(page) == "expected_revenue"
    page.keyboard.type("2 500")
    page.keyboard.press("Enter")
    page.wait_for_selector("#toasts [data-undo]")
    assert "2,500" in cell(page, "Beta", "Expected revenue").inner_text()
    assert page.locator(".cell-form").count() == 0
    lead = Lead.objects.get(title="Beta")
    assert lead.expected_revenue == 2500
    page.click("#toasts [data-undo] button")
    page.wait_for_function("() => document.querySelector('#toasts')?.innerText.includes('undone')")
    lead.refresh_from_db()
    assert lead.expected_revenue == 100


def test_the_pencil_edits_and_a_single_click_still_opens(enter: Any, cast: Any, leads: Any) -> None:
    page = enter(cast.rep)
    page.goto(COLUMNS)
    cell(page, "Gamma", "Title").hover()
    page.get_by_role("button", name="Edit: Title").click()
    page.wait_for_selector(".cell-form")
    page.fill(".cell-form [name=title]", "Gamma II")
    page.click(".cell-form [aria-label=Save]")
    page.wait_for_selector("th a:text-is('Gamma II')")
    cell(page, "Delta", "Expected revenue").hover()
    assert page.locator(".cell-pencil").count() == 0
    double_click(cell(page, "Delta", "Expected revenue"))
    page.wait_for_url("**/leads/*/**")
    page.go_back()
    page.wait_for_selector("[data-row]")
    cell(page, "Beta", "Expected close").click()
    page.wait_for_url(f"**/leads/{leads[1].pk}/**")


def test_cells_are_walked_and_edited_by_the_keyboard(enter: Any, cast: Any, leads: Any) -> None:
    page = enter(cast.rep)
    page.goto(COLUMNS)
    page.keyboard.press("j")
    assert focused(page) == "Alpha"
    page.keyboard.press("F2")
    page.wait_for_selector(".cell-form [name=title]")
    page.keyboard.type("Alphabet")
    page.keyboard.press("Escape")
    assert page.locator(".cell-form").count() == 0
    assert focused(page) == "Alpha"
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert "100" in focused(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector(".cell-form [name=expected_revenue]")
    # Typing in the cell neither walks nor selects rows.
    page.keyboard.type("77")
    page.keyboard.press("Tab")
    assert focused(page) == "currency"
    page.keyboard.press("Tab")
    page.wait_for_selector(".cell-form [name=expected_close]")
    assert Lead.objects.get(title="Beta").expected_revenue == 77
    page.fill(".cell-form [name=expected_close]", "2030-05-04")
    page.keyboard.press("Enter")
    page.wait_for_selector(".cell-form", state="detached")
    assert str(Lead.objects.get(title="Beta").expected_close) == "2030-05-04"
    assert "2030" in focused(page)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert focused(page) == leads[0].stage.name


def test_tab_goes_over_a_row_and_the_fixed_one_to_the_next(
    enter: Any, cast: Any, leads: Any
) -> None:
    page = enter(cast.rep)
    page.goto(COLUMNS)
    double_click(cell(page, "Beta", "Expected close"))
    page.wait_for_selector(".cell-form [name=expected_close]")
    # The date field has parts of its own; what leaves it is the last.
    page.fill(".cell-form [name=expected_close]", "2030-05-04")
    page.keyboard.press("Tab")
    page.wait_for_selector("[data-row]:has(.cell-form) :text('Gamma'), .cell-form [name=title]")
    assert page.input_value(".cell-form [name=title]") == "Gamma"
    page.keyboard.press("Shift+Tab")
    page.wait_for_selector(".cell-form [name=expected_close]")
    assert page.input_value(".cell-form [name=expected_close]") == "2030-05-04"


def test_errors_and_conflicts_keep_what_was_typed(enter: Any, cast: Any, leads: Any) -> None:
    page = enter(cast.rep)
    page.goto(COLUMNS)
    double_click(cell(page, "Beta", "Expected revenue"))
    page.wait_for_selector(".cell-form")
    page.keyboard.type("a lot")
    page.keyboard.press("Enter")
    page.wait_for_selector(".cell-form .errorlist")
    assert page.input_value(".cell-form [name=expected_revenue]") == "a lot"
    assert focused(page) == "expected_revenue"
    with factories.arranging():
        update_lead(lead=leads[1].pk, values={"expected_revenue": Decimal(99)}, by=cast.manager)
    page.fill(".cell-form [name=expected_revenue]", "200")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=There it says now: 99")
    assert page.input_value(".cell-form [name=expected_revenue]") == "200"
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("() => axe.run(document.querySelector('#list'))")
    assert [rule["id"] for rule in found["violations"]] == []
    page.keyboard.press("Enter")
    page.wait_for_selector(".cell-form", state="detached")
    assert Lead.objects.get(title="Beta").expected_revenue == 200


def test_the_stage_is_moved_by_its_dialog(enter: Any, cast: Any, leads: Any, pipeline: Any) -> None:
    page = enter(cast.rep)
    page.goto(COLUMNS)
    double_click(cell(page, "Beta", "Stage"))
    page.wait_for_selector("#dialog[open] form")
    page.locator("#dialog [name=stage]").nth(1).check()
    page.click("#dialog button.btn-primary")
    page.wait_for_selector("#toasts [data-undo]")
    assert page.url.endswith(COLUMNS)
    assert cell(page, "Beta", "Stage").inner_text() == Lead.objects.get(title="Beta").stage.name


def test_a_custom_field_and_a_tag_are_edited_on_a_phone(enter: Any, cast: Any, leads: Any) -> None:
    with factories.arranging():
        CustomField.objects.create(
            subject="pipeline.lead",
            key="gate",
            label="Gate",
            type="choice",
            options=[{"id": "a", "label": "North"}, {"id": "b", "label": "South"}],
        )
    tag = factories.make_tag("Hot")
    page = enter(cast.rep, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page.goto("/leads/?sort=title&columns=title,custom.gate,tags")
    page.get_by_role("button", name="Edit in this row: Beta").tap()
    row = page.locator("[data-row]").filter(has_text="Beta")
    row.locator("[data-label=Gate]").tap()
    page.select_option(".cell-form select", "b")
    page.locator(".cell-form [aria-label=Save]").tap()
    page.wait_for_selector("[data-row] td:text-is('South')")
    row.locator("[data-label=Tags]").tap()
    page.check(".cell-form [name=tags]")
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.locator(".cell-form [aria-label=Save]").tap()
    page.wait_for_selector(".cell-form", state="detached")
    lead = Lead.objects.get(title="Beta")
    assert lead.custom == {"gate": "b"}
    assert list(lead.tags.all()) == [tag]
    assert page.get_by_role("button", name="Edit in this row: Delta").count() == 0


def test_contacts_and_companies_are_edited_too(enter: Any, cast: Any, pipeline: Any) -> None:
    contact = factories.make_contact("Nora", owner=cast.rep)
    company = factories.make_company("Baltic Cold", owner=cast.rep)
    page = enter(cast.rep)
    page.goto("/contacts/")
    double_click(cell(page, "Nora", "Company"))
    page.wait_for_selector(".cell-form [name=company]")
    page.keyboard.type("Balt")
    page.wait_for_selector("#companies option", state="attached")
    page.keyboard.type("ic Cold")
    page.keyboard.press("Enter")
    page.wait_for_selector(".cell-form", state="detached")
    contact.refresh_from_db()
    assert contact.company == company
    page.goto("/companies/")
    double_click(cell(page, "Baltic Cold", "Employees"))
    page.wait_for_selector(".cell-form [name=employees]")
    page.keyboard.type("120")
    page.keyboard.press("Enter")
    page.wait_for_selector("td:text-is('120')")
    company.refresh_from_db()
    assert company.employees == 120
