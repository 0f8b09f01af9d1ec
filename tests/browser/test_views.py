"""Views and conditions in a browser: built, seen live, kept, changed, opened first."""

from __future__ import annotations

from typing import Any

import pytest

from crm.models import SavedView
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def leads(cast: Any, pipeline: Any) -> list[Any]:
    """Three leads of the rep: 5, 50 and 500 euros."""
    return [
        factories.make_lead(
            by=cast.manager, title=f"Lead {revenue}", owner=cast.rep.pk, expected_revenue=revenue
        )
        for revenue in (5, 50, 500)
    ]


def found(number: int) -> str:
    return f"() => document.querySelector('#condition-said')?.innerText.includes('{number} found')"


def test_a_condition_is_built_and_kept_as_the_view_that_opens_first(
    enter: Any, cast: Any, leads: Any
) -> None:
    page = enter(cast.rep)
    page.goto("/leads/")
    page.click(".chips-of a[data-dialog]")
    page.click("#dialog[open] a[href^='/conditions/']")
    page.wait_for_function(found(3))
    page.select_option("[name=f0]", "expected_revenue")
    page.select_option("[name=o0]", ">=")
    page.fill("[name=v0]", "50")
    page.wait_for_function(found(2))
    page.click("#conditions [name=group]")
    page.select_option("[name=f1]", "title")
    page.select_option("[name=o1]", "contains")
    page.fill("[name=v1]", "500")
    page.wait_for_function(found(1))
    assert "Expected revenue is at least 50 and title contains" in page.inner_text(
        "#condition-said"
    )
    page.click("#conditions .btn-primary")
    page.wait_for_url("**where=**")
    assert page.locator("[data-row]").count() == 1

    page.click(".views-menu > summary")
    page.click(".view-deeds [href^='/views/new/']")
    page.fill("#dialog [name=name]", "Big ones")
    page.check("#dialog [name=first]")
    page.click("#dialog .btn-primary")
    page.wait_for_selector("#toasts [data-toast]")
    assert SavedView.objects.get().name == "Big ones"

    page.goto("/leads/")
    page.wait_for_url("**view=**")
    assert page.locator("[data-row]").count() == 1
    assert page.inner_text(".views-menu > summary").strip() == "Big ones"
    # Sorted otherwise it is another view, until it is saved.
    page.click("th a:has-text('Title')")
    page.wait_for_selector(".views-menu:has-text('changed')")
    page.click(".view-save button")
    page.wait_for_selector("#toasts [data-toast]")
    assert "sort=title" in SavedView.objects.get().query
