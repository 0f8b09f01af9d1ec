"""The forecast in a browser: a card goes to another month by mouse, key and menu, and back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from core.dates import next_month
from pipeline.forecast import last_day
from pipeline.models import Lead
from tests import factories
from tests.browser.conftest import drag

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def months() -> list[dt.date]:
    """The first days of this month and the two that follow."""
    first = timezone.localdate().replace(day=1)
    return [first, next_month(first), next_month(next_month(first))]


@pytest.fixture
def lead(cast: Any, pipeline: Any) -> Any:
    """A lead of the rep that closes this month."""
    return factories.make_lead(
        by=cast.manager,
        title="Cold storage",
        owner=cast.rep.pk,
        expected_close=last_day(f"{months()[0]:%Y-%m}"),
        expected_revenue=Decimal(3800),
        probability_manual=Decimal(90),
    )


def column(page: Any, first: dt.date) -> Any:
    """A month of the page."""
    return page.locator(f"#month-{first:%Y-%m}")


def is_worth(page: Any, first: dt.date, worth: str) -> None:
    """Wait until a month shows this weighted sum."""
    page.wait_for_function(
        "([id, worth]) => document.querySelector(`#${id} .sum`)?.textContent === worth",
        arg=[f"month-{first:%Y-%m}", worth],
    )


def closes(lead: Any) -> Any:
    """When a lead is expected to close."""
    return Lead.objects.get(pk=lead.pk).expected_close


def test_a_card_is_dragged_to_a_month_and_put_back(enter: Any, cast: Any, lead: Any) -> None:
    this, following, _after = months()
    page = enter(cast.rep)
    page.goto("/forecast/")
    is_worth(page, this, "€3,420")
    card = page.locator(f"#lead-{lead.pk}")
    drag(page, card, column(page, following).locator(".lane"))
    is_worth(page, following, "€3,420")
    is_worth(page, this, "–")
    assert closes(lead) == last_day(f"{following:%Y-%m}")
    page.click("#toasts button:has-text('Undo')")
    is_worth(page, this, "€3,420")
    assert closes(lead) == last_day(f"{this:%Y-%m}")


def test_a_card_is_carried_by_keys_and_by_its_menu(enter: Any, cast: Any, lead: Any) -> None:
    this, following, after = months()
    page = enter(cast.rep)
    page.goto("/forecast/")
    is_worth(page, this, "€3,420")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    is_worth(page, following, "€3,420")
    assert closes(lead) == last_day(f"{following:%Y-%m}")
    assert "Cold storage" in page.inner_text("#announcer")
    assert page.evaluate("document.activeElement.textContent") == "Cold storage"
    page.keyboard.press("m")
    page.wait_for_selector("#dialog select[name=month]")
    page.select_option("#dialog select[name=month]", f"{after:%Y-%m}")
    page.click("#dialog .btn-primary")
    is_worth(page, after, "€3,420")
    assert closes(lead) == last_day(f"{after:%Y-%m}")
    page.focus(f"#lead-{lead.pk} h3 a")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/leads/{lead.pk}/?from=*")
    assert page.locator("a[href^='/forecast/']").count()
