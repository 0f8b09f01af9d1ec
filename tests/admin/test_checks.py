"""Configuration that would not hold is refused in words, whichever page it is tried on."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.models import CustomField, Tag, Team
from pipeline.models import Lead, LostReason, Pipeline, Stage
from tests import factories


@pytest.fixture
def client(cast: Any) -> Client:
    """The manager's browser."""
    found = Client()
    found.force_login(cast.manager)
    return found


def stage_values(stage: Stage, **changes: Any) -> dict[str, Any]:
    values = {
        "name": stage.name,
        "kind": stage.kind,
        "sequence": stage.sequence,
        "is_active": "on",
        "days_min": "" if stage.days_min is None else stage.days_min,
        "days_max": "" if stage.days_max is None else stage.days_max,
        "probability": stage.probability,
        "expected_version": stage.version,
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


def save_stage(client: Client, stage: Stage, **changes: Any) -> str:
    address = reverse("admin:pipeline_stage_change", args=[stage.pk])
    answer = client.post(address, stage_values(stage, **changes))
    assert answer.status_code == 200, "the form is shown again"
    return answer.content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"days_min": 9, "days_max": 2}, "the first number is above the second"),
        ({"probability": 101}, "less than or equal to 100"),
        ({"colour": "red"}, "Write a colour such as"),
        ({"required_fields": ["password"]}, "Select a valid choice"),
        ({"name": "  QUALIFIED "}, "exists already"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_a_stage_that_would_not_hold(
    client: Client, stages: list[Stage], changes: dict[str, Any], words: str
) -> None:
    assert stages[1].name == "Qualified"
    assert words in save_stage(client, stages[0], **changes)
    assert Stage.objects.get(pk=stages[0].pk).version == stages[0].version


def test_a_stage_with_leads_is_not_deleted(client: Client, cast: Any, stages: list[Stage]) -> None:
    factories.make_lead(by=cast.rep, stage=stages[1])
    address = reverse("admin:pipeline_stage_delete", args=[stages[1].pk])
    page = client.get(address).content.decode()
    assert "in use: 1 lead" in page
    client.post(address, {"post": "yes"})
    assert Stage.objects.filter(pk=stages[1].pk).exists()
    assert Lead.objects.get().stage_id == stages[1].pk


def test_a_stage_with_leads_is_neither_closed_nor_turned(
    client: Client, cast: Any, stages: list[Stage]
) -> None:
    factories.make_lead(by=cast.rep, stage=stages[1])
    words = "1 lead stands in “Qualified”"
    assert words in save_stage(client, stages[1], is_active=None)
    assert words in save_stage(client, stages[1], kind="won")


def test_an_empty_stage_is_deleted(client: Client, stages: list[Stage]) -> None:
    client.post(reverse("admin:pipeline_stage_delete", args=[stages[2].pk]), {"post": "yes"})
    assert not Stage.objects.filter(pk=stages[2].pk).exists()


def test_the_last_open_stage_stays(client: Client, pipeline: Any, stages: list[Stage]) -> None:
    with factories.arranging():
        pipeline.stages.filter(kind="open").exclude(pk=stages[0].pk).delete()
    words = "A pipeline needs at least one open stage"
    assert words in save_stage(client, stages[0], is_active=None)
    assert words in save_stage(client, stages[0], kind="won")
    address = reverse("admin:pipeline_stage_delete", args=[stages[0].pk])
    assert words in client.get(address).content.decode()
    client.post(address, {"post": "yes"})
    assert Stage.objects.filter(pk=stages[0].pk).exists()


def rows(*stages: dict[str, Any]) -> dict[str, Any]:
    """The inline rows of new stages."""
    data: dict[str, Any] = {
        "stages-TOTAL_FORMS": len(stages),
        "stages-INITIAL_FORMS": 0,
        "stages-MIN_NUM_FORMS": 0,
        "stages-MAX_NUM_FORMS": 1000,
    }
    for place, stage in enumerate(stages):
        values = {"sequence": (place + 1) * 10, "probability": 10, "is_active": "on", **stage}
        data |= {f"stages-{place}-{name}": value for name, value in values.items()}
    return data


def add_pipeline(client: Client, *stages: dict[str, Any], **values: Any) -> str:
    data = {"name": "Partners", "currency": "EUR", "sequence": 20, "is_active": "on", **values}
    answer = client.post(reverse("admin:pipeline_pipeline_add"), data | rows(*stages))
    return "" if answer.status_code == 302 else answer.content.decode()


def test_a_pipeline_is_made_with_its_stages(client: Client, cast: Any, pipeline: Any) -> None:
    found = add_pipeline(
        client,
        {"name": "First talk", "kind": "open"},
        {"name": "Signed", "kind": "won", "probability": 100},
        limited_to=[cast.team.pk],
    )
    assert found == ""
    made = Pipeline.objects.get(name="Partners")
    assert [stage.name for stage in made.stages.in_order()] == ["First talk", "Signed"]
    assert list(made.teams.all()) == [cast.team]


def test_a_pipeline_needs_an_open_stage(client: Client, pipeline: Any) -> None:
    words = "A pipeline needs at least one open stage"
    assert words in add_pipeline(client)
    assert words in add_pipeline(client, {"name": "Signed", "kind": "won"})
    assert not Pipeline.objects.filter(name="Partners").exists()


def test_stages_of_a_new_pipeline_differ_in_more_than_case(client: Client, pipeline: Any) -> None:
    found = add_pipeline(
        client, {"name": "Talk", "kind": "open"}, {"name": "TALK ", "kind": "open"}
    )
    assert "has a stage of that name" in found
    assert not Pipeline.objects.filter(name="Partners").exists()


def test_a_name_of_a_pipeline_is_taken_in_any_case(client: Client, pipeline: Any) -> None:
    stage = {"name": "Talk", "kind": "open"}
    assert "exists already" in add_pipeline(client, stage, name=pipeline.name.upper())
    assert "Write three letters" in add_pipeline(client, stage, currency="Euro")


def test_a_pipeline_goes_with_its_stages_once_it_is_empty(
    client: Client, cast: Any, pipeline: Any, stages: list[Stage]
) -> None:
    address = reverse("admin:pipeline_pipeline_delete", args=[pipeline.pk])
    assert "This is the last pipeline" in client.get(address).content.decode()
    add_pipeline(client, {"name": "Talk", "kind": "open"})
    lead = factories.make_lead(by=cast.rep, stage=stages[0])
    assert "1 lead is in" in client.get(address).content.decode()
    client.post(address, {"post": "yes"})
    assert Pipeline.objects.filter(pk=pipeline.pk).exists()
    with factories.arranging():
        Lead.objects.filter(pk=lead.pk).delete()
    client.post(address, {"post": "yes"})
    assert not Pipeline.objects.filter(pk=pipeline.pk).exists()
    assert not Stage.objects.filter(pk__in=[stage.pk for stage in stages]).exists()


@pytest.mark.parametrize(
    ("model", "address", "values"),
    [
        (Tag, "crm_tag", {"colour": ""}),
        (Team, "crm_team", {"is_active": "on"}),
        (LostReason, "pipeline_lostreason", {"sequence": 10, "is_active": "on"}),
    ],
)
def test_names_are_taken_in_any_case(
    client: Client, model: Any, address: str, values: dict[str, Any]
) -> None:
    with factories.arranging():
        model.objects.create(name="Straße 1")
    inline = {
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
        "memberships-MIN_NUM_FORMS": 0,
        "memberships-MAX_NUM_FORMS": 1000,
    }
    count = model.objects.count()
    for name in ("STRASSE  1", "straße 1 ", "Straße 1"):
        data = {"name": name, **values, **inline}
        answer = client.post(reverse(f"admin:{address}_add"), data)
        assert answer.status_code == 200
        assert b"exists" in answer.content, name
    assert model.objects.count() == count


def test_a_team_does_not_escalate_to_itself(client: Client, cast: Any) -> None:
    with factories.arranging():
        cast.others.parent = cast.team
        cast.others.save()
    answer = client.post(
        reverse("admin:crm_team_change", args=[cast.team.pk]),
        {
            "name": "North",
            "leader": cast.leader.pk,
            "parent": cast.others.pk,
            "is_active": "on",
            "expected_version": cast.team.version,
            "memberships-TOTAL_FORMS": 0,
            "memberships-INITIAL_FORMS": 0,
            "memberships-MIN_NUM_FORMS": 0,
            "memberships-MAX_NUM_FORMS": 1000,
        },
    )
    assert b"cannot escalate to itself" in answer.content
    assert Team.objects.get(pk=cast.team.pk).parent is None


def test_choices_of_a_custom_field_are_lines(client: Client) -> None:
    values = {"subject": "pipeline.lead", "key": "size", "label": "Size", "type": "choice"}
    values |= {"sequence": "10", "is_active": "on"}
    address = reverse("admin:crm_customfield_add")
    assert b"needs its choices" in client.post(address, values).content
    twice = {**values, "options": "s: Small\ns: Smaller"}
    assert b"stands there twice" in client.post(address, twice).content
    client.post(address, {**values, "options": "s: Small\n\nVery large"})
    field = CustomField.objects.get()
    assert field.options == [
        {"id": "s", "label": "Small"},
        {"id": "very_large", "label": "Very large"},
    ]
    change = reverse("admin:crm_customfield_change", args=[field.pk])
    assert "s: Small\nvery_large: Very large" in client.get(change).content.decode()


def test_only_fields_of_choice_have_choices(client: Client) -> None:
    values = {"subject": "pipeline.lead", "key": "size", "label": "Size", "type": "text"}
    values |= {"sequence": "10", "is_active": "on", "options": "s: Small"}
    answer = client.post(reverse("admin:crm_customfield_add"), values)
    assert b"Only fields of choice have choices" in answer.content
    assert not CustomField.objects.exists()
