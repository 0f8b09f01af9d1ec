"""The pages of imports: who sees and does what, from files to leads and back, and bad input."""

from __future__ import annotations

import csv
import io
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from capture.models import Import, ImportFile
from capture.tasks import work_on_import
from core.ledger.causes import because
from core.ledger.tables import Cause, Kind
from crm.models import User
from pipeline.models import Lead, Pipeline, Stage
from pipeline.services.leads import update_lead
from tests import factories

IMPORTERS = {"manager", "admin"}
LEADS = (
    "Deal ID,Deal name,Stage,Amount,Currency,Salesperson,Company,Favourite colour\n"
    "A1,Cold storage,Proposal,1200.50,EUR,Paula Prior,Acme,blue\n"
    "A2,Ice rink,Closed Won,300,EUR,Paula Prior,Acme,red\n"
    "A3,Freezer,Closed Won,700,USD,Paula Prior,Birch,red\n"
    "A4,Igloo,Closed Lost,50,EUR,Paula Prior,Birch,red\n"
)


def upload(text: str | bytes = LEADS, name: str = "deals.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)


@pytest.fixture
def login(client: Client) -> Any:
    """Log somebody in."""

    def as_(user: Any) -> Client:
        client.force_login(user)
        return client

    return as_


def bring(client: Client, *files: Any, **options: Any) -> Any:
    """Send files as the page does."""
    return client.post("/imports/", {"files": list(files or (upload(),)), **options})


def examined(client: Client, *files: Any, **options: Any) -> Import:
    """An import that a worker has read."""
    answer = bring(client, *files, **options)
    assert answer.status_code == 302, answer.context["refusal"]
    found = Import.objects.latest("id")
    assert answer["Location"] == f"/imports/{found.pk}/"
    work_on_import(found.pk)
    found.refresh_from_db()
    return found


def imported(client: Client, *files: Any, **options: Any) -> Import:
    """An import that is done."""
    found = examined(client, *files, **options)
    client.post(f"/imports/{found.pk}/start/")
    assert work_on_import(found.pk) == "done"
    found.refresh_from_db()
    return found


def test_files_are_read_shown_imported_and_undone(
    cast: Any, stages: Any, login: Any, import_folder: Path
) -> None:
    client = login(cast.manager)
    found = examined(client)
    assert (found.state, Lead.objects.count()) == ("examined", 0)
    page = client.get(found.get_absolute_url()).content.decode()
    for text in (
        "Import 4 leads",
        "leads would be created",
        "€1,200.50",
        "€300 + $700",
        "Favourite colour",
        "Cold storage",
        "a table of your own",
        "deals.csv",
    ):
        assert text in page, text
    assert "2</b> companies" in page

    client.post(f"/imports/{found.pk}/start/")
    page = client.get(found.get_absolute_url())
    assert "data-progress" in page.content.decode()
    assert client.get(f"/imports/{found.pk}/progress/").status_code == 200
    assert work_on_import(found.pk) == "done"
    assert client.get(f"/imports/{found.pk}/progress/").status_code == 204
    assert Lead.objects.count() == 4
    cause = Cause.objects.get(pk=found.cause)
    assert (cause.kind, cause.actor, cause.quiet) == ("import", cast.manager, False)
    page = client.get(found.get_absolute_url()).content.decode()
    assert "leads created" in page
    assert "Open the board" in page
    # Whoever may import may take it back, though it made accounts: nobody can log into those.
    assert User.objects.filter(name="Paula Prior", is_active=False).exists()
    undo = reverse("cause-undo", args=[found.cause])
    assert undo in page
    answer = client.post(undo, {"next": found.get_absolute_url()}, follow=True)
    assert Lead.objects.count() == 0
    assert not User.objects.filter(name="Paula Prior").exists()
    page = answer.content.decode()
    assert "This import was undone." in page
    assert undo not in page.split("<main")[1].split("</main>")[0]
    assert "undone" in client.get("/imports/").content.decode()


def test_an_undo_leaves_an_account_that_was_let_in_since(
    cast: Any, stages: Any, login: Any
) -> None:
    client = login(cast.manager)
    found = imported(client)
    paula = User.objects.get(name="Paula Prior")
    with factories.arranging():
        paula.is_active = True
        paula.save()
    answer = client.post(reverse("cause-undo", args=[found.cause]))
    assert answer.status_code == 200  # the report of what was left alone
    assert User.objects.filter(pk=paula.pk, is_active=True).exists()
    assert not Lead.objects.exists()


def test_an_undo_lists_what_was_worked_on_since(cast: Any, stages: Any, login: Any) -> None:
    client = login(cast.manager)
    found = imported(client)
    lead = Lead.objects.get(external_id="A1")
    with because(Kind.PERSON, by=cast.manager):
        update_lead(lead=lead.pk, values={"description": "Called"}, by=cast.manager)
    answer = client.post(reverse("cause-undo", args=[found.cause]))
    assert "Cold storage" in answer.content.decode()
    assert list(Lead.objects.values_list("pk", flat=True)) == [lead.pk]
    # The undo is not whole: the import is not called undone, and what stays can be undone later.
    assert "imported" in client.get(found.get_absolute_url()).content.decode()


def test_the_same_files_again_change_nothing_and_are_recognised(
    cast: Any, stages: Any, login: Any
) -> None:
    client = login(cast.manager)
    imported(client)
    causes = Cause.objects.count()
    again = examined(client)
    page = client.get(again.get_absolute_url()).content.decode()
    assert "The very same files were imported by Mona Manager" in page
    assert "there is nothing to import" in page
    assert "Import 4 leads" not in page
    client.post(f"/imports/{again.pk}/start/")
    assert work_on_import(again.pk) == "done"
    assert Cause.objects.count() == causes
    assert Lead.objects.count() == 4


@pytest.mark.parametrize("part", ["rep", "mate", "leader", "manager", "stranger", "admin"])
def test_only_who_configures_imports(part: str, cast: Any, stages: Any, login: Any) -> None:
    found = examined(login(cast.manager))
    user = cast.people()[part]
    client = login(user)
    own = f"/imports/{found.pk}/"
    if part in IMPORTERS:
        assert client.get("/imports/").status_code == 200
        assert client.get(own).status_code == 200
        assert client.get(f"{own}progress/").status_code == 204
        assert client.get(f"{own}errors.csv").status_code == 200
        assert client.post(f"{own}start/").status_code == 302
        return
    assert client.get("/imports/").status_code == 403
    assert bring(client).status_code == 403
    assert Import.objects.count() == 1
    for address in ("", "progress/", "errors.csv"):
        assert client.get(own + address).status_code == 404
    for address in ("options/", "start/", "stop/", "discard/"):
        assert client.post(own + address).status_code == 404
    found.refresh_from_db()
    assert found.state == "examined"


def test_who_is_no_manager_any_more_sees_own_imports_and_starts_none(
    cast: Any, stages: Any, login: Any
) -> None:
    client = login(cast.manager)
    found = examined(client)
    with factories.arranging():
        cast.manager.role = "rep"
        cast.manager.save()
    page = client.get(found.get_absolute_url())
    assert page.status_code == 200
    assert "/start/" not in page.content.decode()
    for address in ("start/", "stop/", "discard/"):
        assert client.post(f"/imports/{found.pk}/{address}").status_code == 403


def test_without_a_login_nothing_is_shown_or_kept(
    cast: Any, stages: Any, client: Client, login: Any, import_folder: Path
) -> None:
    found = examined(login(cast.manager))
    client.logout()
    kept = len(list(import_folder.iterdir()))
    for address in ("/imports/", f"/imports/{found.pk}/", f"/imports/{found.pk}/progress/"):
        answer = client.get(address)
        assert (answer.status_code, answer["Location"]) == (302, f"/login/?next={address}")
    assert bring(client).status_code in (302, 401)
    assert Import.objects.count() == 1
    assert len(list(import_folder.iterdir())) == kept
    # Whoever logs in again lands on the page of the import, where the button still is.
    start = f"/imports/{found.pk}/start/"
    assert client.post(start).status_code in (302, 401)
    login(cast.manager)
    answer = client.get(start, follow=True)
    assert "Import 4 leads" in answer.content.decode()


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "Choose at least one file."),
        ([("empty.csv", b"")], "“empty.csv” is empty."),
        ([("blank.csv", b" \n\n;;;\n")], "“blank.csv” is empty."),
        ([("offer.pdf", b"%PDF-1.7\n\xb5\xb5\n\x00\x01\x02" * 40)], "“offer.pdf” is not a text"),
        ([("book.xlsm", b"PK\x03\x04" + b"\0" * 400)], "“book.xlsm” is a workbook or an archive."),
        ([("bomb.zip", b"PK\x03\x04" + b"\0" * 400)], "Save the sheet as CSV first."),
        ([("old.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 400)], "“old.xls” is a workbook"),
        ([(f"{n}.csv", b"a,b\n1,2\n") for n in range(11)], "These are 11 files; at most 10"),
        ([("a.csv", LEADS.encode()), ("b.pdf", b"\0\1\2\3" * 99)], "“b.pdf” is not a text file."),
    ],
)
def test_what_is_no_table_is_refused_in_words_and_nothing_is_kept(
    files: Any, words: str, cast: Any, login: Any, import_folder: Path
) -> None:
    client = login(cast.manager)
    answer = client.post("/imports/", {"files": [upload(body, name) for name, body in files]})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Import.objects.exists()
    assert not import_folder.exists() or not list(import_folder.iterdir())


def test_a_folder_that_takes_no_files_is_told(
    cast: Any, login: Any, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "full").write_text("a file where a folder should be")
    settings.IMPORT_FOLDER = str(tmp_path / "full")
    answer = bring(login(cast.manager))
    assert answer.status_code == 422
    assert "“deals.csv” cannot be kept:" in answer.content.decode()
    assert not Import.objects.exists()


def test_files_that_are_too_large_are_refused(cast: Any, login: Any, settings: Any) -> None:
    client = login(cast.manager)
    settings.IMPORT_FILE_SIZE = 1024 * 1024
    answer = bring(client, upload(b"a,b\n" * 300_000, "large.csv"))
    assert answer.status_code == 422
    assert "“large.csv” has 2 MB; a file may have at most 1 MB." in answer.content.decode()
    settings.IMPORT_SIZE = 1024 * 1024
    two = [upload(b"a,b\n" * 200_000, f"{n}.csv") for n in range(2)]
    assert "Together the files have 2 MB; at most 1 MB" in bring(client, *two).content.decode()
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Deal ID,Deal name,Stage\n", "holds headings, but no rows."),
        ("whoid,whatid,activitydatetime\n1,2,3\n", "None of the files holds leads."),
        ("aaa,bbb,ccc\n1,2,3\n", "No column of “deals.csv” is known."),
    ],
)
def test_a_table_without_leads_says_so_and_can_be_discarded(
    text: str, words: str, cast: Any, stages: Any, login: Any, import_folder: Path
) -> None:
    client = login(cast.manager)
    found = examined(client, upload(text))
    assert found.state == "failed"
    page = client.get(found.get_absolute_url()).content.decode()
    assert words in page
    assert "/start/" not in page
    assert client.post(f"/imports/{found.pk}/start/").status_code == 409
    assert client.post(f"/imports/{found.pk}/discard/").status_code == 302
    assert not Import.objects.exists()


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_encodings_and_delimiters_of_others_are_understood(
    encoding: str, delimiter: str, cast: Any, stages: Any, login: Any
) -> None:
    text = "Affaire;Étape;Montant;Société\nChambre froide;Gagné;1 250,50;Société Générale\n"
    found = examined(login(cast.manager), upload(text.replace(";", delimiter).encode(encoding)))
    assert found.state == "examined", found.message
    assert found.figures["sums"] == [{"status": "won", "currency": "EUR", "amount": "1250.50"}]
    assert found.figures["preview"][0]["lead"]["company"] == "Société Générale"


