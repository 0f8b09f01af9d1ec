"""Exactly once with several workers at a time, and with one that is killed between."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.db import connection, connections
from django.utils import timezone

from core.ledger.causes import because
from core.ledger.dispatch import hand_out
from core.ledger.tables import Kind
from messaging.channels import DEFAULTS, Channel
from messaging.models import (
    Digest,
    InvitationWork,
    MailWork,
    Notification,
    NotificationWork,
    ReminderWork,
    SentInvitation,
)
from messaging.services.digests import order_digests
from messaging.services.inviting import Asked, invite
from messaging.services.mailing import send_mails
from messaging.services.notifying import notify
from messaging.services.reminding import remind
from messaging.services.sending import tell_guests
from messaging.services.wishes import set_wishes
from tests import factories

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def on_postgresql() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("threads wait for each other only on PostgreSQL")


def together(number: int, do: Callable[[], Any]) -> None:
    """Do it in several threads that start at one moment; each has a connection of its own."""
    gate, errors = threading.Barrier(number), []

    def run() -> None:
        try:
            gate.wait(timeout=20)
            do()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _number in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not errors


def everything(some: Callable[..., int]) -> Callable[[], None]:
    def work() -> None:
        while some(3):
            pass

    return work


def test_workers_at_once_tell_each_person_once(lead: Any, cast: Any) -> None:
    for _number in range(15):
        factories.make_note("Hello", by=cast.mate, lead=lead)
    together(3, hand_out)
    assert NotificationWork.objects.count() == 15
    together(4, everything(notify))
    everything(notify)()
    found = list(Notification.objects.filter(kind="note").values_list("user", "change"))
    assert len(found) == len(set(found)) == 15 * 3, "owner, leader and follower of each note"
    assert not NotificationWork.objects.exists()


def test_workers_at_once_remind_and_mail_once(lead: Any, cast: Any) -> None:
    ways = {**DEFAULTS, Notification.Kind.REMINDER: [Channel.APP, Channel.MAIL]}
    set_wishes(user=cast.rep, told=ways, reminder="1h", digest_on=False, hour=7)
    due = timezone.now() + dt.timedelta(hours=2)
    for _number in range(12):
        factories.make_activity(by=cast.rep, lead=lead, assignee=cast.rep, due_at=due)
    hand_out()
    everything(notify)()
    everything(send_mails)()
    mail.outbox.clear()
    assert ReminderWork.objects.count() == 12
    ReminderWork.objects.update(not_before=timezone.now())
    together(4, everything(remind))
    everything(remind)()
    assert Notification.objects.filter(kind="reminder").count() == 12
    assert MailWork.objects.count() == 12
    together(4, everything(send_mails))
    keys = [sent.extra_headers["Message-ID"] for sent in mail.outbox]
    assert len(keys) == len(set(keys)) == 12


def test_a_worker_killed_between_leaves_its_reminders_to_the_next(lead: Any, cast: Any) -> None:
    factories.make_activity(by=cast.rep, lead=lead, assignee=cast.rep)
    hand_out()
    ReminderWork.objects.update(not_before=timezone.now())
    taken = ReminderWork.objects.lease(10)  # and then it dies
    assert len(taken) == 1 and remind() == 0
    ReminderWork.objects.update(leased_until=timezone.now() - dt.timedelta(seconds=1))
    together(3, everything(remind))
    everything(remind)()
    assert Notification.objects.filter(kind="reminder").count() == 1


def test_mornings_are_ordered_once(lead: Any, cast: Any) -> None:
    now = dt.datetime(2026, 11, 24, 8, 0, tzinfo=dt.UTC)
    together(4, lambda: order_digests(now))
    people = Digest.objects.filter(day=dt.date(2026, 11, 24))
    assert people.count() == len(cast.people())
    assert MailWork.objects.filter(record_type="messaging.digest").count() == people.count()


def test_workers_at_once_ask_each_guest_once(lead: Any, cast: Any) -> None:
    due = timezone.now() + dt.timedelta(days=2)
    for number in range(8):
        step = factories.make_activity(by=cast.rep, lead=lead, assignee=cast.rep, due_at=due)
        guests = [Asked(f"guest{number}.{one}@x.example") for one in range(3)]
        with because(Kind.PERSON, by=cast.rep):
            invite(activity=step.pk, by=cast.rep, guests=guests)
    together(4, hand_out)
    assert InvitationWork.objects.count() == 8
    InvitationWork.objects.update(not_before=timezone.now())
    together(4, everything(tell_guests))
    everything(tell_guests)()
    assert SentInvitation.objects.count() == 24
    together(4, everything(send_mails))
    everything(send_mails)()
    asked = [sent.to[0] for sent in mail.outbox if "guest" in sent.to[0]]
    assert len(asked) == len(set(asked)) == 24
