"""Lists sorted by custom fields, and custom fields on the cards of a board."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core import lists
from crm.models import CustomField
from pipeline.models import Lead
from pipeline.services.customfields import save_custom_field
from tests import factories
from tests.budgets import counting_queries

OPTIONS = [{"id": "z", "label": "First"}, {"id": "a", "label": "Second"}]
#: For each kind values in the order in which a rising list shows them, equal ones too.
VALUES: dict[str, list[Any]] = {
    "text": ["1 gate", "alpha", "Beta", "beta", "É" * 300 + "a", "É" * 300 + "b"],
    "number": [-3, 2, 2, 10.25, 100],
    "money": [0.5, 7, 7.25, 1000],
    "date": ["1999-12-31", "2026-01-01", "2026-01-01", "2026-11-02"],
    "choice": ["z", "z", "a"],
    "yes_no": [True, True, False],
}


@pytest.fixture
def login(client: Client) -> Any:
    """Log somebody in."""

    def as_(user: Any) -> Client:
        client.force_login(user)
        return client

    return as_


def define(kind: str, subject: str = "pipeline.lead", **values: Any) -> CustomField:
    with factories.arranging():
        options = OPTIONS if kind in ("choice", "choices") else []
        return CustomField.objects.create(
            subject=subject, key="x__y", label="Gate", type=kind, options=options, **values
        )


def make(cast: Any, kind: str) -> int:
    """Leads with all values of a kind, in no order, and some without."""
    values = [*VALUES[kind], None, None]
    for value in sorted(values, key=lambda one: str(one)[::-1]):
        custom = {} if value is None else {"x__y": value}
        factories.make_lead(by=cast.manager, owner=cast.rep.pk, custom=custom)
    return len(values)


def walk(client: Client, sort: str) -> list[int]:
    """The ids on all pages of the list."""
    address, found = f"{reverse('leads')}?sort={sort}", []
    for _ in range(20):
        page = client.get(address).context["page"]
        found += [row.pk for row in page.rows]
        if not page.more:
            return found
        address = reverse("leads") + page.more
    raise AssertionError("The pages do not end.")


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("sign", ["", "-"])
def test_pages_hold_every_row_once_in_order_with_the_empty_ones_last(
    kind: str, sign: str, cast: Any, pipeline: Any, login: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    define(kind)
    count, client = make(cast, kind), login(cast.rep)
    found = walk(client, f"{sign}custom.x__y")
    assert len(found) == len(set(found)) == count
    kept = dict(Lead.objects.values_list("pk", "custom"))
    told = [kept[pk].get("x__y") for pk in found]
    assert told[-2:] == [None, None]
    place = {repr(value): at for at, value in enumerate(VALUES[kind])}
    rank = [_rank(kind, value, place) for value in told[:-2]]
    assert rank == sorted(rank, reverse=bool(sign))


def _rank(kind: str, value: Any, place: dict[str, int]) -> Any:
    if kind == "text":
        return value.casefold()[:100]
    return value if kind in ("number", "money") else place[repr(value)]


def test_what_has_no_order_is_not_offered_and_a_cursor_is_of_its_field(
    cast: Any, pipeline: Any, login: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    field = define("number")
    make(cast, "number")
    client = login(cast.rep)
    page = client.get(reverse("leads"), {"sort": "custom.x__y"}).context["page"]
    assert "Gate" in [head.label for head in page.sorts]
    with factories.arranging():
        field.delete()
        CustomField.objects.create(
            subject="pipeline.lead", key="other", label="Other", type="number"
        )
        CustomField.objects.create(subject="pipeline.lead", key="who", label="Who", type="user")
    address = reverse("leads") + page.more.replace("custom.x__y", "custom.other")
    again = client.get(address).context["page"]
    assert again.is_first
    assert "Who" not in [head.label for head in again.sorts]


def test_the_export_and_the_neighbours_follow_the_order(
    cast: Any, pipeline: Any, login: Any
) -> None:
    define("number")
    make(cast, "number")
    client = login(cast.rep)
    query = {"sort": "-custom.x__y", "columns": "title,custom.x__y"}
    answer = client.get(reverse("leads-export"), {"format": "csv", **query})
    lines = answer.getvalue().decode("utf-8-sig").splitlines()[1:]
    assert [line.rpartition(",")[2] for line in lines] == [
        "100",
        "10.25",
        "2",
        "2",
        "-3",
        "",
        "",
    ]
    found = [row.pk for row in client.get(reverse("leads"), query).context["page"].rows]
    came_from = "/leads/?sort=-custom.x__y"
    page = client.get(reverse("lead", args=[found[1]]), {"from": came_from})
    neighbours = page.context["neighbours"]
    assert neighbours.place == "2 of 7"
    assert f"/leads/{found[0]}/" in neighbours.previous
    assert f"/leads/{found[2]}/" in neighbours.following


@pytest.mark.parametrize("name", ["contacts", "companies"])
def test_contacts_and_companies_are_sorted_too(name: str, cast: Any, login: Any) -> None:
    subject = {"contacts": "crm.contact", "companies": "crm.company"}[name]
    define("text", subject)
    maker = {"contacts": factories.make_contact, "companies": factories.make_company}[name]
    with factories.arranging():
        for title, custom in (("B", {"x__y": "zeta"}), ("C", {}), ("A", {"x__y": "Alpha"})):
            record = maker(title, owner=cast.rep)
            record.custom = custom
            record.save()
    rows = login(cast.rep).get(reverse(name), {"sort": "custom.x__y"}).context["page"].rows
    assert [row.title for row in rows] == ["A", "B", "C"]


def test_a_card_shows_the_fields_that_are_set_to_and_asks_no_query_for_them(
    cast: Any, pipeline: Any, stages: Any, login: Any
) -> None:
    client, address = login(cast.manager), reverse("board", args=[pipeline.pk])
    define("choice")
    factories.make_lead(by=cast.manager, stage=stages[0], custom={"x__y": "a"})
    client.get(address)
    before: list[str] = []
    after: list[str] = []
    with counting_queries(before):
        text = client.get(address).content.decode()
    assert "Gate" not in text.partition('id="board"')[2]
    with factories.arranging():
        CustomField.objects.update(on_cards=True)
    with counting_queries(after):
        answer = client.get(address)
    assert len(after) == len(before)
    assert "<dt>Gate</dt><dd>Second</dd>" in answer.content.decode()
    # In the lanes and after a move too.
    laned = client.get(address, {"lanes": "owner"}).content.decode()
    assert "<dt>Gate</dt><dd>Second</dd>" in laned
    lead = Lead.objects.get()
    fields = {"stage": stages[1].pk, "place": "top", "board": "?", "pipeline": pipeline.pk}
    moved = client.post(
        reverse("lead-move", args=[lead.pk]), fields, HTTP_HX_REQUEST="true"
    ).content.decode()
    assert "<dt>Gate</dt><dd>Second</dd>" in moved
    with factories.arranging():
        CustomField.objects.update(is_active=False)
    assert "<dt>Gate</dt>" not in client.get(address).content.decode()


def test_the_settings_offer_it_where_a_card_can_show_it(cast: Any, pipeline: Any) -> None:
    from pipeline.customfieldpage import CustomFieldForm

    assert "on_cards" in CustomFieldForm(instance=define("text")).fields
    with factories.arranging():
        CustomField.objects.update(type="company")
    assert "on_cards" not in CustomFieldForm(instance=CustomField.objects.get()).fields
    with factories.arranging():
        found = save_custom_field(
            field=None,
            values={
                "subject": "pipeline.lead",
                "type": "text",
                "label": "Door",
                "on_cards": True,
            },
            stages=[],
            by=cast.manager,
        )
    assert found.on_cards
