"""Meetings: guests are asked, told of each change once, and answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from core.errors import NotAllowed, NotFound, Refused
from core.ledger.causes import because
from core.ledger.dispatch import hand_out
from core.ledger.tables import Change, Kind
from core.services.undoing import undo_cause
from messaging.links import answer_url
from messaging.models import Guest, Invitation, InvitationWork, Notification, SentInvitation
from messaging.services.inviting import Asked, answer_invitation, invite, withdraw_guest
from messaging.services.mailing import send_mails
from messaging.services.sending import PAUSE, tell_guests
from pipeline.services.activities import complete_activity, delete_activity, update_activity
from pipeline.services.merging import merge_leads
from tests import factories

NOW = dt.datetime(2026, 11, 24, 8, 0, tzinfo=dt.UTC)
START = dt.datetime(2026, 11, 27, 9, 0, tzinfo=dt.UTC)
NORA = "nora@keller.example"


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def step(clock: Any, lead: Any, cast: Any) -> Any:
    return factories.make_activity(
        by=cast.rep,
        lead=lead,
        assignee=cast.rep,
        due_at=START,
        summary="Offer: at most 20 % off",
        note="Never below 40,000",
        duration=45,
        place="Room 4",
    )


@pytest.fixture
def later(clock: Any) -> Callable[[], list[Any]]:
    """Do what dispatcher and workers do once nothing has changed for a while; the new mails."""

    def worked() -> list[Any]:
        hand_out()
        before = len(mail.outbox)
        clock.shift(PAUSE)
        while tell_guests():
            pass
        while send_mails():
            pass
        return mail.outbox[before:]

    return worked


def ask(step: Any, by: Any, *emails: str, **values: Any) -> Invitation:
    with because(Kind.PERSON, by=by):
        return invite(activity=step.pk, by=by, guests=[Asked(email) for email in emails], **values)


def change(step: Any, by: Any, **values: Any) -> None:
    with because(Kind.PERSON, by=by):
        update_activity(activity=step.pk, values=values, by=by)


def last_cause() -> Any:
    return Change.objects.order_by("-pk")[0].cause_id


def event_of(message: Any) -> tuple[str, Any]:
    """The method and the event of a mail, as a calendar reads it."""
    part = next(p for p in message.message().walk() if p.get_content_type() == "text/calendar")
    calendar: Any = Calendar.from_ical(part.get_payload(decode=True))
    assert part.get_param("method") == calendar["method"]
    return str(calendar["method"]), calendar.events[0]


def test_a_guest_is_asked_by_a_mail_that_calendars_understand(
    step: Any, cast: Any, later: Any
) -> None:
    contact = factories.make_contact("Nora Keller", email=NORA, language="fr", owner=cast.rep)
    with because(Kind.PERSON, by=cast.rep):
        guests = [Asked(f" {NORA.upper()} ", "Nora Keller", contact.pk)]
        invite(
            activity=step.pk, by=cast.rep, guests=guests, title="Our offer", message="See you <b>"
        )
    (sent,) = later()
    assert sent.to == [NORA] and sent.reply_to == [cast.rep.email]
    assert sent.subject == "Invitation : Our offer"
    assert sent.from_email.startswith("Rita Rep <")
    method, event = event_of(sent)
    assert method == "REQUEST" and event["sequence"] == 0 and event["summary"] == "Our offer"
    assert event.start == START and event.end == START + dt.timedelta(minutes=45)
    assert event["location"] == "Room 4" and event["organizer"] == f"mailto:{cast.rep.email}"
    assert event["attendee"] == f"mailto:{NORA}" and event["attendee"].params["RSVP"] == "TRUE"
    text = str(sent.message())
    for ours in ("20 %", "40,000", "Cold storage"):
        assert ours not in text and ours not in sent.body and ours not in event.to_ical().decode()
    assert "See you &lt;b&gt;" in sent.alternatives[0][0]
    # Asked again, nothing is new.
    ask(step, cast.rep, NORA, title="Our offer", message="See you <b>")
    assert later() == []


def test_what_is_moved_called_off_and_brought_back_is_told_in_order(
    step: Any, cast: Any, later: Any
) -> None:
    ask(step, cast.rep, NORA)
    (first,) = later()
    uid = event_of(first)[1]["uid"]
    change(step, cast.rep, due_at=START + dt.timedelta(hours=2), place="Room 5")
    (moved,) = later()
    method, event = event_of(moved)
    assert (method, event["sequence"], event["uid"]) == ("REQUEST", 1, uid)
    assert event.start == START + dt.timedelta(hours=2) and event["location"] == "Room 5"
    with because(Kind.PERSON, by=cast.rep):
        complete_activity(activity=step.pk, by=cast.rep, outcome="cancelled")
    cause = last_cause()
    (off,) = later()
    method, event = event_of(off)
    assert (method, event["sequence"], event["status"]) == ("CANCEL", 2, "CANCELLED")
    undo_cause(cause=cause, by=cast.rep)
    (back,) = later()
    assert event_of(back)[0] == "REQUEST" and event_of(back)[1]["sequence"] == 3
    with because(Kind.PERSON, by=cast.rep):
        delete_activity(activity=step.pk, by=cast.rep)
    assert event_of(later()[0])[0] == "CANCEL" and not Invitation.objects.exists()


def test_what_is_undone_at_once_is_told_to_nobody(
    step: Any, cast: Any, later: Any, clock: Any
) -> None:
    ask(step, cast.rep, NORA)
    hand_out()
    clock.shift(PAUSE - dt.timedelta(seconds=1))
    assert tell_guests() == 0
    undo_cause(cause=last_cause(), by=cast.rep)
    assert later() == [] and not SentInvitation.objects.exists()
    assert not InvitationWork.objects.exists()


def test_who_is_withdrawn_is_told_and_the_others_are_not(step: Any, cast: Any, later: Any) -> None:
    ask(step, cast.rep, NORA, "jan@keller.example")
    assert len(later()) == 2
    with because(Kind.PERSON, by=cast.rep):
        withdraw_guest(guest=Guest.objects.get(email=NORA).pk, by=cast.rep)
    (off,) = later()
    assert off.to == [NORA] and event_of(off)[0] == "CANCEL"


def test_what_is_over_is_told_to_nobody(step: Any, cast: Any, later: Any, clock: Any) -> None:
    ask(step, cast.rep, NORA)
    later()
    clock.move_to(START + dt.timedelta(minutes=1))
    with because(Kind.PERSON, by=cast.rep):
        delete_activity(activity=step.pk, by=cast.rep)
    assert later() == []


def test_merging_leads_takes_the_meeting_along_and_tells_no_guest(
    step: Any, cast: Any, later: Any, lead: Any
) -> None:
    ask(step, cast.rep, NORA)
    later()
    head = factories.make_lead(by=cast.manager, title="Cold storage again", owner=cast.rep.pk)
    with because(Kind.MERGE, by=cast.manager):
        merge_leads(ids=[head.pk, lead.pk], head=head.pk, by=cast.manager)
    step.refresh_from_db()
    assert step.lead_id == head.pk and step.invitations.get().guests.get().email == NORA
    assert later() == []


def test_a_guest_answers_by_the_link_once_more_and_the_organiser_is_told(
    step: Any, cast: Any, later: Any, tell: Any, client: Client
) -> None:
    ask(step, cast.rep, NORA, title="Our offer")
    later()
    guest = Guest.objects.get()
    path = answer_url(guest.pk, NORA).removeprefix("http://testserver")
    path = path[path.index("/invitations/") :]
    shown = client.get(path)
    assert shown.status_code == 200 and b"Our offer" in shown.content
    assert b"Cold storage" not in shown.content and b"20 %" not in shown.content
    guest.refresh_from_db()
    assert guest.answer == ""
    assert client.post(path, {"answer": "yes!"}).status_code == 422
    for answer in ("accepted", "declined"):
        assert client.post(path, {"answer": answer}).status_code == 200
    guest.refresh_from_db()
    assert guest.answer == "declined"
    tell()
    told = Notification.objects.filter(kind="answer").values_list("user", flat=True)
    assert list(told) == [cast.rep.pk] * 2
    assert later() == []
    # The link is that of one address, and dies with the invitation.
    assert client.get(path[:-3] + "x/").status_code == 404
    with because(Kind.PERSON, by=cast.rep):
        withdraw_guest(guest=guest.pk, by=cast.rep)
    assert client.get(path).status_code == 404


def test_answers_are_refused_once_it_is_over(step: Any, cast: Any, clock: Any) -> None:
    ask(step, cast.rep, NORA)
    guest = Guest.objects.get()
    clock.move_to(START + dt.timedelta(minutes=1))
    with pytest.raises(Refused, match="over"):
        answer_invitation(guest=guest.pk, email=NORA, answer="accepted")
    with pytest.raises(NotFound):
        answer_invitation(guest=guest.pk, email="other@keller.example", answer="accepted")


@pytest.mark.parametrize(
    ("emails", "because_of"),
    [
        (["not an address"], "not an e-mail address"),
        (["a@x.example\nBcc: b@x.example"], "not an e-mail address"),
        ([], "Say whom to invite"),
        ([f"g{n}@x.example" for n in range(51)], "At most 50"),
    ],
)
def test_bad_guests_are_refused_and_nothing_is_written(
    step: Any, cast: Any, emails: list[str], because_of: str
) -> None:
    with pytest.raises(Refused, match=because_of):
        ask(step, cast.rep, *emails)
    assert not Invitation.objects.exists() and not Guest.objects.exists()


def test_only_who_may_change_the_step_invites_and_only_with_an_hour_ahead(
    step: Any, cast: Any
) -> None:
    with pytest.raises(NotAllowed):
        ask(step, cast.follower, NORA)
    with pytest.raises(NotFound):
        ask(step, cast.stranger, NORA)
    theirs = factories.make_contact("Their Own", owner=cast.stranger, email=NORA)
    with pytest.raises(NotFound), because(Kind.PERSON, by=cast.rep):
        invite(activity=step.pk, by=cast.rep, guests=[Asked(NORA, "", theirs.pk)])
    change(step, cast.rep, due_on=dt.date(2026, 11, 27))
    with pytest.raises(Refused, match="hour"):
        ask(step, cast.rep, NORA)
    change(step, cast.rep, due_at=NOW - dt.timedelta(hours=1))
    with pytest.raises(Refused, match="over"):
        ask(step, cast.rep, NORA)


def test_the_page_offers_the_people_of_the_lead_and_takes_what_is_typed(
    step: Any, cast: Any, lead: Any, login: Any
) -> None:
    contact = factories.make_contact("Nora Keller", email=NORA, owner=cast.rep)
    with because(Kind.PERSON, by=cast.rep):
        lead.lead_contacts.model(lead=lead, contact=contact, is_main=True).save()
    browser = login(cast.rep)
    page = browser.get(reverse("activity-invite", args=[step.pk]))
    assert f"Nora Keller · {NORA}" in page.text and "Max Mate" in page.text
    bad = browser.post(
        reverse("activity-invite", args=[step.pk]), {"title": "Offer", "more": "no address"}
    )
    assert bad.status_code == 422 and "no address" in bad.text
    answered = browser.post(
        reverse("activity-invite", args=[step.pk]),
        {
            "title": "Offer",
            "people": [f"contact:{contact.pk}"],
            "colleagues": [f"user:{cast.mate.pk}"],
            "more": "Jan Keller <jan@keller.example>; eva@keller.example",
        },
        follow=True,
    )
    assert answered.status_code == 200 and "4 guests are invited." in answered.text
    assert set(Guest.objects.values_list("email", "name")) == {
        (NORA, "Nora Keller"),
        (cast.mate.email, "Max Mate"),
        ("jan@keller.example", "Jan Keller"),
        ("eva@keller.example", ""),
    }
    assert Guest.objects.get(email=NORA).contact == contact


def test_the_api_sets_the_guests(step: Any, cast: Any) -> None:
    token = factories.make_token(cast.rep)
    api = Client(headers={"authorization": f"Bearer {token}"})
    address = f"/api/v1/activities/{step.pk}/invitation/"
    assert api.get(address).status_code == 404
    for emails in (["a@x.example", "b@x.example"], ["b@x.example", "c@x.example"]):
        body = {"title": "Offer", "guests": [{"email": email} for email in emails]}
        answered = api.put(address, body, content_type="application/json")
        assert answered.status_code == 200
        assert [guest["email"] for guest in answered.json()["guests"]] == emails
    assert api.get(address).json()["organiser"]["id"] == cast.rep.pk
    bad = api.put(address, {"guests": [{"email": "x"}]}, content_type="application/json")
    assert bad.status_code == 400 and Guest.objects.count() == 2
