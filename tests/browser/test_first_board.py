"""A salesperson's first board in a real browser, by mouse, by menu, by keyboard, on a phone."""

from __future__ import annotations

import csv
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.utils.translation import gettext, override

from core.ledger.dispatch import hand_out
from pipeline.models import Lead, LostReason
from tests import factories
from tests.browser.conftest import drag
from tests.capture.arranging import OPPORTUNITIES, needs_opportunities

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def heads(page: Any) -> list[str]:
    """Name and count of each column."""
    return [
        " ".join(head.locator("h2").inner_text().split()[:2])
        for head in page.locator(".col-head").all()
    ]


def lane_of(page: Any, lead: int) -> str:
    """The stage in whose column a card stands."""
    return str(page.locator(f"#lead-{lead}").evaluate("card => card.parentElement.dataset.lane"))


def settled(page: Any, lead: int) -> None:
    """Wait until a move is saved."""
    page.wait_for_selector(f"#lead-{lead}.landed, #lead-{lead}:not(.saving)")
    page.wait_for_selector("#toasts [data-toast]")


@pytest.fixture
def board(cast: Any, stages: Any) -> list[Any]:
    """Three leads in New, one in Qualified."""
    leads = [
        factories.make_lead(
            by=cast.manager, title=title, stage=stages[0], owner=cast.rep.pk, expected_revenue=100
        )
        for title in ("Alpha", "Beta", "Gamma")
    ]
    delta = factories.make_lead(by=cast.manager, title="Delta", stage=stages[1])
    return [*leads, delta]


