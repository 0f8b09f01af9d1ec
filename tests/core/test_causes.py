"""Why something was done: causes open, nest, and appear with their first change."""

from __future__ import annotations

import contextvars
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from core.errors import OutsideCause
from core.ledger.causes import MAX_DEPTH, because, current_cause
from core.ledger.tables import Cause, Change, Kind, Pending
from crm.models import Company, User
from tests.core.samples import last_id
from tests.factories import make_company

pytestmark = pytest.mark.django_db


def test_a_cause_is_written_with_its_first_change_and_not_before(rep: User) -> None:
    known = Cause.objects.count()
    with because(Kind.PERSON, by=rep, label="Looked around"):
        Company.objects.count()
    assert Cause.objects.count() == known
    with because(Kind.IMPORT, by=rep, label="Import “fair.csv”", reference="fair.csv") as cause:
        Company.objects.create(name="One")
        Company.objects.create(name="Two")
    row = Cause.objects.get(pk=cause.id)
    assert Cause.objects.count() == known + 1
    assert (row.kind, row.actor, row.label) == (Kind.IMPORT, rep, "Import “fair.csv”")
    assert (row.reference, row.quiet, row.parent, row.depth) == ("fair.csv", False, None, 0)
    assert row.changes.count() == 2


def test_a_cause_survives_the_retry_of_its_transaction() -> None:
    with because(Kind.SYSTEM) as cause:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            Company.objects.create(name="First try")
            raise ZeroDivisionError
        assert not Cause.objects.filter(pk=cause.id).exists()
        with transaction.atomic():
            Company.objects.create(name="Second try")
        with transaction.atomic():
            Company.objects.create(name="And more")
    assert Change.objects.filter(cause=cause.id).count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_cause_may_span_transactions_of_which_one_fails() -> None:
    with because(Kind.SYSTEM) as cause:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            Company.objects.create(name="First try")
            raise ZeroDivisionError
        Company.objects.create(name="Second try")
        Company.objects.create(name="Third")
    assert Change.objects.filter(cause=cause.id).count() == 2
    assert Company.objects.filter(name="First try").count() == 0
    assert Pending.objects.filter(change__cause=cause.id).count() == 2


def test_the_innermost_cause_counts_and_the_outer_one_goes_on() -> None:
    with because(Kind.SYSTEM, label="outer") as outer:
        Company.objects.create(name="A")
        with because(Kind.RULE, label="inner") as inner:
            Company.objects.create(name="B")
            assert current_cause() is inner
        Company.objects.create(name="C")
        assert current_cause() is outer
    assert current_cause() is None
    assert [c.cause.label for c in Change.objects.order_by("-pk")[:3]] == [
        "outer",
        "inner",
        "outer",
    ]


def test_a_cause_closes_when_its_block_fails() -> None:
    with pytest.raises(ZeroDivisionError), because(Kind.SYSTEM):
        raise ZeroDivisionError
    assert current_cause() is None
    with pytest.raises(OutsideCause):
        Company.objects.create(name="A")


def test_a_rules_cause_names_the_one_that_woke_it() -> None:
    with because(Kind.PERSON) as first:
        Company.objects.create(name="A")
    woken = Cause.objects.get(pk=first.id)
    with because(Kind.RULE, parent=woken, quiet=True) as second:
        Company.objects.create(name="B")
    with because(Kind.RULE, parent=second) as third:
        Company.objects.create(name="C")
    rows = {key: Cause.objects.get(pk=key) for key in (second.id, third.id)}
    assert (rows[second.id].parent_id, rows[second.id].depth) == (first.id, 1)
    assert (rows[third.id].parent_id, rows[third.id].depth) == (second.id, 2)
    assert (rows[second.id].quiet, rows[third.id].quiet) == (True, False)


def test_rules_that_wake_each_other_come_to_an_end() -> None:
    cause: Any = None
    for _step in range(MAX_DEPTH + 1):
        with because(Kind.RULE, parent=cause) as cause:
            pass
    with pytest.raises(OutsideCause), because(Kind.RULE, parent=cause):
        pass


def test_long_labels_are_cut_not_refused() -> None:
    with because(Kind.SYSTEM, label="x" * 500, reference="y" * 500) as cause:
        Company.objects.create(name="A")
    row = Cause.objects.get(pk=cause.id)
    assert (len(row.label), len(row.reference)) == (200, 200)


def test_a_cause_does_not_leak_into_other_threads() -> None:
    with because(Kind.SYSTEM) as cause, ThreadPoolExecutor(1) as pool:
        assert pool.submit(current_cause).result() is None
        context = contextvars.copy_context()
        assert pool.submit(context.run, current_cause).result() is cause


def test_changes_keep_their_order_and_their_moment() -> None:
    with because(Kind.SYSTEM):
        companies = Company.objects.bulk_create([Company(name=f"C{n}") for n in range(50)])
    changes = list(Change.objects.order_by("-pk")[:50])[::-1]
    assert [change.record_id for change in changes] == [company.pk for company in companies]
    assert len({change.at for change in changes}) == 1


def test_each_change_has_one_pending_in_the_same_order() -> None:
    last = last_id()
    with because(Kind.SYSTEM):
        Company.objects.bulk_create([Company(name=f"C{n}") for n in range(20)])
        Company.objects.filter(name__startswith="C").update(city="Lyon")
    changes = list(Change.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True))
    pendings = Pending.objects.filter(change__gt=last).order_by("pk")
    assert list(pendings.values_list("change", flat=True)) == changes
    assert len(changes) == 40


def test_a_bulk_write_of_changes_takes_a_fixed_number_of_queries(
    django_assert_max_num_queries: Any,
) -> None:
    few = [make_company().pk for _ in range(2)]
    many = [make_company().pk for _ in range(60)]
    extra = 0 if connection.vendor == "postgresql" else 4
    for keys in (few, many):
        with django_assert_max_num_queries(6 + extra), because(Kind.SYSTEM):
            Company.objects.filter(pk__in=keys).update(city="Lyon")
