"""Files: kept as they are, handed out for keeping and never shown, gone only after a while."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from core.ledger.causes import because
from core.ledger.tables import Cause, Kind
from core.services.undoing import undo_cause
from messaging.filenames import LONGEST, name_from, safe_name
from messaging.filetypes import BYTES, is_program, sniff
from messaging.models import File, FileContent, Note
from messaging.services.files import add_files, delete_file, storage, sweep_contents
from pipeline.models import Lead
from pipeline.services.merging import merge_leads
from tests import factories

HTMX = {"HTTP_HX_REQUEST": "true"}
PDF = b"%PDF-1.7\nfour words of text"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """Where the bytes are during a test."""
    settings.STORAGES = {
        **settings.STORAGES,
        "files": {
            **settings.STORAGES["files"],
            "OPTIONS": {"location": str(tmp_path / "files"), "base_url": None},
        },
    }
    return tmp_path / "files"


def upload(name: str = "offer.pdf", body: bytes = PDF, said: str = "text/html") -> Any:
    return SimpleUploadedFile(name, body, content_type=said)


def put(record: Any, by: Any, *files: Any) -> list[File]:
    kind: Any = {record._meta.model_name: record.pk}
    with because(Kind.PERSON, by=by):
        return add_files(files=files or [upload()], by=by, **kind)


def on(record: Any) -> str:
    return reverse("files", args=[record._meta.model_name, record.pk])


def bytes_in(folder: Path) -> int:
    return sum(1 for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("../../x", "x"),
        ("..\\..\\Angebot.pdf", "Angebot.pdf"),
        ("/etc/passwd", "passwd"),
        ("..", "file"),
        ("", "file"),
        ("of\x00fer\r\n2.pdf", "offer 2.pdf"),
        ("offer\u202efdp.docx", "offerfdp.docx"),
        ("de\u0301jà vu.pdf", "déjà vu.pdf"),
        ('a<b>:"c|?*.txt', "a_b___c___.txt"),
        ("con.txt", "_con.txt"),
        (" .hidden. ", "hidden"),
        ("報告.pdf", "報告.pdf"),
    ],
)
def test_a_name_is_made_safe_and_stays_readable(name: str, wanted: str) -> None:
    assert safe_name(name) == wanted


def test_a_long_name_keeps_its_ending() -> None:
    found = safe_name("x" * 5000 + ".pdf")
    assert len(found) == LONGEST and found.endswith("x.pdf")
    assert len(name_from(found, "A title of many characters")) <= LONGEST


@pytest.mark.parametrize(
    ("head", "name", "wanted"),
    [
        (PDF, "offer.exe.txt", "application/pdf"),
        (b"\x89PNG\r\n\x1a\nrest", "x.pdf", "image/png"),
        (b"PK\x03\x04" + b"\x00" * 26 + b"[Content_Types].xml", "x.docx", DOCX),
        (b"PK\x03\x04" + b"\x00" * 26 + b"holiday.jpg", "x.docx", "application/zip"),
        ("né à Nîmes".encode(), "x", "text/plain"),
        ("é".encode()[:1], "x", "text/plain"),
        (b"a;b\n1;2\n", "x.csv", "text/csv"),
        (b"<html><script>alert(1)</script>", "x.png", BYTES),
        (b"\xef\xbb\xbf  <svg onload=alert(1)>", "x.svg", BYTES),
        (b"words <!DOCTYPE html>", "x.txt", BYTES),
        (b"\x00\x01\x02", "x.txt", BYTES),
    ],
)
def test_the_type_is_told_by_the_content(head: bytes, name: str, wanted: str) -> None:
    assert sniff(head, name) == wanted


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"MZ\x90\x00", "holiday.jpg"),
        (b"\x7fELF\x02", "notes.txt"),
        (b"#!/bin/sh\n", "notes.txt"),
        (b"L\x00\x00\x00\x01\x14\x02\x00", "offer.pdf"),
        (b"words", "offer.pdf.EXE"),
        (b"words", "start.ps1"),
    ],
)
def test_programs_are_known_by_content_and_by_ending(head: bytes, name: str) -> None:
    assert is_program(head, name)
    assert not is_program(PDF, "offer.pdf")


@pytest.mark.parametrize("part", ["rep", "mate", "leader", "manager", "follower", "stranger"])
def test_who_sees_the_record_gets_the_file_for_keeping(
    part: str, lead: Any, cast: Any, login: Any
) -> None:
    file = put(lead, cast.rep, upload("Devis « é ».pdf", said="text/html"))[0]
    client = login(cast.people()[part])
    answer = client.get(reverse("file", args=[file.pk]))
    sees = part != "stranger"
    assert answer.status_code == (200 if sees else 404)
    if sees:
        assert b"".join(answer.streaming_content) == PDF
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''Devis%20")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer["Cache-Control"] == "private, no-store"
    assert client.get(on(lead)).status_code == (200 if sees else 404)
    assert client.post(on(lead), {"files": [upload()]}).status_code == (302 if sees else 404)
    assert client.get(reverse("file-delete", args=[file.pk])).status_code == 405
    gone = client.post(reverse("file-delete", args=[file.pk])).status_code
    assert gone == {"rep": 302, "manager": 302, "stranger": 404}.get(part, 403)


@pytest.mark.parametrize("kind", ["lead", "contact", "company"])
def test_the_panel_tells_size_who_and_when(
    kind: str, lead: Any, cast: Any, login: Any, folder: Path
) -> None:
    makers: dict[str, Any] = {
        "lead": lambda: lead,
        "contact": lambda: factories.make_contact("Nora", owner=cast.rep),
        "company": lambda: factories.make_company("Acme", owner=cast.rep),
    }
    record = makers[kind]()
    client = login(cast.rep)
    answer = client.post(on(record), {"files": [upload("../../a.pdf"), upload("b.csv")]}, **HTMX)
    assert answer.status_code == 200
    toast = json.loads(answer["HX-Trigger"])["relance:toast"]
    assert toast["text"] == "2 files are added."
    page = client.get(record.get_absolute_url()).content.decode()
    for wanted in ("a.pdf", "b.csv", "27\xa0bytes", "Rita Rep", 'id="files"'):
        assert wanted in page
    assert bytes_in(folder) == 2
    assert not [path for path in folder.rglob("*") if path.suffix]
    for number in range(10):
        put(record, cast.rep, upload(f"{number}.pdf"))
    more = client.get(record.get_absolute_url())
    assert "a.pdf" not in more.content.decode() and "Older files" in more.content.decode()
    assert "a.pdf" in client.get(on(record)).content.decode()
    undo_cause(cause=Cause.objects.get(pk=toast["undo"]).pk, by=cast.rep)
    assert not File.objects.filter(name="a.pdf").exists()


def test_a_note_comes_with_its_files_and_goes_with_them(lead: Any, cast: Any, login: Any) -> None:
    address = reverse("notes", args=["lead", lead.pk])
    client = login(cast.rep)
    answer = client.post(address, {"body": "See this", "files": [upload("plan.pdf")]}, **HTMX)
    assert answer.status_code == 200 and "plan.pdf" in answer.content.decode()
    file = File.objects.get()
    assert file.note == Note.objects.get() and file.lead == lead
    deleted = client.post(reverse("note-delete", args=[file.note_id]))
    assert deleted.status_code == 302 and not File.objects.exists()
    cause = Cause.objects.order_by("-started_at").first()
    assert cause is not None
    undo_cause(cause=cause.pk, by=cast.rep)
    assert b"".join(client.get(reverse("file", args=[file.pk])).streaming_content) == PDF


def test_files_without_words_are_added_without_a_note(lead: Any, cast: Any, login: Any) -> None:
    address = reverse("notes", args=["lead", lead.pk])
    answer = login(cast.rep).post(address, {"body": " ", "files": [upload()]}, **HTMX)
    assert answer.status_code == 200 and not Note.objects.exists()
    assert File.objects.get().note is None


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (("big.pdf", PDF + b"x" * 2000), "at most 0 MB"),
        (("empty.pdf", b""), "empty"),
        (("tool.pdf", b"MZ\x90\x00"), "program"),
    ],
)
def test_what_is_not_kept_costs_neither_note_nor_bytes(
    file: Any, words: str, lead: Any, cast: Any, login: Any, settings: Any, folder: Path
) -> None:
    settings.FILE_SIZE = 1000
    address = reverse("notes", args=["lead", lead.pk])
    sent = {"body": "My long words", "files": [upload("good.pdf"), upload(*file)]}
    answer = login(cast.rep).post(address, sent, **HTMX)
    assert answer.status_code == 422 and answer["HX-Reswap"] == "none"
    assert words in json.loads(answer["HX-Trigger"])["relance:toast"]["text"]
    plain = login(cast.rep).post(address, {**sent, "files": [upload(*file)]})
    assert plain.status_code == 422 and "My long words" in plain.content.decode()
    assert not Note.objects.exists() and not FileContent.objects.exists()
    assert bytes_in(folder) == 0


def test_bytes_of_a_request_that_fails_later_go_again(lead: Any, cast: Any, folder: Path) -> None:
    from core.errors import NotFound
    from messaging.services.notes import write_note

    with pytest.raises(NotFound), because(Kind.PERSON, by=cast.stranger):
        write_note(body="x", by=cast.stranger, lead=lead.pk, files=[upload()])
    assert bytes_in(folder) == 0 and not FileContent.objects.exists()


def test_a_deleted_file_comes_back_until_its_time_is_over(
    lead: Any, cast: Any, folder: Path, login: Any
) -> None:
    file = put(lead, cast.rep)[0]
    with because(Kind.PERSON, by=cast.rep) as cause:
        delete_file(file=file.pk, by=cast.rep)
    now = timezone.now() + dt.timedelta(days=2)
    assert sweep_contents(now=now) == 0
    almost = now + dt.timedelta(days=settings.FILE_KEEP_DAYS - 1)
    assert sweep_contents(now=almost) == 0
    undo_cause(cause=cause.id, by=cast.rep)
    assert sweep_contents(now=almost + dt.timedelta(days=30)) == 0
    assert storage().open(File.objects.get().content.key).read() == PDF

    with because(Kind.PERSON, by=cast.rep) as again:
        delete_file(file=file.pk, by=cast.rep)
    later = almost + dt.timedelta(days=40)
    assert sweep_contents(now=later) == 0
    last = later + dt.timedelta(days=settings.FILE_KEEP_DAYS)
    assert sweep_contents(now=last) == 1
    assert sweep_contents(now=last) == 0 and bytes_in(folder) == 0
    undo_cause(cause=again.id, by=cast.rep)
    client = login(cast.rep)
    assert "<s>offer.pdf</s>" in client.get(lead.get_absolute_url()).content.decode()
    assert client.get(reverse("file", args=[file.pk])).status_code == 404


def test_bytes_that_no_file_ever_had_are_swept(db: Any, folder: Path) -> None:
    key = storage().save("ab/orphan", io.BytesIO(PDF))
    content = FileContent.objects.create(key=storage().save("ab/new", io.BytesIO(PDF)))
    old = timezone.now() - dt.timedelta(days=2)
    FileContent.objects.create(key=key, created_at=old)
    sweep_contents()
    assert FileContent.objects.get(key=key).unused_since is not None
    assert FileContent.objects.get(pk=content.pk).unused_since is None
    assert sweep_contents(now=timezone.now() + dt.timedelta(days=settings.FILE_KEEP_DAYS + 1)) == 1
    assert bytes_in(folder) == 1


def test_merged_leads_bring_their_files_named_by_where_they_came_from(lead: Any, cast: Any) -> None:
    """C11: all files of the tails are on the head, renamed "<name> (from <title ≤ 20>)"."""
    tail = factories.make_lead(
        by=cast.manager, title="Cold storage, second enquiry", owner=cast.rep.pk
    )
    put(lead, cast.rep, upload("own.pdf"))
    for name in ("a.pdf", "b", "c.tar.gz", "d.pdf"):
        put(tail, cast.rep, upload(name))
    merge_leads(ids=[lead.pk, tail.pk], by=cast.manager, head=lead.pk)
    names = set(Lead.objects.get(pk=lead.pk).files.values_list("name", flat=True))
    source = "(from Cold storage, second)"
    assert source == f"(from {tail.title[:20].strip()})"
    assert names == {
        *("own.pdf", f"a {source}.pdf", f"b {source}", f"c.tar {source}.gz", f"d {source}.pdf")
    }
    cause = Cause.objects.get(kind=Kind.MERGE)
    undo_cause(cause=cause.pk, by=cast.manager)
    back = set(Lead.objects.get(pk=tail.pk).files.values_list("name", flat=True))
    assert back == {"a.pdf", "b", "c.tar.gz", "d.pdf"}


def test_a_request_that_announces_two_gigabytes_is_refused_unread(
    lead: Any, cast: Any, login: Any
) -> None:
    client = login(cast.rep)
    address = reverse("notes", args=["lead", lead.pk])

    class Unread(io.BytesIO):
        """A body that must not be touched."""

        def read(self, *_: Any) -> bytes:
            raise AssertionError("the body was read")

    for extra in ({}, HTMX):
        answer = client.generic(
            "POST",
            address,
            content_type="multipart/form-data; boundary=x",
            CONTENT_LENGTH=str(2 * 1024**3),
            **{"wsgi.input": Unread()},
            **extra,
        )
        assert answer.status_code == 413
        said = answer.get("HX-Trigger") or answer.content.decode()
        assert "This is too large: 2048 MB. At most" in said
    assert not Note.objects.exists()


def test_over_the_api(lead: Any, cast: Any, client: Any) -> None:
    token = factories.make_token(cast.rep)
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    sent = {"lead": lead.pk, "file": upload("../Offer.pdf")}
    key = {"HTTP_IDEMPOTENCY_KEY": "once"}
    made = client.post("/api/v1/files/", sent, **bearer, **key)
    assert made.status_code == 201
    body = made.json()
    assert (body["name"], body["size"], body["media_type"]) == (
        "Offer.pdf",
        len(PDF),
        "application/pdf",
    )
    sent["file"] = upload("../Offer.pdf")
    again = client.post("/api/v1/files/", sent, **bearer, **key)
    assert again.json()["id"] == body["id"] and File.objects.count() == 1
    found = client.get(f"/api/v1/files/?lead={lead.pk}&count=true", **bearer).json()
    assert found["count"] == 1
    handed = client.get(f"/api/v1/files/{body['id']}/content/", **bearer)
    assert b"".join(handed.streaming_content) == PDF
    assert handed["Content-Disposition"] == 'attachment; filename="Offer.pdf"'
    refused = client.post("/api/v1/files/", {"lead": lead.pk, "file": upload("x.exe")}, **bearer)
    assert refused.status_code == 400 and "program" in refused.json()["detail"]
    huge = client.generic("POST", "/api/v1/files/", b"", CONTENT_LENGTH=str(2 * 1024**3), **bearer)
    assert huge.status_code == 413 and huge["Content-Type"] == "application/problem+json"
    other = factories.make_token(cast.stranger)
    hidden = {"HTTP_AUTHORIZATION": f"Bearer {other}"}
    assert client.get(f"/api/v1/files/{body['id']}/content/", **hidden).status_code == 404
    gone = client.delete(f"/api/v1/files/{body['id']}/", **bearer)
    assert gone.status_code == 204 and not File.objects.exists()


def test_a_file_on_a_note_is_its_authors_to_add(lead: Any, cast: Any, client: Any) -> None:
    note = factories.make_note("Words", by=cast.rep, lead=lead)
    for person, status in ((cast.rep, 201), (cast.mate, 403), (cast.stranger, 404)):
        bearer = {"HTTP_AUTHORIZATION": f"Bearer {factories.make_token(person)}"}
        sent = {"note": note.pk, "file": upload()}
        assert client.post("/api/v1/files/", sent, **bearer).status_code == status
    assert File.objects.get().lead == lead
