"""Notes: who reads and writes them, what their Markdown may do, and that nothing said is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.urls import reverse

from core.ledger.causes import because
from core.ledger.tables import Cause, Change, Kind
from core.services.undoing import undo_cause
from messaging.markdown import render
from messaging.models import Note
from messaging.services.notes import LONGEST, delete_note, update_note
from tests import factories

HTMX = {"HTTP_HX_REQUEST": "true"}
SEES = {"rep": 1, "mate": 1, "leader": 1, "manager": 1, "admin": 1, "follower": 1, "stranger": 0}


def on(record: Any) -> str:
    return reverse("notes", args=[record._meta.model_name, record.pk])


@pytest.mark.parametrize("part", SEES)
def test_who_sees_a_record_reads_and_writes_on_it(
    part: str, lead: Any, cast: Any, login: Any
) -> None:
    note = factories.make_note("Ask for Nora", by=cast.rep, lead=lead)
    client = login(cast.people()[part])
    sees, mine = bool(SEES[part]), part == "rep"
    manages = part in ("manager", "admin")
    assert client.get(on(lead)).status_code == (200 if sees else 404)
    assert client.get(reverse("note", args=[note.pk])).status_code == (302 if sees else 404)
    assert client.get(reverse("note-versions", args=[note.pk])).status_code == (
        200 if sees else 404
    )
    edit = reverse("note-edit", args=[note.pk])
    refused = 403 if sees else 404
    assert client.get(edit).status_code == (200 if mine else refused)
    assert client.post(edit, {"body": "Other"}).status_code == (302 if mine else refused)
    answer = client.post(on(lead), {"body": "Mine"})
    assert answer.status_code == (302 if sees else 404)
    assert Note.objects.filter(body="Mine").count() == int(sees)
    delete = reverse("note-delete", args=[note.pk])
    assert client.get(delete).status_code == 405
    assert client.post(delete).status_code == (302 if mine or manages else refused)
    assert Note.objects.filter(pk=note.pk).exists() == (not (mine or manages))


def test_a_note_stands_in_the_timeline_and_tells_what_became_of_it(
    lead: Any, cast: Any, login: Any
) -> None:
    client = login(cast.rep)
    answer = client.post(on(lead), {"body": "Call **after 5**", "place": "page"}, **HTMX)
    page = answer.content.decode()
    assert "Call <strong>after 5</strong>" in page and "wrote a note" in page
    events = json.loads(answer["HX-Trigger"])
    assert events["relance:toast"]["text"] == "Your note is written."
    assert events["relance:noted"] == {"address": on(lead)}
    with because(Kind.SYSTEM):
        undo_cause(cause=Cause.objects.get(pk=events["relance:toast"]["undo"]).pk, by=cast.rep)
    assert not Note.objects.exists()


def test_the_timeline_shows_notes_alone_and_older_ones_behind_a_place(
    lead: Any, cast: Any, login: Any
) -> None:
    for number in range(25):
        factories.make_note(f"Word {number:02}", by=cast.rep, lead=lead)
    client = login(cast.mate)
    history = reverse("lead-history", args=[lead.pk])
    first = client.get(history, {"only": "notes"}, **HTMX)
    assert "Word 24" in (shown := first.content.decode()) and "Word 05" in shown
    assert "Word 04" not in shown and "created this lead" not in shown
    more = first.context["data"].more_url
    assert "Word 04" in client.get(more, **HTMX).content.decode()
    assert client.get(history, {"only": "notes", "notes": "nonsense_x"}).status_code == 200


@pytest.mark.parametrize("kind", ["contact", "company"])
def test_notes_on_contacts_and_companies(kind: str, cast: Any, login: Any) -> None:
    make = {"contact": factories.make_contact, "company": factories.make_company}[kind]
    record = make("Acme", owner=cast.rep)
    client = login(cast.rep)
    answer = client.post(on(record), {"body": "Pays late"}, **HTMX)
    assert answer.status_code == 200 and "Pays late" in answer.content.decode()
    page = client.get(record.get_absolute_url()).content.decode()
    assert "Pays late" in page and 'data-part="notes"' in page
    for number in range(12):
        factories.make_note(f"Word {number:02}", by=cast.rep, **{kind: record})
    page = client.get(record.get_absolute_url()).content.decode()
    assert "Word 11" in page and "Pays late" not in page and "Older notes" in page
    older = client.get(record.get_absolute_url()).context["main_panels"]
    url = next(panel.data.more_url for panel in older if panel.name == "notes")
    assert "Pays late" in client.get(url).content.decode()
    assert login(cast.stranger).get(on(record)).status_code == 404


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("[x](JaVaScRiPt&#58;alert(1))", "[x](JaVaScRiPt:alert(1))"),
        ("[x](data:text/html;base64,PHNjcmlwdD4=)", "data:text/html"),
        ('[x](https://e.org "a\\" onmouseover=\\"alert(1)")', "https://e.org"),
        ("![pixel](https://spy.example/p.png)", "pixel"),
        ("<svg/onload=alert(1)>", "&lt;svg/onload"),
        ("<https://e.org/'onclick='x>", "e.org"),
        ("[x]: javascript:alert(1)\n\n[x]", "javascript:alert(1)"),
        ("```\n<script>\n```", "&lt;script&gt;"),
    ],
)
def test_markdown_runs_and_loads_nothing(text: str, wanted: str) -> None:
    html = render(text)
    assert wanted in html
    for bad in ("<script", "<img", "<svg", 'href="javascript', 'href="data', 'onmouseover="a'):
        assert bad not in html.lower()


def test_markdown_says_what_colleagues_mean() -> None:
    html = render(
        "# Plan\n\n- **one**\n- ~~two~~\n\nhttps://e.org/a and\nnext line\n\n|a|b|\n|-|-|\n|1|2|"
    )
    for wanted in ("<h1>Plan</h1>", "<strong>one</strong>", "<s>two</s>", "<br>", "<td>1</td>"):
        assert wanted in html
    assert 'href="https://e.org/a"' in html and 'rel="noopener noreferrer nofollow"' in html


@pytest.mark.parametrize("body", ["", " \n ", "x" * (LONGEST + 1)])
def test_what_cannot_be_kept_is_refused_and_given_back(
    body: str, lead: Any, cast: Any, login: Any
) -> None:
    before = Change.objects.count()
    for headers in ({}, HTMX):
        answer = login(cast.rep).post(on(lead), {"body": body}, **headers)
        assert answer.status_code == 422
        assert body.strip()[:100] in answer.content.decode()
    assert answer["HX-Retarget"] == "#composer"
    assert Change.objects.count() == before


def test_an_edited_note_keeps_its_versions(lead: Any, cast: Any, login: Any) -> None:
    note = factories.make_note("First *words*", by=cast.rep, lead=lead)
    client = login(cast.rep)
    edit = reverse("note-edit", args=[note.pk])
    answer = client.post(edit, {"body": "Second words", "version": note.version}, **HTMX)
    assert answer.status_code == 204
    again = client.post(edit, {"body": "Third", "version": note.version}, **HTMX)
    assert again.status_code == 409 and "Third" in again.content.decode()
    note.refresh_from_db()
    assert note.body == "Second words" and note.edited_at is not None
    assert "edited" in client.get(lead.get_absolute_url()).content.decode()
    shown = login(cast.mate).get(reverse("note-versions", args=[note.pk])).content.decode()
    assert "First <em>words</em>" in shown and shown.index("Second") < shown.index("First")


def test_saving_the_same_words_is_no_edit(lead: Any, cast: Any) -> None:
    note = factories.make_note("Words", by=cast.rep, lead=lead)
    with because(Kind.PERSON, by=cast.rep):
        update_note(note=note.pk, body=" Words\r\n", by=cast.rep)
    note.refresh_from_db()
    assert note.edited_at is None


def test_a_deleted_note_comes_back_with_its_versions(lead: Any, cast: Any) -> None:
    note = factories.make_note("Words", by=cast.rep, lead=lead)
    with because(Kind.PERSON, by=cast.rep) as cause:
        delete_note(note=note.pk, by=cast.rep)
    assert not Note.objects.exists()
    undo_cause(cause=cause.id, by=cast.rep)
    assert Note.objects.get().body == "Words"


def test_an_unknown_kind_of_record_has_no_notes(cast: Any, login: Any) -> None:
    assert login(cast.manager).get(reverse("notes", args=["user", cast.rep.pk])).status_code == 404
