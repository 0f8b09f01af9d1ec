"""My day in a real browser, on a phone: done and next in two taps, and a step planned in place."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from pipeline.models import Activity
from pipeline.services.search import write_search_text
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_morning_on_the_phone(cast: Any, stages: Any, enter: Any) -> None:
    lead = factories.make_lead(
        by=cast.manager, title="Cold storage", owner=cast.rep.pk, phone="+33 1 23 45 67 89"
    )
    bare = factories.make_lead(by=cast.manager, title="Bare lead", owner=cast.rep.pk)
    late = factories.make_activity(
        by=cast.manager,
        lead=lead,
        assignee=cast.rep,
        summary="Ring Nora",
        due_at=timezone.now() - dt.timedelta(days=2),
    )
    page = enter(cast.rep, viewport={"width": 360, "height": 740}, has_touch=True)
    page.goto("/day/")
    assert page.locator(".day-part.over h2").inner_text().split() == ["Overdue", "1"]
    call = page.locator(".call").first.bounding_box()
    assert min(call["width"], call["height"]) >= 44
    page.locator(".day-do .btn", has_text="Done…").click()
    page.locator("button[name=then][value=next_week]").click()
    page.wait_for_selector("text=Done: Ring Nora.")
    late.refresh_from_db()
    assert late.outcome == "done"
    assert page.locator(".day-part.over").count() == 0
    assert page.locator(".day-part.week").inner_text().count("Ring Nora") == 1

    page.locator(".day-part.cold .btn", has_text="Plan…").click()
    page.fill(".planning [name=summary]", "Say hello")
    page.locator(".planning button").click()
    page.wait_for_selector("text=Planned: Say hello")
    assert Activity.objects.get(lead=bare).summary == "Say hello"
    assert page.locator(".day-part.cold").count() == 0
    assert page.url.endswith("/day/")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_day_by_keys_alone(cast: Any, stages: Any, enter: Any) -> None:
    lead = factories.make_lead(
        by=cast.manager, title="Cold storage", contact_name="Nora Diaz", owner=cast.rep.pk
    )
    for days, summary in ((3, "Ring Nora"), (2, "Send prices")):
        factories.make_activity(
            by=cast.manager,
            lead=lead,
            assignee=cast.rep,
            summary=summary,
            due_at=timezone.now() - dt.timedelta(days=days),
        )
    page = enter(cast.rep, viewport={"width": 1280, "height": 800})
    write_search_text([lead.pk])
    page.goto("/day/")
    page.keyboard.press("j")
    page.keyboard.press("b")
    page.wait_for_selector(".brief >> text=Budget?")
    page.keyboard.press("b")
    page.wait_for_selector(".brief", state="detached")
    page.keyboard.press("v")
    page.keyboard.press("3")
    page.wait_for_selector("text=Done: Ring Nora. Next: Ring Nora")
    assert Activity.objects.done().get().outcome == "voicemail"
    page.wait_for_function("() => document.activeElement.matches('.day-row')")
    page.keyboard.press("s")
    page.wait_for_selector("text=Put off: Send prices")
    assert Activity.objects.get(summary="Send prices").due_at > timezone.now()
    page.keyboard.press("q")
    page.keyboard.type("call cold storage tomorrow 10")
    page.wait_for_selector("#quick-read >> text=Cold storage")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Planned: Call cold storage")
    assert Activity.objects.filter(summary="Call cold storage", lead=lead).exists()
    page.focus("[data-quick]")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.wait_for_selector("dialog >> text=Snooze until the next working day")
