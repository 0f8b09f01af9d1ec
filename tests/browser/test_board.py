"""The board by mouse: dragging one or several, quick leads, lanes, folds, the panel, undo."""

from __future__ import annotations

from typing import Any

import pytest

from core.ledger.dispatch import hand_out
from crm.models import CustomField
from pipeline.models import Lead, LostReason, Pipeline, Stage
from tests import factories
from tests.browser.conftest import drag

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def heads(page: Any) -> list[str]:
    """Name and count of each column."""
    found = page.locator(".col-head")
    return [
        f"{head.locator('.name').inner_text()} {head.locator('.count').inner_text()}"
        for head in found.all()
    ]


def sums(page: Any) -> list[str]:
    """The sum of each column."""
    return [str(text) for text in page.locator(".col-head .sum").all_inner_texts()]


def lane_of(page: Any, lead: int) -> str:
    """The stage in whose column a card stands."""
    return str(page.locator(f"#lead-{lead}").evaluate("card => card.parentElement.dataset.lane"))


def lane(page: Any, stage: Any) -> Any:
    """A column's place for cards."""
    return page.locator(f"[data-lane='{stage.pk}']")


def stands_in(page: Any, lead: int, stage: Any) -> None:
    """Wait until a card stands in a stage, saved."""
    page.wait_for_function(
        "([id, stage]) => { const card = document.getElementById(id);"
        " return card?.parentElement.dataset.lane === stage && !card.matches('.saving') }",
        arg=[f"lead-{lead}", str(stage.pk)],
    )


@pytest.fixture
def board(cast: Any, stages: Any) -> list[Any]:
    """Gamma, Beta and Alpha (from the top) in New, Delta in Qualified."""
    leads = [
        factories.make_lead(
            by=cast.manager, title=title, stage=stages[0], owner=cast.rep.pk, expected_revenue=100
        )
        for title in ("Alpha", "Beta", "Gamma")
    ]
    delta = factories.make_lead(by=cast.manager, title="Delta", stage=stages[1])
    return [*leads, delta]


