"""Plans: their steps on one or several leads, all or nothing."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.errors import NotFound, Refused
from core.ledger.causes import because
from core.ledger.tables import Change, Kind
from core.services.undoing import undo_cause
from pipeline.models import Activity, ActivityType, Plan, PlanStep
from pipeline.services.plans import launch_plan
from tests import factories

BASE = dt.date(2050, 1, 15)
HTMX = {"HTTP_HX_REQUEST": "true"}
Who = PlanStep.Who

pytestmark = pytest.mark.usefixtures("stages")


def make_plan(*steps: tuple[str, int | None, str], is_active: bool = True) -> Plan:
    """A plan with steps (type, days, for whom)."""
    with factories.arranging():
        plan = Plan.objects.create(name="Welcome", is_active=is_active)
        for place, (name, days, who) in enumerate(steps):
            kind = ActivityType.objects.get(name=name)
            PlanStep.objects.create(plan=plan, type=kind, days=days, who=who, sequence=place)
    return plan


def launch(by: Any, plan: Plan, leads: list[Any], **values: Any) -> list[Activity]:
    with because(Kind.PERSON, by=by):
        return launch_plan(
            plan=plan.pk, leads=[lead.pk for lead in leads], base_on=BASE, by=by, **values
        )


def make_lead(cast: Any, **values: Any) -> Any:
    return factories.make_lead(by=cast.manager, owner=cast.rep.pk, team=cast.team.pk, **values)


def days(activities: list[Activity], user: Any) -> list[dt.date]:
    zone = zoneinfo.ZoneInfo(user.time_zone)
    return [each.due_at.astimezone(zone).date() for each in activities]


def test_steps_are_due_the_days_of_their_types_after_the_base_date(cast: Any) -> None:
    plan = make_plan(("Call", None, Who.OWNER), ("Meeting", None, Who.OWNER))
    made = launch(cast.rep, plan, [make_lead(cast)])
    assert days(made, cast.rep) == [dt.date(2050, 1, 16), dt.date(2050, 1, 18)]
    assert [each.type.name for each in made] == ["Call", "Meeting"]


def test_three_leads_get_three_sets_in_one_change_that_one_undo_takes_back(cast: Any) -> None:
    plan = make_plan(("Call", 0, Who.OWNER), ("Document", 10, Who.LAUNCHER))
    leads = [make_lead(cast) for _ in range(3)]
    made = launch(cast.leader, plan, leads)
    assert [each.lead_id for each in made] == [lead.pk for lead in leads for _step in range(2)]
    assert {each.assignee for each in made[::2]} == {cast.rep}
    assert {each.assignee for each in made[1::2]} == {cast.leader}
    undo_cause(cause=Change.objects.latest("id").cause_id, by=cast.leader)
    assert not Activity.objects.exists()


def test_a_step_that_asks_for_somebody_is_named_and_nothing_is_planned(cast: Any) -> None:
    plan = make_plan(("Call", None, Who.OWNER), ("Meeting", None, Who.ASKED))
    lead = make_lead(cast)
    with pytest.raises(Refused, match="Say for whom: Meeting") as refusal:
        launch(cast.rep, plan, [lead])
    assert "asked" in refusal.value.fields
    assert not Activity.objects.exists()
    made = launch(cast.rep, plan, [lead], asked=cast.mate.pk)
    assert [each.assignee for each in made] == [cast.rep, cast.mate]
    with pytest.raises(Refused, match="no such active user"):
        launch(cast.rep, plan, [lead], asked=999_999)


def test_what_is_out_of_use_out_of_sight_or_empty_is_refused(cast: Any) -> None:
    lead = make_lead(cast)
    plan = make_plan(("Call", None, Who.OWNER))
    with factories.arranging():
        empty = Plan.objects.create(name="Empty")
    with pytest.raises(NotFound):
        launch(cast.stranger, plan, [lead])
    with pytest.raises(NotFound):
        launch(
            cast.mate, plan, [lead, factories.make_lead(by=cast.manager, owner=cast.stranger.pk)]
        )
    with pytest.raises(Refused, match="no steps"):
        launch(cast.rep, Plan.objects.get(pk=empty.pk), [lead])
    with factories.arranging():
        plan.is_active = False
        plan.save()
    with pytest.raises(NotFound):
        launch(cast.rep, plan, [lead])


def test_the_dialog_shows_the_days_before_and_plans_them_on_launch(
    client: Client, cast: Any
) -> None:
    plan = make_plan(("Call", 1, Who.OWNER), ("Meeting", 3, Who.ASKED))
    lead = make_lead(cast)
    client.force_login(cast.rep)
    address = reverse("lead-launch", args=[lead.pk])
    assert address in client.get(f"/leads/{lead.pk}/").content.decode()
    assert "for whom?" in client.get(address).content.decode()
    given = {"plan": plan.pk, "base_on": "2050-01-15", "asked": cast.mate.pk}
    shown = client.get(address, {**given, "read": "yes"}, **HTMX).content.decode()
    for told in ("16 Jan 2050", "18 Jan 2050", "Max Mate"):
        assert told in shown
    refused = client.post(address, {**given, "asked": ""})
    assert refused.status_code == 422
    assert "Say for whom: Meeting." in refused.content.decode()
    assert not Activity.objects.exists()
    assert client.post(address, given).status_code == 302
    assert Activity.objects.count() == 2


def test_without_plans_the_dialog_says_where_they_are_made(client: Client, cast: Any) -> None:
    lead = make_lead(cast)
    client.force_login(cast.rep)
    page = client.get(reverse("lead-launch", args=[lead.pk]))
    assert "There is no plan with steps yet." in page.content.decode()
    client.force_login(cast.stranger)
    assert client.get(reverse("lead-launch", args=[lead.pk])).status_code == 404


def test_managers_make_plans_and_their_steps_in_the_settings(client: Client, cast: Any) -> None:
    make_plan(("Call", 1, Who.OWNER))
    client.force_login(cast.manager)
    for name in ("plans", "plan-steps"):
        page = client.get(reverse("setting", args=[name]))
        assert page.status_code == 200
        assert "Welcome" in page.content.decode()
