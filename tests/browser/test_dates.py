"""Forecast and calendar in a real browser: by mouse, by keyboard, by the form, and undone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from pipeline.dateview import month_after
from pipeline.forecast import last_day
from pipeline.models import Activity, Lead
from tests import factories
from tests.browser.conftest import drag

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def column(page: Any, month: dt.date) -> Any:
    return page.locator(f".drops-here[data-to='{month:%Y-%m}']")


def closes(page: Any, lead: Lead, day: dt.date | None) -> None:
    """Wait until the page shows the lead where it was put, and look it up."""
    key = "none" if day is None else f"{day:%Y-%m}"
    page.wait_for_selector(f".drops-here[data-to='{key}'] #lead-{lead.pk}:not(.saving)")
    lead.refresh_from_db()
    assert lead.expected_close == day


def test_a_lead_is_put_into_other_months(cast: Any, stages: Any, enter: Any) -> None:
    this = timezone.localdate().replace(day=1)
    second, third = month_after(this, 1), month_after(this, 2)
    lead = factories.make_lead(
        by=cast.manager,
        title="Cold storage",
        owner=cast.rep.pk,
        expected_close=this,
        expected_revenue=1000,
        probability_manual=50,
    )
    page = enter(cast.rep)
    page.get_by_role("navigation", name="Show as").get_by_role("link", name="Forecast").click()
    page.wait_for_url("**/forecast/**")
    assert (
        page.locator(".month", has=page.locator(f"#lead-{lead.pk}"))
        .locator(".total")
        .inner_text()
        .startswith("€500")
    )
    drag(page, page.locator(f"#lead-{lead.pk}"), column(page, second))
    closes(page, lead, last_day(second))
    page.wait_for_selector("#toasts >> text=should close on")

    page.locator(f"#lead-{lead.pk}").focus()
    page.keyboard.press("Shift+ArrowRight")
    closes(page, lead, last_day(third))
    assert page.evaluate("() => document.activeElement.id") == f"lead-{lead.pk}"
    page.keyboard.press("m")
    page.locator("#dialog button", has_text="No date").click()
    closes(page, lead, None)
    page.keyboard.press("Control+z")
    closes(page, lead, last_day(third))


def test_a_step_is_put_on_another_day(cast: Any, stages: Any, enter: Any) -> None:
    middle = timezone.localdate().replace(day=15)
    lead = factories.make_lead(by=cast.manager, title="Cold storage", owner=cast.rep.pk)
    step = factories.make_activity(
        by=cast.manager,
        lead=lead,
        assignee=cast.rep,
        summary="Ring Nora",
        due_at=None,
        due_on=middle,
    )
    page = enter(cast.rep)
    page.goto("/calendar/")

    def stands(day: dt.date) -> None:
        page.wait_for_selector(f".drops-here[data-to='{day}'] #lead-{lead.pk}:not(.saving)")
        assert timezone.localdate(Activity.objects.get(pk=step.pk).due_at) == day

    stands(middle)
    later = middle + dt.timedelta(days=2)
    target = page.locator(f".drops-here[data-to='{later}']")
    page.locator(f"#lead-{lead.pk} > .i").drag_to(target)
    stands(later)
    page.locator(f"#lead-{lead.pk}").focus()
    page.keyboard.press("Shift+ArrowDown")
    stands(later + dt.timedelta(days=7))
    page.keyboard.press("Shift+ArrowLeft")
    stands(later + dt.timedelta(days=6))
    page.keyboard.press("m")
    page.wait_for_selector("#dialog #move-day")
    page.fill("#move-day", f"{middle}")
    page.keyboard.press("Enter")
    stands(middle)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/leads/{lead.pk}/**")
    page.wait_for_selector("text=1 of 1")
