"""An import in a real browser, with a real worker: drop, look, import, see the board, undo."""

from __future__ import annotations

import csv
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from django.db import connections
from django.utils.translation import gettext, ngettext, override

from capture.models import Import
from config.celery import app
from pipeline.models import Lead
from tests import factories
from tests.capture.arranging import OPPORTUNITIES, needs_opportunities

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Puts files onto the page as the mouse does when it lets go of them.
DROP = """async files => {
  const held = new DataTransfer();
  for (const [name, text] of files) held.items.add(new File([text], name, {type: "text/csv"}));
  const zone = document.querySelector(".drop-files");
  for (const kind of ["dragenter", "dragover", "drop"]) {
    zone.dispatchEvent(
      new DragEvent(kind, {dataTransfer: held, bubbles: true, cancelable: true}));
    if (kind === "dragover" && !zone.classList.contains("over")) throw Error("not shown as over");
  }
}"""


@pytest.fixture
def worker(settings: Any, tmp_path: Any) -> Iterator[None]:
    """A real worker on the real broker, in a thread of this process.

    What earlier tests sent and nobody took (a real broker keeps it) is not this one's work.
    """
    settings.IMPORT_FOLDER = str(tmp_path / "imports")
    app.loader.import_default_modules()
    app.control.purge()
    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=30):
        yield
    connections.close_all()


def files() -> list[list[str]]:
    """The real files by name, in no particular order."""
    return [[path.name, path.read_text("utf-8")] for path in OPPORTUNITIES.glob("*.csv")]


def column(page: Any, name: str) -> str:
    """The head of a column of the board."""
    heads = page.locator(".col-head").all_inner_texts()
    return next(text for text in heads if text.split()[0] == name)


