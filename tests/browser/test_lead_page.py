"""The page of a lead in a real browser: two taps, facts in place, a conflict, the keyboard."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from pipeline.models import Activity, Lead
from pipeline.services.leads import update_lead
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def leads(cast: Any, stages: Any) -> list[Any]:
    """Three of the rep's leads in a column: Gamma on top, then Beta, then Alpha."""
    return [
        factories.make_lead(
            by=cast.manager,
            title=title,
            stage=stages[0],
            owner=cast.rep.pk,
            contact_name="Nora",
            phone="+33 1 23 45 67 89",
        )
        for title in ("Alpha", "Beta", "Gamma")
    ]


def test_done_and_the_next_step_in_two_clicks(cast: Any, leads: list[Any], enter: Any) -> None:
    step = factories.make_activity(
        by=cast.manager, lead=leads[0], assignee=cast.rep, summary="Ring Nora"
    )
    page = enter(cast.rep)
    page.goto(leads[0].get_absolute_url())
    page.locator(".pick", has_text="Reached").click()
    page.locator("button[name=then][value=three_days]").click()
    page.wait_for_selector("#toasts [data-toast]")
    assert "Done: Ring Nora. Next: Ring Nora" in page.locator("#toasts").inner_text()
    assert page.locator(".entry", has_text="Ring Nora: Reached").count() == 1
    step.refresh_from_db()
    assert step.outcome == "reached"
    assert Activity.objects.filter(lead=leads[0]).to_do().count() == 1

    page.locator("#toasts [data-undo] button").click()
    page.wait_for_selector("text=changes undone.")
    step.refresh_from_db()
    assert step.done_at is None


def test_a_fact_is_edited_where_it_stands_and_a_conflict_keeps_both(
    cast: Any, leads: list[Any], enter: Any
) -> None:
    page = enter(cast.rep)
    page.goto(leads[0].get_absolute_url())
    amount = page.locator("dd[data-fact=amount]")
    amount.locator("a").click()
    page.wait_for_selector(".fact-form")
    page.keyboard.press("Escape")
    page.wait_for_selector(".fact-form", state="detached")

    amount.locator("a").click()
    page.fill(".fact-form [name=expected_revenue]", "much")
    page.keyboard.press("Enter")
    page.wait_for_selector(".fact-form .errorlist")
    page.fill(".fact-form [name=expected_revenue]", "2 500")
    with factories.arranging():
        update_lead(
            lead=leads[0].pk, values={"expected_revenue": 99, "currency": "EUR"}, by=cast.manager
        )
    page.keyboard.press("Enter")
    page.wait_for_selector("text=There it says now: 99")
    assert page.locator(".fact-form [name=expected_revenue]").input_value() == "2 500"
    page.locator(".fact-form [name=expected_revenue]").press("Enter")
    page.wait_for_selector(".fact-form", state="detached")
    assert amount.inner_text() == "€2,500"
    assert Lead.objects.get(pk=leads[0].pk).expected_revenue == 2500


def test_letters_walk_the_column_and_press_the_buttons(
    cast: Any, leads: list[Any], enter: Any
) -> None:
    for lead in leads:
        factories.make_activity(by=cast.manager, lead=lead, assignee=cast.rep, summary="Ring")
    page = enter(cast.rep)
    page.goto(f"{leads[2].get_absolute_url()}?from=/board/{leads[0].pipeline_id}/")
    assert page.locator(".beside").inner_text().strip() == "1 of 3"
    page.keyboard.press("j")
    page.wait_for_url(f"**/leads/{leads[1].pk}/**")
    assert page.locator(".beside").inner_text().strip() == "2 of 3"
    page.keyboard.press("m")
    page.wait_for_selector("#dialog [name=stage]")
    page.keyboard.press("Escape")
    page.wait_for_selector("#dialog[open]", state="detached")
    page.keyboard.press("d")
    page.wait_for_selector("text=Done: Ring.")
    assert Activity.objects.get(lead=leads[1]).outcome == "done"
    # The place in the column is not lost by what was done on the page.
    assert page.locator(".beside").inner_text().strip() == "2 of 3"
    page.keyboard.press("k")
    page.wait_for_url(f"**/leads/{leads[2].pk}/**")
    page.locator("dd[data-fact=amount] a").click()
    page.wait_for_selector(".fact-form")
    page.keyboard.type("jk1")
    assert page.url.endswith(f"from=%2Fboard%2F{leads[0].pipeline_id}%2F")


def test_on_a_phone_one_finds_the_number_and_plans_the_next_call(
    cast: Any, leads: list[Any], enter: Any
) -> None:
    page = enter(cast.rep, viewport={"width": 360, "height": 740}, has_touch=True)
    page.goto(leads[0].get_absolute_url())
    assert page.locator(".people a[href='tel:+33123456789']").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.fill(".planning [name=summary]", "Ring again")
    page.locator(".planning button").click()
    page.wait_for_selector("text=Planned: Ring again")
    due = Activity.objects.get(lead=leads[0]).due_at
    assert due > timezone.now() + dt.timedelta(hours=1)
