"""Several contacts or companies at once from their lists."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.ledger.tables import Cause, Change, Kind
from core.services.undoing import undo_cause
from crm.models import Company, Contact, CustomField
from tests import factories

HTMX = {"HTTP_HX_REQUEST": "true"}
MAKE = {"contacts": factories.make_contact, "companies": factories.make_company}
MODELS: dict[str, Any] = {"contacts": Contact, "companies": Company}


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture(params=MAKE)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def records(cast: Any, kind: str) -> list[Any]:
    """Two of the rep and one of the leader."""
    return [MAKE[kind](owner=owner) for owner in (cast.rep, cast.rep, cast.leader)]


def test_records_are_assigned_archived_brought_back_and_deleted(
    cast: Any, kind: str, records: Any
) -> None:
    client, model = as_(cast.manager), MODELS[kind]
    chosen = {"rows": ",".join(str(record.pk) for record in records)}

    def post(deed: str, **fields: Any) -> None:
        answer = client.post(reverse(f"{kind}-bulk", args=[deed]), {**chosen, **fields})
        assert answer.status_code == 302, deed

    post("assign", owner=cast.mate.pk)
    assert set(model.objects.values_list("owner", flat=True)) == {cast.mate.pk}
    post("archive")
    assert not model.objects.active().exists()
    post("unarchive")
    assert model.objects.active().count() == 3
    post("delete")
    assert not model.objects.exists()


def test_all_of_a_filter_are_meant(cast: Any, kind: str, records: Any) -> None:
    address = reverse(f"{kind}-bulk", args=["archive"])
    answer = as_(cast.rep).post(address, {"all": "1", "filter": "?owner=me"})
    assert answer.url == reverse(kind) + "?owner=me"
    assert set(MODELS[kind].objects.active()) == {records[2]}
    wrong = as_(cast.rep).post(address, {"all": "1", "filter": "?owner=x"}, **HTMX)
    assert wrong.status_code == 422


def test_who_may_not_see_or_change_does_nothing(cast: Any, kind: str, records: Any) -> None:
    address = reverse(f"{kind}-bulk", args=["delete"])
    chosen = {"rows": str(records[0].pk)}
    for name, user in cast.people().items():
        seen = MODELS[kind].objects.visible_to(user).filter(pk=records[0].pk)
        wanted = 404 if not seen.exists() else 200 if seen.changeable_by(user).exists() else 403
        assert as_(user).get(address, chosen, **HTMX).status_code == wanted, name
    assert as_(cast.stranger).post(address, chosen).status_code == 404
    assert MODELS[kind].objects.count() == 3


def test_selected_rows_are_exported(cast: Any, kind: str, records: Any) -> None:
    query = {"rows": records[0].pk, "filter": "?columns=name", "format": "csv"}
    answer = as_(cast.manager).get(reverse(f"{kind}-export"), query)
    lines = answer.getvalue().decode().strip().splitlines()
    assert lines[1:] == [records[0].name]


def edited(client: Client, kind: str, *records: Any, **fields: Any) -> Any:
    """The answer to an edit of records."""
    rows = ",".join(str(record.pk) for record in records)
    return client.post(reverse(f"{kind}-bulk", args=["edit"]), {"rows": rows, **fields})


def test_what_is_ticked_is_set_on_all_as_one_change_with_one_undo(cast: Any, kind: str) -> None:
    model, many = MODELS[kind], "crm.contact" if kind == "contacts" else "crm.company"
    with factories.arranging():
        CustomField.objects.create(subject=many, key="region", label="Region", type="text")
        CustomField.objects.create(subject=many, key="seats", label="Seats", type="number")
    own = "job_title" if kind == "contacts" else "industry"
    records = [
        MAKE[kind](owner=cast.rep, custom={"seats": number}, **{own: f"Old {number}"})
        for number in range(3)
    ]
    before = list(model.objects.order_by("pk").values("owner", "custom", own))
    ask = as_(cast.manager).get(
        reverse(f"{kind}-bulk", args=["edit"]), {"rows": records[0].pk}, **HTMX
    )
    assert 'value="custom.region"' in ask.content.decode()
    assert 'name="name"' not in ask.content.decode()

    fields: dict[str, Any] = {"set": ["owner", own, "custom.region"], "owner": cast.mate.pk}
    # What is not ticked is not looked at, however it is filled.
    fields |= {own: "New", "custom.region": "North", "custom.seats": "x", "employees": "-1"}
    assert edited(as_(cast.manager), kind, *records, **fields).status_code == 302

    for number, record in enumerate(model.objects.order_by("pk")):
        assert record.owner == cast.mate
        assert getattr(record, own) == "New"
        assert record.custom == {"region": "North", "seats": number}
    cause = Cause.objects.get(kind=Kind.BULK_EDIT)
    assert Change.objects.filter(cause=cause).count() == 3
    assert undo_cause(cause=cause.pk, by=cast.manager).is_complete
    assert list(model.objects.order_by("pk").values("owner", "custom", own)) == before


def test_a_field_that_is_ticked_and_empty_is_emptied(cast: Any, kind: str) -> None:
    company = factories.make_company("Baltic")
    place = {"contacts": "company", "companies": "parent"}[kind]
    records = [MAKE[kind](**{place: company}) for _ in range(2)]
    assert edited(as_(cast.manager), kind, *records, set=["owner", place]).status_code == 302
    for record in MODELS[kind].objects.filter(pk__in=[each.pk for each in records]):
        assert (record.owner, getattr(record, place)) == (None, None)


def test_all_of_a_filter_are_edited(cast: Any, kind: str, records: Any) -> None:
    address = reverse(f"{kind}-bulk", args=["edit"])
    fields = {"all": "1", "filter": "?owner=me", "set": "owner", "owner": cast.mate.pk}
    assert as_(cast.rep).post(address, fields).status_code == 302
    owners = MODELS[kind].objects.order_by("pk").values_list("owner", flat=True)
    assert list(owners) == [cast.mate.pk, cast.mate.pk, cast.leader.pk]


def test_an_edit_without_a_tick_or_with_a_wrong_value_changes_nothing(
    cast: Any, kind: str, records: Any
) -> None:
    client = as_(cast.manager)
    assert edited(client, kind, *records, owner=cast.mate.pk).status_code == 422
    assert edited(client, kind, *records, set="owner", owner="999999").status_code == 422
    if kind == "companies":
        nowhere = {"set": "parent", "parent": "Nowhere"}
        assert edited(client, kind, *records, **nowhere).status_code == 422
        above = {"set": "parent", "parent": records[0].name}
        answer = edited(client, kind, *records, **above)
        assert answer.status_code == 422
        assert "cannot stand above itself" in answer.content.decode()
    assert not Cause.objects.filter(kind=Kind.BULK_EDIT).exists()


def test_contacts_come_to_a_company_that_is_made_and_consent_is_dated(cast: Any) -> None:
    contacts = [factories.make_contact() for _ in range(2)]
    fields = {"set": ["company", "consent"], "company": "Baltic", "consent": "given"}
    fields |= {"consent_source": "fair"}
    assert edited(as_(cast.manager), "contacts", *contacts, **fields).status_code == 302
    for contact in Contact.objects.all():
        assert contact.company is not None
        assert (contact.company.name, contact.consent) == ("Baltic", "given")
        assert contact.consent_source == "fair"
        assert contact.consent_at is not None
    cause = Cause.objects.get(kind=Kind.BULK_EDIT)
    assert undo_cause(cause=cause.pk, by=cast.manager).is_complete
    assert not Company.objects.exists()
