"""What holds for the organisation acts: on leads, people, weeks, years, calendar and words."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.calendar import Calendar
from core.conditions import bind
from core.errors import Conflict, NotAllowed, OutsideCause
from core.ledger.causes import because
from core.ledger.tables import Change, Kind
from core.services.undoing import undo_cause
from crm.models import Organisation, User
from crm.organisation import organisation, usual
from crm.services.organisation import set_organisation
from crm.services.users import invite_user, make_admin
from pipeline.models import Lead
from pipeline.services.configuration import create_pipeline
from pipeline.services.leads import LeadDraft, create_lead
from tests import factories
from tests.core.samples import assert_ledger_tells_all

pytestmark = pytest.mark.django_db


def put(**values: Any) -> Organisation:
    with factories.arranging():
        return set_organisation(values=values, by=None)


def form(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Acme",
        "language": "fr",
        "time_zone": "America/New_York",
        "currency": "usd",
        "fiscal_month": "4",
        "first_weekday": "6",
        "version": "0",
        **changes,
    }


def test_until_somebody_sets_it_the_environment_holds(settings: Any) -> None:
    settings.DEFAULT_CURRENCY, settings.TIME_ZONE = "CHF", "Europe/Zurich"
    assert not Organisation.objects.exists()
    found = organisation()
    assert (found.currency, found.time_zone, found.fiscal_month) == ("CHF", "Europe/Zurich", 1)
    put(name="Acme")
    assert Organisation.objects.get().currency == "CHF"


@pytest.mark.parametrize("part", ["rep", "leader", "manager", "admin"])
def test_managers_set_it_on_a_page(part: str, cast: Any, client: Client) -> None:
    client.force_login(cast.people()[part])
    enters, address = part in ("manager", "admin"), reverse("organisation")
    assert client.get(address).status_code == (200 if enters else 403)
    assert client.post(address, form()).status_code == (302 if enters else 403)
    assert Organisation.objects.exists() == enters
    if enters:
        assert address in client.get(reverse("settings")).content.decode()
        kept = Organisation.objects.get()
        assert (kept.name, kept.currency, kept.fiscal_month, kept.first_weekday) == (
            *("Acme", "USD"),
            *(4, 6),
        )
        assert client.post(address, form(first_weekday="", version="1")).status_code == 302
        assert Organisation.objects.get().first_weekday is None


@pytest.mark.parametrize(
    "wrong",
    [{"currency": "EURO"}, {"time_zone": "Mars"}, {"fiscal_month": "13"}, {"first_weekday": "7"}],
)
def test_what_is_no_value_is_said_beside_its_field(
    wrong: dict[str, str], cast: Any, client: Client
) -> None:
    client.force_login(cast.manager)
    answer = client.post(reverse("organisation"), form(**wrong))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == list(wrong)
    assert not Organisation.objects.exists()


def test_a_form_that_was_opened_before_is_a_conflict(cast: Any, client: Client) -> None:
    client.force_login(cast.manager)
    put(name="First")
    answer = client.post(reverse("organisation"), form(name="Second"))
    assert answer.status_code == 409
    assert Organisation.objects.get().name == "First"


def test_undo_takes_it_back_to_the_environment(cast: Any) -> None:
    with because(Kind.PERSON, by=cast.manager) as cause:
        set_organisation(values={"currency": "USD"}, by=cast.manager)
    assert organisation().currency == "USD"
    undo_cause(cause=cause.id, by=cast.manager)
    assert organisation() == usual()


def test_only_managers_may_and_nobody_makes_a_second_one(cast: Any) -> None:
    with factories.arranging(), pytest.raises(NotAllowed):
        set_organisation(values={"name": "x"}, by=cast.leader)
    put(name="Acme")
    with factories.arranging(), pytest.raises(Conflict):
        set_organisation(values={"name": "x"}, by=cast.manager, expected_version=0)
    with factories.arranging(), pytest.raises(IntegrityError), transaction.atomic():
        Organisation(pk=2, currency="EUR", language="en", time_zone="UTC").save()


def test_a_new_lead_is_in_its_currency_and_stays_so(cast: Any, stages: Any) -> None:
    put(currency="CHF")
    first = factories.make_lead(by=cast.rep)
    put(currency="USD")
    second = factories.make_lead(by=cast.rep)
    own = factories.make_lead(by=cast.rep, currency="GBP")
    with factories.arranging():
        pipeline = create_pipeline(values={"name": "UK", "currency": "GBP"}, by=cast.manager)
        other = create_lead(draft=LeadDraft(values={"title": "x"}, pipeline=pipeline), by=cast.rep)
    kept = [Lead.objects.get(pk=lead.pk).currency for lead in (first, second, own, other)]
    assert kept == ["CHF", "USD", "GBP", "GBP"]


def test_the_form_of_a_new_lead_offers_its_currency(cast: Any, client: Client) -> None:
    put(currency="CHF")
    client.force_login(cast.rep)
    page = client.get(reverse("lead-new")).context["form"]
    assert page["currency"].value() == "CHF"


def test_new_people_have_its_language_and_time_zone(cast: Any) -> None:
    put(language="fr", time_zone="America/Montreal")
    with factories.arranging():
        invited = invite_user(email="n@example.com", name="N", role="rep", by=cast.manager)
        asked = invite_user(
            email="m@example.com", name="M", role="rep", by=cast.manager, language="en"
        )
        admin = make_admin(email="a@example.com")
    assert (invited.language, invited.time_zone) == ("fr", "America/Montreal")
    assert (asked.language, admin.language, admin.time_zone) == ("en", "fr", "America/Montreal")


def days(field: str, value: Any, today: str) -> tuple[str, str]:
    now = dt.datetime.fromisoformat(f"{today}T12:00:00+00:00")
    tree = {"field": field, "op": "=", "value": value}
    test: Any = bind(tree, "pipeline.lead", now=now, zone=dt.UTC).node
    return test.test.low.isoformat(), test.test.high.isoformat()


@pytest.mark.parametrize(
    ("first", "today", "expected"),
    [
        (None, "2026-11-29", ("2026-11-23", "2026-11-30")),
        (6, "2026-11-29", ("2026-11-29", "2026-12-06")),
        (6, "2026-11-28", ("2026-11-22", "2026-11-29")),
        (5, "2026-11-28", ("2026-11-28", "2026-12-05")),
    ],
)
def test_weeks_of_conditions_begin_on_its_day(
    first: int | None, today: str, expected: tuple[str, str]
) -> None:
    put(first_weekday=first)
    assert days("expected_close", "this_week", today) == expected


@pytest.mark.parametrize(
    ("month", "value", "today", "expected"),
    [
        (4, "this_fiscal_year", "2027-02-15", ("2026-04-01", "2027-04-01")),
        (4, "this_fiscal_year", "2027-04-01", ("2027-04-01", "2028-04-01")),
        (4, "this_fiscal_quarter", "2027-02-15", ("2027-01-01", "2027-04-01")),
        (2, "this_fiscal_quarter", "2027-01-31", ("2026-11-01", "2027-02-01")),
        (2, "next_fiscal_quarter", "2027-01-31", ("2027-02-01", "2027-05-01")),
        (2, "last_fiscal_year", "2027-01-31", ("2025-02-01", "2026-02-01")),
        (12, {"fiscal_quarters": -2}, "2026-12-01", ("2026-06-01", "2026-09-01")),
        (2, "this_quarter", "2027-01-31", ("2027-01-01", "2027-04-01")),
        (2, "this_year", "2027-01-31", ("2027-01-01", "2028-01-01")),
    ],
)
def test_fiscal_periods_begin_in_its_month_and_others_do_not(
    month: int, value: Any, today: str, expected: tuple[str, str]
) -> None:
    put(fiscal_month=month)
    assert days("expected_close", value, today) == expected


def test_quarters_of_a_fiscal_year_are_numbered() -> None:
    house = Calendar(fiscal_month=4)
    assert [house.quarter_of(dt.date(2027, month, 1)) for month in (1, 4, 7, 12)] == [4, 1, 2, 3]
    assert [m for m in range(1, 13) if house.quarter_begins(dt.date(2027, m, 1))] == [1, 4, 7, 10]


def test_the_calendar_begins_its_weeks_on_its_day_before_the_language(
    cast: Any, client: Client
) -> None:
    client.force_login(cast.rep)

    def first() -> int:
        page = client.get(reverse("calendar"), {"month": "2026-11"})
        found: dt.date = page.context["grid"].weeks[0][0].date
        return found.weekday()

    assert first() == 6  # English has Sunday.
    put(first_weekday=0)
    assert first() == 0
    put(first_weekday=5)
    assert first() == 5


def test_a_request_reads_it_without_a_query_of_its_own(cast: Any, client: Client) -> None:
    client.force_login(cast.rep)
    address = reverse("calendar")
    client.get(address)
    with CaptureQueriesContext(connection) as before:
        client.get(address)
    put(first_weekday=0)
    with CaptureQueriesContext(connection) as after:
        client.get(address)
    assert len(after) == len(before)
    tables = [query["sql"] for query in after if "crm_organisation" in query["sql"]]
    assert len(tables) == 1
    assert "crm_user" in tables[0]


def test_it_is_read_and_written_over_rest(cast: Any, client: Client) -> None:
    client.force_login(cast.manager)
    address = "/api/v1/organisation/"
    found = client.get(address).json()
    assert (found["currency"], found["version"]) == ("EUR", 0)
    answer = client.patch(address, {"currency": "CHF"}, content_type="application/json")
    assert answer.status_code == 200
    assert (answer.json()["currency"], answer.json()["version"]) == ("CHF", 1)
    stale = client.patch(
        address,
        {"currency": "USD"},
        content_type="application/json",
        headers={"If-Match": '"0"'},
    )
    assert stale.status_code == 412
    wrong = client.patch(address, {"currency": "x"}, content_type="application/json")
    assert wrong.status_code == 400
    assert Organisation.objects.get().currency == "CHF"


def test_the_ledger_follows_its_one_row() -> None:
    with pytest.raises(OutsideCause):
        set_organisation(values={"name": "Acme"}, by=None)
    assert not Organisation.objects.exists()
    ours = put(name="Acme")
    with pytest.raises(OutsideCause), transaction.atomic():
        Organisation.objects.update(name="Other")
    with pytest.raises(OutsideCause), transaction.atomic():
        ours.delete()
    put(name="Acme Ltd")
    with factories.arranging():
        ours.delete()
    changes = Change.objects.filter(record_type="crm.organisation").order_by("pk")
    told = [(change.action, change.diff["name"]) for change in changes]
    assert told == [
        ("created", [None, "Acme"]),
        ("updated", ["Acme", "Acme Ltd"]),
        ("deleted", ["Acme Ltd", None]),
    ]
    assert changes[2].diff.keys() >= {"currency", "language", "time_zone", "fiscal_month"}
    assert_ledger_tells_all()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_that_set_it_at_once_one_makes_it_and_all_are_heard() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time: there is nothing to race for.")
    boss: User = factories.make_user("Bea Boss", role="admin")
    start, failed = threading.Barrier(8), []
    fields: list[dict[str, Any]] = [
        *({"name": f"Name {n}"} for n in range(4)),
        *({"currency": code} for code in ("USD", "CHF", "GBP", "JPY")),
    ]

    def ask(values: dict[str, Any]) -> None:
        try:
            start.wait()
            with because(Kind.PERSON, by=boss):
                set_organisation(values=values, by=boss)
        except Exception as error:  # what a thread raises is seen nowhere else
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask, args=[values]) for values in fields]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    kept = Organisation.objects.get()
    assert kept.name.startswith("Name ")
    assert kept.currency != "EUR"
    changes = Change.objects.filter(record_type="crm.organisation")
    assert changes.filter(action="created").count() == 1
    assert changes.count() == 8


def test_targets_are_in_the_currency_of_the_organisation_unless_asked(
    cast: Any, client: Client
) -> None:
    put(currency="CHF")
    client.force_login(cast.manager)
    page = client.get(reverse("targets")).text
    assert 'value="CHF"' in page
    assert 'value="USD"' in client.get(reverse("targets"), {"currency": "usd"}).text
