"""The work behind an import: its lease, workers that die, starts at the same time, and its end."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections, transaction
from django.utils import timezone

from capture.course import Course, Mark
from capture.models import Import
from capture.services import imports, runs
from capture.services.imports import GivenFile, import_files
from capture.services.queue import ATTEMPTS, take, waiting
from capture.services.runs import start_import, stop_import, work_on
from capture.services.uploads import receive_files
from capture.tasks import sweep_imports
from core.errors import Conflict
from core.services.undoing import undo_cause
from crm.models import Company
from pipeline.models import Lead
from tests import factories
from tests.capture.arranging import OPPORTUNITIES, differences, needs_opportunities, picture

BATCH = 5
ROWS = 23


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rows are several batches."""
    monkeypatch.setattr(imports, "BATCH", BATCH)


def table(rows: int = ROWS, *, ids: bool = False, bad: tuple[int, ...] = ()) -> bytes:
    """A file of deals; without ids no row is recognised a second time."""
    lines = ["Deal ID,Deal name,Stage,Amount,Company" if ids else "Deal name,Stage,Amount,Company"]
    for n in range(rows):
        line = f"Deal {n},{'Nowhere' if n in bad else 'Proposal'},{n},Company {n % 3}"
        lines.append(f"X{n},{line}" if ids else line)
    return "\n".join(lines).encode()


def uploaded(by: Any, *bodies: bytes) -> Import:
    """An import that waits to be read."""
    files = [
        SimpleUploadedFile(f"deals {n}.csv", body) for n, body in enumerate(bodies or (table(),))
    ]
    return receive_files(files=files, options={}, by=by)


def begun(by: Any, *bodies: bytes) -> Import:
    """An import that was read, and waits to be brought in."""
    found = uploaded(by, *bodies)
    assert work_on(found.pk) == "examined"
    return start_import(pk=found.pk, by=by)


class Died(Exception):
    """A worker that is no more."""


