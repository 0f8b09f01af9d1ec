"""What surrounds every page, in a real browser: palette, keys, bell, lost lines and sessions."""

from __future__ import annotations

from typing import Any

import pytest

from core.ledger.causes import because
from core.ledger.tables import Kind
from pipeline.models import Lead
from pipeline.services.leads import update_lead
from pipeline.services.moves import move_lead
from pipeline.services.search import write_search_text
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lead(cast: Any, stages: Any) -> Any:
    """The rep's lead, that a search finds."""
    lead = factories.make_lead(by=cast.rep, title="Entrepôt Gdańsk", owner=cast.rep.pk)
    write_search_text([lead.pk])
    return lead


def options(page: Any) -> list[str]:
    """What the palette offers."""
    return [text.strip() for text in page.locator("#palette .said").all_inner_texts()]


def test_the_palette_leads_to_a_lead_by_keyboard_alone(enter: Any, cast: Any, lead: Any) -> None:
    page = enter(cast.rep)
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search or run a command")
    field.wait_for()
    page.keyboard.type("gdańsk")
    option = page.get_by_role("option", name="Entrepôt Gdańsk")
    option.wait_for()
    assert option.get_attribute("aria-selected") == "true"
    assert field.get_attribute("aria-activedescendant") == option.get_attribute("id")
    assert page.locator("#palette mark").first.inner_text() == "Gdańsk"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/leads/{lead.pk}/")
    page.goto("/profile/")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#found-recent-1")
    assert options(page)[0] == "Entrepôt Gdańsk"
    page.keyboard.press("Escape")
    assert not page.evaluate("document.getElementById('palette').open")


def test_arrows_go_round_and_control_enter_opens_a_tab(enter: Any, cast: Any, lead: Any) -> None:
    page = enter(cast.rep)
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette [role=option]")
    last = page.locator("#palette [role=option]").count() - 1
    page.keyboard.press("ArrowUp")
    chosen = page.locator("#palette [role=option]").nth(last)
    assert chosen.get_attribute("aria-selected") == "true"
    page.keyboard.press("ArrowDown")
    here = page.url
    with page.context.expect_page() as opened:
        page.keyboard.press("Control+Enter")
    opened.value.wait_for_load_state()
    assert page.url == here


def test_a_command_of_the_palette_is_done_where_one_is(enter: Any, cast: Any, lead: Any) -> None:
    page = enter(cast.rep)
    page.goto(f"/leads/{lead.pk}/")
    page.keyboard.press("/")
    page.keyboard.type("français")
    page.get_by_role("option", name="Français").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_selector("html[lang=fr]")
    assert page.url.endswith(f"/leads/{lead.pk}/")


