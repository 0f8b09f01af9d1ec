"""Mentions: who is meant, who is told and follows, and who is first asked about."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.urls import reverse

from core.ledger.causes import because
from core.ledger.tables import Cause, Kind
from core.services.undoing import undo_cause
from messaging.models import Note, NoteMention, Notification
from messaging.naming import by_name, find_named, find_unknown
from messaging.services.notes import update_note
from pipeline.models import Lead, LeadFollower
from tests import factories

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("@Rita Rep, call", [("Rita Rep", 1)]),
        ("ask @rita  rep", [("rita  rep", 1)]),
        ("@Rita Repton", [("Rita Rep", 0)]),
        ("@Rita", [("Rita", 3)]),
        ("(@rita@example.com)", [("rita@example.com", 1)]),
        ("mail x@Rita Rep", []),
        ("@Nobody at all @", []),
        ("@Sam Same", []),
        ("@North and @north", [("North", 9)]),
        ("@Élodie.", [("Élodie", 7)]),
    ],
)
def test_who_is_named(text: str, wanted: list[Any]) -> None:
    names = [("Rita Rep", 1), ("Rita", 3), ("rita@example.com", 1), ("North", 9), ("Élodie", 7)]
    known = by_name([*names, ("Sam Same", 4), ("sam  same", 5)])
    found = find_named(text, known)
    assert found == ([("Rita", 3)] if text == "@Rita Repton" else wanted)


def test_a_mention_tells_and_makes_a_follower_once(lead: Any, cast: Any, tell: Any) -> None:
    tell()
    factories.make_note("@Max Mate see @max mate and @Nobody", by=cast.rep, lead=lead)
    tell()
    tell()
    assert [row.user for row in NoteMention.objects.all()] == [cast.mate]
    assert LeadFollower.objects.filter(lead=lead, user=cast.mate).exists()
    told = Notification.objects.get(user=cast.mate)
    assert told.kind == "mention" and told.change.cause.kind == Kind.SYSTEM
    assert set(Notification.objects.filter(kind="note").values_list("user", flat=True)) == {
        cast.leader.pk,
        cast.follower.pk,
        cast.rep.pk,
    }


def test_a_team_is_mentioned_with_members_and_leader_but_not_who_wrote(
    lead: Any, cast: Any, tell: Any
) -> None:
    with because(Kind.PERSON, by=cast.rep):
        from messaging.services.notes import write_note

        write_note(body="@North please", by=cast.rep, lead=lead.pk)
    tell()
    mentioned = Notification.objects.filter(kind="mention").values_list("user", flat=True)
    assert set(mentioned) == {cast.mate.pk, cast.leader.pk}
    assert not Notification.objects.filter(user=cast.rep).exists()


def test_who_does_not_see_the_lead_is_told_after_access_is_given(
    lead: Any, cast: Any, login: Any, tell: Any
) -> None:
    client = login(cast.rep)
    address = reverse("notes", args=["lead", lead.pk])
    answer = client.post(address, {"body": "@Sten Stranger knows"}, **HTMX)
    toast = json.loads(answer["HX-Trigger"])["relance:toast"]
    assert "Sten Stranger" in toast["text"] and toast["actText"] == "Give access"
    tell()
    assert Note.objects.count() == 1
    assert not Notification.objects.filter(user=cast.stranger).exists()
    assert not Lead.objects.visible_to(cast.stranger).filter(pk=lead.pk).exists()

    assert login(cast.stranger).post(toast["act"]).status_code == 404
    assert login(cast.mate).post(toast["act"]).status_code == 403
    assert login(cast.rep).post(toast["act"]).status_code == 302
    tell()
    assert Lead.objects.visible_to(cast.stranger).filter(pk=lead.pk).exists()
    assert Notification.objects.get(user=cast.stranger).kind == "follower"


def test_who_may_not_give_access_is_only_told(lead: Any, cast: Any, login: Any) -> None:
    answer = login(cast.mate).post(
        reverse("notes", args=["lead", lead.pk]), {"body": "@Sten Stranger"}, **HTMX
    )
    toast = json.loads(answer["HX-Trigger"])["relance:toast"]
    assert "Sten Stranger" in toast["text"] and "act" not in toast


def test_an_edit_tells_only_who_is_new_and_an_undo_takes_the_rows_back(
    lead: Any, cast: Any, tell: Any
) -> None:
    note = factories.make_note("@Max Mate", by=cast.rep, lead=lead)
    tell()
    before = Notification.objects.count()
    with because(Kind.PERSON, by=cast.rep) as cause:
        update_note(note=note.pk, body="@Max Mate @Mona Manager", by=cast.rep)
    tell()
    assert Notification.objects.count() == before + 1
    assert Notification.objects.get(user=cast.manager).kind == "mention"
    undo_cause(cause=Cause.objects.get(pk=cause.id).pk, by=cast.rep)
    assert [row.user for row in note.mentions.all()] == [cast.mate]


def test_a_deleted_note_comes_back_with_its_mentions(lead: Any, cast: Any) -> None:
    note = factories.make_note("@Max Mate", by=cast.rep, lead=lead)
    with because(Kind.PERSON, by=cast.rep) as cause:
        note.delete()
    assert not NoteMention.objects.exists()
    undo_cause(cause=cause.id, by=cast.rep)
    assert NoteMention.objects.get().user == cast.mate


def test_colleagues_and_teams_are_offered_by_their_first_letters(cast: Any, login: Any) -> None:
    factories.make_user("Max Mate", email="other@example.com")
    client = login(cast.rep)
    page = client.get(reverse("mentions"), {"q": "ma"}).content.decode()
    assert 'data-mention="max.mate@example.com"' in page
    assert 'data-mention="other@example.com"' in page
    assert 'data-mention="North"' in client.get(reverse("mentions"), {"q": "nor"}).content.decode()
    assert client.get(reverse("mentions"), {"q": "zz"}).content.decode().strip() == ""
    client.logout()
    assert client.get(reverse("mentions"), {"q": "ma"}).status_code == 302


def test_a_mention_stands_out_and_runs_nothing(lead: Any, cast: Any, login: Any) -> None:
    factories.make_note("ask @Max Mate <b>", by=cast.rep, lead=lead)
    page = login(cast.rep).get(lead.get_absolute_url()).content.decode()
    assert "ask <strong>@Max Mate</strong> &lt;b&gt;" in page


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("@Rita Rep and @Nobody.", ["Nobody"]),
        ("mail a@b.example, `@code`, https://e.org/@x, @ and @2", []),
        ("```\n@decorator\n``` @élodie @Élodie", []),
        ("@Zoë @Zoë", ["Zoë"]),
    ],
)
def test_who_is_nobody(text: str, wanted: list[str]) -> None:
    assert find_unknown(text, by_name([("Rita Rep", 1), ("Élodie", 7)])) == wanted


def test_a_mention_of_nobody_is_plain_text_with_a_hint(lead: Any, cast: Any, login: Any) -> None:
    address = reverse("notes", args=["lead", lead.pk])
    answer = login(cast.rep).post(address, {"body": "@Nobody Atall, @Max Mate"}, **HTMX)
    toast = json.loads(answer["HX-Trigger"])["relance:toast"]
    assert toast["text"].endswith("Nobody is called @Nobody: that stays plain text.")
    assert "@Nobody Atall, <strong>@Max Mate</strong>" in answer.content.decode()
