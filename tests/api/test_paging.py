"""Pages by keyset: nothing twice, nothing left out, whatever the ordering and whatever comes in."""

from __future__ import annotations

import base64
import json
import random

import pytest

from core.ledger.writing import save_locked
from pipeline.models import Lead
from tests.factories import arranging, make_lead, make_tag


def pages(client, path):
    """The results of each page, following `next` to the end."""
    found = []
    while path:
        response = client.get(path)
        assert response.status_code == 200, response.content
        body = response.json()
        found.append(body["results"])
        path = body["next"]
    return found


def ids(client, path):
    return [row["id"] for page in pages(client, path) for row in page]


@pytest.fixture
def leads(manager, pipeline):
    """Leads with amounts and dates of which some are equal and some empty."""
    chance = random.Random(7)
    return [
        make_lead(
            by=manager,
            title=chance.choice(["Éclair", "alpha", "Beta", "beta"]),
            expected_revenue=chance.choice([None, "0.00", "12.50", "12.50", "990000.99"]),
            expected_close=chance.choice([None, "2027-01-31", "2027-02-28"]),
        )
        for _ in range(23)
    ]


ORDERINGS = [
    "id",
    "-id",
    "expected_revenue",
    "-expected_revenue",
    "expected_close,-expected_revenue",
    "-expected_close,title",
    "title",
    "-created_at",
    "-next_activity_at",
    "stage,position",
]


def test_pages_put_together_are_the_whole_list(api, manager, leads):
    client = api(manager)
    for ordering in ORDERINGS:
        whole = ids(client, f"leads/?ordering={ordering}&page_size=200")
        assert sorted(whole) == sorted(lead.pk for lead in leads), ordering
        for size in (1, 4, 23):
            paged = ids(client, f"leads/?ordering={ordering}&page_size={size}")
            assert paged == whole, (ordering, size)


def test_empty_values_come_last_both_ways(api, manager, leads):
    client = api(manager)
    for ordering in ("expected_revenue", "-expected_revenue"):
        (page,) = pages(client, f"leads/?ordering={ordering}&page_size=200")
        amounts = [row["expected_revenue"] for row in page]
        known = [amount for amount in amounts if amount is not None]
        assert amounts == known + [None] * (len(amounts) - len(known))
        numbers = [float(amount) for amount in known]
        assert numbers == sorted(numbers, reverse=ordering.startswith("-"))


def test_what_comes_in_meanwhile_shifts_nothing(api, manager, leads):
    client = api(manager)
    first = client.get("leads/?page_size=10").json()
    late = make_lead(by=manager)
    rest = ids(client, first["next"])
    seen = [row["id"] for row in first["results"]] + rest
    assert seen == sorted((lead.pk for lead in leads), reverse=True)
    assert late.pk not in seen


def test_what_is_deleted_meanwhile_leaves_no_gap(api, manager, leads):
    client = api(manager)
    first = client.get("leads/?page_size=10").json()
    with arranging():
        Lead.objects.filter(pk=first["results"][-1]["id"]).delete()
    seen = [row["id"] for row in first["results"]] + ids(client, first["next"])
    assert len(seen) == len(set(seen)) == len(leads)


def test_filters_go_along_with_the_cursor(api, manager, leads):
    client = api(manager)
    rows = [r for page in pages(client, "leads/?q=&currency=EUR&page_size=3") for r in page]
    assert len(rows) == len(leads)
    with arranging():
        part = list(Lead.objects.filter(pk__in=[lead.pk for lead in leads[:7]]))
        for lead in part:
            lead.currency = "USD"
        save_locked(part)
    assert set(ids(client, "leads/?currency=USD&page_size=3")) == {lead.pk for lead in part}


def broken_cursors():
    def written(content):
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    return [
        "x",
        "%00",
        "äöü",
        "A" * 3000,
        written([]),
        written([["-id"], []]),
        written([["-id"], ["abc"]]),
        written([["-id"], [10**30]]),
        written([["-id"], [[1]]]),
        written([["-id"], ["1\x00"]]),
        written([["id"], [1]]),
        written({"-id": 1}),
        base64.urlsafe_b64encode(b"[" * 2000).decode().rstrip("="),
    ]


def test_a_cursor_that_was_not_given_is_a_problem(api, manager):
    client = api(manager)
    for cursor in broken_cursors():
        response = client.get(f"leads/?cursor={cursor}")
        assert response.status_code == 400, cursor
        assert set(response.json()["errors"]) == {"cursor"}


def test_a_cursor_of_another_ordering_is_a_problem(api, manager, leads):
    client = api(manager)
    following = client.get("leads/?page_size=2&ordering=title").json()["next"]
    assert client.get(following.replace("ordering=title", "ordering=-title")).status_code == 400


def test_a_page_size_that_is_not_possible_is_a_problem(api, manager):
    client = api(manager)
    for size in ("0", "201", "-1", "ten", "1e2", "٣"):
        response = client.get(f"leads/?page_size={size}")
        assert response.status_code == 400, size
        assert set(response.json()["errors"]) == {"page_size"}


def test_an_ordering_that_is_not_offered_is_a_problem(api, manager):
    for ordering in ("password", "owner__password", "-", "title,fly"):
        response = api(manager).get(f"leads/?ordering={ordering}")
        assert response.status_code == 400, ordering
        assert set(response.json()["errors"]) == {"ordering"}


def test_counts_come_when_asked_for_and_are_capped(api, manager, monkeypatch):
    client = api(manager)
    for number in range(4):
        make_tag(f"Tag {number}")
    assert "count" not in client.get("tags/?page_size=1").json()
    body = client.get("tags/?page_size=1&count=true").json()
    assert (body["count"], body["count_is_capped"]) == (4, False)
    monkeypatch.setattr("core.api.paging.COUNT_CAP", 3)
    body = client.get("tags/?page_size=1&count=true").json()
    assert (body["count"], body["count_is_capped"]) == (3, True)
    assert client.get("tags/?count=maybe").status_code == 400
