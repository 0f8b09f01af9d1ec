"""Notes in a real browser: by keyboard alone, with a draft that outlives a reload."""

from __future__ import annotations

from typing import Any

import pytest

from messaging.models import File, Note
from pipeline.models import LeadFollower
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_note_is_written_by_keyboard_and_its_draft_outlives_a_reload(
    cast: Any, stages: Any, enter: Any
) -> None:
    lead = factories.make_lead(by=cast.manager, title="Alpha", owner=cast.rep.pk)
    page = enter(cast.rep)
    page.goto(lead.get_absolute_url())
    page.keyboard.press("?")
    page.wait_for_selector("#dialog dd:has-text('Write a note')")
    page.keyboard.press("Escape")
    page.wait_for_selector("#dialog", state="hidden")
    page.keyboard.press("n")
    page.keyboard.type("Ask for **Nora** <img src=x onerror=alert(1)>")
    page.reload()
    box = page.locator("[data-composer] textarea")
    assert box.input_value().startswith("Ask for **Nora**")
    page.keyboard.press("n")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".entry .note strong:text('Nora')")
    assert page.locator(".entry img").count() == 0
    assert page.locator("[data-composer] textarea").input_value() == ""
    page.reload()
    assert page.locator("[data-composer] textarea").input_value() == ""
    assert Note.objects.get().author == cast.rep

    page.locator(".entry a", has_text="Edit").click()
    page.wait_for_selector("#dialog textarea")
    page.fill("#dialog textarea", "Ask for Karl")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".entry .note:has-text('Ask for Karl')")
    page.locator(".entry a", has_text="edited").click()
    page.wait_for_selector("#dialog .note:has-text('Nora')")
    page.keyboard.press("Escape")

    page.locator(".entry button", has_text="Delete").click()
    page.wait_for_selector("#toasts [data-undo] button")
    assert Note.objects.count() == 0
    page.locator("#toasts [data-undo] button").click()
    page.wait_for_selector(".entry .note:has-text('Ask for Karl')")


def test_a_note_on_a_contact_shows_at_once(cast: Any, enter: Any) -> None:
    contact = factories.make_contact("Nora", owner=cast.rep)
    page = enter(cast.rep)
    page.goto(contact.get_absolute_url())
    page.fill("[data-composer] textarea", "Likes tea")
    page.locator("[data-composer] button").click()
    page.wait_for_selector("[data-part=notes] .note:has-text('Likes tea')")
    assert page.locator("[data-composer] textarea").input_value() == ""


def test_a_colleague_is_mentioned_by_keyboard(cast: Any, stages: Any, enter: Any) -> None:
    lead = factories.make_lead(by=cast.manager, title="Alpha", owner=cast.rep.pk)
    page = enter(cast.rep)
    page.goto(lead.get_absolute_url())
    page.keyboard.press("n")
    page.keyboard.type("Ask @sten")
    page.wait_for_selector(".mention-list [aria-selected=true]:has-text('Sten Stranger')")
    page.keyboard.press("Enter")
    page.keyboard.type("today")
    assert page.locator("[data-composer] textarea").input_value() == "Ask @Sten Stranger today"
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".entry .note strong:text('@Sten Stranger')")
    page.locator("#toasts button", has_text="Give access").click()
    page.wait_for_selector("#toasts :text('Given access')")
    assert LeadFollower.objects.filter(lead=lead, user=cast.stranger).exists()


#: Lets go of files over an element, as the mouse does.
DROP = """(zone, names) => {
  const held = new DataTransfer();
  for (const name of names) held.items.add(new File([`words of ${name}`], name));
  for (const type of ["dragover", "drop"]) {
    zone.dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: held}));
  }
}"""
#: Pastes a file into an element.
PASTE = """(box, name) => {
  const held = new DataTransfer();
  held.items.add(new File(["words"], name));
  box.dispatchEvent(new ClipboardEvent("paste", {
    bubbles: true, cancelable: true, clipboardData: held,
  }));
}"""


def test_files_that_are_dropped_while_others_are_on_their_way_follow_them(
    cast: Any, enter: Any
) -> None:
    contact = factories.make_contact("Nora", owner=cast.rep)
    page = enter(cast.rep)
    page.goto(contact.get_absolute_url())
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    page.route("**/files/contact/*/", hold, times=1)
    panel = page.locator("[data-part=files]")
    panel.evaluate(DROP, ["offer.txt", "plan.txt"])
    page.wait_for_timeout(100)
    panel.evaluate(DROP, ["late.txt"])
    assert len(held) == 1
    held[0].continue_()
    page.wait_for_selector(".files a:text('late.txt')")
    assert sorted(File.objects.values_list("name", flat=True)) == [
        "late.txt",
        "offer.txt",
        "plan.txt",
    ]


def test_a_file_that_is_pasted_goes_with_its_note(cast: Any, stages: Any, enter: Any) -> None:
    lead = factories.make_lead(by=cast.manager, title="Alpha", owner=cast.rep.pk)
    page = enter(cast.rep)
    page.goto(lead.get_absolute_url())
    box = page.locator("[data-composer] textarea")
    box.fill("See the picture")
    box.evaluate(PASTE, "shot.txt")
    page.wait_for_selector("[data-picked] li:has-text('shot.txt')")
    box.press("Control+Enter")
    page.wait_for_selector(".entry .note:has-text('See the picture')")
    assert File.objects.get(name="shot.txt").note == Note.objects.get()
    assert page.locator("[data-picked] li").count() == 0
