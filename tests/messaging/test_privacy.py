"""What is held on a person: found, handed over, erased from every table and from the history."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from core.errors import NotAllowed, NotFound, Refused
from core.ledger.causes import because
from core.ledger.dispatch import hand_out
from core.ledger.doctor import check_chain
from core.ledger.history import state_at
from core.ledger.tables import Cause, Kind
from core.services.undoing import undo_cause
from crm.models import Contact, PrivacyRecord, User
from crm.scrubbing import DOMAIN, Scrubber
from crm.services.contacts import delete_contact, update_contact
from crm.services.privacy import erase_person, export_person
from messaging.models import Guest, InvitationWork, Note, SentInvitation
from messaging.services.files import add_files, open_content, storage
from messaging.services.inviting import Asked, answer_invitation, invite
from messaging.services.sending import place, tell_guests
from pipeline.models import Lead
from pipeline.services import search
from tests import factories

#: What must stand nowhere once Nora is erased.
TRACES = (
    *("nora keller", "keller, nora", "nora.old@", "nora@keller.example", "n.keller@"),
    *("79 123 45 67", "791234567", "79-123-45-67", "noras secret"),
)


@pytest.fixture
def nora(cast: Any) -> Contact:
    """A person with a past: renamed, on a lead, written about here and elsewhere."""
    nora = factories.make_contact(
        "Nora Keller",
        owner=cast.rep,
        email="nora.old@keller.example",
        mobile="+41 79 123 45 67",
        job_title="Noras secret title",
    )
    update_as(cast.rep, nora, email="nora@keller.example")
    lead = factories.make_lead(
        by=cast.manager,
        title="Nora Keller – fleet",
        description="Nora wants 12 vans. Call 079 123 45 67.",
        contact_name="Keller, Nora",
        email="N.Keller@keller.example",
        phone="0041 79-123-45-67",
        contacts=[(nora.pk, "champion")],
        owner=cast.rep.pk,
        team=cast.team.pk,
    )
    factories.make_note("Spoke with Nora, she is nice", by=cast.rep, lead=lead)
    factories.make_note("Write to nora@keller.example", by=cast.rep, contact=nora)
    step = factories.make_activity(by=cast.rep, lead=lead, summary="Call Nora Keller")
    with factories.arranging():
        asked = [Asked("nora@keller.example", "Nora Keller", nora.pk)]
        invite(activity=step.pk, by=cast.rep, guests=asked, message="Dear Nora Keller, come!")
    guest = Guest.objects.get()
    answer_invitation(guest=guest.pk, email=guest.email, answer="accepted")
    other = factories.make_lead(by=cast.manager, title="Other", description="Ask Nora Keller")
    factories.make_note("NORA@KELLER.EXAMPLE knows", by=cast.rep, lead=other)
    return nora


def update_as(user: User, contact: Contact, **values: Any) -> Any:
    """Change a contact in a closed cause; gives the cause."""
    with because(Kind.PERSON, by=user) as cause:
        update_contact(contact=contact.pk, values=values, by=user)
    return cause


def whole_database() -> str:
    """Every value of every row, read past the ORM."""
    found = []
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            if model._meta.app_label == "sessions":
                continue
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            for row in cursor.fetchall():
                for value in row:
                    text = str(value)
                    if text[:1] in "{[":
                        with contextlib.suppress(ValueError):
                            text += json.dumps(json.loads(text), ensure_ascii=False)
                    found.append(text.casefold())
    return "\n".join(found)


def erase(contact: Contact, by: User, **options: Any) -> PrivacyRecord:
    """Erase with the right confirmation."""
    return erase_person(contact=contact.pk, by=by, typed="nora  KELLER", elsewhere=True, **options)


@pytest.mark.django_db
def test_nothing_of_an_erased_person_stands_anywhere(cast: Any, nora: Contact) -> None:
    hand_out()
    while search.refresh():
        pass
    InvitationWork.objects.update(not_before=None)
    assert tell_guests() == 1
    before = whole_database()
    assert [trace for trace in TRACES if trace not in before] == []
    erase(nora, cast.manager, request="Mail of Nora Keller, ticket 55")
    after = whole_database()
    assert [trace for trace in TRACES if trace in after] == []
    assert [str(problem) for problem in check_chain()] == []
    lead = Lead.objects.get(title__endswith="– fleet")
    assert "wants 12 vans" in lead.description
    assert "nora" not in lead.description.casefold()
    assert "nora" not in Note.objects.order_by("pk")[0].body.casefold()
    assert "fleet" in lead.search_text
    record = PrivacyRecord.objects.get()
    assert (record.by, record.contact_id, record.deed) == (cast.manager, nora.pk, "erasure")
    assert record.counts["leads"] == 1
    assert record.counts["notes"] == 2
    assert record.request.endswith("ticket 55")
    assert (record.counts["guests"], record.counts["invited"]) == (1, 1)
    # Nobody is told of it: who is erased has no address any more.
    InvitationWork.objects.all().delete()
    place([Guest.objects.get().invitation.activity_id])
    InvitationWork.objects.update(not_before=None)
    told = SentInvitation.objects.get()
    assert tell_guests() == 1
    assert told.email.endswith(DOMAIN) and SentInvitation.objects.get().sequence == told.sequence


@pytest.mark.django_db
def test_the_past_and_undo_know_digests_alone(cast: Any, nora: Contact) -> None:
    cause = update_as(cast.rep, nora, name="Nora Keller-Roth", mobile="")
    nora.refresh_from_db()
    moment = Cause.objects.get(pk=cause.id).started_at
    erase_person(contact=nora.pk, by=cast.manager, typed="Nora Keller-Roth", elsewhere=True)
    then = state_at(Contact, nora.pk, moment)
    assert then is not None
    assert then["name"].startswith("erased-")
    with because(Kind.UNDO, by=cast.manager):
        undo_cause(cause=cause.id, by=cast.manager)
    nora.refresh_from_db()
    assert nora.name.startswith("erased-")
    assert nora.mobile.startswith("erased-")
    after = whole_database()
    assert [trace for trace in (*TRACES, "roth") if trace in after] == []


@pytest.mark.django_db
def test_a_deleted_row_in_the_history_is_erased_too(cast: Any, nora: Contact) -> None:
    with because(Kind.PERSON, by=cast.rep) as cause:
        delete_contact(contact=nora.pk, by=cast.rep)
    with because(Kind.UNDO, by=cast.manager):
        undo_cause(cause=cause.id, by=cast.manager)
    erase(Contact.objects.get(pk=nora.pk), cast.manager)
    after = whole_database()
    assert [trace for trace in TRACES if trace in after] == []
    assert [str(problem) for problem in check_chain()] == []


@pytest.mark.django_db
def test_what_others_share_with_the_person_is_left_to_them(cast: Any, nora: Contact) -> None:
    colleague = factories.make_contact("Nora Keller", mobile="+41 79 123 45 67")
    erase_person(contact=nora.pk, by=cast.manager, typed="Nora Keller")
    colleague.refresh_from_db()
    assert (colleague.name, colleague.mobile) == ("Nora Keller", "+41 79 123 45 67")


@pytest.mark.django_db
def test_an_erasure_asks_for_the_name_and_for_a_manager(cast: Any, nora: Contact) -> None:
    with pytest.raises(Refused):
        erase_person(contact=nora.pk, by=cast.manager, typed="Nora")
    for user in (cast.rep, cast.leader):
        with pytest.raises(NotAllowed):
            erase(nora, user)
    nora.refresh_from_db()
    assert nora.name == "Nora Keller"


@pytest.mark.django_db
def test_all_that_is_held_is_handed_over(cast: Any, nora: Contact) -> None:
    found = export_person(contact=nora.pk, by=cast.manager, request="55")
    assert [row["name"] for row in found["contact"]] == ["Nora Keller"]
    assert {row["body"] for row in found["notes"]} == {
        "Spoke with Nora, she is nice",
        "Write to nora@keller.example",
    }
    assert [row["summary"] for row in found["activities"]] == ["Call Nora Keller"]
    assert any(
        "nora.old@keller.example" in json.dumps(row, default=str) for row in found["changes"]
    )
    assert PrivacyRecord.objects.get().deed == "export"


@pytest.mark.django_db
def test_the_pages_are_the_managers(cast: Any, nora: Contact, client: Client) -> None:
    url = reverse("contact-privacy", args=[nora.pk])
    client.force_login(cast.rep)
    assert client.get(url).status_code == 403
    assert client.get(reverse("privacy-log")).status_code == 403
    client.force_login(cast.manager)
    page = client.get(url)
    assert page.status_code == 200
    assert "nora.old@keller.example" in page.content.decode()
    answer = client.post(reverse("contact-privacy-export", args=[nora.pk]), {"request": "55"})
    assert answer["Content-Disposition"] == f'attachment; filename="person-{nora.pk}.json"'
    assert answer.json()["contact"][0]["email"] == "nora@keller.example"
    assert client.post(url, {"typed": "Nobody"}).status_code == 422
    assert client.post(url, {"typed": "Nora Keller"}).status_code == 302
    assert "erased-" in Contact.objects.get(pk=nora.pk).name
    assert "55" in client.get(reverse("privacy-log")).content.decode()


def test_texts_lose_the_person_and_nothing_else() -> None:
    scrub = Scrubber(["Nora Keller"], ["nora@x.ch"], ["+41 79 123 45 67"], b"salt")
    assert scrub("Norah Kellermann, eleanora@x.ch, 0791234568") == (
        "Norah Kellermann, eleanora@x.ch, 0791234568"
    )
    assert scrub("nora  keller") == scrub("NORA KELLER").replace("NORA", "nora")
    assert "79" not in scrub("(079) 123.45.67 or 0041 (0) 79 123 45 67")
    assert scrub("Nora came") == "Nora came"
    assert "Nora" not in scrub("Nora came", prose=True)


def test_the_bytes_of_a_persons_files_go_at_once(
    nora: Contact, cast: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with because(Kind.PERSON, by=cast.rep):
        offer = SimpleUploadedFile("Offer for Nora.txt", b"Dear Nora Keller")
        (file,) = add_files(files=[offer], by=cast.rep, contact=nora.pk)
    assert "Offer for Nora.txt" in json.dumps(
        export_person(contact=nora.pk, by=cast.manager), default=str
    )
    key = file.content.key
    assert storage().exists(key)
    with django_capture_on_commit_callbacks(execute=True):
        erase_person(contact=nora.pk, by=cast.manager, typed="Nora Keller")
    assert not storage().exists(key)
    file.refresh_from_db()
    assert "Nora" not in file.name
    file.content.refresh_from_db()
    with pytest.raises(NotFound):
        open_content(file)
