"""Several contacts or companies at once from their lists."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.models import Company, Contact
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