def test_letters_go_where_they_say_and_never_while_one_types(
    enter: Any, cast: Any, lead: Any
) -> None:
    page = enter(cast.rep)
    page.goto("/profile/")
    page.focus("[name=name]")
    page.keyboard.type("c?gb")
    assert page.input_value("[name=name]").startswith("c?gb")
    assert "/profile/" in page.url
    page.locator("h1").first.click()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys of this page")
    keys.wait_for()
    assert "New lead" in keys.inner_text()
    page.keyboard.press("c")
    assert "/profile/" in page.url
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/board/*/")
    page.goto("/profile/")
    page.keyboard.press("c")
    page.wait_for_url("**/leads/new/**")


def test_letters_that_were_turned_off_do_nothing(enter: Any, cast: Any) -> None:
    page = enter(cast.rep)
    page.goto("/profile/")
    page.uncheck("[name=keys]")
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("body[data-keys-off]")
    page.locator("h1").first.click()
    for key in ("c", "?", "/"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert "/profile/" in page.url
    assert page.locator("dialog[open]").count() == 0
    page.keyboard.press("Control+k")
    page.locator("#palette[open]").wait_for()


def test_the_bell_rings_for_what_others_did_until_it_is_opened(
    enter: Any, cast: Any, lead: Any, stages: Any
) -> None:
    with because(Kind.PERSON, by=cast.manager):
        move_lead(lead=lead.pk, stage=stages[1].pk, by=cast.manager)
    page = enter(cast.rep)
    page.goto("/profile/")
    page.get_by_role("link", name="Notifications: 2 new").click()
    box = page.get_by_role("dialog", name="Notifications")
    box.wait_for()
    assert "Mona Manager: moved New → Qualified" in box.inner_text()
    page.wait_for_selector("#bell[aria-label='Notifications: nothing new']")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "bell"


def test_without_a_line_the_offline_page_shows_in_the_persons_language_and_goes_again(
    enter: Any, cast: Any, lead: Any
) -> None:
    with factories.arranging():
        cast.rep.language = "fr"
        cast.rep.save()
    page = enter(cast.rep, service_workers="allow")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()  # the page that registers it is not its own yet
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.context.set_offline(True)
    page.goto(f"/leads/{lead.pk}/")
    page.get_by_role("heading", name="Le serveur est injoignable").wait_for()
    kept = page.evaluate(
        "caches.keys().then(async names => (await Promise.all(names.map(async name =>"
        " (await (await caches.open(name)).keys()).map(found => new URL(found.url).pathname)"
        "))).flat())"
    )
    assert not [path for path in kept if path != "/offline/" and not path.startswith("/static/")]
    page.context.set_offline(False)
    page.get_by_role("heading", name="Entrepôt Gdańsk").wait_for()


def test_a_session_that_ended_leads_to_the_login_and_back(enter: Any, cast: Any, lead: Any) -> None:
    page = enter(cast.rep)
    page.goto(f"/leads/{lead.pk}/")
    page.context.clear_cookies(name="sessionid")
    page.keyboard.press("Control+k")
    page.get_by_text("Your session has ended").wait_for()
    assert page.locator("nav").count() == 0
    page.fill("[name=username]", cast.rep.email)
    page.fill("[name=password]", factories.PASSWORD)
    page.click("main button.btn-primary")
    page.wait_for_url(f"**/leads/{lead.pk}/")


def test_a_form_that_was_filled_in_outlives_its_session(enter: Any, cast: Any, stages: Any) -> None:
    page = enter(cast.rep)
    page.goto("/leads/new/")
    title = "A long thought " * 10
    page.fill("[name=title]", title)
    page.context.clear_cookies(name="sessionid")
    page.locator("main form button.btn-primary").first.click()
    page.get_by_role("heading", name="Your session has ended").wait_for()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Log in in a new tab").click()
    login = opened.value
    login.fill("[name=username]", cast.rep.email)
    login.fill("[name=password]", factories.PASSWORD)
    login.click("main button.btn-primary")
    login.wait_for_selector(".nav-side")
    page.go_back()
    page.wait_for_selector("[name=title]")
    assert page.input_value("[name=title]") == title
    page.locator("main form button.btn-primary").first.click()
    page.wait_for_url("**/leads/*/")
    assert Lead.objects.filter(title=title.strip()).count() == 1


def test_what_a_script_is_refused_is_a_toast(enter: Any, cast: Any, lead: Any) -> None:
    page = enter(cast.rep)
    page.goto(f"/leads/{lead.pk}/")
    # What the page itself asks for later is there before the lead goes out of sight.
    page.wait_for_load_state("networkidle")
    with factories.arranging():
        update_lead(lead=lead.pk, values={"owner": cast.stranger.pk}, by=cast.manager)
    page.evaluate(f"htmx.ajax('GET', '/leads/{lead.pk}/lose/', {{target: '#dialog'}})")
    page.get_by_text("This is not there any more, or out of your sight.").wait_for()
    assert page.locator("h1").first.inner_text() == "Entrepôt Gdańsk"


@pytest.mark.parametrize("width", [1440, 360])
def test_who_has_no_script_finds_and_reads_all_the_same(
    width: int, enter: Any, cast: Any, lead: Any
) -> None:
    page = enter(cast.rep, java_script_enabled=False, viewport={"width": width, "height": 740})
    if width < 500:
        page.locator(".phonebar").get_by_role("link", name="Search").click()
        page.wait_for_url("**/search/")
        page.fill("main [name=q]", "gdańsk")
        page.keyboard.press("Enter")
    else:
        page.goto("/profile/")
        page.fill("form[data-command] [name=q]", "gdańsk")
        page.keyboard.press("Enter")
    page.get_by_role("link", name="Entrepôt Gdańsk").click()
    page.wait_for_url(f"**/leads/{lead.pk}/")
    page.goto("/notices/")
    assert page.get_by_role("heading", name="Notifications").count() == 1