@needs_opportunities
def test_the_imported_file_stands_on_the_board_and_a_moved_card_can_be_undone(
    cast: Any, stages: Any, enter: Any
) -> None:
    files = sorted(str(path) for path in OPPORTUNITIES.glob("*.csv"))
    call_command("import_leads", *files, "--quiet")
    with (OPPORTUNITIES / "sales_pipeline.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    won = [row for row in rows if row["deal_stage"] == "Won"]
    early = [row for row in rows if row["deal_stage"] == "Prospecting"]
    later = [row for row in rows if row["deal_stage"] == "Engaging"]
    page = enter(cast.manager)
    page.goto(f"{page.url}?won=all")

    columns = {
        head.locator(".name").inner_text(): head.inner_text()
        for head in page.locator(".col-head").all()
    }
    counts = {
        head.locator(".name").inner_text(): int(head.get_attribute("data-count"))
        for head in page.locator(".col-head").all()
    }
    assert counts["Won"] == len(won) == 4238
    assert sum(counts.values()) - counts["Won"] == len(early) + len(later) == 2089
    total = sum(Decimal(row["close_value"]) for row in won)
    assert f"{total:,.0f}" in columns["Won"]

    lanes = page.locator("[data-lane]")
    source = next(lane for lane in lanes.all() if lane.locator(".card-lead").count())
    target = lanes.nth(2)
    was, wanted = source.get_attribute("data-lane"), target.get_attribute("data-lane")
    card = source.locator(".card-lead").first
    lead = int(card.get_attribute("data-card"))
    title = card.locator("h3").inner_text()
    before = heads(page)
    drag(page, card, target)
    settled(page, lead)
    assert lane_of(page, lead) == wanted
    page.wait_for_function(
        "before => document.querySelector('#board').innerText !== before", arg=str(before)
    )
    after = heads(page)
    assert after != before
    page.reload()
    assert lane_of(page, lead) == wanted
    assert heads(page) == after

    page.goto(f"/leads/{lead}/")
    assert page.locator("h1").inner_text() == title
    entry = page.locator(".entry").first
    assert "Mona Manager" in entry.inner_text()
    assert "moved" in entry.inner_text()
    assert Lead.objects.get(pk=lead).stage.name in entry.inner_text()
    entry.get_by_role("link", name="Undo").click()
    page.locator("#dialog").get_by_role("button", name="Undo").click()
    page.wait_for_selector("text=1 change undone.")
    page.goto("/board/")
    page.goto(f"{page.url}?won=all")
    assert lane_of(page, lead) == was
    assert heads(page) == before


@pytest.mark.parametrize("language", ["en", "fr"])
def test_menu_lost_and_undo_speak_the_persons_language(
    language: str, cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    with factories.arranging():
        cast.rep.language = language
        cast.rep.save()
    with override(language):
        words = {name: gettext(name) for name in ("Move", "Lost", "Lost…", "Undo", "Lost leads")}
    if language == "fr":
        assert words["Undo"] == "Revenir en arrière"
    page, lead = enter(cast.rep), board[0].pk
    assert page.locator("html").get_attribute("lang") == language

    page.locator(f"#lead-{lead} .move").click()
    page.locator("#dialog label", has_text=stages[3].name).click()
    page.locator("#dialog").get_by_role("button", name=words["Move"], exact=True).click()
    settled(page, lead)
    assert lane_of(page, lead) == str(stages[3].pk)

    page.locator(f"#lead-{lead} .move").click()
    page.locator("#dialog").get_by_role("link", name=words["Lost…"]).click()
    page.wait_for_selector("#dialog [name=reason]")
    confirm = page.locator("#dialog").get_by_role("button", name=words["Lost"], exact=True)
    page.evaluate("document.querySelector('#dialog form').noValidate = true")
    confirm.click()
    page.wait_for_selector("#dialog .errorlist")
    reason = LostReason.objects.order_by("sequence").first()
    assert reason is not None
    page.locator("#dialog label", has_text=reason.name).click()
    confirm.click()
    page.wait_for_selector(f"#lead-{lead}", state="detached")
    assert Lead.objects.get(pk=lead).lost_reason == reason

    page.locator("#toasts [data-undo]").last.get_by_role("button").click()
    page.wait_for_selector(f"#lead-{lead}")
    assert lane_of(page, lead) == str(stages[3].pk)
    assert Lead.objects.get(pk=lead).status == "open"


def test_a_card_dropped_on_lost_goes_back_when_the_reason_is_not_given(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    page, lead = enter(cast.rep), board[1].pk
    drag(page, page.locator(f"#lead-{lead}"), page.locator("[data-drop=lost]"))
    page.wait_for_selector("#dialog [name=reason]")
    page.keyboard.press("Escape")
    page.wait_for_selector("#dialog", state="hidden")
    assert lane_of(page, lead) == str(stages[0].pk)
    assert Lead.objects.get(pk=lead).status == "open"

    drag(page, page.locator(f"#lead-{lead}"), page.locator("[data-drop=won]"))
    page.wait_for_selector("text=“Beta” is won.")
    assert lane_of(page, lead) == str(stages[4].pk)


def test_what_the_server_refuses_goes_back_with_the_reason(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    page, lead = enter(cast.rep), board[2].pk
    from pipeline.services.moves import move_lead

    with factories.arranging():
        move_lead(lead=lead, stage=stages[3].pk, by=cast.manager)
    drag(page, page.locator(f"#lead-{lead}"), page.locator(f"[data-lane='{stages[1].pk}']"))
    page.wait_for_selector("#toasts .error")
    assert "meanwhile" in page.locator("#toasts .error").inner_text()
    page.wait_for_function(
        "([id, stage]) => document.getElementById(id)?.parentElement.dataset.lane === stage",
        arg=[f"lead-{lead}", str(stages[3].pk)],
    )

    with factories.arranging():
        stages[2].required_fields = ["expected_close"]
        stages[2].save()
    drag(page, page.locator(f"#lead-{lead}"), page.locator(f"[data-lane='{stages[2].pk}']"))
    page.wait_for_selector("#dialog [name=expected_close]")
    assert lane_of(page, lead) == str(stages[3].pk)
    page.fill("#dialog [name=expected_close]", "2027-01-15")
    page.locator("#dialog button.btn-primary").click()
    page.wait_for_function(
        "([id, stage]) => document.getElementById(id)?.parentElement.dataset.lane === stage",
        arg=[f"lead-{lead}", str(stages[2].pk)],
    )


def test_a_lead_is_moved_by_the_keyboard_alone(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    page, lead = enter(cast.rep), board[0].pk
    page.locator(f"#lead-{lead} .move").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#dialog [name=stage]")
    page.locator("#dialog [name=stage]:checked").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    settled(page, lead)
    assert lane_of(page, lead) == str(stages[1].pk)
    assert "Qualified" in page.locator("#announcer").inner_text()


def test_a_person_who_may_not_change_a_lead_cannot_lift_it(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    page, lead = enter(cast.mate), board[0].pk
    card = page.locator(f"#lead-{lead}")
    assert card.locator(".move").count() == 0
    drag(page, card, page.locator(f"[data-lane='{stages[1].pk}']"))
    assert lane_of(page, lead) == str(stages[0].pk)


def test_words_find_leads_while_one_types(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    from pipeline.tasks import refresh_search

    hand_out()
    refresh_search()
    page = enter(cast.rep)
    page.fill(".find.small input", "gam")
    page.wait_for_selector(f"#lead-{board[0].pk}", state="detached")
    assert page.locator(".card-lead").count() == 1
    assert "q=gam" in page.url
    page.reload()
    assert page.locator(".card-lead h3").inner_text() == "Gamma"
    drag(page, page.locator(".card-lead"), page.locator(f"[data-lane='{stages[1].pk}']"))
    settled(page, board[2].pk)
    assert heads(page)[1] == f"{stages[1].name} 1"


def test_on_a_phone_a_lead_is_made_moved_and_its_next_step_planned(
    cast: Any, stages: Any, enter: Any
) -> None:
    page = enter(cast.rep, viewport={"width": 360, "height": 740}, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator(".phonebar").get_by_role("link", name="New lead").click()
    page.fill("[name=title]", "From the train")
    page.locator("form .btn-primary").last.click()
    page.wait_for_url("**/leads/*/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.fill("[name=summary]", "Call back")
    page.get_by_role("button", name="Plan", exact=True).click()
    page.wait_for_selector("[data-part] >> text=Call back")
    page.locator(".stages button", has_text="Qualified").click()
    page.wait_for_selector(".stages .here >> text=Qualified")
    lead = Lead.objects.get(title="From the train")
    assert (lead.stage.pk, lead.activities.count()) == (stages[1].pk, 1)
