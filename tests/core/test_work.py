"""Work that waits as rows: leased, in order for each record, retried, given up, never lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from core.ledger import work as working
from core.ledger.work import MAX_ATTEMPTS, work
from pipeline.models import LeadSearch

pytestmark = pytest.mark.django_db

NOTHING = dt.timedelta(0)


def put(record: int, name: str = "") -> LeadSearch:
    """A row of work for a record."""
    count = LeadSearch.objects.count()
    return LeadSearch.objects.create(
        key=name or f"key{count}-{record}", record_type="pipeline.lead", record_id=record
    )


def lease(limit: int = 100, **options: Any) -> list[Any]:
    return list(LeadSearch.objects.lease(limit, **options))


def end_waits() -> None:
    """Let time pass: what waited is due."""
    LeadSearch.objects.update(not_before=None)


def end_leases() -> None:
    """Let time pass: leases run out."""
    LeadSearch.objects.filter(leased_until__isnull=False).update(
        leased_until=timezone.now() - dt.timedelta(seconds=1)
    )


class Worker:
    """Does rows, and remembers which; fails for those it is told to."""

    def __init__(self, *failing: int, error: Exception | None = None) -> None:
        self.failing = set(failing)
        self.error = error or ValueError("no")
        self.done: list[int] = []

    def __call__(self, rows: Sequence[Any]) -> None:
        for row in rows:
            if row.pk in self.failing:
                raise self.error
        self.done += [row.pk for row in rows]


def test_rows_are_done_and_go() -> None:
    rows = [put(record) for record in range(5)]
    worker = Worker()
    assert work(LeadSearch, worker) == 5
    assert worker.done == [row.pk for row in rows]
    assert not LeadSearch.objects.exists()
    assert work(LeadSearch, worker) == 0


def test_the_same_change_cannot_be_handed_over_twice() -> None:
    put(1, "search:7")
    with pytest.raises(IntegrityError), transaction.atomic():
        put(2, "search:7")


def test_what_is_leased_is_not_leased_again() -> None:
    for record in range(6):
        put(record)
    first, second = lease(2), lease(100)
    assert len(first) == 2 and len(second) == 4
    assert not {row.pk for row in first} & {row.pk for row in second}
    assert lease() == []


def test_rows_of_one_record_are_done_in_their_order() -> None:
    first, second, third = put(1), put(1), put(1)
    other = put(2)
    assert [row.pk for row in lease()] == [first.pk, other.pk]
    assert lease() == [], "the second waits while the first is being done"
    LeadSearch.objects.filter(pk=first.pk).delete()
    assert [row.pk for row in lease()] == [second.pk]
    LeadSearch.objects.filter(pk=second.pk).delete()
    assert [row.pk for row in lease()] == [third.pk]


def test_a_row_that_fails_holds_up_its_record_and_no_other() -> None:
    bad, behind = put(1), put(1)
    good = [put(record) for record in range(2, 6)]
    worker = Worker(bad.pk)
    assert work(LeadSearch, worker) == 5
    assert sorted(worker.done) == [row.pk for row in good]
    bad.refresh_from_db()
    assert (bad.attempts, bad.leased_until, bad.failed_at) == (1, None, None)
    assert bad.last_error == "ValueError: no"
    assert bad.not_before is not None and bad.not_before > timezone.now()
    assert work(LeadSearch, worker) == 0, "it waits, and what is behind it as well"
    end_waits()
    worker.failing.clear()
    while work(LeadSearch, worker):
        pass
    assert worker.done[-2:] == [bad.pk, behind.pk]


def test_what_a_failing_batch_wrote_is_rolled_back() -> None:
    rows = [put(record) for record in range(3)]

    def write_then_fail(taken: Sequence[Any]) -> None:
        for row in taken:
            put(100 + row.pk, f"made by {row.pk}")
            if row.pk == rows[1].pk:
                raise ValueError("no")

    work(LeadSearch, write_then_fail)
    made = LeadSearch.objects.filter(key__startswith="made by")
    assert set(made.values_list("key", flat=True)) == {
        f"made by {rows[0].pk}",
        f"made by {rows[2].pk}",
    }


def test_waits_grow_and_end_in_giving_up() -> None:
    bad, behind = put(1), put(1)
    worker = Worker(bad.pk)
    waits = []
    for _attempt in range(MAX_ATTEMPTS):
        begin = timezone.now()
        assert work(LeadSearch, worker) == 1
        bad.refresh_from_db()
        assert bad.not_before is not None
        waits.append(round((bad.not_before - begin).total_seconds()))
        end_waits()
    assert waits == [min(2**attempt, 3600) for attempt in range(1, MAX_ATTEMPTS + 1)]
    assert bad.failed_at is not None
    assert work(LeadSearch, worker) == 1
    assert worker.done == [behind.pk], "what is behind it goes on without it"


@pytest.mark.parametrize("error", [IntegrityError("broken"), ValueError("broken")])
def test_a_row_that_the_database_refuses_is_given_up(error: Exception) -> None:
    bad = put(1)
    LeadSearch.objects.filter(pk=bad.pk).update(attempts=MAX_ATTEMPTS - 1)
    work(LeadSearch, Worker(bad.pk, error=error))
    bad.refresh_from_db()
    assert bad.failed_at is not None


def test_a_database_that_is_busy_is_no_rows_fault() -> None:
    bad = put(1)
    LeadSearch.objects.filter(pk=bad.pk).update(attempts=MAX_ATTEMPTS + 5)
    work(LeadSearch, Worker(bad.pk, error=OperationalError("busy")))
    bad.refresh_from_db()
    assert bad.failed_at is None and bad.not_before is not None


def test_work_whose_worker_died_is_taken_over() -> None:
    row = put(1)
    lease()
    worker = Worker()
    assert work(LeadSearch, worker) == 0
    end_leases()
    assert work(LeadSearch, worker) == 1
    assert worker.done == [row.pk]


def test_who_lost_the_lease_does_nothing() -> None:
    row = put(1)
    late = lease(lease=NOTHING)
    again = lease()
    assert [found.pk for found in again] == [row.pk]
    worker = Worker()
    working._do(LeadSearch, worker, late)
    assert worker.done == [] and LeadSearch.objects.count() == 1
    working._do(LeadSearch, worker, again)
    assert worker.done == [row.pk] and not LeadSearch.objects.exists()


def test_a_row_that_kills_its_workers_takes_no_other_with_it() -> None:
    deadly = put(1)
    harmless = [put(record) for record in range(2, 6)]
    lease()  # and the worker dies
    deaths = 1
    worker = Worker()
    while LeadSearch.objects.filter(failed_at__isnull=True).exists():
        end_leases()
        taken = lease()
        assert len(taken) == 1, "each is taken alone, until it is known who is deadly"
        if taken[0].pk == deadly.pk:
            deaths += 1
            assert deaths <= MAX_ATTEMPTS
            continue
        working._do(LeadSearch, worker, taken)
    deadly.refresh_from_db()
    assert deaths == MAX_ATTEMPTS and deadly.failed_at is not None
    assert worker.done == [row.pk for row in harmless]


def test_leasing_takes_a_fixed_number_of_queries(django_assert_max_num_queries: Any) -> None:
    for record in range(200):
        put(record)
    with django_assert_max_num_queries(8):  # savepoints included
        assert work(LeadSearch, Worker(), limit=150) == 150
    assert LeadSearch.objects.count() == 50