def test_a_thousand_columns_are_read_and_named(cast: Any, stages: Any, login: Any) -> None:
    headings = ["Deal name", "Stage", *(f"Extra {n}" for n in range(998))]
    text = "\n".join([",".join(headings), ",".join(["Ice", "New", *["x"] * 998])])
    client = login(cast.manager)
    found = examined(client, upload(text))
    assert found.figures["created"] == 1
    assert len(found.figures["unmapped"]) == 998
    assert client.get(found.get_absolute_url()).status_code == 200


def test_files_that_do_not_belong_together_are_named(cast: Any, stages: Any, login: Any) -> None:
    client = login(cast.manager)
    other = upload("planet,moons\nMars,2\n", "planets.csv")
    found = examined(client, upload(), other)
    page = client.get(found.get_absolute_url()).content.decode()
    assert "“planets.csv” shares no column with the leads; it was left out." in page
    assert found.figures["created"] == 4


def test_errors_are_listed_row_by_row_and_downloaded_safe_for_spreadsheets(
    cast: Any, stages: Any, login: Any
) -> None:
    rows = [f"B{n},Deal {n},=HYPERLINK({n}),10" for n in range(30)]
    rows += [f"C{n},Deal {n},Nowhere,10" for n in range(5)]
    text = "Deal ID,Deal name,=Stage,Amount\nA1,Good,New,5\n" + "\n".join(rows)
    client = login(cast.manager)
    found = examined(client, upload(text.replace("=Stage", "Stage")))
    assert (found.figures["created"], found.figures["failed"]) == (1, 35)
    page = client.get(found.get_absolute_url()).content.decode()
    assert "35 errors" in page
    assert "There is no stage “=HYPERLINK(0)”" in page
    assert "HYPERLINK(25)" not in page
    assert "The first 20 are shown" in page
    answer = client.get(f"/imports/{found.pk}/errors.csv")
    assert "attachment" in answer["Content-Disposition"]
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert lines[0] == ["File", "Row", "Column", "Error"]
    assert len(lines) == 36
    assert lines[1][:3] == ["deals.csv", "3", "Stage"]

    # With another option the same files are read again.
    answer = client.post(f"/imports/{found.pk}/options/", {"create_stages": "on"})
    assert answer.status_code == 302
    work_on_import(found.pk)
    found.refresh_from_db()
    assert (found.figures["created"], found.figures["failed"]) == (36, 0)
    assert found.figures["made"]["stages"] == 31
    assert found.errors == []
    assert not Stage.objects.filter(name__startswith="=").exists()


