"""Each page, at both widths, light and dark, in both languages: nothing overflows, no console
error, no broken policy. With RELANCE_SCREENSHOTS=write the pictures go to docs/screenshots."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import translation

from tests.browser.conftest import REFUSALS
from tests.browser.pages import NOW, PAGES, Traffic, World, let_in, made_world, overflow

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FOLDER = Path(settings.BASE_DIR) / "docs" / "screenshots"
WRITE = os.environ.get("RELANCE_SCREENSHOTS") == "write"
WIDTHS = {1440: 900, 360: 740}
#: A picture is written anew when so much of it differs; a shade at an edge is no news.
DIFFERENT = 12


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_fits_and_reports_nothing(
    language: str, chromium: Any, live_server: Any, settings: Any
) -> None:
    settings.LANGUAGE_CODE = language
    troubles: list[str] = []
    with translation.override(language), made_world(language) as world:
        context = chromium.new_context(
            base_url=live_server.url, service_workers="block", reduced_motion="reduce"
        )
        context.set_default_timeout(15_000)
        page = context.new_page()
        traffic = Traffic(page)
        where = ""
        page.on("pageerror", lambda error: troubles.append(f"{where}: {error}"))
        page.on(
            "console",
            lambda message: (
                troubles.append(f"{where}: {message.text}")
                if message.type == "error"
                and not any(refusal in message.text for refusal in REFUSALS)
                else None
            ),
        )
        page.clock.set_system_time(NOW)
        for person in dict.fromkeys(shown.person for shown in PAGES):
            let_in(context, world.users.get(person), live_server.url, language)
            for shown in (shown for shown in PAGES if shown.person == person):
                for width, height in WIDTHS.items():
                    where = f"{shown.name} at {width}"
                    try:
                        look(page, traffic, shown, world, width, height, troubles, where)
                    except Exception as error:  # one page that fails hides no other
                        troubles.append(f"{where}: {str(error).splitlines()[0]}")
        context.close()
    if WRITE:
        write_index()
    assert troubles == []


def look(
    page: Any,
    traffic: Traffic,
    shown: Any,
    world: World,
    width: int,
    height: int,
    troubles: list[str],
    where: str,
) -> None:
    """Open a page in one width and look at it in both themes."""
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    answer = page.goto(shown.address(world))
    if answer.status != shown.status:
        troubles.append(f"{where}: status {answer.status}")
    traffic.settle()
    shown.before(page)
    page.mouse.move(0, 0)
    if too_wide := overflow(page):
        troubles.append(f"{where}: {too_wide} px too wide")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.wait_for_selector(f"html[data-bs-theme={theme}]", state="attached")
        if WRITE:
            picture = page.screenshot(caret="hide", animations="disabled")
            keep(picture, FOLDER / world.language / f"{shown.name}-{width}-{theme}.webp")


def keep(picture: bytes, path: Path) -> None:
    """Write a picture as WebP, unless the one that is there looks the same."""
    from PIL import Image, ImageChops

    fresh = Image.open(io.BytesIO(picture)).convert("RGB")
    if path.exists():
        old = Image.open(path).convert("RGB")
        if old.size == fresh.size:
            grey = (
                ImageChops.difference(old, fresh)
                .convert("L")
                .resize((old.width // 8, old.height // 8), Image.Resampling.BOX)
            )
            if grey.getextrema()[1] < DIFFERENT:
                return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh.save(path, "WEBP", quality=72, method=6)


def write_index() -> None:
    """The table of all pictures."""
    lines = [
        "# Every page",
        "",
        "Made by `RELANCE_SCREENSHOTS=write pytest tests/browser/test_screenshots.py` from a",
        "company seeded at a fixed moment; a page that looks as before keeps its picture.",
        "",
        "| page | 1440 px, light | 1440 px, dark | 360 px, light | 360 px, dark |",
        "|---|---|---|---|---|",
    ]
    for shown in PAGES:
        cells = []
        for width in WIDTHS:
            for theme in ("light", "dark"):
                name = f"{shown.name}-{width}-{theme}.webp"
                links = [
                    f"[{code}]({code}/{name})"
                    for code in ("en", "fr")
                    if (FOLDER / code / name).exists()
                ]
                cells.append(" · ".join(links))
        lines.append(f"| {shown.name} | {' | '.join(cells)} |")
    (FOLDER / "README.md").write_text("\n".join(lines) + "\n", "utf-8")


def test_a_picture_that_looks_the_same_is_not_written_again(tmp_path: Path) -> None:
    from PIL import Image

    def png(colour: str, spot: bool = False) -> bytes:
        image = Image.new("RGB", (160, 160), colour)
        if spot:
            image.paste("#000", (40, 40, 72, 72))
        out = io.BytesIO()
        image.save(out, "PNG")
        return out.getvalue()

    path = tmp_path / "a.webp"
    keep(png("#ffffff"), path)
    first = path.read_bytes()
    keep(png("#fefefe"), path)
    assert path.read_bytes() == first
    keep(png("#ffffff", spot=True), path)
    assert path.read_bytes() != first
