"""How people are told: their wishes for each kind, the mails, and the ways to end them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from core.ledger.causes import because
from core.ledger.dispatch import hand_out
from core.ledger.tables import Kind as CauseKind
from messaging.channels import ALWAYS, DEFAULTS, Channel, Kind, channels_of
from messaging.models import MailWork, Notification
from messaging.services.mailing import queue_told, send_mails
from messaging.services.notifying import notify
from messaging.services.wishes import set_wishes, stop_mails
from pipeline.models import LeadFollower
from pipeline.services.activities import complete_activity, update_activity
from pipeline.services.assignment import assign_lead
from pipeline.services.moves import move_lead
from tests import factories

APP, MAIL, DIGEST = Channel.APP, Channel.MAIL, Channel.DIGEST


def wish(user: Any, **told: Any) -> None:
    """Set a person's ways of the kinds named; the others are as they were."""
    ways = {kind: list(channels_of(user, kind)) for kind in DEFAULTS}
    ways |= {Kind(name): chosen for name, chosen in told.items()}
    set_wishes(user=user, told=ways, reminder="10min", digest_on=True, hour=7)


def rows(user: Any) -> list[tuple[str, bool, bool, bool]]:
    found = Notification.objects.filter(user=user).order_by("pk")
    return [(row.kind, row.in_app, row.by_mail, row.in_digest) for row in found]


def test_every_kind_has_its_usual_ways() -> None:
    assert set(DEFAULTS) == set(Kind)


def test_wishes_decide_what_is_written(lead: Any, cast: Any, tell: Any) -> None:
    wish(cast.follower, note=[DIGEST])
    wish(cast.rep, note=[])
    factories.make_note("Hello", by=cast.mate, lead=lead)
    tell()
    assert rows(cast.follower) == [("note", False, False, True)]
    assert rows(cast.rep) == []
    assert rows(cast.leader) == [("note", True, False, True)]
    assert Notification.objects.of(cast.follower).in_app().unread().count() == 0


def test_what_is_given_to_somebody_is_always_in_the_app(lead: Any, cast: Any, tell: Any) -> None:
    wish(cast.mate, assigned=[])
    with because(CauseKind.PERSON, by=cast.leader):
        assign_lead(lead=lead.pk, owner=cast.mate.pk, by=cast.leader)
    tell()
    assert rows(cast.mate) == [("assigned", True, False, False)]
    assert {(Kind.ASSIGNED, APP)} == ALWAYS and not mail.outbox


def test_an_activity_given_to_somebody_is_told_and_mailed(
    lead: Any, cast: Any, tell: Any, login: Any
) -> None:
    step = factories.make_activity(by=cast.rep, lead=lead, assignee=cast.rep, summary="Call Nora")
    tell()
    assert rows(cast.rep) == [("assigned", True, True, False)], "the system has no name"
    mail.outbox.clear()
    with because(CauseKind.PERSON, by=cast.leader):
        update_activity(activity=step.pk, values={"assignee": cast.mate.pk}, by=cast.leader)
    tell()
    assert rows(cast.mate) == [("assigned", True, True, False)]
    assert [sent.to for sent in mail.outbox] == [[cast.mate.email]]
    assert mail.outbox[0].subject == "Cold storage – Lea Leader: gave you: Call Nora"
    client = login(cast.mate)
    assert "gave you: Call Nora" in client.get(reverse("notices")).content.decode()


def test_the_bell_tells_a_given_lead_once(lead: Any, cast: Any, tell: Any, login: Any) -> None:
    with because(CauseKind.PERSON, by=cast.leader):
        assign_lead(lead=lead.pk, owner=cast.mate.pk, by=cast.leader)
    tell()
    client = login(cast.mate)
    assert client.get(reverse("notices")).content.decode().count("assigned it to you") == 1
    assert client.get(reverse("notifications")).content.decode().count("assigned it to you") == 1


def test_wins_are_a_kind_of_their_own(lead: Any, cast: Any, stages: Any, tell: Any) -> None:
    for stage in (stages[1], stages[-1]):
        with because(CauseKind.PERSON, by=cast.manager):
            move_lead(lead=lead.pk, stage=stage.pk, by=cast.manager)
    tell()
    assert [row[0] for row in rows(cast.follower)] == ["stage", "closed"]
    assert rows(cast.rep) == [("stage", False, False, False), ("closed", False, False, True)]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "wrote a note"), ("fr", "a écrit une note")]
)
def test_a_mail_speaks_the_language_of_whom_it_is_for(
    language: str, words: str, lead: Any, cast: Any, tell: Any
) -> None:
    with factories.arranging():
        cast.follower.language = language
        cast.follower.save()
    wish(cast.follower, note=[MAIL])
    note = factories.make_note("Ask <b>Nora</b>", by=cast.mate, lead=lead)
    tell()
    (sent,) = mail.outbox
    text, html = str(sent.body), str(sent.alternatives[0][0])
    assert words in text and words in html and words in sent.subject
    link = f"http://testserver{lead.get_absolute_url()}#note-{note.pk}"
    assert link in text and link in html
    assert "/notifications/settings/" in text and "/notifications/settings/" in html
    assert "&lt;b&gt;Nora" in html and "<b>Nora" not in html
    row = Notification.objects.get(user=cast.follower)
    assert sent.extra_headers["Message-ID"] == f"<told.{row.pk}@localhost>"
    assert row.mailed_at is not None and not MailWork.objects.exists()
    assert not row.in_app, "nothing unread stands in the app"


