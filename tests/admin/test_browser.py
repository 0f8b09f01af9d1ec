"""The administration in a real browser: no violation of the strict content policy, rows dragged."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from pipeline.models import Pipeline
from tests import factories

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture
def page(
    transactional_db: None, live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """A tab of an administrator; `page.complaints` gathers what the console says."""
    playwright = pytest.importorskip("playwright.sync_api")
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    client = Client()
    client.force_login(factories.make_user("Ada Admin", "admin"))
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(
            base_url=live_server.url, viewport={"width": 1280, "height": 1400}
        )
        context.add_cookies(
            [
                {
                    "name": settings.SESSION_COOKIE_NAME,
                    "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                    "url": live_server.url,
                }
            ]
        )
        tab = context.new_page()
        tab.set_default_timeout(10_000)
        tab.complaints = []
        tab.on(
            "console",
            lambda said: said.type == "error" and tab.complaints.append((tab.url, said.text)),
        )
        tab.on("pageerror", lambda error: tab.complaints.append((tab.url, str(error))))
        yield tab
        browser.close()


def test_every_kind_of_page_is_within_the_content_policy(page: Any) -> None:
    pipeline = Pipeline.objects.order_by("pk").first()
    assert pipeline is not None
    token_page = reverse("admin:core_apitoken_add")
    for address in (
        reverse("admin:index"),
        reverse("admin:pipeline_pipeline_changelist"),
        reverse("admin:pipeline_pipeline_add"),
        reverse("admin:pipeline_pipeline_change", args=[pipeline.pk]),
        reverse("admin:pipeline_pipeline_history", args=[pipeline.pk]),
        reverse("admin:pipeline_pipeline_delete", args=[pipeline.pk]),
        reverse("admin:pipeline_stage_changelist"),
        reverse("admin:pipeline_stage_add"),
        reverse("admin:crm_user_add"),
        reverse("admin:crm_team_add"),
        reverse("admin:crm_campaigncost_add"),
        reverse("admin:core_cause_changelist"),
        reverse("admin:core_change_changelist"),
        token_page,
    ):
        answer = page.goto(address)
        assert answer.status == 200, address
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
    page.goto(token_page)
    page.select_option("#id_owner", index=1)
    page.fill("#id_name", "Website")
    page.click("input[name=_save]")
    assert page.locator("code.secret").inner_text().startswith("rel_")
    page.goto(reverse("admin:core_cause_changelist"))
    page.click("#result_list tbody tr:first-child a")
    page.click("text=Undo")
    page.wait_for_url("**/undo/")
    assert page.complaints == []


def test_stages_are_ordered_by_dragging_their_rows(page: Any) -> None:
    pipeline = Pipeline.objects.order_by("pk").first()
    assert pipeline is not None
    before = [stage.name for stage in pipeline.stages.in_order()]
    page.goto(reverse("admin:pipeline_pipeline_change", args=[pipeline.pk]))
    handles = page.locator("tr.has_original .order-handle")
    assert handles.count() == len(before)
    first = handles.nth(0).bounding_box()
    third = page.locator("tr.has_original").nth(2).bounding_box()
    page.mouse.move(first["x"] + 3, first["y"] + 5)
    page.mouse.down()
    for part in (0.2, 0.5, 0.8, 0.95):  # slowly, as a hand does: the rows give way on the path
        page.mouse.move(first["x"] + 4, third["y"] + third["height"] * part, steps=15)
        page.wait_for_timeout(200)
    page.mouse.up()
    page.wait_for_function(
        "() => document.querySelector('tr.has_original input[name$=\"-sequence\"]').name"
        " !== 'stages-0-sequence'"
    )
    page.click("input[name=_save]")
    page.wait_for_url(f"**{reverse('admin:pipeline_pipeline_changelist')}")
    after = [stage.name for stage in pipeline.stages.in_order()]
    assert after == [before[1], before[2], before[0], *before[3:]]
    assert page.complaints == []


def test_stages_are_ordered_by_typing_numbers(page: Any) -> None:
    pipeline = Pipeline.objects.order_by("pk").first()
    assert pipeline is not None
    before = [stage.name for stage in pipeline.stages.in_order()]
    page.goto(reverse("admin:pipeline_pipeline_change", args=[pipeline.pk]))
    page.fill("#id_stages-0-sequence", "25")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{reverse('admin:pipeline_pipeline_changelist')}")
    after = [stage.name for stage in pipeline.stages.in_order()]
    assert after == [before[1], before[0], *before[2:]]
