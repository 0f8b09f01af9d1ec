"""Merging at the same moment as merging, editing, deleting or un-merging: one outcome each."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.ledger.causes import because
from core.ledger.locking import is_contention
from core.ledger.tables import Cause, Kind
from core.merging import merged_into
from core.services.undoing import undo_cause
from crm.services.distinct import tell_apart
from pipeline.models import Activity, DistinctLeads, Lead
from pipeline.services.leads import delete_leads, update_lead
from pipeline.services.merging import merge_leads
from tests.conftest import Cast
from tests.core.samples import assert_ledger_tells_all, assert_pipeline_tells_all
from tests.factories import make_activity, make_lead

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def needs_row_locks() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time: there is nothing to race for.")


def at_once(by: Any, *deeds: Callable[[], Any], may_wait: bool = False) -> list[str]:
    """Do several things at the same moment; "done" or the name of the refusal, in their order.

    With `may_wait` two may wait for each other, so that one of them is "busy".
    """
    start = threading.Barrier(len(deeds))
    answers = [""] * len(deeds)

    def run(number: int) -> None:
        try:
            start.wait()
            with because(Kind.PERSON, by=by):
                deeds[number]()
            answers[number] = "done"
        except (Conflict, NotFound, Refused, NotAllowed) as error:
            answers[number] = type(error).__name__
        except DatabaseError as error:
            # What every door answers with "try again".
            answers[number] = "busy" if is_contention(error) else repr(error)
        except Exception as error:
            answers[number] = repr(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[number]) for number in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {"done", "Conflict", "NotFound", "Refused", *(["busy"] if may_wait else [])}
    assert set(answers) <= expected, answers
    assert_ledger_tells_all()
    assert_pipeline_tells_all()
    return answers


def three(by: Any) -> list[int]:
    """Three leads with an activity each."""
    leads = [make_lead(by=by, title=f"Lead {number}", email="e@x.example") for number in range(3)]
    for lead in leads:
        make_activity(by=by, lead=lead)
    return [lead.pk for lead in leads]


@pytest.mark.parametrize("turn", range(3))
def test_of_two_merges_that_overlap_nothing_is_lost(turn: int, cast: Cast) -> None:
    by = cast.manager
    one, two, three_ = three(by)
    answers = at_once(
        by,
        lambda: merge_leads(ids=[one, two], by=by, head=one),
        lambda: merge_leads(ids=[two, three_], by=by, head=three_),
    )
    # The lead that both wanted went one way; who came second is told that it is gone.
    assert sorted(answers) == ["NotFound", "done"]
    assert merged_into(Lead, two) == (one if answers[0] == "done" else three_)
    assert set(Lead.objects.values_list("pk", flat=True)) == {one, three_}
    assert Activity.objects.filter(lead__isnull=False).count() == 3


@pytest.mark.parametrize("turn", range(3))
def test_an_edit_comes_before_the_merge_or_is_told_that_the_lead_is_gone(
    turn: int, cast: Cast
) -> None:
    by = cast.manager
    one, two, _other = three(by)
    answers = at_once(
        by,
        lambda: merge_leads(ids=[one, two], by=by, head=one),
        lambda: update_lead(lead=two, values={"phone": "+1 202 555 0123"}, by=by),
    )
    phone = Lead.objects.get(pk=one).phone
    assert answers[0] == "done"
    assert (answers[1], bool(phone)) in {("done", True), ("NotFound", False)}


@pytest.mark.parametrize("turn", range(3))
def test_a_lead_is_merged_or_deleted_and_never_both(turn: int, cast: Cast) -> None:
    by = cast.manager
    one, two, _other = three(by)
    answers = at_once(
        by,
        lambda: merge_leads(ids=[one, two], by=by, head=one),
        lambda: delete_leads(leads=[two], by=by),
    )
    assert sorted(answers) == ["NotFound", "done"]
    moved = Activity.objects.filter(lead=one).count()
    assert moved == (2 if answers[0] == "done" else 1)
    assert merged_into(Lead, two) == (one if answers[0] == "done" else None)


@pytest.mark.parametrize("turn", range(3))
def test_an_unmerge_and_the_next_merge_leave_each_activity_where_its_lead_is(
    turn: int, cast: Cast
) -> None:
    by = cast.manager
    one, two, other = three(by)
    merge_leads(ids=[one, two], by=by, head=one)
    cause = Cause.objects.get(kind=Kind.MERGE).pk
    answers = at_once(
        by,
        lambda: undo_cause(cause=cause, by=by),
        lambda: merge_leads(ids=[one, other], by=by, head=other),
    )
    assert answers[1] == "done"
    assert Activity.objects.filter(lead__isnull=False).count() == 3
    assert Lead.objects.filter(pk=other).exists()
    assert not Lead.objects.filter(pk=one).exists()


@pytest.mark.parametrize("turn", range(3))
def test_leads_are_told_apart_before_they_are_merged_or_are_gone(turn: int, cast: Cast) -> None:
    by = cast.manager
    one, two, other = three(by)
    answers = at_once(
        by,
        lambda: merge_leads(ids=[one, two], by=by, head=one),
        lambda: tell_apart(model=DistinctLeads, ids=[two, other], by=by),
    )
    assert answers[0] == "done"
    assert answers[1] in {"done", "NotFound"}
    # What was told apart in time goes on to the lead that stays; nothing names one that is gone.
    kept = [(one, other)] if answers[1] == "done" else []
    assert list(DistinctLeads.objects.values_list("first", "second")) == kept


@pytest.mark.parametrize("turn", range(3))
def test_the_two_that_are_merged_are_not_told_apart_as_well(turn: int, cast: Cast) -> None:
    by = cast.manager
    one, two, _other = three(by)
    answers = at_once(
        by,
        lambda: merge_leads(ids=[one, two], by=by, head=one),
        lambda: tell_apart(model=DistinctLeads, ids=[one, two], by=by),
    )
    assert answers[0] == "done"
    assert answers[1] in {"done", "NotFound"}
    assert not DistinctLeads.objects.exists()
    undo_cause(cause=Cause.objects.get(kind=Kind.MERGE).pk, by=by)
    assert DistinctLeads.objects.count() == (1 if answers[1] == "done" else 0)


@pytest.mark.parametrize("turn", range(3))
def test_two_who_say_the_same_say_it_once(turn: int, cast: Cast) -> None:
    by = cast.manager
    one, two, other = three(by)
    deed = partial(tell_apart, model=DistinctLeads, by=by)
    answers = at_once(by, lambda: deed(ids=[one, two, other]), lambda: deed(ids=[other, one]))
    assert answers == ["done", "done"]
    assert DistinctLeads.objects.count() == 3


@pytest.mark.parametrize("turn", range(3))
def test_two_merges_of_leads_that_were_told_apart_keep_them_apart(turn: int, cast: Cast) -> None:
    by = cast.manager
    (one, two, _three), (four, five, _six) = three(by), three(by)
    with because(Kind.PERSON, by=by):
        tell_apart(model=DistinctLeads, ids=[two, five], by=by)
    answers = at_once(
        by,
        lambda: merge_leads(ids=[one, two], by=by, head=one),
        lambda: merge_leads(ids=[four, five], by=by, head=four),
        may_wait=True,
    )
    # Each needs what the other holds: one of them is told to try again.
    pairs = list(DistinctLeads.objects.values_list("first", "second"))
    kept = (one if answers[0] == "done" else two, four if answers[1] == "done" else five)
    assert "done" in answers
    assert pairs == [kept]
