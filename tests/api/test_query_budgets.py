"""How many queries the endpoints take: as committed, and the same for few records and many."""

from __future__ import annotations

import pytest

from pipeline.models import Lead
from tests.factories import (
    make_activity,
    make_company,
    make_contact,
    make_lead,
    make_note,
    make_tag,
)


def crowd(rep, team, number):
    """Leads that carry all that a lead can carry."""
    tags = [make_tag(f"T{number}-{place}").pk for place in range(3)]
    for place in range(number):
        company = make_company(f"C{number}-{place}", owner=rep)
        contact = make_contact(f"P{number}-{place}", company=company, owner=rep)
        lead = make_lead(
            by=rep,
            owner=rep.pk,
            team=team.pk,
            company=company.pk,
            contacts=[(contact.pk, "buyer")],
            tags=tags,
            collaborators=[rep.pk],
            followers=[rep.pk],
        )
        make_activity(by=rep, lead=lead, assignee=rep)
        make_note(by=rep, lead=lead)


LISTS = [
    "leads/",
    "leads/?ordering=expected_revenue&status=open&owner=me&count=true",
    "leads/totals/",
    "activities/",
    "files/",
    "notes/",
    "companies/",
    "contacts/",
    "stages/",
    "pipelines/",
    "teams/",
    "memberships/",
    "users/",
    "tags/",
    "changes/",
    "causes/",
]


@pytest.mark.parametrize("path", LISTS)
def test_lists(api, query_budget, rep, team, pipeline, path):
    client = api(rep)
    client.get("users/me/")
    budget = query_budget(f"GET {path}")
    crowd(rep, team, 2)
    with budget.at("small"):
        assert client.get(path).status_code == 200
    crowd(rep, team, 12)
    with budget.at("large"):
        assert client.get(path).status_code == 200


WRITES = {
    "create": ("POST", "leads/", {"title": "x", "expected_revenue": "7.00"}),
    "edit": ("PATCH", "leads/{lead}/", {"title": "x"}),
    "move": ("POST", "leads/{lead}/move/", {"stage": "{stage}"}),
    "win": ("POST", "leads/{lead}/win/", {}),
    "complete": ("POST", "activities/{activity}/complete/", {}),
}
#: What the browser waits for when a card is moved may take so many.
AT_MOST = {"move": 12}


@pytest.mark.parametrize("name", WRITES)
def test_writes(api, query_budget, rep, team, stages, name):
    client = api(rep)
    client.get("users/me/")
    method, path, body = WRITES[name]
    budget = query_budget(f"lead {name}")
    for size, number in (("small", 2), ("large", 12)):
        crowd(rep, team, number)
        lead = Lead.objects.order_by("-id").first()
        activity = lead.activities.get()
        address = path.format(lead=lead.pk, activity=activity.pk)
        sent = {key: stages[1].pk if value == "{stage}" else value for key, value in body.items()}
        with budget.at(size):
            assert client.call(method, address, sent).status_code in (200, 201)
    if name in AT_MOST:
        assert budget.found["large"] <= AT_MOST[name], "\n".join(budget.sql["large"])