def test_an_error_of_many_rows_is_told_once(cast: Any, stages: Any, login: Any) -> None:
    rows = "\n".join(f"B{n},Deal {n},Nowhere" for n in range(1200))
    client = login(cast.manager)
    found = examined(client, upload(f"Deal ID,Deal name,Stage\n{rows}\nC1,Deal,Elsewhere\n"))
    page = client.get(found.get_absolute_url()).content.decode()
    assert "2, 3, 4 … (1,200 rows)" in page
    assert page.count("There is no stage “Nowhere”") == 1
    assert "There is no stage “Elsewhere”" in page
    assert "No row can be imported" in page
    assert "/start/" not in page


def test_a_file_whose_name_is_a_path_is_kept_under_a_name_of_ours(
    cast: Any, stages: Any, login: Any, import_folder: Path
) -> None:
    client = login(cast.manager)
    found = examined(client, upload(name="..\\..\\etc\\pass\x07wd<script>.csv"))
    file = ImportFile.objects.get(parent=found)
    assert file.path.parent == import_folder
    assert uuid.UUID(file.path.name) == file.key
    assert "/" not in file.name
    assert "\x07" not in file.name
    assert "<script>.csv" not in client.get(found.get_absolute_url()).content.decode()


def test_two_clicks_import_once(cast: Any, stages: Any, login: Any) -> None:
    client = login(cast.manager)
    found = examined(client)
    own = found.get_absolute_url()
    assert client.post(f"{own}start/")["Location"] == own
    assert client.post(f"{own}start/")["Location"] == own
    assert work_on_import(found.pk) == "done"
    assert work_on_import(found.pk) == ""
    assert client.post(f"{own}start/")["Location"] == own
    assert work_on_import(found.pk) == ""
    assert Lead.objects.count() == 4
    # What has begun has neither other options nor a bin.
    assert client.post(f"{own}options/", {}).status_code == 409
    assert client.post(f"{own}discard/").status_code == 409


