"""Planning next steps and completing them, and what a lead keeps of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.ledger.causes import because
from core.ledger.tables import Kind
from crm.models import User
from pipeline.models import Activity, ActivityType, Lead
from pipeline.services.activities import (
    complete_activity,
    delete_activity,
    end_of_day,
    plan_activity,
    reopen_activity,
    update_activity,
)
from pipeline.services.leads import delete_leads
from tests.conftest import Cast
from tests.core.samples import assert_ledger_tells_all
from tests.factories import arranging, make_company, make_contact, make_lead, make_user

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2027, 3, 1, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def kind(db: None) -> ActivityType:
    with arranging():
        return ActivityType.objects.create(
            name="Ring", default_summary="Ring them", default_days=3, sequence=1
        )


@pytest.fixture
def lead(cast: Cast) -> Lead:
    return make_lead(by=cast.rep, owner=cast.rep.pk, team=cast.team.pk)


def plan(kind: ActivityType, by: Any, **values: Any) -> Activity:
    with because(Kind.PERSON, by=by):
        return plan_activity(by=by, type=kind.pk, **values)


def complete(activity: Activity, by: Any = None, **options: Any) -> Activity:
    with because(Kind.PERSON, by=by):
        return complete_activity(activity=activity.pk, by=by, **options)


def dates(lead: Lead) -> tuple[Any, Any]:
    row = Lead.objects.get(pk=lead.pk)
    return row.next_activity_at, row.last_activity_at


def test_a_plan_is_ones_own_and_takes_the_usual_words_and_day(
    cast: Cast, kind: ActivityType, lead: Lead
) -> None:
    step = plan(kind, cast.rep, lead=lead.pk)
    today = timezone.localdate(timezone=dt.timezone(dt.timedelta(hours=1)))
    assert (step.assignee, step.summary, step.all_day) == (cast.rep, "Ring them", True)
    assert abs((step.due_at.date() - today).days - 3) <= 1
    assert dates(lead) == (step.due_at, None)


@pytest.mark.parametrize(
    ("zone", "hour"),
    [("Europe/Paris", 22), ("Pacific/Auckland", 12), ("America/New_York", 4), ("UTC", 0)],
)
def test_a_day_ends_where_the_assignee_lives(
    cast: Cast, kind: ActivityType, lead: Lead, zone: str, hour: int
) -> None:
    person = make_user(time_zone=zone)
    step = plan(kind, cast.rep, lead=lead.pk, due_on=dt.date(2026, 7, 14), assignee=person.pk)
    after = step.due_at + dt.timedelta(microseconds=1)
    assert after.astimezone(dt.UTC).hour == hour
    assert step.due_at == end_of_day(dt.date(2026, 7, 14), person)


def test_a_moment_is_kept_as_it_is(cast: Cast, kind: ActivityType, lead: Lead) -> None:
    step = plan(kind, cast.rep, lead=lead.pk, due_at=NOON)
    assert (step.due_at, step.all_day) == (NOON, False)
    with pytest.raises(Refused) as refusal:
        plan(kind, cast.rep, lead=lead.pk, due_at=NOON, due_on=NOON.date())
    assert "due_at" in refusal.value.fields
    with pytest.raises(Refused):
        plan(kind, cast.rep, lead=lead.pk, due_at=NOON.replace(tzinfo=None))


def test_a_step_is_on_one_record(cast: Cast, kind: ActivityType, lead: Lead) -> None:
    contact, company = make_contact(), make_company()
    assert plan(kind, cast.rep, contact=contact.pk).contact == contact
    assert plan(kind, cast.rep, company=company.pk).company == company
    for values in ({}, {"lead": lead.pk, "contact": contact.pk}):
        with pytest.raises(Refused):
            plan(kind, cast.rep, **values)


@pytest.mark.parametrize(
    ("values", "field"),
    [({"assignee": 999_999}, "assignee"), ({"summary": "x" * 201}, "summary")],
)
def test_wrong_values_are_refused(
    cast: Cast, kind: ActivityType, lead: Lead, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        plan(kind, cast.rep, lead=lead.pk, **values)
    assert field in refusal.value.fields


def test_types_out_of_use_and_people_who_left_are_refused(
    cast: Cast, kind: ActivityType, lead: Lead
) -> None:
    gone = make_user(is_active=False)
    with pytest.raises(Refused):
        plan(kind, cast.rep, lead=lead.pk, assignee=gone.pk)
    with arranging():
        kind.is_active = False
        kind.save()
    with pytest.raises(Refused) as refusal:
        plan(kind, cast.rep, lead=lead.pk)
    assert "type" in refusal.value.fields


def test_the_next_step_of_a_lead_is_the_earliest_that_is_open(
    cast: Cast, kind: ActivityType, lead: Lead
) -> None:
    late = plan(kind, cast.rep, lead=lead.pk, due_at=NOON + 2 * DAY)
    assert dates(lead) == (NOON + 2 * DAY, None)
    early = plan(kind, cast.rep, lead=lead.pk, due_at=NOON)
    assert dates(lead) == (NOON, None)
    done = timezone.now()
    complete(early, at=done)
    assert dates(lead) == (NOON + 2 * DAY, done)
    with because(Kind.PERSON):
        update_activity(activity=late.pk, values={"due_at": NOON + DAY}, by=cast.rep)
        assert dates(lead) == (NOON + DAY, done)
        reopen_activity(activity=early.pk, by=cast.rep)
        assert dates(lead) == (NOON, None)
        delete_activity(activity=early.pk, by=cast.rep)
        delete_activity(activity=late.pk, by=cast.rep)
    assert dates(lead) == (None, None)
    assert_ledger_tells_all()


def test_a_step_that_changes_hands_or_lead_dates_both(
    cast: Cast, kind: ActivityType, lead: Lead
) -> None:
    step = plan(kind, cast.rep, lead=lead.pk, due_at=NOON)
    other = make_lead(by=cast.rep)
    with because(Kind.PERSON):
        Activity.objects.filter(pk=step.pk).update(lead=other)
    assert (dates(lead), dates(other)) == ((None, None), (NOON, None))


def test_what_is_completed_stays_so_until_it_is_reopened(
    cast: Cast, kind: ActivityType, lead: Lead
) -> None:
    step = plan(kind, cast.rep, lead=lead.pk)
    complete(step, cast.rep, outcome="voicemail", feedback="  left word ")
    row = Activity.objects.get(pk=step.pk)
    assert (row.outcome, row.feedback) == ("voicemail", "left word")
    with pytest.raises(Refused):
        complete(step, cast.rep)
    with because(Kind.PERSON):
        reopen_activity(activity=step.pk, by=cast.rep)
    row = Activity.objects.get(pk=step.pk)
    assert (row.done_at, row.outcome, row.feedback) == (None, "", "")
    with pytest.raises(Refused) as refusal:
        complete(step, cast.rep, outcome="bored")
    assert "outcome" in refusal.value.fields


def test_an_edit_changes_what_is_named(cast: Cast, kind: ActivityType, lead: Lead) -> None:
    step = plan(kind, cast.rep, lead=lead.pk, due_at=NOON)
    with because(Kind.PERSON):
        update_activity(
            activity=step.pk,
            values={"summary": "B", "note": "n", "assignee": cast.mate.pk, "due_on": NOON.date()},
            by=cast.rep,
        )
    row = Activity.objects.get(pk=step.pk)
    assert (row.summary, row.note, row.assignee, row.all_day) == ("B", "n", cast.mate, True)
    assert row.version == 2
    with pytest.raises(Refused) as refusal, because(Kind.PERSON):
        update_activity(activity=step.pk, values={"done_at": NOON}, by=cast.manager)
    assert "done_at" in refusal.value.fields


def test_a_stale_version_is_a_conflict(cast: Cast, kind: ActivityType, lead: Lead) -> None:
    step = plan(kind, cast.rep, lead=lead.pk)
    complete(step)
    for act in (update_activity, reopen_activity, delete_activity):
        options: dict[str, Any] = {"values": {"note": "x"}} if act is update_activity else {}
        with pytest.raises(Conflict), because(Kind.PERSON):
            act(activity=step.pk, by=cast.rep, expected_version=1, **options)


def test_who_sees_a_lead_may_plan_and_who_may_change_it_may_complete(
    cast: Cast, kind: ActivityType, lead: Lead
) -> None:
    planned, completed = {}, {}
    with because(Kind.PERSON):
        lead.followers.add(cast.follower)
    for part, by in cast.people().items():
        try:
            plan(kind, by, lead=lead.pk)
            planned[part] = "done"
        except NotFound:
            planned[part] = "NotFound"
        step = plan(kind, cast.manager, lead=lead.pk, assignee=cast.rep.pk)
        try:
            complete(step, by)
            completed[part] = "done"
        except (NotFound, NotAllowed) as error:
            completed[part] = type(error).__name__
    assert planned == dict.fromkeys(cast.people(), "done") | {"stranger": "NotFound"}
    assert completed == {
        "rep": "done",
        "mate": "NotAllowed",
        "leader": "done",
        "manager": "done",
        "stranger": "NotFound",
        "follower": "NotAllowed",
        "admin": "done",
    }


def test_ones_own_step_opens_sight_on_its_lead(cast: Cast, kind: ActivityType, lead: Lead) -> None:
    assert not Lead.objects.visible_to(cast.stranger).filter(pk=lead.pk).exists()
    step = plan(kind, cast.rep, lead=lead.pk, assignee=cast.stranger.pk)
    assert Lead.objects.visible_to(cast.stranger).filter(pk=lead.pk).exists()
    complete(step, cast.stranger)


def test_a_deleted_lead_takes_its_steps_with_it(cast: Cast, kind: ActivityType, lead: Lead) -> None:
    step = plan(kind, cast.rep, lead=lead.pk)
    with because(Kind.PERSON):
        delete_leads(leads=[lead.pk], by=cast.rep)
    assert not Activity.objects.exists()
    with pytest.raises(NotFound):
        complete(step)
    with pytest.raises(NotFound):
        plan(kind, cast.rep, lead=lead.pk)


def test_a_system_step_is_nobodys(kind: ActivityType, lead: Lead) -> None:
    step = plan(kind, None, lead=lead.pk)
    assert step.assignee is None
    assert User.objects.filter(activities=step).count() == 0
