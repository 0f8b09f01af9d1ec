"""Notifications: who is told of what, once; what is read; followers."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from core.ledger.causes import because
from core.ledger.dispatch import hand_out
from core.ledger.tables import Kind
from core.services.undoing import undo_cause
from messaging.models import Notification, NotificationWork
from messaging.services.notes import delete_note
from messaging.services.notifying import notify
from pipeline.models import LeadFollower
from pipeline.services.activities import complete_activity
from pipeline.services.moves import move_lead
from tests import factories


def told(kind: str) -> set[int]:
    return set(Notification.objects.in_app().filter(kind=kind).values_list("user", flat=True))


def test_a_completed_activity_is_told_to_followers_but_not_to_who_did_it(
    lead: Any, cast: Any, tell: Any
) -> None:
    step = factories.make_activity(by=cast.manager, lead=lead, assignee=cast.rep)
    with because(Kind.PERSON, by=cast.leader):
        complete_activity(activity=step.pk, by=cast.leader)
    tell()
    assert told("done") == {cast.rep.pk, cast.follower.pk}


def test_moves_are_told_to_followers_and_the_leader_by_rule(
    lead: Any, cast: Any, stages: Any, tell: Any
) -> None:
    with because(Kind.PERSON, by=cast.manager):
        move_lead(lead=lead.pk, stage=stages[1].pk, by=cast.manager)
    tell()
    assert told("stage") == {cast.leader.pk, cast.follower.pk}


def test_imports_and_undos_are_not_told_one_by_one(
    lead: Any, cast: Any, stages: Any, tell: Any
) -> None:
    with because(Kind.IMPORT, by=cast.manager):
        move_lead(lead=lead.pk, stage=stages[1].pk, by=cast.manager)
    tell()
    assert not Notification.objects.exists()


def test_a_note_that_comes_back_is_told_anew_since_its_notices_went_with_it(
    lead: Any, cast: Any, tell: Any
) -> None:
    note = factories.make_note("Ask @Fay Follower", by=cast.rep, lead=lead)
    tell()
    assert told("mention") == {cast.follower.pk}
    with because(Kind.PERSON, by=cast.rep) as deleting:
        delete_note(note=note.pk, by=cast.rep)
    tell()
    assert told("mention") == set()
    undo_cause(cause=deleting.id, by=cast.rep)
    tell()
    tell()
    assert told("mention") == {cast.follower.pk}


def test_a_worker_that_dies_half_way_tells_nobody_twice(lead: Any, cast: Any) -> None:
    factories.make_note("Hello", by=cast.mate, lead=lead)
    hand_out()
    rows = list(NotificationWork.objects.values("key", "change_id", "record_type", "record_id"))
    notify()
    number = Notification.objects.count()
    assert number == len({row.user_id for row in Notification.objects.all()}) > 1
    NotificationWork.objects.bulk_create(NotificationWork(**row) for row in rows)
    notify()
    assert Notification.objects.count() == number and not NotificationWork.objects.exists()


def test_a_person_sees_marks_and_opens_their_own_only(
    lead: Any, cast: Any, login: Any, tell: Any
) -> None:
    note = factories.make_note("Hello", by=cast.mate, lead=lead)
    tell()
    mine = Notification.objects.get(user=cast.follower)
    opened = reverse("notification-open", args=[mine.pk])
    for person in (cast.stranger, cast.manager):
        client = login(person)
        assert client.post(opened).status_code == 404
        assert "Cold storage" not in client.get(reverse("notifications")).content.decode()
    client = login(cast.follower)
    assert "Cold storage" in client.get(reverse("notices")).content.decode()
    page = client.get(reverse("notifications"), {"only": "unread"}).content.decode()
    assert "Cold storage" in page and "Mark all as read" in page
    assert client.get(opened).status_code == 405
    answer = client.post(opened)
    assert answer["Location"] == f"{lead.get_absolute_url()}#note-{note.pk}"
    mine.refresh_from_db()
    assert mine.read_at is not None
    page = client.get(reverse("notifications"), {"only": "unread"}).content.decode()
    assert "Cold storage" not in page
    client.post(reverse("notification-read", args=[mine.pk]), {"read": "no"})
    mine.refresh_from_db()
    assert mine.read_at is None
    client.post(reverse("notifications-read"))
    assert not Notification.objects.of(cast.follower).unread().exists()
    assert Notification.objects.of(cast.rep).unread().exists()
    for only in ("mention", "note", "nonsense"):
        assert client.get(reverse("notifications"), {"only": only}).status_code == 200


def test_who_lost_sight_of_a_lead_reads_no_more_of_it(
    lead: Any, cast: Any, login: Any, tell: Any
) -> None:
    factories.make_note("Hello", by=cast.mate, lead=lead)
    tell()
    with factories.arranging():
        LeadFollower.objects.filter(user=cast.follower).delete()
    client = login(cast.follower)
    assert "Cold storage" not in client.get(reverse("notifications")).content.decode()


@pytest.mark.parametrize("part", ["rep", "mate", "manager", "stranger"])
def test_following_from_the_page(part: str, lead: Any, cast: Any, login: Any) -> None:
    person = cast.people()[part]
    client, address = login(person), reverse("lead-follow", args=[lead.pk])
    sees = part != "stranger"
    assert client.get(address).status_code == 405
    assert client.post(address, {"follow": "yes"}).status_code == (302 if sees else 404)
    assert LeadFollower.objects.filter(lead=lead, user=person).exists() == sees
    if sees:
        page = client.get(lead.get_absolute_url()).content.decode()
        assert "Unfollow" in page and "(owner)" in page and "(team leader)" in page
        client.post(address, {"follow": "no"})
        assert not LeadFollower.objects.filter(lead=lead, user=person).exists()


def test_who_unfollows_out_of_sight_is_led_to_what_they_see(
    lead: Any, cast: Any, login: Any
) -> None:
    address = reverse("lead-follow", args=[lead.pk])
    answer = login(cast.follower).post(address, {"follow": "no"}, HTTP_HX_REQUEST="true")
    assert answer.status_code == 204 and answer["HX-Redirect"] == "/"


def test_the_page_takes_the_same_queries_for_many(
    lead: Any, cast: Any, login: Any, tell: Any, query_budget: Any
) -> None:
    budget = query_budget("notifications, follower")
    client = login(cast.follower)
    for size, number in (("small", 2), ("large", 12)):
        for _each in range(number):
            factories.make_note("@Fay Follower", by=cast.mate, lead=lead)
        tell()
        client.get(reverse("notifications"))
        with budget.at(size):
            assert client.get(reverse("notifications")).status_code == 200
