"""Handing out: each change reaches each consumer once, whatever dies or fails on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import pytest
from django.db import connection, transaction

from bench import pendings
from core.ledger.causes import because
from core.ledger.dispatch import Handed, hand_out, register_consumer
from core.ledger.tables import Change, Kind, Pending
from core.ledger.writing import emit_pending
from crm.models import Company
from pipeline.models import Lead, LeadSearch
from tests.core.samples import last_id
from tests.factories import make_company

pytestmark = pytest.mark.django_db

Listen = Callable[..., list[Handed]]


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Register a consumer that only remembers what it is handed."""
    undo: list[Callable[[], None]] = []
    hand_out()

    def register(name: str = "listener", **options: Any) -> list[Handed]:
        heard: list[Handed] = []
        undo.append(register_consumer(name, heard.extend, **options))
        return heard

    yield register
    for unregister in undo:
        unregister()


def test_changes_are_handed_out_in_their_order_with_their_cause(listen: Listen) -> None:
    heard = listen()
    last = last_id()
    with because(Kind.IMPORT, label="fair.csv") as cause:
        companies = Company.objects.bulk_create([Company(name=f"C{n}") for n in range(5)])
        Company.objects.filter(pk__in=[c.pk for c in companies]).update(city="Lyon")
        companies[0].delete()
    assert hand_out(batch=3) == 11
    changes = list(Change.objects.filter(pk__gt=last).order_by("pk"))
    assert [item.change_id for item in heard] == [change.pk for change in changes]
    assert [item.diff for item in heard] == [change.diff for change in changes]
    assert {(item.cause_id, item.kind, item.quiet) for item in heard} == {
        (cause.id, "import", False)
    }
    assert not Pending.objects.exists()
    assert hand_out() == 0


def test_a_quiet_cause_reaches_only_who_asks_for_it(listen: Listen) -> None:
    loud, all_of_it = listen("loud"), listen("all", hears_quiet=True)
    with because(Kind.IMPORT, quiet=True):
        Company.objects.create(name="Quiet")
    with because(Kind.PERSON):
        Company.objects.create(name="Loud")
    hand_out()
    assert [item.diff["name"][1] for item in loud] == ["Loud"]
    assert [item.diff["name"][1] for item in all_of_it] == ["Quiet", "Loud"]


def test_a_consumer_that_fails_leaves_everything_pending_for_all(listen: Listen) -> None:
    heard = listen("first")

    def fail(changes: Sequence[Handed]) -> None:
        raise ZeroDivisionError

    undo = register_consumer("second", fail)
    make_company()
    with pytest.raises(ZeroDivisionError):
        hand_out()
    undo()
    assert Pending.objects.count() == 1
    assert LeadSearch.objects.count() == 0, "what the others inserted is rolled back"
    assert hand_out() == 1
    assert len({item.change_id for item in heard}) == 1


def test_a_machine_column_announces_itself_without_a_change(listen: Listen) -> None:
    heard = listen()
    emit_pending(Lead, [(7, {"score": [10, 80]})], "default")
    hand_out()
    (item,) = heard
    assert (item.record_type, item.record_id, item.diff) == (
        "pipeline.lead",
        7,
        {"score": [10, 80]},
    )
    assert (item.change_id, item.cause_id, item.quiet) == (None, None, False)


def test_what_is_rolled_back_is_not_handed_out(listen: Listen) -> None:
    heard = listen()
    with pytest.raises(ZeroDivisionError), transaction.atomic(), because(Kind.PERSON):
        Company.objects.create(name="Never")
        raise ZeroDivisionError
    assert hand_out() == 0
    assert heard == []


def test_a_registration_can_be_taken_back(listen: Listen) -> None:
    heard: list[Handed] = []
    register_consumer("brief", heard.extend)()
    make_company()
    assert hand_out() == 1
    assert heard == []


@pytest.mark.django_db(transaction=True)
def test_a_second_dispatcher_leaves_while_the_first_is_at_work(listen: Listen) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("On SQLite the write lock keeps the second one out.")
    import psycopg

    from core.ledger.dispatch import LOCK

    heard = listen()
    make_company()
    found = connection.settings_dict
    with psycopg.connect(
        host=found["HOST"], port=found["PORT"], user=found["USER"], dbname=found["NAME"]
    ) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        assert hand_out() == 0
    assert heard == []
    assert hand_out() == 1
    assert len(heard) == 1


def _race(changes: int, kills: int) -> pendings.Figures:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time; processes are raced on PostgreSQL.")
    pendings.create_tables()
    try:
        return pendings.run(changes, kills)
    finally:
        pendings.drop_tables()


def _assert_once(figures: pendings.Figures, changes: int, kills: int) -> None:
    assert figures.changes >= changes
    assert figures.kills == kills
    assert figures.failures > 0
    assert {
        "doubles": figures.doubles,
        "lost": figures.lost,
        "disorder": figures.disorder,
        "given_up": figures.given_up,
    } == {"doubles": 0, "lost": 0, "disorder": 0, "given_up": 0}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_killed_processes_handle_each_change_once() -> None:
    _assert_once(_race(2000, 5), 2000, 5)


@pytest.mark.soak
@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_processes_that_are_killed_twenty_times_handle_each_change_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    figures = _race(20_000, 20)
    with capsys.disabled():
        print(f"\nPendings: {asdict(figures)}")  # noqa: T201
    _assert_once(figures, 20_000, 20)
