"""Lanes of a board by owner, priority and custom fields: counts, sums, order, drops, undo."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.services.undoing import undo_cause
from crm.models import CustomField
from pipeline.models import Lead
from tests import factories
from tests.budgets import QueryBudget

HTMX = {"HTTP_HX_REQUEST": "true"}
#: "none" and what spaces hold must not be taken for something else.
OPTIONS = [
    {"id": "z", "label": "Gold"},
    {"id": "none", "label": "Silver"},
    {"id": "a b", "label": "Bronze"},
]


@pytest.fixture
def tier(cast: Any) -> CustomField:
    """A custom field of leads: their tier."""
    with factories.arranging():
        return CustomField.objects.create(
            subject="pipeline.lead", key="tier", label="Tier", type="choice", options=OPTIONS
        )


@pytest.fixture
def login(client: Client) -> Any:
    """Log somebody in."""

    def as_(user: Any) -> Client:
        client.force_login(user)
        return client

    return as_


def make(cast: Any, stage: Any, **custom: Any) -> Any:
    return factories.make_lead(
        by=cast.manager, stage=stage, owner=cast.rep.pk, expected_revenue=100, custom=custom
    )


def gone(lead: Any) -> None:
    """Let the lead have a choice that there is no more."""
    with factories.arranging():
        found = Lead.objects.get(pk=lead.pk)
        found.custom = {"tier": "gone"}
        found.save()


def lanes(client: Client, pipeline: Any, by: str, **query: Any) -> list[Any]:
    answer = client.get(reverse("board", args=[pipeline.pk]), {"lanes": by, **query})
    return answer.context["page"].lanes  # type: ignore[no-any-return]


def drop(client: Client, lead: Any, lane: str, *, lanes: str, stage: Any = None) -> Any:
    fields = {
        "dragged": "yes",
        "stage": (stage or lead.stage).pk,
        "from": lead.stage_id,
        "lanes": lanes,
        "lane": lane,
    }
    return client.post(reverse("lead-move", args=[lead.pk]), fields, **HTMX)


def test_a_choice_makes_lanes_in_its_order_with_true_counts_and_sums(
    tier: CustomField, cast: Any, pipeline: Any, stages: Any, login: Any
) -> None:
    for _ in range(7):
        make(cast, stages[0], tier="a b")
    make(cast, stages[1], tier="a b")
    make(cast, stages[0], tier="z")
    make(cast, stages[0])
    # A choice that is gone, while a lead kept it.
    gone(make(cast, stages[0], tier="z"))
    found = lanes(login(cast.manager), pipeline, "custom.tier")
    assert [(lane.name, lane.count, lane.sum) for lane in found] == [
        ("Gold", "1", "€100"),
        ("Silver", "0", "–"),
        ("Bronze", "8", "€800"),
        ("gone", "1", "€100"),
        ("Not set", "1", "€100"),
    ]
    assert [lane.key for lane in found] == ["is-z", "is-none", "is-a b", "is-gone", "none"]
    cell = found[2].cells[0]
    assert (len(cell.faces), cell.number) == (5, 7)
    more = login(cast.manager).get(cell.more_url, **HTMX)
    assert len(more.context["column"].faces) == 2
    heads = login(cast.manager).get(reverse("board", args=[pipeline.pk]), {"lanes": "custom.tier"})
    assert heads.context["page"].columns[0].number == 10


def test_a_drop_writes_the_value_and_is_undone(
    tier: CustomField, cast: Any, pipeline: Any, stages: Any, login: Any
) -> None:
    lead, client = make(cast, stages[0], tier="z"), login(cast.rep)
    answer = drop(client, lead, "is-none", lanes="custom.tier", stage=stages[1])
    assert answer.status_code == 204
    lead.refresh_from_db()
    assert (lead.custom, lead.stage) == ({"tier": "none"}, stages[1])
    told = json.loads(answer["HX-Trigger"])["relance:toast"]
    undo_cause(cause=told["undo"], by=cast.rep)
    lead.refresh_from_db()
    assert (lead.custom, lead.stage) == ({"tier": "z"}, stages[0])
    # Within its column, and into the lane of those without a value.
    assert drop(client, lead, "none", lanes="custom.tier").status_code == 204
    lead.refresh_from_db()
    assert lead.custom == {}


def test_lanes_that_are_not_there_write_nothing(
    tier: CustomField, cast: Any, pipeline: Any, stages: Any, login: Any
) -> None:
    lead, client = make(cast, stages[0], tier="z"), login(cast.rep)
    assert drop(client, lead, "is-never", lanes="custom.tier").status_code == 422
    assert drop(client, lead, "nonsense", lanes="custom.tier").status_code == 204
    assert drop(client, lead, "is-z", lanes="custom.unknown").status_code == 204
    lead.refresh_from_db()
    assert lead.custom == {"tier": "z"}


def test_what_the_stage_requires_is_not_dropped_off(
    tier: CustomField, cast: Any, pipeline: Any, stages: Any, login: Any
) -> None:
    lead, client = make(cast, stages[0], tier="z"), login(cast.rep)
    with factories.arranging():
        stages[0].required_fields = ["custom.tier", "owner"]
        stages[0].save()
    assert drop(client, lead, "none", lanes="custom.tier").status_code == 422
    assert drop(client, lead, "none", lanes="owner").status_code == 422
    lead.refresh_from_db()
    assert (lead.custom, lead.owner) == ({"tier": "z"}, cast.rep)


def test_a_stage_that_asks_for_more_keeps_the_lane_in_its_dialog(
    tier: CustomField, cast: Any, pipeline: Any, stages: Any, login: Any
) -> None:
    lead, client = make(cast, stages[0]), login(cast.rep)
    with factories.arranging():
        stages[1].required_fields = ["description"]
        stages[1].save()
    dialog = drop(client, lead, "is-a b", lanes="custom.tier", stage=stages[1])
    assert dialog.status_code == 422
    text = dialog.content.decode()
    assert 'name="lanes" value="custom.tier"' in text
    assert 'name="lane" value="is-a b"' in text
    sent = {"stage": stages[1].pk, "place": "top", "description": "Ready"}
    sent |= {"lanes": "custom.tier", "lane": "is-a b"}
    client.post(reverse("lead-move", args=[lead.pk]), sent, **HTMX)
    lead.refresh_from_db()
    assert (lead.custom, lead.stage, lead.description) == ({"tier": "a b"}, stages[1], "Ready")


def test_who_may_not_change_a_lead_does_not_drop_it(
    tier: CustomField, cast: Any, pipeline: Any, stages: Any, login: Any
) -> None:
    lead = make(cast, stages[0], tier="z")
    assert drop(login(cast.stranger), lead, "none", lanes="custom.tier").status_code == 404
    lead.refresh_from_db()
    assert lead.custom == {"tier": "z"}


def test_yes_or_no_and_users_make_lanes(cast: Any, pipeline: Any, stages: Any, login: Any) -> None:
    with factories.arranging():
        for key, kind in (("hot", "yes_no"), ("buddy", "user"), ("note", "text")):
            CustomField.objects.create(
                subject="pipeline.lead", key=key, label=key.title(), type=kind
            )
    client = login(cast.manager)
    lead = make(cast, stages[0], hot=False, buddy=cast.mate.pk)
    make(cast, stages[0], hot=True)
    make(cast, stages[0])
    found = lanes(client, pipeline, "custom.hot")
    assert [(lane.key, lane.name, lane.count) for lane in found] == [
        ("true", "Yes", "1"),
        ("false", "No", "1"),
        ("none", "Not set", "1"),
    ]
    found = lanes(client, pipeline, "custom.buddy")
    assert [(lane.key, lane.name, lane.count) for lane in found] == [
        (str(cast.mate.pk), "Max Mate", "1"),
        ("none", "Not set", "2"),
    ]
    assert drop(client, lead, "true", lanes="custom.hot").status_code == 204
    lead.refresh_from_db()
    assert lead.custom == {"hot": True, "buddy": cast.mate.pk}
    assert lanes(client, pipeline, "custom.note") is None


def test_only_fields_in_use_are_offered_and_read(
    tier: CustomField, cast: Any, pipeline: Any, stages: Any, login: Any
) -> None:
    client, address = login(cast.manager), reverse("board", args=[pipeline.pk])
    offered = client.get(address, {"lanes": "custom.tier"}).context["lane_choices"]
    assert [name for name, _label, _url in offered] == [
        "",
        "owner",
        "source",
        "stars",
        "custom.tier",
    ]
    with factories.arranging():
        tier.options = [{"id": "z", "label": "Platinum"}, *OPTIONS[1:]]
        tier.save()
    make(cast, stages[0], tier="z")
    assert lanes(client, pipeline, "custom.tier")[0].name == "Platinum"
    with factories.arranging():
        tier.is_active = False
        tier.save()
    page = client.get(address, {"lanes": "custom.tier"})
    assert page.context["page"].lanes is None
    assert "Tier" not in page.content.decode()


def test_lanes_of_a_narrowed_board_count_what_is_left(
    tier: CustomField, cast: Any, pipeline: Any, stages: Any, login: Any
) -> None:
    make(cast, stages[0], tier="z")
    mine = make(cast, stages[0], tier="z")
    with factories.arranging():
        Lead.objects.get(pk=mine.pk)
        mine.owner = cast.manager
        mine.expected_revenue = Decimal(7)
        mine.save()
    found = lanes(login(cast.manager), pipeline, "custom.tier", owner="me")
    assert next((lane.name, lane.count, lane.sum) for lane in found) == ("Gold", "1", "€7")


def test_the_number_of_queries_does_not_grow_with_leads_and_lanes(
    tier: CustomField, cast: Any, pipeline: Any, stages: Any, login: Any, query_budget: Any
) -> None:
    client, address = login(cast.manager), reverse("board", args=[pipeline.pk])
    budget: QueryBudget = query_budget("board in lanes of a custom field")
    make(cast, stages[0], tier="z")
    client.get(address)
    with budget.at("small"):
        client.get(address, {"lanes": "custom.tier"})
    for number in range(20):
        make(cast, stages[number % 2], tier=("z", "none", "a b")[number % 3])
    with budget.at("large"):
        client.get(address, {"lanes": "custom.tier"})
