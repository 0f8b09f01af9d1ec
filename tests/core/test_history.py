"""Reading the ledger: a record's changes, and how it stood at any moment."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from core.ledger.causes import because
from core.ledger.doctor import check_chain
from core.ledger.history import changes_of, effective, last_change, state_at
from core.ledger.tables import Change, Kind, Pending
from core.services.undoing import undo_cause
from crm.models import Company, User
from pipeline.models import Lead, LostReason
from pipeline.services.closing import lose_lead
from pipeline.services.leads import LeadDraft, Step, create_lead, delete_leads, update_lead
from pipeline.services.moves import move_lead
from pipeline.services.sets import set_tags
from tests.core.samples import last_id, make
from tests.factories import make_company, make_lead, make_tag

pytestmark = pytest.mark.django_db

SECOND = dt.timedelta(seconds=1)


def moment_of(change: Change | None) -> dt.datetime:
    assert change is not None
    return change.at


def test_changes_come_newest_first_with_their_cause_and_actor(
    rep: User, django_assert_num_queries: Any
) -> None:
    lead = make_lead(by=rep, title="One", owner=rep.pk)
    for title in ("Two", "Three"):
        with because(Kind.PERSON, by=rep):
            update_lead(lead=lead.pk, values={"title": title}, by=rep)
    with django_assert_num_queries(1):
        found = list(changes_of("pipeline.lead", lead.pk))
        actors = [change.cause.actor for change in found]
    assert [change.diff["title"] for change in found] == [
        ["Two", "Three"],
        ["One", "Two"],
        [None, "One"],
    ]
    assert actors == [rep, rep, None]
    assert last_change("pipeline.lead", lead.pk) == found[0]
    assert last_change("pipeline.lead", 0) is None


def test_the_state_at_each_moment_is_what_stood_there(rep: User, stages: Any) -> None:
    tags = [make_tag().pk, make_tag().pk]
    lead = make_lead(by=rep, title="One", owner=rep.pk, expected_revenue="10.50", tags=tags[:1])
    recorded: list[tuple[dt.datetime, dict[str, Any]]] = []

    def remember() -> None:
        row = Lead.objects.get(pk=lead.pk)
        recorded.append(
            (
                timezone.now(),
                {
                    "title": row.title,
                    "stage": row.stage_id,
                    "status": row.status,
                    "expected_revenue": row.expected_revenue,
                    "closed_at": row.closed_at,
                    "expected_close": row.expected_close,
                    "tags": sorted(row.tags.values_list("pk", flat=True)),
                },
            )
        )

    remember()
    with because(Kind.PERSON):
        update_lead(
            lead=lead.pk,
            values={"title": "Two", "expected_revenue": None, "expected_close": "2027-02-03"},
            by=rep,
        )
    remember()
    with because(Kind.PERSON):
        move_lead(lead=lead.pk, stage=stages[2].pk, by=rep)
        set_tags(leads=[lead.pk], add=[tags[1]], remove=[tags[0]], by=rep)
    remember()
    with because(Kind.PERSON) as losing:
        lose_lead(lead=lead.pk, reason=LostReason.objects.first().pk, by=rep)
    remember()
    undo_cause(cause=losing.id, by=None)
    remember()
    for moment, expected in recorded:
        state = state_at(Lead, lead.pk, moment)
        assert state is not None
        assert {name: state.get(name, []) for name in expected} == expected


def test_a_record_has_no_state_before_it_was_and_after_it_is_gone(rep: User) -> None:
    lead = make_lead(by=rep, owner=rep.pk)
    created = moment_of(last_change("pipeline.lead", lead.pk))
    with because(Kind.PERSON) as cause:
        delete_leads(leads=[lead.pk], by=rep)
    gone = timezone.now()
    undo_cause(cause=cause.id, by=None)
    assert state_at(Lead, lead.pk, created - SECOND) is None
    assert state_at(Lead, lead.pk, created) is not None
    assert state_at(Lead, lead.pk, gone) is None
    state = state_at(Lead, lead.pk, timezone.now())
    assert state is not None and state["title"] == lead.title
    assert state_at(Lead, 0, timezone.now()) is None


def test_custom_fields_stand_in_the_state_as_a_dictionary() -> None:
    company = make_company(custom={"a": 1, "b": ["x"]})
    before = timezone.now()
    with because(Kind.PERSON):
        company.custom = {"b": ["y"], "c": True}
        company.save()
    first, second = (
        state_at(Company, company.pk, before),
        state_at(Company, company.pk, timezone.now()),
    )
    assert first is not None and first["custom"] == {"a": 1, "b": ["x"]}
    assert second is not None and second["custom"] == {"b": ["y"], "c": True}


def test_empty_values_are_those_of_their_columns(rep: User) -> None:
    state = state_at(Lead, make_lead(by=rep).pk, timezone.now())
    assert state is not None
    assert (state["description"], state["expected_revenue"], state["company"]) == ("", None, None)
    assert state["custom"] == {}


def test_a_dated_past_is_read_by_its_dates(rep: User, stages: Any) -> None:
    start = timezone.now() - dt.timedelta(days=100)
    steps = [
        Step(at=start, stage=stages[0]),
        Step(at=start + dt.timedelta(days=10), stage=stages[2]),
        Step(at=start + dt.timedelta(days=50), stage=stages[4], status="won"),
    ]
    with because(Kind.IMPORT):
        lead = create_lead(
            draft=LeadDraft(values={"title": "Old", "expected_revenue": "5"}, steps=steps), by=rep
        )

    def standing(days: float) -> tuple[Any, Any, Any] | None:
        state = state_at(Lead, lead.pk, start + dt.timedelta(days=days))
        return state and (state["stage"], state["status"], state["expected_revenue"])

    assert standing(-1) is None
    assert standing(5) == (stages[0].pk, "open", Decimal("5.00"))
    assert standing(20) == (stages[2].pk, "open", Decimal("5.00"))
    assert standing(60) == (stages[4].pk, "won", Decimal("5.00"))


def test_what_was_undone_no_longer_counts(rep: User) -> None:
    lead = make_lead(by=rep, title="One", owner=rep.pk)
    with because(Kind.PERSON) as cause:
        update_lead(lead=lead.pk, values={"title": "Two", "pain": "much"}, by=rep)
    with because(Kind.PERSON):
        update_lead(lead=lead.pk, values={"title": "Three"}, by=rep)
    undo = undo_cause(cause=cause.id, by=None).cause
    counting = [past.diff for past in effective("pipeline.lead", [lead.pk])[lead.pk]]
    assert counting[1:] == [{"title": ["One", "Two"]}, {"title": ["Two", "Three"]}]
    undo_cause(cause=undo, by=None)
    counting = [past.diff for past in effective("pipeline.lead", [lead.pk])[lead.pk]]
    assert (
        counting[1:]
        == [
            {"title": ["One", "Two"], "pain": [None, "much"]},
            {"title": ["Two", "Three"]},
        ]
        or counting[1:][0]["pain"][1] == "much"
    )


def test_the_doctor_finds_a_broken_chain() -> None:
    company = make(Company, name="One", city="Lyon")
    with because(Kind.PERSON):
        Company.objects.filter(pk=company.pk).update(name="Two")
    assert list(check_chain()) == []
    change = Change.objects.get(pk=last_id())
    change.diff = {"name": ["Never", "Two"]}
    change.save()
    (problem,) = check_chain("crm.company")
    assert (problem.record, problem.change, problem.field) == (
        f"crm.company:{company.pk}",
        change.pk,
        "name",
    )
    assert (problem.expected, problem.found) == ("One", "Never")


def test_the_doctor_finds_a_row_that_was_written_past_the_ledger() -> None:
    company = make(Company, name="One")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE crm_company SET name = 'Forged' WHERE id = %s", [company.pk])
    (problem,) = check_chain("crm.company")
    assert (problem.change, problem.field, problem.found) == (None, "name", "Forged")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM crm_company WHERE id = %s", [company.pk])
    (problem,) = check_chain("crm.company")
    assert problem.field == "existence"


def test_the_doctor_finds_a_set_that_was_written_past_the_ledger(rep: User) -> None:
    tag = make_tag()
    lead = make_lead(by=rep, tags=[tag.pk])
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM pipeline_leadtag WHERE lead_id = %s", [lead.pk])
    (problem,) = check_chain("pipeline.lead")
    assert (problem.field, problem.expected, problem.found) == ("tags", [tag.pk], [])


def test_the_doctor_finds_a_row_that_the_ledger_knows_nothing_of() -> None:
    company = make(Company)
    Pending.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_change WHERE record_type = 'crm.company'")
    (problem,) = check_chain("crm.company")
    assert (problem.record, problem.field) == (f"crm.company:{company.pk}", "existence")
