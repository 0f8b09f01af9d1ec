"""Each page by axe-core, light and dark; by keyboard, at 200 %, and without motion."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.pages import PAGES, Page, Traffic, World, let_in, made_world, overflow

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")
#: Steps of the Tab key that are watched on each page.
STEPS = 25

#: What has the focus and does not show it, if anything: an outline, or a ring made of a shadow.
UNSEEN = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return "";
  const rings = (element) => {
    const style = getComputedStyle(element);
    const outline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    const parts = element instanceof SVGElement ? [...element.querySelectorAll("*")] : [];
    const drawn = parts.some((part) => getComputedStyle(part).stroke !== "none");
    return outline || drawn || style.boxShadow !== "none";
  };
  const box = at.getBoundingClientRect();
  if (box.width === 0 || box.height === 0) return "unseen: " + at.outerHTML.slice(0, 90);
  for (let element = at, up = 0; element && up < 3; element = element.parentElement, up += 1) {
    if (rings(element)) return "";
  }
  return "no ring: " + at.outerHTML.slice(0, 90);
}"""

#: What moves for longer than a blink.
MOVING = """() => [...document.querySelectorAll("*")].filter((element) => {
  const style = getComputedStyle(element);
  const long = (text) => text.split(",").some((part) => parseFloat(part) > 0.02);
  return long(style.transitionDuration)
    || (style.animationName !== "none" && long(style.animationDuration));
}).map((element) => element.outerHTML.slice(0, 80))"""


@pytest.fixture
def each_page(chromium: Any, live_server: Any) -> Iterator[Callable[..., str]]:
    """Open every page and collect what a look at it finds wrong."""

    def walked(look: Callable[[Any, Page], list[str]], **options: Any) -> str:
        found: list[str] = []
        with made_world("en") as world:
            context = chromium.new_context(
                base_url=live_server.url, service_workers="block", **options
            )
            context.set_default_timeout(15_000)
            page = context.new_page()
            traffic = Traffic(page)
            for person in dict.fromkeys(shown.person for shown in PAGES):
                let_in(context, world.users.get(person), live_server.url, "en")
                for shown in (shown for shown in PAGES if shown.person == person):
                    try:
                        arrive(page, shown, world, traffic)
                        found += [f"{shown.name}: {wrong}" for wrong in look(page, shown)]
                    except Exception as error:  # one page that fails hides no other
                        found.append(f"{shown.name}: {str(error).splitlines()[0]}")
            context.close()
        return "\n".join(found)

    return walked


def arrive(page: Any, shown: Page, world: World, traffic: Traffic) -> None:
    """Open a page as the pictures show it."""
    page.goto(shown.address(world))
    traffic.settle()
    shown.before(page)


def test_axe_finds_nothing_serious_on_any_page_light_or_dark(each_page: Any) -> None:
    axe = AXE.read_text("utf-8")

    def look(page: Any, shown: Page) -> list[str]:
        page.evaluate(axe)
        found = []
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.wait_for_selector(f"html[data-bs-theme={theme}]", state="attached")
            # Colours that are handed down settle generation by generation, a frame each.
            page.wait_for_timeout(400)
            answer = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
            found += [
                f"{theme}, {broken['id']}: {[node['target'] for node in broken['nodes']][:4]}"
                for broken in answer["violations"]
                if broken["impact"] in SERIOUS
            ]
        return found

    size = {"width": 1440, "height": 900}
    broken = each_page(look, viewport=size, reduced_motion="reduce")
    assert not broken, broken


def test_at_200_percent_nothing_overflows_and_without_motion_nothing_moves(each_page: Any) -> None:
    def look(page: Any, shown: Page) -> list[str]:
        too_wide = overflow(page)
        wrong = [f"{too_wide} px too wide at 200 %"] if too_wide else []
        if not page.locator("h1:visible, h2:visible").count():
            wrong.append("no heading is seen at 200 %")
        moving = page.evaluate(MOVING)
        return wrong + [f"moves: {what}" for what in moving[:3]]

    size = {"width": 720, "height": 450}
    zoomed = {"viewport": size, "device_scale_factor": 2, "reduced_motion": "reduce"}
    broken = each_page(look, **zoomed)
    assert not broken, broken


def test_the_keyboard_always_shows_where_it_is(each_page: Any) -> None:
    def look(page: Any, shown: Page) -> list[str]:
        wrong = []
        for _step in range(STEPS):
            page.keyboard.press("Tab")
            wrong.append(page.evaluate(UNSEEN))
        return [what for what in dict.fromkeys(wrong) if what]

    size = {"width": 1440, "height": 900}
    broken = each_page(look, viewport=size, reduced_motion="reduce")
    assert not broken, broken
