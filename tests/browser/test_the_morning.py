"""The morning of a salesperson, twice: by mouse, and by keyboard alone.

Log in, one's day, call, log the call, plan what is next, move the card, write a note that names a
colleague, take it back.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from core.ledger.dispatch import hand_out
from messaging.models import Note, Notification
from messaging.tasks import notify
from pipeline.models import Activity, Lead
from pipeline.tasks import refresh_search
from tests import factories
from tests.browser.conftest import drag
from tests.browser.test_board import lane, stands_in
from tests.browser.test_mornings import tab_to

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NUMBER = "+33 1 23 45 67 89"


@pytest.fixture
def call(cast: Any, stages: Any) -> Activity:
    """A call that the rep should have made yesterday, on a lead of theirs."""
    lead = factories.make_lead(
        by=cast.manager,
        title="Cold storage",
        stage=stages[0],
        owner=cast.rep.pk,
        contact_name="Nora Diaz",
        phone=NUMBER,
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


def is_logged(call: Activity, outcome: str) -> Activity:
    """The call is done with its outcome, and what was planned after it is returned."""
    call.refresh_from_db()
    assert call.outcome == outcome
    assert call.done_at is not None
    return Activity.objects.to_do().get(lead=call.lead)


def is_told(colleague: Any, lead: Lead) -> None:
    """The note stands, and the colleague, who sees the lead now, is told of it once."""
    hand_out()
    notify()
    assert Lead.objects.visible_to(colleague).filter(pk=lead.pk).exists()
    told = Notification.objects.get(user=colleague, kind=Notification.Kind.MENTION)
    assert (told.note, told.lead) == (Note.objects.get(), lead)


def test_the_morning_by_mouse(cast: Any, stages: Any, call: Activity, open_page: Any) -> None:
    lead = call.lead
    page = open_page()
    page.goto("/login/")
    page.locator("[name=username]").click()
    page.keyboard.type(cast.rep.email)
    page.locator("[name=password]").click()
    page.keyboard.type(factories.PASSWORD)
    page.locator("main button.btn-primary").click()
    page.wait_for_url("**/day/")

    # The number is there to be called; the call is logged with its outcome, the next one planned.
    row = page.locator(".day-row", has_text="Ring Nora")
    assert row.locator("a.call").get_attribute("href") == "tel:" + NUMBER.replace(" ", "")
    row.locator(".btn", has_text="Done…").click()
    row.locator(".pick", has_text="Reached").click()
    page.locator("button[name=then][value=three_days]").click()
    page.wait_for_selector("text=Done: Ring Nora. Next: Ring Nora")
    following = is_logged(call, "reached")
    assert following.due_at is not None
    assert following.due_at > timezone.now()

    page.get_by_role("navigation").get_by_role("link", name="Board").first.click()
    page.wait_for_url("**/board/*/")
    drag(page, page.locator(f"#lead-{lead.pk}"), lane(page, stages[1]))
    stands_in(page, lead.pk, stages[1])
    page.wait_for_selector("#toasts [data-undo] button")

    page.locator(f"#lead-{lead.pk} h3 a").click()
    page.locator("#side").get_by_role("link", name="Open the page").click()
    page.wait_for_url(f"**/leads/{lead.pk}/**")
    page.locator("[data-composer] textarea").click()
    page.keyboard.type("Ask @sten")
    page.locator(".mention-list [role=option]", has_text="Sten Stranger").click()
    page.locator("[data-composer]").get_by_role("button", name="Write the note").click()
    page.wait_for_selector(".entry .note strong:text('@Sten Stranger')")
    page.locator("#toasts button", has_text="Give access").click()
    page.wait_for_selector("#toasts :text('Given access')")
    is_told(cast.stranger, lead)

    # The note goes, and comes back by the ten-second Undo.
    page.locator(".entry button", has_text="Delete").click()
    page.wait_for_selector("#toasts [data-undo] button")
    assert Note.objects.count() == 0
    page.locator("#toasts [data-undo] button").last.click()
    page.wait_for_selector(".entry .note strong:text('@Sten Stranger')")
    is_told(cast.stranger, lead)


def test_the_morning_by_keyboard_alone(
    cast: Any, stages: Any, call: Activity, open_page: Any
) -> None:
    lead = call.lead
    page = open_page()
    page.goto("/login/")
    page.keyboard.type(cast.rep.email)
    page.keyboard.press("Tab")
    page.keyboard.type(factories.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/day/")

    tab_to(page, "Call")
    assert page.evaluate("() => document.activeElement.href") == "tel:" + NUMBER.replace(" ", "")
    page.keyboard.press("r")
    page.keyboard.press("3")
    page.wait_for_selector("text=Done: Ring Nora. Next: Ring Nora")
    is_logged(call, "reached")

    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/board/*/")
    tab_to(page, "Cold storage,")
    page.keyboard.press("Shift+ArrowRight")
    stands_in(page, lead.pk, stages[1])
    page.keyboard.press("Enter")
    page.wait_for_selector("#side h2 >> text=Cold storage")
    tab_to(page, "Open the page")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/leads/{lead.pk}/**")

    page.keyboard.press("n")
    page.keyboard.type("Ask @sten")
    page.wait_for_selector(".mention-list [aria-selected=true]:has-text('Sten Stranger')")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".entry .note strong:text('@Sten Stranger')")
    tab_to(page, "Give access")
    page.keyboard.press("Enter")
    page.wait_for_selector("#toasts :text('Given access')")
    is_told(cast.stranger, lead)

    tab_to(page, "Delete")
    page.keyboard.press("Enter")
    page.wait_for_selector("#toasts [data-undo] button")
    assert Note.objects.count() == 0
    page.keyboard.press("Control+z")
    page.wait_for_selector(".entry .note strong:text('@Sten Stranger')")
    is_told(cast.stranger, lead)