def test_a_pipeline_that_is_deleted_meanwhile_is_told_and_nothing_is_written(
    cast: Any, stages: Any, login: Any
) -> None:
    with factories.arranging():
        second = Pipeline.objects.create(name="Partners", sequence=50)
        Stage.objects.create(pipeline=second, name="New", sequence=1)
        Stage.objects.create(pipeline=second, name="Won", sequence=2, kind="won")
    client = login(cast.manager)
    text = "Deal ID,Deal name,Stage\nA1,Ice,New\n"
    found = examined(client, upload(text), pipeline=second.pk)
    assert (found.state, found.options["pipeline_name"]) == ("examined", "Partners")
    late = examined(client, upload(text), pipeline=second.pk)
    client.post(f"/imports/{late.pk}/start/")
    with factories.arranging():
        second.stages.all().delete()
        second.delete()
    answer = client.post(f"/imports/{found.pk}/start/")
    assert answer.status_code == 422
    assert "The pipeline “Partners” is not there any more." in answer.content.decode()
    found.refresh_from_db()
    assert found.state == "examined"
    # The one that waited in the queue fails in words.
    assert work_on_import(late.pk) == "failed"
    late.refresh_from_db()
    assert "There is no pipeline" in late.message
    assert not Lead.objects.exists()
    assert not Cause.objects.filter(pk=late.cause).exists()
    client.post(f"/imports/{late.pk}/options/", {})
    assert work_on_import(late.pk) == "examined"