def test_a_mail_is_the_same_when_it_is_sent_again(lead: Any, cast: Any, tell: Any) -> None:
    wish(cast.follower, note=[MAIL])
    factories.make_note("Hello", by=cast.mate, lead=lead)
    tell()
    row = Notification.objects.get(user=cast.follower)
    queue_told([row.pk])
    send_mails()
    first, second = (sent.extra_headers["Message-ID"] for sent in mail.outbox)
    assert first == second


def test_no_mail_of_what_was_read_or_is_out_of_sight(lead: Any, cast: Any, tell: Any) -> None:
    wish(cast.follower, note=[APP, MAIL])
    for _number in range(2):
        factories.make_note("Hello", by=cast.mate, lead=lead)
    hand_out()
    notify()
    first = Notification.objects.filter(user=cast.follower)[0]
    Notification.objects.filter(pk=first.pk).update(read_at=timezone.now())
    with factories.arranging():
        LeadFollower.objects.filter(user=cast.follower).delete()
    while send_mails():
        pass
    assert not mail.outbox and not MailWork.objects.exists()


def test_a_mailbox_that_refuses_holds_up_no_other(
    lead: Any, cast: Any, tell: Any, settings: Any
) -> None:
    wish(cast.follower, note=[MAIL])
    factories.make_note("Hello", by=cast.mate, lead=lead)
    kept = settings.MAILERS
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": 9, "timeout": 2},
        }
    }
    tell()
    row = MailWork.objects.get()
    assert row.last_error.startswith("ConnectionRefusedError") and row.failed_at is None
    settings.MAILERS = kept
    MailWork.objects.update(not_before=None)
    send_mails()
    assert len(mail.outbox) == 1 and not MailWork.objects.exists()


def test_the_link_that_ends_mails_asks_first(lead: Any, cast: Any, tell: Any, client: Any) -> None:
    wish(cast.follower, note=[APP, MAIL], mention=[MAIL])
    factories.make_note("Hello", by=cast.mate, lead=lead)
    tell()
    headers = mail.outbox[0].extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = re.sub(r"^<http://testserver|>$", "", headers["List-Unsubscribe"])
    assert client.get(address).status_code == 200
    cast.follower.refresh_from_db()
    assert MAIL in channels_of(cast.follower, Kind.NOTE), "looking changes nothing"
    assert client.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    cast.follower.refresh_from_db()
    assert channels_of(cast.follower, Kind.NOTE) == {APP}
    assert channels_of(cast.follower, Kind.MENTION) == {MAIL}
    for bad in (address[:-3] + "xx/", reverse("mails-stop", args=["nonsense"])):
        assert client.get(bad).status_code == 404 and client.post(bad).status_code == 404


def test_the_page_keeps_wishes(cast: Any, login: Any) -> None:
    client, address = login(cast.rep), reverse("notification-settings")
    page = client.get(address).content.decode()
    assert page.count('type="checkbox"') == 3 * len(Kind) + 1
    sent = {"reminder": "1h", "hour": "9", "note-mail": "on", "reminder-digest": "on"}
    assert client.post(address, sent).status_code == 302
    cast.rep.refresh_from_db()
    assert channels_of(cast.rep, Kind.NOTE) == {MAIL}
    assert channels_of(cast.rep, Kind.REMINDER) == set()
    assert channels_of(cast.rep, Kind.ASSIGNED) == {APP}
    assert cast.rep.preferences["digest"] == {"on": False, "hour": 9}
    for wrong in ({"reminder": "chosen"}, {"hour": "24"}, {"reminder": ""}):
        assert client.post(address, sent | wrong).status_code == 422
    stop_mails(user=cast.rep, what="digest")


def test_what_somebody_keeps_by_hand_is_read_with_care(cast: Any) -> None:
    for told in ("nonsense", {"note": "app"}, {"note": ["post", "app"]}):
        cast.rep.preferences = {"told": told, "digest": 7, "reminder": "chosen"}
        assert APP in channels_of(cast.rep, Kind.NOTE)


def test_h4_completing_tells_colleagues_who_follow_and_never_the_client(
    cast: Any, stages: Any, tell: Any
) -> None:
    """behaviours H4: the client is on the lead, the manager follows it; the activity is done."""
    client = factories.make_contact("Clara Client", email="clara@client.example")
    lead = factories.make_lead(
        by=cast.manager,
        owner=cast.rep.pk,
        contacts=[(client.pk, "")],
        followers=[cast.manager.pk],
    )
    tell()
    mail.outbox.clear()
    step = factories.make_activity(by=cast.rep, lead=lead, assignee=cast.rep)
    wish(cast.manager, done=[APP, MAIL])
    tell()
    Notification.objects.all().delete()
    mail.outbox.clear()
    with because(CauseKind.PERSON, by=cast.rep):
        complete_activity(activity=step.pk, by=cast.rep)
    factories.make_note("She hesitates", by=cast.rep, lead=lead)
    tell()
    told = set(Notification.objects.filter(kind="done").values_list("user", flat=True))
    assert told == {cast.manager.pk, cast.leader.pk}, "the leader by rule"
    step.refresh_from_db()
    assert step.done_at is not None
    assert {address for sent in mail.outbox for address in sent.recipients()} == {
        cast.manager.email
    }
