"""The page of an activity: everything about it in one form, for who may change it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.errors import Refused
from core.services.undoing import undo_cause
from pipeline.models import Activity
from pipeline.services.activities import update_activity
from tests import factories

STATUS = {"rep": 200, "mate": 200, "leader": 200, "manager": 200, "stranger": 404}


@pytest.fixture
def step(cast: Any, stages: Any) -> Any:
    lead = factories.make_lead(by=cast.manager, owner=cast.rep.pk, team=cast.team.pk)
    return factories.make_activity(by=cast.rep, lead=lead, assignee=cast.rep, summary="Visit")


def sent(step: Any, **values: Any) -> dict[str, Any]:
    local = timezone.localtime(step.due_at)
    return {
        "version": step.version,
        "type": step.type_id,
        "summary": step.summary,
        "due_on": local.date().isoformat(),
        "due_time": local.strftime("%H:%M:%S.%f"),
        "assignee": step.assignee_id,
        **values,
    }


@pytest.mark.parametrize("part", STATUS)
def test_who_sees_the_lead_opens_it(part: str, step: Any, cast: Any, client: Client) -> None:
    client.force_login(cast.people()[part])
    address = reverse("activity", args=[step.pk])
    assert client.get(address).status_code == STATUS[part]


def test_length_place_and_reminder_are_kept_and_undone(
    step: Any, cast: Any, client: Client
) -> None:
    client.force_login(cast.rep)
    address = reverse("activity", args=[step.pk])
    values = sent(step, duration="45", place="Room 2", reminder="1h", note="Bring the plan")
    assert client.post(address, values).status_code == 302
    kept = Activity.objects.get(pk=step.pk)
    assert (kept.duration, kept.place, kept.reminder) == (45, "Room 2", "1h")
    assert (kept.note, kept.due_at) == ("Bring the plan", step.due_at)
    with factories.arranging():
        from core.ledger.tables import Change

        change = Change.objects.filter(record_type="pipeline.activity").latest("pk")
        assert set(change.diff) == {"duration", "place", "reminder", "note"}
        undo_cause(cause=change.cause_id, by=cast.rep)
    kept.refresh_from_db()
    assert (kept.duration, kept.place, kept.reminder, kept.note) == (None, "", "", "")
    assert client.post(address, values).status_code == 409, "the version is an old one"


def test_a_chosen_moment_is_asked_for(step: Any, cast: Any, client: Client) -> None:
    client.force_login(cast.rep)
    address = reverse("activity", args=[step.pk])
    assert client.post(address, sent(step, reminder="chosen")).status_code == 422
    when = "2027-03-01T08:30"
    assert client.post(address, sent(step, reminder="chosen", remind_at=when)).status_code == 302
    kept = Activity.objects.get(pk=step.pk)
    assert kept.remind_at == dt.datetime(2027, 3, 1, 7, 30, tzinfo=dt.UTC), "the person's zone"
    with factories.arranging():
        update_activity(activity=step.pk, values={"reminder": "none"}, by=cast.rep)
    kept.refresh_from_db()
    assert (kept.reminder, kept.remind_at) == ("none", None)


@pytest.mark.parametrize(
    "values",
    [
        {"duration": 0},
        {"duration": 1441},
        {"place": "x" * 201},
        {"reminder": "soon"},
        {"remind_at": dt.datetime(2027, 1, 1)},
    ],
)
def test_what_makes_no_sense_is_refused(values: dict[str, Any], step: Any, cast: Any) -> None:
    with factories.arranging(), pytest.raises(Refused):
        update_activity(activity=step.pk, values=values, by=cast.rep)


def test_it_is_deleted_from_its_page(step: Any, cast: Any, client: Client) -> None:
    address = reverse("activity-delete", args=[step.pk])
    client.force_login(cast.stranger)
    assert client.post(address).status_code == 404
    client.force_login(cast.rep)
    assert client.get(address).status_code == 405
    assert client.post(address).status_code == 302
    assert not Activity.objects.filter(pk=step.pk).exists()
