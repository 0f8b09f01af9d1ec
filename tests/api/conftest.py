"""What the tests of the API share: a client with a token, and a lead of the rep's."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from core.models import Change
from crm.models import Campaign, CustomField, Medium, Membership, SavedView, Source, Touch, User
from messaging.services.files import add_files
from messaging.services.inviting import Asked, invite
from messaging.services.notes import write_note
from pipeline.models import ActivityType, LostReason, Pipeline, Plan, PlanStep, Stage
from pipeline.services.people import put_contact
from tests import factories


class Api:
    """Speaks JSON to the API as the owner of a token."""

    def __init__(self, user: User, scopes: Sequence[str] = ("read", "write")) -> None:
        self.secret = factories.make_token(user, scopes, name="Test token")
        self.client = Client(raise_request_exception=False)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer; `path` is below /api/v1/, header names are given with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        address = path if path.startswith(("http", "/")) else f"/api/v1/{path}"
        return self.client.generic(
            method,
            address,
            json.dumps(body) if body is not None else "",
            content_type="application/json",
            headers={"authorization": f"Bearer {self.secret}", **sent},
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.call("PATCH", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        return self.call("PUT", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.call("DELETE", path, **headers)


@pytest.fixture
def api() -> Callable[..., Api]:
    """`api(user)`, or `api(user, ["read"])`: a client with a fresh token."""
    return Api


@pytest.fixture
def lead(cast: Any, pipeline: Any) -> Any:
    """A lead of the rep's, in the rep's team, which the follower follows."""
    return factories.make_lead(
        by=cast.rep,
        title="Forty laptops",
        owner=cast.rep.pk,
        team=cast.team.pk,
        expected_revenue="1200.00",
        followers=[cast.follower.pk],
    )


@pytest.fixture
def world(cast, lead, pipeline, stages):
    """A record of each kind, for the endpoints to be tried on."""
    with factories.arranging():
        touch = Touch.objects.create(visitor="v", source=Source.objects.create(name="Fair"))
        private = Pipeline.objects.create(name="Private")
        private.teams.add(cast.team)
        made = SimpleNamespace(
            campaign=Campaign.objects.create(name="Spring"),
            medium=Medium.objects.create(name="Stand"),
            source=touch.source,
            custom=CustomField.objects.create(
                subject="pipeline.lead", key="colour", label="Colour", type="text"
            ),
            reason=LostReason.objects.create(name="Nobody uses this"),
            type=ActivityType.objects.create(name="Nobody uses this"),
            plan=(plan := Plan.objects.create(name="Welcome")),
            step=PlanStep.objects.create(plan=plan, type=ActivityType.objects.get(name="Call")),
            view=SavedView.objects.create(
                owner=cast.rep, place="leads", name="Mine", team=cast.team
            ),
            first=Stage.objects.create(pipeline=private, name="In"),
            stage=Stage.objects.create(pipeline=private, name="Second"),
        )
    company = factories.make_company("Acme", owner=cast.rep)
    contact = factories.make_contact("Cora", owner=cast.rep)
    with factories.arranging():
        put_contact(lead=lead.pk, contact=contact.pk, by=cast.rep)
    with factories.arranging():
        lead.refresh_from_db()
        lead.company, lead.first_touch = company, touch
        lead.save()
    activity = factories.make_activity(by=cast.rep, lead=lead, assignee=cast.rep)
    with factories.arranging():
        invite(activity=activity.pk, by=cast.rep, guests=[Asked("guest@x.example")])
        note = write_note(lead=lead.pk, body="Ask for Nora", by=cast.rep)
        file = add_files(files=[ContentFile(b"words", "a.txt")], lead=lead.pk, by=cast.rep)[0]
    change = Change.objects.filter(record_type="pipeline.lead", record_id=lead.pk).latest("id")
    return {
        "leads": lead.pk,
        "activities": activity.pk,
        "notes": note.pk,
        "files": file.pk,
        "pipelines": private.pk,
        "stages": made.stage.pk,
        "companies": company.pk,
        "contacts": contact.pk,
        "touches": touch.pk,
        "users": cast.rep.pk,
        "teams": factories.make_team("Empty").pk,
        "memberships": Membership.objects.filter(user=cast.rep).get().pk,
        "targets": factories.make_target(cast.rep, 100).pk,
        "causes": change.cause_id,
        "changes": change.pk,
        "tags": factories.make_tag("Hot").pk,
        "products": factories.make_product("Laptop").pk,
        "sources": made.source.pk,
        "mediums": made.medium.pk,
        "campaigns": made.campaign.pk,
        "lost-reasons": made.reason.pk,
        "activity-types": made.type.pk,
        "custom-fields": made.custom.pk,
        "plans": made.plan.pk,
        "plan-steps": made.step.pk,
        "views": made.view.pk,
        "organisation": "",
        "{lead}": lead.pk,
        "{stage}": stages[0].pk,
        "{pipeline}": pipeline.pk,
        "{reason}": made.reason.pk,
        "{plan}": made.plan.pk,
        "{type}": activity.type_id,
        "{team}": cast.others.pk,
        "{user}": factories.make_user("Nina New").pk,
    }