def test_an_option_that_cannot_be_meant_is_refused(cast: Any, stages: Any, login: Any) -> None:
    client = login(cast.manager)
    answer = bring(client, upload(), pipeline="99999", source="sap")
    assert answer.status_code == 422
    assert "Select a valid choice" in answer.content.decode()
    assert not Import.objects.exists()
    found = examined(client)
    answer = client.post(f"/imports/{found.pk}/options/", {"pipeline": "99999"})
    assert answer.status_code == 422
    found.refresh_from_db()
    assert found.state == "examined"


def test_files_are_removed_after_their_time_and_the_page_says_so(
    cast: Any, stages: Any, login: Any, import_folder: Path
) -> None:
    from capture.tasks import forget_files

    client = login(cast.manager)
    found = examined(client)
    stray = import_folder / uuid.uuid4().hex
    stray.write_text("an upload that broke off")
    (import_folder / "README").write_text("not ours")
    assert forget_files() == 0
    week = timezone.now() - timezone.timedelta(days=8)
    Import.objects.update(created_at=week)
    import os

    os.utime(stray, (week.timestamp(), week.timestamp()))
    assert forget_files() == 2
    assert [path.name for path in import_folder.iterdir()] == ["README"]
    answer = client.post(f"/imports/{found.pk}/start/")
    assert answer.status_code == 422
    assert "The files were removed after 7 days." in answer.content.decode()
    assert client.get(found.get_absolute_url()).status_code == 200
    assert forget_files() == 0


def test_no_get_changes_anything(cast: Any, stages: Any, login: Any) -> None:
    client = login(cast.manager)
    found = examined(client)
    for address in ("options/", "start/", "stop/", "discard/"):
        client.get(f"/imports/{found.pk}/{address}")
    found.refresh_from_db()
    assert found.state == "examined"


def test_the_pages_speak_french(cast: Any, stages: Any, login: Any) -> None:
    with factories.arranging():
        cast.manager.language = "fr"
        cast.manager.save()
    client = login(cast.manager)
    found = examined(client)
    page = client.get(found.get_absolute_url()).content.decode()
    assert "Importer 4 pistes" in page
    assert "Ce qui n’est pas repris" in page
    assert "Déposez" in client.get("/imports/").content.decode()


def test_the_pages_take_as_many_queries_with_many_imports_as_with_few(
    cast: Any, stages: Any, login: Any, query_budget: Any
) -> None:
    client = login(cast.manager)
    found = imported(client)
    the_list, the_page = query_budget("imports"), query_budget("import, dry run")
    fresh = examined(client, upload(LEADS.replace("A", "C")))
    with the_list.at("small"):
        client.get("/imports/")
    with the_page.at("small"):
        client.get(fresh.get_absolute_url())
    for n in range(8):
        imported(client, upload(LEADS.replace("A", f"D{n}"), f"deals {n}.csv"))
    text = LEADS + "\n".join(f"E{n},Deal {n},Nowhere,1,EUR,P,Q,r" for n in range(300))
    fresh = examined(client, upload(text), upload("planet,moons\nMars,2\n", "planets.csv"))
    with the_list.at("large"):
        client.get("/imports/")
    with the_page.at("large"):
        client.get(fresh.get_absolute_url())
    assert found.pk
