"""What is done in the administration stands in the ledger, is told in words, and can be undone."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.ledger.tables import Change, Kind, Undo
from crm.models import Membership, Source, Tag, Team
from pipeline.models import Stage
from tests import factories


@pytest.fixture
def client(cast: Any) -> Client:
    """The manager's browser."""
    found = Client()
    found.force_login(cast.manager)
    return found


def last_change(record_type: str) -> Change:
    return (
        Change.objects.filter(record_type=record_type)
        .select_related("cause__actor")
        .order_by("-id")
        .first()
    )


def test_adding_changing_and_deleting_are_changes_by_the_person(client: Client, cast: Any) -> None:
    client.post(reverse("admin:crm_source_add"), {"name": "Fair", "is_active": "on"})
    source = Source.objects.get()
    made = last_change("crm.source")
    assert made.action == "created"
    assert made.diff == {"name": [None, "Fair"], "is_active": [None, True]}
    assert (made.cause.kind, made.cause.actor) == (Kind.PERSON, cast.manager)

    values = {"name": "Trade fair", "is_active": "on", "expected_version": source.version}
    client.post(reverse("admin:crm_source_change", args=[source.pk]), values)
    changed = last_change("crm.source")
    assert changed.diff == {"name": ["Fair", "Trade fair"]}
    assert changed.cause_id != made.cause_id

    client.post(reverse("admin:crm_source_delete", args=[source.pk]), {"post": "yes"})
    assert not Source.objects.exists()
    assert last_change("crm.source").action == "deleted"
    assert last_change("crm.source").cause.actor == cast.manager


def test_deleting_several_logs_each(client: Client, cast: Any) -> None:
    tags = [factories.make_tag(name) for name in ("One", "Two")]
    client.post(
        reverse("admin:crm_tag_changelist"),
        {
            "action": "delete_selected",
            "_selected_action": [tag.pk for tag in tags],
            "post": "yes",
        },
    )
    assert not Tag.objects.exists()
    gone = Change.objects.filter(record_type="crm.tag", action="deleted")
    assert gone.count() == 2
    assert len({change.cause_id for change in gone}) == 1


def test_order_set_in_a_list_is_logged(client: Client, pipeline: Any) -> None:
    stages = list(pipeline.stages.in_order())
    data: dict[str, Any] = {
        "form-TOTAL_FORMS": len(stages),
        "form-INITIAL_FORMS": len(stages),
        "form-MIN_NUM_FORMS": 0,
        "form-MAX_NUM_FORMS": 1000,
        "_save": "Save",
    }
    for place, stage in enumerate(stages):
        data[f"form-{place}-id"] = stage.pk
        data[f"form-{place}-sequence"] = stage.sequence
    data["form-0-sequence"], data["form-1-sequence"] = stages[1].sequence, stages[0].sequence
    answer = client.post(reverse("admin:pipeline_stage_changelist"), data)
    assert answer.status_code == 302
    names = [stage.name for stage in pipeline.stages.in_order()]
    assert names[:2] == [stages[1].name, stages[0].name]
    assert Change.objects.filter(record_type="pipeline.stage", action="updated").count() == 2


def test_a_form_opened_before_another_edit_is_refused(client: Client) -> None:
    tag = factories.make_tag("Fair")
    with factories.arranging():
        Tag.objects.filter(pk=tag.pk).update(colour="#112233")
    values = {"name": "Old form", "colour": "", "expected_version": tag.version}
    answer = client.post(reverse("admin:crm_tag_change", args=[tag.pk]), values)
    assert answer.status_code == 200
    assert b"Somebody else changed this record meanwhile" in answer.content
    tag.refresh_from_db()
    assert (tag.name, tag.colour) == ("Fair", "#112233")


def test_history_tells_what_came_through_any_door(client: Client, cast: Any) -> None:
    with factories.arranging():
        cast.team.leader = cast.mate
        cast.team.save()
    page = client.get(reverse("admin:crm_team_history", args=[cast.team.pk])).content.decode()
    assert "Arranged for a test" in page
    assert "<del>Lea Leader</del> → <ins>Max Mate</ins>" in page