@needs_opportunities
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_real_files_are_dropped_read_imported_seen_and_undone(
    language: str, cast: Any, stages: Any, enter: Any, worker: None
) -> None:
    with factories.arranging():
        cast.manager.language = language
        cast.manager.save()
    with (OPPORTUNITIES / "sales_pipeline.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    total = sum(Decimal(row["close_value"]) for row in rows if row["deal_stage"] == "Won")
    assert total == 10_005_534
    thousands = "," if language == "en" else "\u202f"
    won = f"{total:,.0f}".replace(",", thousands)
    with override(language):
        count = f"{8800:,}".replace(",", thousands)
        button = ngettext("Import %(count)s lead", "Import %(count)s leads", 8800)
        words = {
            name: gettext(name)
            for name in ("Imports", "Look at what would happen", "Open the board", "Undo")
        }
        button = button % {"count": count}

    page = enter(cast.manager)
    page.click(f".nav-side a:has-text('{words['Imports']}')")
    page.wait_for_url("**/imports/")
    page.evaluate(DROP, files())
    assert page.locator("[data-files] li").count() == 5
    page.get_by_role("button", name=words["Look at what would happen"]).click()
    page.wait_for_url("**/imports/*/")
    start = page.get_by_role("button", name=button)
    start.wait_for()
    text = page.locator("main").inner_text()
    for figure in (count, won, f"{4238:,}", f"{2473:,}", f"{2089:,}"):
        assert figure.replace(",", thousands) in text
    assert page.locator(".preview tbody tr").count() == 20
    for left_out in ("year_established", "office_location", "series"):
        assert page.locator(".left-out", has_text=left_out).count() == 1
    assert Lead.objects.count() == 0

    start.dblclick()
    page.wait_for_selector("#progress")
    page.reload()  # the progress is that of the import, not of the page
    page.wait_for_selector("progress[value]", timeout=60_000)
    page.get_by_role("link", name=words["Open the board"]).wait_for(timeout=60_000)
    assert Import.objects.count() == 1
    assert Lead.objects.count() == 8800

    page.get_by_role("link", name=words["Open the board"]).click()
    page.wait_for_selector(".col-head")
    board = page.url
    names = {stage.is_won: stage.name for stage in stages}
    assert won in column(page, names[True])
    assert f"{4238:,}".replace(",", thousands) in column(page, names[True])
    assert f"{500}" in column(page, stages[0].name)
    assert f"{1589:,}".replace(",", thousands) in column(page, stages[1].name)

    page.goto("/imports/")
    page.locator("table").get_by_role("link", name=words["Undo"]).click()
    page.locator("#dialog").get_by_role("button", name=words["Undo"]).click()
    page.wait_for_url("**/changes/*/")
    page.locator("#order:not([hx-get])").wait_for(timeout=60_000)
    assert Lead.objects.count() == 0
    page.goto("/imports/")
    with override(language):
        assert gettext("undone") in page.locator("tbody tr").first.inner_text()
    page.goto(board)
    page.wait_for_selector(".col-head")
    assert page.locator(".card-lead").count() == 0
    assert won not in page.locator("main").inner_text()


def test_by_the_file_field_and_without_scripts(
    cast: Any, stages: Any, open_page: Any, worker: None, tmp_path: Any
) -> None:
    path = tmp_path / "deals.csv"
    path.write_text("Deal name,Stage,Amount\nCold storage,New,5\nIce rink,Nowhere,7\n")
    page = open_page(java_script_enabled=False)
    page.goto("/login/?next=/imports/")
    page.fill("[name=username]", cast.manager.email)
    page.fill("[name=password]", factories.PASSWORD)
    page.click("main button.btn-primary")
    page.set_input_files("[name=files]", path)
    page.click("[data-send]")
    look_until(page, "button:has-text('Import 1 lead')")
    assert "There is no stage “Nowhere”" in page.locator("main").inner_text()
    page.click("button:has-text('Import 1 lead')")
    look_until(page, "a:has-text('Open the board')")
    assert Lead.objects.get().title == "Cold storage"


def look_until(page: Any, what: str) -> None:
    """Load the page anew until it shows something, as people do without scripts."""
    for _look in range(60):
        if page.locator(what).count():
            return
        threading.Event().wait(0.25)
        page.reload()
    raise AssertionError(f"{what} never came: {page.locator('main').inner_text()}")


def test_what_is_too_large_or_too_many_is_said_before_it_is_sent(
    cast: Any, stages: Any, enter: Any, settings: Any
) -> None:
    settings.IMPORT_FILE_SIZE = 1000
    page = enter(cast.manager)
    page.goto("/imports/")
    page.evaluate(DROP, [["large.csv", "a" * 2000]])
    assert "“large.csv” is too large" in page.locator("[data-refusal]").inner_text()
    assert page.locator("[data-send]").is_disabled()
    page.evaluate(DROP, [[f"{n}.csv", "a,b"] for n in range(11)])
    assert "At most 10 files" in page.locator("[data-refusal]").inner_text()
    page.evaluate(DROP, [["small.csv", "a,b"]])
    assert page.locator("[data-refusal]").is_hidden()
    assert page.locator("[data-send]").is_enabled()


def test_a_session_that_ends_while_one_waits_leads_to_the_login_and_back(
    cast: Any, stages: Any, enter: Any, settings: Any, tmp_path: Any
) -> None:
    """No worker runs here: the import waits, and so does the page."""
    settings.IMPORT_FOLDER = str(tmp_path / "imports")
    page = enter(cast.manager)
    page.goto("/imports/")
    page.evaluate(DROP, [["deals.csv", "Deal name,Stage\nIce,New\n"]])
    page.click("[data-send]")
    page.wait_for_selector("#progress")
    here = page.url
    page.context.clear_cookies()
    page.wait_for_url("**/login/**")
    page.fill("[name=username]", cast.manager.email)
    page.fill("[name=password]", factories.PASSWORD)
    page.click("main button.btn-primary")
    page.wait_for_url(here)
    assert page.locator("#progress").count() == 1