def test_counts_and_sums_follow_a_dragged_card_and_stay_after_a_reload(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    page, lead = enter(cast.rep), board[0].pk
    assert (heads(page)[:2], sums(page)[:2]) == (["New 3", "Qualified 1"], ["€300", "–"])
    page.route("**/move/", lambda route: None)  # no answer yet
    drag(page, page.locator(f"#lead-{lead}"), lane(page, stages[1]))
    assert heads(page)[:2] == ["New 2", "Qualified 2"]
    assert sums(page)[:2] == ["€200", "€100"]
    page.route("**/move/", lambda route: route.continue_())
    page.reload()  # what was not answered is sent again
    page.wait_for_selector("text=Moves that had waited are saved.")
    stands_in(page, lead, stages[1])
    page.reload()
    assert lane_of(page, lead) == str(stages[1].pk)
    assert (heads(page)[:2], sums(page)[:2]) == (["New 2", "Qualified 2"], ["€200", "€100"])


def test_several_selected_cards_are_dragged_together_and_undone_together(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    page = enter(cast.rep)
    for lead in (board[2], board[1]):
        page.locator(f"#lead-{lead.pk}").hover()
        page.locator(f"#lead-{lead.pk} .pick").check()
    assert page.locator("[data-picked]").inner_text() == "2 selected"
    drag(page, page.locator(f"#lead-{board[2].pk}"), lane(page, stages[2]))
    stands_in(page, board[2].pk, stages[2])
    stands_in(page, board[1].pk, stages[2])
    page.wait_for_selector("text=2 leads are in Proposal.")
    order = lane(page, stages[2]).locator(".card-lead h3").all_inner_texts()
    assert order == ["Gamma", "Beta"]
    kept = Lead.objects.filter(stage=stages[2]).order_by("position")
    assert [lead.title for lead in kept] == ["Gamma", "Beta"]
    page.keyboard.press("Control+z")
    stands_in(page, board[1].pk, stages[0])
    assert Lead.objects.filter(stage=stages[0]).count() == 3


def test_a_range_is_selected_and_lost_with_one_reason(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    page = enter(cast.rep)
    page.locator(f"#lead-{board[2].pk}").hover()
    page.locator(f"#lead-{board[2].pk} .pick").click()
    page.locator(f"#lead-{board[0].pk}").hover()
    page.locator(f"#lead-{board[0].pk} .pick").click(modifiers=["Shift"])
    assert page.locator("[data-picked]").inner_text() == "3 selected"
    page.locator("#bulk-bar").get_by_role("link", name="Lost…").click()
    reason = LostReason.objects.order_by("sequence")[0]
    page.locator("#dialog label", has_text=reason.name).click()
    page.locator("#dialog button.btn-danger").click()
    page.wait_for_selector("text=3 leads are lost.")
    page.wait_for_selector(f"#lead-{board[1].pk}", state="detached")
    assert heads(page)[0] == "New 0"
    assert Lead.objects.filter(status="lost", lost_reason=reason).count() == 3
    page.locator("#toasts [data-undo] button").last.click()
    page.wait_for_selector(f"#lead-{board[1].pk}")
    assert Lead.objects.filter(status="open").count() == 4


def test_leads_are_added_one_after_the_other_and_a_refusal_keeps_the_words(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    page = enter(cast.rep)
    column = lane(page, stages[1])
    column.locator(".add").click()
    for title in ("First", "Second"):
        column.locator("[data-quick] input").fill(title)
        page.keyboard.press("Enter")
        page.wait_for_selector(f"text=“{title}” is created.")
    assert column.locator(".card-lead h3").all_inner_texts() == ["Second", "First", "Delta"]
    assert heads(page)[1] == "Qualified 3"
    column.locator("[data-quick] input").fill("Half a tho")
    page.keyboard.press("Escape")
    page.reload()
    lane(page, stages[1]).locator(".add").click()
    field = lane(page, stages[1]).locator("[data-quick] input")
    assert field.input_value() == "Half a tho"
    field.evaluate("field => { field.maxLength = 300; field.value = 'x'.repeat(250) }")
    field.press("Enter")
    page.wait_for_selector("#toasts .error")
    assert len(field.input_value()) == 250
    assert Lead.objects.filter(title__startswith="xxx").count() == 0


def test_a_lead_opens_beside_the_board_with_an_address_of_its_own(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    page, lead = enter(cast.rep), board[1].pk
    page.locator(f"#lead-{lead} h3 a").click()
    page.wait_for_selector("#side h2 >> text=Beta")
    assert f"lead={lead}" in page.url
    page.reload()
    page.wait_for_selector("#side h2 >> text=Beta")
    page.keyboard.press("Escape")
    page.wait_for_selector("#side", state="hidden")
    assert "lead=" not in page.url
    assert page.evaluate("document.activeElement.id") == f"lead-{lead}"
    page.go_back()
    page.wait_for_selector("#side h2 >> text=Beta")
    with page.context.expect_page() as tab:
        page.locator(f"#lead-{board[0].pk} h3 a").click(modifiers=["Control"])
    tab.value.wait_for_url(f"**/leads/{board[0].pk}/")
    tab.value.close()


def test_a_folded_column_stays_folded_for_its_person_and_takes_cards(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    page, lead = enter(cast.rep), board[0].pk
    page.locator(f"#head-{stages[2].pk} .about").click()
    with page.expect_response("**/look/"):
        page.get_by_role("button", name="Fold the column").click()
    page.wait_for_selector(f".folded[data-column='{stages[2].pk}']")
    page.reload()
    assert page.locator(f".folded[data-column='{stages[2].pk}']").count() == 1
    drag(page, page.locator(f"#lead-{lead}"), lane(page, stages[2]))
    page.wait_for_selector("text=“Alpha” is in Proposal.")
    page.wait_for_function(
        "id => document.querySelector(`#head-${id} .count`).textContent === '1'",
        arg=stages[2].pk,
    )
    with page.expect_response("**/look/"):
        page.locator(f".folded[data-column='{stages[2].pk}']").click(position={"x": 20, "y": 300})
    page.wait_for_selector(f".folded[data-column='{stages[2].pk}']", state="detached")
    page.reload()
    assert page.locator(".column.folded").count() == 0


def test_lanes_cut_the_board_by_owner_and_a_drop_gives_the_lead_to_them(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    factories.make_lead(by=cast.manager, stage=stages[0], owner=cast.manager.pk)
    page = enter(cast.manager)
    page.get_by_text("View", exact=True).click()
    page.locator(".view-menu").get_by_role("link", name="Owner").click()
    page.wait_for_url("**lanes=owner**")
    rows = page.locator(".swim-head").all_inner_texts()
    assert [row.split("\n")[0] for row in rows] == [
        "Mona Manager",
        "Rita Rep",
        "Nobody",
    ]
    target = page.locator(f"[data-group='{cast.manager.pk}'][data-lane='{stages[2].pk}']")
    drag(page, page.locator(f"#lead-{board[0].pk}"), target)
    page.wait_for_selector("text=“Alpha” is in Proposal.")
    lead = Lead.objects.get(pk=board[0].pk)
    assert (lead.owner, lead.stage) == (cast.manager, stages[2])
    page.reload()
    assert page.locator(f"[data-group='{cast.manager.pk}'] #lead-{lead.pk}").count() == 1


def test_lanes_of_a_custom_field_take_a_drop_which_is_undone(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    with factories.arranging():
        CustomField.objects.create(
            subject="pipeline.lead",
            key="tier",
            label="Tier",
            type="choice",
            options=[{"id": "g", "label": "Gold"}, {"id": "s", "label": "Silver"}],
        )
    page = enter(cast.rep)
    page.get_by_text("View", exact=True).click()
    page.locator(".view-menu").get_by_role("link", name="Tier").click()
    page.wait_for_url("**lanes=custom.tier**")
    rows = page.locator(".swim-head").all_inner_texts()
    assert [row.split("\n")[0] for row in rows] == ["Gold", "Silver", "Not set"]
    target = page.locator(f"[data-group='is-g'][data-lane='{stages[0].pk}']")
    drag(page, page.locator(f"#lead-{board[1].pk}"), target)
    page.wait_for_selector("text=“Beta” is in New.")
    assert Lead.objects.get(pk=board[1].pk).custom == {"tier": "g"}
    page.wait_for_selector(f"[data-group='is-g'] #lead-{board[1].pk}:not(.saving)")
    page.locator(f"#lead-{board[2].pk}").focus()
    for key in ("Space", "ArrowUp", "Space"):
        page.keyboard.press(key)
    page.wait_for_selector("text=“Gamma” is in New.")
    assert Lead.objects.get(pk=board[2].pk).custom == {"tier": "s"}
    with page.expect_response("**/undo/"):
        page.locator("#toasts [data-undo] button").last.click()
    page.wait_for_function("() => !document.querySelector('[data-group=is-s] .card-lead')")
    assert Lead.objects.get(pk=board[2].pk).custom == {}


def test_a_stage_with_a_criterion_offers_its_tick_or_demands_it(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    with factories.arranging():
        stages[0].exit_criterion = "first call made"
        stages[0].save()
    page, lead = enter(cast.rep), board[0].pk
    drag(page, page.locator(f"#lead-{lead}"), lane(page, stages[1]))
    page.locator("#toasts").get_by_role("button", name="Tick: first call made").click()
    page.wait_for_selector("text=Ticked.")
    assert Lead.objects.get(pk=lead).criterion_ticks.filter(stage=stages[0]).exists()
    with factories.arranging():
        stages[0].criterion_required = True
        stages[0].save()
    drag(page, page.locator(f"#lead-{board[1].pk}"), lane(page, stages[1]))
    page.wait_for_selector("#dialog [name=criterion]")
    assert lane_of(page, board[1].pk) == str(stages[0].pk)
    page.check("#dialog [name=criterion]")
    page.locator("#dialog button.btn-primary").click()
    stands_in(page, board[1].pk, stages[1])


def test_a_card_goes_to_another_pipeline_by_its_drop_zone(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    with factories.arranging():
        other = Pipeline.objects.create(name="Partners", sequence=50)
        entry = Stage.objects.create(pipeline=other, name="Contacted", sequence=1)
    page, lead = enter(cast.manager), board[0].pk
    drag(page, page.locator(f"#lead-{lead}"), page.locator("[data-drop=elsewhere]"))
    page.locator("#dialog label", has_text="Contacted").click()
    page.locator("#dialog button.btn-primary").click()
    page.wait_for_selector(f"#lead-{lead}", state="detached")
    assert Lead.objects.get(pk=lead).stage == entry
    assert heads(page)[0] == "New 2"


def test_the_bar_of_next_steps_narrows_the_board_by_a_click(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    factories.make_activity(by=cast.rep, lead=board[0])
    page = enter(cast.rep)
    parts = page.locator(f"#bar-{stages[0].pk} .part")
    assert parts.evaluate_all("all => all.map(part => part.getAttribute('aria-label'))") == [
        "1 planned",
        "2 without next step",
    ]
    parts.first.locator(".hit").click()
    page.wait_for_url("**next_step=later**")
    assert page.locator(".card-lead h3").all_inner_texts() == ["Alpha"]


def test_the_bar_of_a_board_that_shows_everything_comes_behind_it(
    cast: Any, stages: Any, board: list[Any], enter: Any
) -> None:
    hand_out()
    page = enter(cast.manager)
    page.wait_for_selector(f"#bar-{stages[0].pk} .part.none", state="attached")
    assert page.locator("#no-next-step b").inner_text() == "4"
    drag(page, page.locator(f"#lead-{board[0].pk}"), lane(page, stages[1]))
    stands_in(page, board[0].pk, stages[1])
    bar = page.locator(f"#bar-{stages[1].pk} .part.none")
    assert bar.count() == 1  # the old one stays until it is read anew
    page.wait_for_selector(f"#bar-{stages[1].pk} [aria-label='2 without next step']")


def test_more_cards_come_while_one_scrolls(cast: Any, stages: Any, enter: Any) -> None:
    for number in range(45):
        factories.make_lead(by=cast.manager, title=f"Lead {number}", stage=stages[0])
    page = enter(cast.rep)
    column = lane(page, stages[0])
    assert column.locator(".card-lead").count() == 20
    for _ in range(2):
        before = column.locator(".card-lead").count()
        column.evaluate("lane => lane.scrollTo(0, lane.scrollHeight)")
        page.wait_for_function(
            "([id, n]) => document.querySelectorAll(`[data-lane='${id}'] .card-lead`).length > n",
            arg=[stages[0].pk, before],
        )
    titles = column.locator(".card-lead h3").all_inner_texts()
    assert titles == [f"Lead {number}" for number in reversed(range(45))]
    assert column.locator(".more").count() == 0