def test_a_cause_lists_its_changes_in_words(client: Client, cast: Any) -> None:
    tag = factories.make_tag("Fair")
    values = {"name": "Trade fair", "colour": "#112233", "expected_version": tag.version}
    client.post(reverse("admin:crm_tag_change", args=[tag.pk]), values)
    cause = last_change("crm.tag").cause
    page = client.get(reverse("admin:core_cause_change", args=[cause.pk])).content.decode()
    assert "<del>Fair</del> → <ins>Trade fair</ins>" in page
    assert "Mona Manager" in page
    assert reverse("admin:core_cause_undo", args=[cause.pk]) in page


def test_undo_asks_first_and_reports_afterwards(client: Client, cast: Any) -> None:
    tag = factories.make_tag("Fair")
    values = {"name": "Trade fair", "colour": "#112233", "expected_version": tag.version}
    client.post(reverse("admin:crm_tag_change", args=[tag.pk]), values)
    cause = last_change("crm.tag").cause
    with factories.arranging():
        Tag.objects.filter(pk=tag.pk).update(colour="#445566")
    address = reverse("admin:core_cause_undo", args=[cause.pk])

    asked = client.get(address)
    assert asked.status_code == 200
    tag.refresh_from_db()
    assert tag.name == "Trade fair", "asking changes nothing"

    report = client.post(address)
    assert report.status_code == 200
    assert "#445566" in report.content.decode(), "what was changed since is listed"
    tag.refresh_from_db()
    assert (tag.name, tag.colour) == ("Fair", "#445566")
    undo = Undo.objects.get(undone=cause)
    assert (undo.cause.kind, undo.cause.actor) == (Kind.UNDO, cast.manager)


def test_undo_of_a_deletion_brings_back_what_hung_on_it(client: Client, cast: Any) -> None:
    team, members = cast.team, Membership.objects.filter(team=cast.team).count()
    client.post(reverse("admin:crm_team_delete", args=[team.pk]), {"post": "yes"})
    assert not Team.objects.filter(pk=team.pk).exists()
    cause = last_change("crm.team").cause
    client.post(reverse("admin:core_cause_undo", args=[cause.pk]))
    assert Team.objects.get(pk=team.pk).leader == cast.leader
    assert Membership.objects.filter(team=team.pk).count() == members == 2
    page = client.get(reverse("admin:core_cause_change", args=[cause.pk])).content.decode()
    assert reverse("admin:core_cause_undo", args=[cause.pk]) not in page, "done once is done"
    assert "Undone by" in page


def test_a_cause_that_nobody_knows_is_said_so(client: Client) -> None:
    unknown = "00000000-0000-4000-8000-000000000000"
    for name in ("change", "undo"):
        answer = client.get(reverse(f"admin:core_cause_{name}", args=[unknown]), follow=True)
        assert answer.status_code == 200
        assert b"Perhaps it was deleted" in answer.content


def test_limiting_a_stage_to_teams_is_one_change_of_the_stage(
    client: Client, cast: Any, pipeline: Any
) -> None:
    stage = Stage.objects.filter(pipeline=pipeline).first()
    client.post(
        reverse("admin:pipeline_stage_change", args=[stage.pk]),
        {
            "name": stage.name,
            "kind": stage.kind,
            "sequence": stage.sequence,
            "is_active": "on",
            "objective": stage.objective,
            "exit_criterion": stage.exit_criterion,
            "days_min": stage.days_min,
            "days_max": stage.days_max,
            "probability": stage.probability,
            "required_fields": ["expected_revenue", "tags"],
            "limited_to": [cast.team.pk],
            "expected_version": stage.version,
        },
    )
    stage.refresh_from_db()
    assert set(stage.required_fields) == {"expected_revenue", "tags"}
    assert list(stage.teams.all()) == [cast.team]
    diffs = Change.objects.filter(record_type="pipeline.stage", action="updated").values_list(
        "diff", flat=True
    )
    assert {"teams": {"add": [cast.team.pk], "remove": []}} in [
        {"teams": {"add": [], "remove": [], **diff["teams"]}} for diff in diffs if "teams" in diff
    ]
