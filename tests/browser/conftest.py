"""A real browser against the real server: the system's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests import factories

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
#: What a browser logs of an answer that says no, or of a line that a test has cut; the tests look
#: at what the page makes of it.
REFUSALS = (
    *(f"status of {status}" for status in (401, 403, 404, 409, 422)),
    "net::ERR_FAILED",
    "net::ERR_INTERNET_DISCONNECTED",
)


def chromium_path() -> str | None:
    """Where the system's Chromium is, if there is one."""
    found = os.environ.get("CHROMIUM")
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = found or shutil.which(name)
    return found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    path = chromium_path()
    if path is None:
        pytest.skip("there is no Chromium on this machine")
    # Playwright's loop runs in this thread; the test talks to the database from it as well.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_page(chromium: Any, live_server: Any) -> Iterator[Callable[..., Any]]:
    """Open a page of the server; at the end no error was logged and no policy was broken."""
    troubles: list[str] = []
    contexts: list[Any] = []

    def opened(**options: Any) -> Any:
        options.setdefault("viewport", {"width": 1440, "height": 900})
        # The worker would ask for pages itself, past what a test does with the line.
        options.setdefault("service_workers", "block")
        context = chromium.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "console",
            lambda message: (
                troubles.append(message.text)
                if message.type == "error"
                and not any(refusal in message.text for refusal in REFUSALS)
                else None
            ),
        )
        return page

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture
def enter(open_page: Callable[..., Any]) -> Callable[..., Any]:
    """Log somebody in through the login page, and arrive on the board."""

    def entered(user: Any, **options: Any) -> Any:
        page = open_page(**options)
        page.goto("/login/")
        page.fill("[name=username]", user.email)
        page.fill("[name=password]", factories.PASSWORD)
        page.click("main button.btn-primary")
        page.wait_for_url(lambda address: "/login/" not in address)
        if "/board/" not in page.url:
            page.goto("/board/")
        page.wait_for_url("**/board/*/")
        return page

    return entered


def drag(page: Any, card: Any, target: Any, *, below: bool = False) -> None:
    """Drag a card by the mouse onto a card, a lane or a drop zone."""
    card.scroll_into_view_if_needed()
    start = card.bounding_box()
    page.mouse.move(start["x"] + 60, start["y"] + 34)
    page.mouse.down()
    page.mouse.move(start["x"] + 70, start["y"] + 44, steps=4)
    end = target.bounding_box()
    depth = end["height"] - 12 if below else min(20, end["height"] / 2)
    across = min(60, end["width"] / 2)
    page.mouse.move(end["x"] + across, end["y"] + depth, steps=14)
    page.wait_for_timeout(150)
    page.mouse.move(end["x"] + across + 2, end["y"] + depth + 1, steps=2)
    page.wait_for_timeout(100)
    page.mouse.up()