def die_at(monkeypatch: pytest.MonkeyPatch, place: str, call: int) -> None:
    """Have the worker die at the `call`-th call of a step of its work, and only then."""
    step, calls = getattr(runs._Work, place), iter(range(1, 1000))

    def deadly(work: Any, *arguments: Any, **values: Any) -> Any:
        if next(calls) == call:
            raise Died
        return step(work, *arguments, **values)

    monkeypatch.setattr(runs._Work, place, deadly)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("place", "call"),
    [*((place, call) for place in ("_note", "_progress") for call in (1, 2, 5, 6)), ("_end", 1)],
)
def test_a_worker_that_dies_costs_nothing_and_doubles_nothing(
    place: str, call: int, cast: Any, stages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows without ids: only the mark tells which of them are written."""
    found = begun(cast.manager, table(bad=(3, 12)), table(7))
    die_at(monkeypatch, place, call)
    with pytest.raises(Died):
        work_on(found.pk)
    assert waiting() == [found.pk]
    assert sweep_imports() == 1
    assert work_on(found.pk) == "done"
    found.refresh_from_db()
    counts = Counter(Lead.objects.values_list("title", flat=True))
    once = {f"Deal {n}": 1 + (n < 7) for n in range(ROWS) if n not in (3, 12)}
    assert counts == {**once, "Deal 3": 1}
    figures = found.figures
    assert (figures["rows"], figures["created"], figures["failed"]) == (30, 28, 2)
    assert figures["made"]["companies"] == 3
    assert sum(figures["standing"].values()) == 28
    assert [(error["file"], error["row"]) for error in found.errors] == [
        ("deals 0.csv", 5),
        ("deals 0.csv", 14),
    ]
    assert len(figures["preview"]) == 20
    # One cause for all of it: one undo takes all of it back.
    report = undo_cause(cause=found.cause, by=cast.manager)
    assert report.is_complete
    assert not Lead.objects.exists()
    assert not Company.objects.exists()


@pytest.mark.django_db
def test_a_worker_that_was_thought_dead_writes_nothing_any_more(
    cast: Any, stages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = begun(cast.manager)
    progress = runs._Work._progress
    taken: list[str] = []

    def slow(work: Any, done: int, rows: int) -> None:
        if not taken:
            taken.append("")
            # Its lease runs out behind its first batch, and another worker does the rest.
            Import.objects.filter(pk=found.pk).update(leased_until=timezone.now())
            taken.append(work_on(found.pk))
        progress(work, done, rows)

    monkeypatch.setattr(runs._Work, "_progress", slow)
    assert work_on(found.pk) == ""
    assert taken[1:] == ["done"]
    found.refresh_from_db()
    assert (found.state, Lead.objects.count()) == ("done", ROWS)


@pytest.mark.django_db
def test_a_batch_that_another_worker_has_meanwhile_is_taken_back(
    cast: Any, stages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = begun(cast.manager)
    note = runs._Work._note

    def late(work: Any, mark: Mark) -> None:
        Import.objects.filter(pk=found.pk).update(token=uuid.uuid4())
        note(work, mark)

    monkeypatch.setattr(runs._Work, "_note", late)
    assert work_on(found.pk) == ""
    assert not Lead.objects.exists()


@pytest.mark.django_db
def test_what_breaks_off_again_and_again_is_given_up_in_words(
    cast: Any, stages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = begun(cast.manager)
    note = runs._Work._note

    def deadly(work: Any, mark: Mark) -> None:
        if mark.row > 2 * BATCH:
            raise Died
        note(work, mark)

    monkeypatch.setattr(runs._Work, "_note", deadly)
    for _attempt in range(ATTEMPTS):
        with pytest.raises(Died):
            work_on(found.pk)
    assert work_on(found.pk) == ""
    found.refresh_from_db()
    assert found.state == "failed"
    assert found.message == (
        "It broke off 3 times at the same place."
        " What it wrote until then is there, and can be undone."
    )
    assert Lead.objects.count() == BATCH
    assert waiting() == []
    # Once the reason is gone, it goes on behind what is written.
    monkeypatch.setattr(runs._Work, "_note", note)
    start_import(pk=found.pk, by=cast.manager)
    assert work_on(found.pk) == "done"
    assert Lead.objects.count() == ROWS


@pytest.mark.django_db
def test_it_stops_between_batches_and_goes_on(
    cast: Any, stages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = begun(cast.manager)
    note = runs._Work._note

    def stopping(work: Any, mark: Mark) -> None:
        note(work, mark)
        if mark.row == 1 + 2 * BATCH:
            stop_import(pk=found.pk, by=cast.manager)

    monkeypatch.setattr(runs._Work, "_note", stopping)
    assert work_on(found.pk) == "stopped"
    found.refresh_from_db()
    assert Lead.objects.count() == 2 * BATCH
    assert (found.figures["rows"], found.figures["created"]) == (10, 10)
    assert start_import(pk=found.pk, by=cast.manager).state == "running"
    assert work_on(found.pk) == "done"
    found.refresh_from_db()
    assert (Lead.objects.count(), found.figures["created"]) == (ROWS, ROWS)


@pytest.mark.django_db
def test_what_nobody_works_on_stops_at_once(cast: Any, stages: Any) -> None:
    found = uploaded(cast.manager)
    stop_import(pk=found.pk, by=cast.manager)
    found.refresh_from_db()
    assert (found.state, found.message) == ("failed", "The reading was stopped.")
    assert work_on(found.pk) == ""
    other = begun(cast.manager)
    assert stop_import(pk=other.pk, by=cast.manager).state == "stopped"
    assert work_on(other.pk) == ""
    assert not Lead.objects.exists()


@pytest.mark.django_db
def test_an_undo_while_it_runs_ends_it(
    cast: Any, stages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = begun(cast.manager)
    progress = runs._Work._progress

    def undone(work: Any, done: int, rows: int) -> None:
        if done == 2 * BATCH:
            undo_cause(cause=found.cause, by=cast.manager)
        progress(work, done, rows)

    monkeypatch.setattr(runs._Work, "_progress", undone)
    assert work_on(found.pk) == "stopped"
    found.refresh_from_db()
    assert found.message == "It was undone while it ran."
    assert not Lead.objects.exists()
    with pytest.raises(Conflict, match="This import was undone"):
        start_import(pk=found.pk, by=cast.manager)


@pytest.mark.django_db
def test_one_import_after_the_other_writes(cast: Any, stages: Any) -> None:
    first, second = begun(cast.manager, table(ids=True)), begun(cast.admin, table(ids=True))
    assert take(first.pk) is not None
    assert work_on(second.pk) == ""  # it waits for the first
    assert work_on(uploaded(cast.manager).pk) == "examined"  # reading waits for nobody
    Import.objects.filter(pk=first.pk).update(leased_until=timezone.now())
    assert work_on(first.pk) == "done"
    assert work_on(second.pk) == "done"
    second.refresh_from_db()
    assert (second.figures["created"], second.figures["skipped"]) == (0, ROWS)
    assert (Lead.objects.count(), Company.objects.count()) == (ROWS, 3)


@pytest.mark.django_db
def test_an_account_that_was_closed_meanwhile_imports_nothing(cast: Any, stages: Any) -> None:
    found = begun(cast.manager)
    with factories.arranging():
        cast.manager.is_active = False
        cast.manager.save()
    assert work_on(found.pk) == "failed"
    found.refresh_from_db()
    assert found.message == "Only managers import files."
    assert not Lead.objects.exists()


@pytest.mark.django_db
def test_what_is_gone_or_done_is_no_work(cast: Any, stages: Any) -> None:
    found = begun(cast.manager)
    assert work_on(found.pk) == "done"
    assert work_on(found.pk) == ""
    assert work_on(found.pk + 1000) == ""


@pytest.mark.django_db
def test_an_import_goes_on_from_any_mark(cast: Any, stages: Any, tmp_path: Path) -> None:
    """Broken off after each of its batches in turn, it comes to the same leads and figures."""
    path = tmp_path / "deals.csv"
    path.write_bytes(table(bad=(2, 9)))
    marks: list[Mark] = []
    whole = import_files(
        files=[GivenFile(path)], by=None, course=Course(uuid.uuid4(), marks.append)
    )
    titles = Counter(Lead.objects.values_list("title", flat=True))
    assert len(marks) == 5
    assert whole.cause is not None
    undo_cause(cause=whole.cause, by=None)
    for place, mark in enumerate(marks):
        course = Course(uuid.uuid4(), _until(place))
        with pytest.raises(Died):
            import_files(files=[GivenFile(path)], by=None, course=course)
        assert Lead.objects.count() == mark.written["created"] - _written_last(marks, place)
        again = Course(course.cause, lambda mark: None, marks[place - 1] if place else None)
        rest = import_files(files=[GivenFile(path)], by=None, course=again)
        assert Counter(Lead.objects.values_list("title", flat=True)) == titles
        assert (rest.created, rest.failed, rest.rows) == (whole.created, whole.failed, whole.rows)
        assert [error.row for error in rest.errors] == [error.row for error in whole.errors]
        undo_cause(cause=course.cause, by=None)
        assert not Lead.objects.exists()


def _until(place: int) -> Any:
    """A keeper of marks that dies at the `place`-th, in its transaction."""
    seen: list[Mark] = []

    def note(mark: Mark) -> None:
        seen.append(mark)
        if len(seen) == place + 1:
            raise Died

    return note


def _written_last(marks: list[Mark], place: int) -> int:
    """How many leads the batch of a mark holds."""
    before = marks[place - 1].written["created"] if place else 0
    return int(marks[place].written["created"]) - before


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("workers", [6])
def test_many_workers_and_clicks_at_once_import_once(workers: int, cast: Any, stages: Any) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time: there is nothing to race for.")
    found = uploaded(cast.manager, table(200))
    assert work_on(found.pk) == "examined"
    other = begun(cast.admin, table(200, ids=True))
    answers: list[Any] = []
    gate = threading.Barrier(workers)

    def click_and_work() -> None:
        gate.wait()
        try:
            with transaction.atomic():
                start_import(pk=found.pk, by=cast.manager)
            answers.append(work_on(found.pk))
            answers.append(work_on(other.pk))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click_and_work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    answers += [work_on(left) for left in waiting()]
    assert Counter(answer for answer in answers if answer) == {"done": 2}
    assert len(answers) >= 2 * workers
    assert (Lead.objects.count(), Company.objects.count()) == (400, 3)


@needs_opportunities
@pytest.mark.django_db(transaction=True)
def test_a_worker_process_that_is_killed_leaves_an_import_that_goes_on(
    cast: Any, stages: Any, import_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 1000)
    files = [
        SimpleUploadedFile(path.name, path.read_bytes()) for path in OPPORTUNITIES.glob("*.csv")
    ]
    before = picture()
    found = receive_files(files=files, options={"quiet": True}, by=cast.manager)
    assert work_on(found.pk) == "examined"
    start_import(pk=found.pk, by=cast.manager)
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(found.pk)], env=_environment(import_folder)
    )
    deadline = time.monotonic() + 60
    while Import.objects.get(pk=found.pk).done < 2000:
        assert time.monotonic() < deadline
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    left = Import.objects.get(pk=found.pk)
    assert left.state == "running"
    assert 2000 <= Lead.objects.count() < 8800
    assert Lead.objects.count() % 1000 == 0
    # Its lease holds others off for a while; then somebody goes on.
    assert work_on(found.pk) == ""
    Import.objects.update(leased_until=timezone.now() - dt.timedelta(seconds=1))
    assert work_on(found.pk) == "done"
    left.refresh_from_db()
    assert (left.figures["created"], left.figures["rows"]) == (8800, 8800)
    sums = {part["status"]: Decimal(part["amount"]) for part in left.figures["sums"]}
    assert sums["won"] == 10_005_534
    assert Lead.objects.count() == 8800
    undo_cause(cause=left.cause, by=cast.manager)
    # All is as it was, but for the import itself.
    gone = differences(before, picture())
    assert {label for label in gone if not label.startswith("capture.")} == set()


WORKER = """
import sys
import django
django.setup()
from capture.services.runs import work_on
work_on(int(sys.argv[1]))
"""


def _environment(folder: Path) -> dict[str, str]:
    """What a worker process of the test needs: the test's database and folder of files."""
    database = connection.settings_dict
    if connection.vendor == "postgresql":
        port = database["PORT"] or "5432"
        url = f"postgres://{database['USER']}@{database['HOST']}:{port}/{database['NAME']}"
    else:
        url = f"sqlite:///{database['NAME']}"
    return {
        **os.environ,
        "DATABASE_URL": url,
        "RELANCE_VAR": str(folder.parent),
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }
