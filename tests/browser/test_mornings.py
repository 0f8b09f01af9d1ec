"""A salesperson's morning from the login on: by keyboard alone, and on a phone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from core.ledger.dispatch import hand_out
from pipeline.models import Activity, Lead, LostReason
from pipeline.tasks import refresh_search
from tests import factories
from tests.browser.test_board import stands_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def call(cast: Any, stages: Any) -> Any:
    """A call that is due since yesterday on the rep's lead, and two other leads of theirs."""
    for title in ("Second lead", "Third lead"):
        factories.make_lead(by=cast.manager, title=title, stage=stages[0], owner=cast.rep.pk)
    lead = factories.make_lead(
        by=cast.manager,
        title="Cold storage",
        stage=stages[0],
        owner=cast.rep.pk,
        contact_name="Nora",
        phone="+33 1 23 45 67 89",
    )
    hand_out()
    refresh_search()
    return factories.make_activity(
        by=cast.manager,
        lead=lead,
        assignee=cast.rep,
        summary="Ring Nora",
        due_at=timezone.now() - dt.timedelta(days=1),
    )


def tab_to(page: Any, words: str) -> None:
    """Press Tab until something with these words has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        text = page.evaluate(
            "() => { const at = document.activeElement;"
            " return at.getAttribute('aria-label') ||"
            " at.labels?.[0]?.textContent || at.textContent || '' }"
        )
        if text.strip().startswith(words):
            return
    raise AssertionError(f"the Tab key never reaches “{words}”")


def test_a_whole_morning_by_keyboard_alone(
    cast: Any, stages: Any, call: Any, open_page: Any
) -> None:
    lead = call.lead
    page = open_page()
    page.goto("/login/")
    page.keyboard.type(cast.rep.email)
    page.keyboard.press("Tab")
    page.keyboard.type(factories.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/day/")

    # What is due: done, reached, and the next one in three days.
    tab_to(page, "Done…")
    page.keyboard.press("Enter")
    page.wait_for_selector("button[name=then]")
    tab_to(page, "+3 d")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Done: Ring Nora. Next: Ring Nora")
    assert Activity.objects.filter(lead=lead).to_do().count() == 1

    # To the board; the lead is found, moved by one stage, opened beside the board and as a page.
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/board/*/")
    page.keyboard.press("f")
    page.keyboard.type("cold")
    page.wait_for_function("() => document.querySelectorAll('.card-lead').length === 1")
    tab_to(page, "Cold storage,")
    page.keyboard.press("Shift+ArrowRight")
    stands_in(page, lead.pk, stages[1])
    page.keyboard.press("Enter")
    page.wait_for_selector("#side h2 >> text=Cold storage")
    tab_to(page, "Open the page")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/leads/{lead.pk}/**")

    # On to what the palette finds.
    page.keyboard.press("Control+k")
    page.keyboard.type("third")
    page.wait_for_selector("#palette [role=option] >> text=Third lead")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1 >> text=Third lead")

    # Lost with a reason, and taken back.
    page.keyboard.press("l")
    page.wait_for_selector("#dialog [name=reason]")
    tab_to(page, LostReason.objects.order_by("sequence")[0].name)
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_selector("#toasts >> text=“Third lead” is lost.")
    assert Lead.objects.get(title="Third lead").status == "lost"
    tab_to(page, "Undo")
    page.keyboard.press("Enter")
    page.wait_for_selector("#dialog[open]")
    tab_to(page, "Undo")
    page.keyboard.press("Enter")
    page.wait_for_selector("#toasts >> text=1 change undone.")
    assert Lead.objects.get(title="Third lead").status == "open"


def test_on_a_phone_one_finds_a_lead_calls_logs_the_call_and_moves_it(
    cast: Any, stages: Any, call: Any, enter: Any
) -> None:
    lead = call.lead
    page = enter(cast.rep, viewport={"width": 360, "height": 740}, has_touch=True)
    page.locator(".phonebar").get_by_role("link", name="Search").tap()
    page.fill("#palette input", "cold sto")
    page.locator("#palette [role=option]", has_text="Cold storage").first.tap()
    page.wait_for_url(f"**/leads/{lead.pk}/**")
    assert page.locator("a[href='tel:+33123456789']").first.is_visible()
    page.locator(".pick", has_text="Reached").tap()
    page.locator("button[name=then][value=three_days]").tap()
    page.wait_for_selector("text=Done: Ring Nora. Next: Ring Nora")
    call.refresh_from_db()
    assert call.outcome == "reached"
    page.goto("/board/")
    page.locator(f"#lead-{lead.pk} .move").tap()
    page.locator("#dialog label", has_text="Qualified").tap()
    page.locator("#dialog button.btn-primary").tap()
    stands_in(page, lead.pk, stages[1])
    assert Lead.objects.get(pk=lead.pk).stage == stages[1]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
