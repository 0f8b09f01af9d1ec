"""Each endpoint by each person. A new endpoint, or a new field, without its line here fails.

The lead is the rep's, in the team that `leader` leads and `mate` is in; `follower` follows it, and
`stranger` has nothing to do with it. Company and contact are the rep's and on the lead. The private
pipeline belongs to that team.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from config.api import router, singles
from core.api.subroutes import subroutes
from core.models import Change
from pipeline.models import Lead, LeadContact
from tests.factories import (
    arranging,
    make_lead,
)

PEOPLE = ("rep", "mate", "leader", "manager", "stranger", "follower")


def everyone(status: int) -> str:
    return " ".join([str(status)] * 6)


def managers(status: int) -> str:
    return f"403 403 403 {status} 403 403"


def leaders(status: int) -> str:
    """Of how somebody is in the team: its leader, and managers."""
    return f"403 403 {status} {status} 403 403"


def team_managers(status: int) -> str:
    """On the private pipeline: the stranger and the follower do not even see it."""
    return f"403 403 403 {status} 404 404"


def changers(status: int) -> str:
    """Of the lead: owner, leader, manager."""
    return f"{status} 403 {status} {status} 404 403"


def owners(status: int) -> str:
    """Of company and contact: owner, manager; who sees the lead sees them."""
    return f"{status} 403 403 {status} 404 403"


def authors(status: int) -> str:
    """Of the note, which is the rep's."""
    return f"{status} 403 403 403 404 403"


def sharers(status: int) -> str:
    """Of the view, which is the rep's and shared with the team."""
    return f"{status} 403 403 404 404 404"


#: Who is in the team that a view is shared with.
TEAM_VIEW = "200 200 200 404 404 404"
SEES = "200 200 200 200 404 200"
TEAM_SEES = "200 200 200 200 404 404"

# "METHOD route": what each of PEOPLE is answered; the body, with {names} of the world below.
TABLE: dict[str, tuple[str, Any]] = {
    "GET leads/": (everyone(200), None),
    "POST leads/": (everyone(201), {"title": "x"}),
    "GET leads/totals/": (everyone(200), None),
    "GET leads/<id:pk>/": (SEES, None),
    "GET leads/duplicates/": (everyone(200), None),
    "GET leads/<id:pk>/duplicates/": (SEES, None),
    "GET leads/<id:pk>/not-duplicates/": (SEES, None),
    # None is said of none; who may say what is in test_merging.py.
    "POST leads/<id:pk>/not-duplicates/": (SEES, {"ids": []}),
    "DELETE leads/<id:pk>/not-duplicates/<id:other>/": (SEES.replace("200", "404"), None),
    # Two at least; who may merge what is in test_merging.py.
    "POST leads/<id:pk>/merge/": (SEES.replace("200", "400"), {"ids": []}),
    "PATCH leads/<id:pk>/": (changers(200), {"title": "x"}),
    "DELETE leads/<id:pk>/": (changers(204), None),
    "POST leads/<id:pk>/move/": (changers(200), {"stage": "{stage}"}),
    "POST leads/<id:pk>/win/": (changers(200), {}),
    "POST leads/<id:pk>/lose/": (changers(200), {"reason": "{reason}"}),
    "POST leads/<id:pk>/reopen/": (changers(400), {}),
    "POST leads/<id:pk>/assign/": (changers(200), {"owner": None}),
    "POST leads/<id:pk>/convert/": (changers(200), {}),
    "GET leads/<id:pk>/convert/": (SEES, None),
    "POST leads/<id:pk>/archive/": (changers(200), {}),
    "POST leads/<id:pk>/unarchive/": (changers(200), {}),
    "POST leads/<id:pk>/tick/": (changers(200), {"stage": "{stage}"}),
    "POST leads/<id:pk>/follow/": (SEES, {}),
    "POST leads/<id:pk>/unfollow/": (SEES, {}),
    "GET leads/<id:pk>/contacts/": (SEES, None),
    "PUT leads/<id:pk>/contacts/<id:contact>/": (changers(200), {"role": "buyer"}),
    "DELETE leads/<id:pk>/contacts/<id:contact>/": (changers(204), None),
    "GET activities/": (everyone(200), None),
    "POST activities/": (SEES.replace("200", "201"), {"type": "{type}", "lead": "{lead}"}),
    "GET activities/<id:pk>/": (SEES, None),
    "PATCH activities/<id:pk>/": (changers(200), {"summary": "x"}),
    "DELETE activities/<id:pk>/": (changers(204), None),
    "GET activities/<id:pk>/invitation/": (SEES, None),
    "PUT activities/<id:pk>/invitation/": (changers(200), {"guests": []}),
    "POST activities/<id:pk>/complete/": (changers(200), {}),
    "POST activities/<id:pk>/reopen/": (changers(200), {}),
    "GET notes/": (everyone(200), None),
    "POST notes/": (SEES.replace("200", "201"), {"body": "x", "lead": "{lead}"}),
    "GET notes/<id:pk>/": (SEES, None),
    "PATCH notes/<id:pk>/": (authors(200), {"body": "x"}),
    "DELETE notes/<id:pk>/": ("204 403 403 204 404 403", None),
    "GET files/": (everyone(200), None),
    # What is no form is refused for that, whoever sends it; test_files.py sends files.
    "POST files/": (everyone(415), {"lead": "{lead}"}),
    "GET files/<id:pk>/": (SEES, None),
    "GET files/<id:pk>/content/": (SEES, None),
    "DELETE files/<id:pk>/": ("204 403 403 204 404 403", None),
    "GET pipelines/": (everyone(200), None),
    "POST pipelines/": (managers(201), {"name": "Partners"}),
    "GET pipelines/<id:pk>/": (TEAM_SEES, None),
    "PATCH pipelines/<id:pk>/": (team_managers(200), {"name": "x"}),
    "DELETE pipelines/<id:pk>/": (team_managers(204), None),
    "GET stages/": (everyone(200), None),
    "POST stages/": (managers(201), {"name": "x", "pipeline": "{pipeline}"}),
    "GET stages/<id:pk>/": (TEAM_SEES, None),
    "PATCH stages/<id:pk>/": (team_managers(200), {"name": "x"}),
    "DELETE stages/<id:pk>/": (team_managers(204), None),
    "POST leads/<id:pk>/launch/": (
        SEES.replace("200", "201"),
        {"plan": "{plan}", "base_on": "2050-01-15"},
    ),
    "GET views/": (everyone(200), None),
    "POST views/": (everyone(201), {"place": "board", "name": "x", "query": "status=open"}),
    "GET views/<id:pk>/": (TEAM_VIEW, None),
    "PATCH views/<id:pk>/": (sharers(200), {"name": "x"}),
    "DELETE views/<id:pk>/": (sharers(204), None),
    "POST views/<id:pk>/first/": (TEAM_VIEW, {}),
    "DELETE views/<id:pk>/first/": (TEAM_VIEW, None),
    "GET organisation/": (everyone(200), None),
    "PATCH organisation/": (managers(200), {"name": "x"}),
    "GET plan-steps/": (everyone(200), None),
    "POST plan-steps/": (managers(201), {"plan": "{plan}", "type": "{type}"}),
    "GET plan-steps/<id:pk>/": (everyone(200), None),
    "PATCH plan-steps/<id:pk>/": (managers(200), {"summary": "x"}),
    "DELETE plan-steps/<id:pk>/": (managers(204), None),
    "GET companies/": (everyone(200), None),
    "POST companies/": (everyone(201), {"name": "x"}),
    "GET companies/<id:pk>/": (SEES, None),
    "GET companies/duplicates/": (everyone(200), None),
    "GET companies/<id:pk>/duplicates/": (SEES, None),
    "GET companies/<id:pk>/not-duplicates/": (SEES, None),
    # None is said of none; who may say what is in test_merging.py.
    "POST companies/<id:pk>/not-duplicates/": (SEES, {"ids": []}),
    "DELETE companies/<id:pk>/not-duplicates/<id:other>/": (SEES.replace("200", "404"), None),
    # Two at least; who may merge what is in test_merging.py.
    "POST companies/<id:pk>/merge/": (SEES.replace("200", "400"), {"ids": []}),
    "PATCH companies/<id:pk>/": (owners(200), {"name": "x"}),
    "DELETE companies/<id:pk>/": (owners(204), None),
    "POST companies/<id:pk>/archive/": (owners(200), {}),
    "POST companies/<id:pk>/unarchive/": (owners(200), {}),
    "GET contacts/": (everyone(200), None),
    "POST contacts/": (everyone(201), {"name": "x"}),
    "GET contacts/<id:pk>/": (SEES, None),
    "GET contacts/duplicates/": (everyone(200), None),
    "GET contacts/<id:pk>/duplicates/": (SEES, None),
    "GET contacts/<id:pk>/not-duplicates/": (SEES, None),
    # None is said of none; who may say what is in test_merging.py.
    "POST contacts/<id:pk>/not-duplicates/": (SEES, {"ids": []}),
    "DELETE contacts/<id:pk>/not-duplicates/<id:other>/": (SEES.replace("200", "404"), None),
    # Two at least; who may merge what is in test_merging.py.
    "POST contacts/<id:pk>/merge/": (SEES.replace("200", "400"), {"ids": []}),
    "PATCH contacts/<id:pk>/": (owners(200), {"name": "x"}),
    "DELETE contacts/<id:pk>/": (owners(204), None),
    "POST contacts/<id:pk>/archive/": (owners(200), {}),
    "POST contacts/<id:pk>/unarchive/": (owners(200), {}),
    "GET touches/": (everyone(200), None),
    "POST touches/": (everyone(201), {"source": "x"}),
    "GET touches/<id:pk>/": (SEES, None),
    "GET users/": (everyone(200), None),
    "POST users/": (managers(201), {"email": "x@example.com", "name": "X", "role": "rep"}),
    "GET users/me/": (everyone(200), None),
    "GET users/<id:pk>/": (everyone(200), None),
    "PATCH users/<id:pk>/": ("200 403 403 200 403 403", {"name": "x"}),
    "POST users/<id:pk>/deactivate/": (managers(200), {}),
    "POST users/<id:pk>/reactivate/": (managers(200), {}),
    "POST users/<id:pk>/invite/": (managers(400), {}),
    "GET teams/": (everyone(200), None),
    "POST teams/": (managers(201), {"name": "x"}),
    "GET teams/<id:pk>/": (everyone(200), None),
    "PATCH teams/<id:pk>/": (managers(200), {"name": "x"}),
    "DELETE teams/<id:pk>/": (managers(204), None),
    "GET targets/": (everyone(200), None),
    "POST targets/": (
        managers(201),
        {"team": "{team}", "metric": "wins", "starts_on": "2026-01-01", "value": "3"},
    ),
    "GET targets/<id:pk>/": ("200 404 200 200 404 404", None),
    "PATCH targets/<id:pk>/": ("403 404 200 200 404 404", {"value": "5"}),
    "DELETE targets/<id:pk>/": ("403 404 204 204 404 404", None),
    "GET memberships/": (everyone(200), None),
    "POST memberships/": (managers(201), {"team": "{team}", "user": "{user}"}),
    "GET memberships/<id:pk>/": (everyone(200), None),
    "PATCH memberships/<id:pk>/": (leaders(200), {"capacity": 5}),
    "DELETE memberships/<id:pk>/": (managers(204), None),
    "GET causes/": (everyone(200), None),
    "GET causes/<uuid:pk>/": (SEES, None),
    "POST causes/<uuid:pk>/undo/": (changers(200), {}),
    "GET changes/": (everyone(200), None),
    "GET changes/<id:pk>/": (SEES, None),
}
for plain, body in {
    "tags": {"name": "x"},
    "products": {"name": "x"},
    "sources": {"name": "x"},
    "mediums": {"name": "x"},
    "campaigns": {"name": "x"},
    "lost-reasons": {"name": "x"},
    "activity-types": {"name": "x"},
    "plans": {"name": "x"},
    "custom-fields": {"subject": "pipeline.lead", "key": "x", "label": "X", "type": "text"},
}.items():
    TABLE |= {
        f"GET {plain}/": (everyone(200), None),
        f"POST {plain}/": (managers(201), body),
        f"GET {plain}/<id:pk>/": (everyone(200), None),
        f"PATCH {plain}/<id:pk>/": (managers(200), {"label": "x"} if "label" in body else body),
        f"DELETE {plain}/<id:pk>/": (managers(204), None),
    }


@dataclass(frozen=True)
class Endpoint:
    method: str
    route: str

    @property
    def resource(self) -> str:
        return self.route.split("/")[0]

    def __str__(self) -> str:
        return f"{self.method} {self.route}"


def endpoints() -> list[Endpoint]:
    """All that the API answers to, as the address table has it."""
    return [
        Endpoint(method.upper(), str(pattern.pattern))
        for pattern in [*router.urls, *subroutes(), *singles]
        for method in pattern.callback.actions
        if method != "head"
    ]


def test_every_endpoint_has_its_line():
    assert {str(endpoint) for endpoint in endpoints()} == set(TABLE)


def test_each_endpoint_by_each_person(api, cast, world):
    clients = {part: api(getattr(cast, part)) for part in PEOPLE}
    wrong = []
    for endpoint in endpoints():
        expected, body = TABLE[str(endpoint)]
        sent = body and {name: world.get(str(value), value) for name, value in body.items()}
        path = endpoint.route
        for converter in ("<id:pk>", "<uuid:pk>"):
            path = path.replace(converter, str(world[endpoint.resource]))
        path = path.replace("<id:contact>", str(world["contacts"]))
        path = path.replace("<id:other>", "999999999")
        for part, status in zip(PEOPLE, expected.split(), strict=True):
            with transaction.atomic():
                before = Change.objects.count()
                response = clients[part].call(endpoint.method, path, sent)
                if str(response.status_code) != status:
                    wrong.append((str(endpoint), part, status, response.status_code))
                if response.status_code >= 400 and Change.objects.count() != before:
                    wrong.append((str(endpoint), part, "refused, but something was written"))
                transaction.set_rollback(True)
    assert wrong == []


def test_nobody_gets_in_without_a_token(client, world):
    for endpoint in endpoints():
        path = endpoint.route.replace("<uuid:pk>", str(world["causes"]))
        path = path.replace("<id:pk>", "1")
        path = path.replace("<id:contact>", "1").replace("<id:other>", "1")
        response = client.generic(endpoint.method, f"/api/v1/{path}")
        assert response.status_code == 401, endpoint


def test_what_is_out_of_sight_is_in_no_list_count_or_sum(api, cast, world):
    for part in (*PEOPLE, "admin"):
        client = api(getattr(cast, part))
        expected = 0 if part == "stranger" else 1
        for path in (
            f"leads/?owner={cast.rep.pk}",
            f"leads/?company={world['companies']}",
            f"leads/?q=&contact={world['contacts']}",
            f"activities/?lead={world['leads']}",
            f"notes/?lead={world['leads']}",
            f"files/?lead={world['leads']}",
            f"companies/?owner={cast.rep.pk}",
            f"contacts/?owner={cast.rep.pk}",
            f"touches/?source={world['sources']}",
            f"changes/?record_type=pipeline.lead&record={world['leads']}&action=created",
        ):
            body = client.get(f"{path}&count=true").json()
            assert len(body["results"]) == body["count"] == expected, (part, path)
        totals = client.get("leads/totals/").json()
        assert totals["count"] == expected, part
        assert len(totals["by_stage"]) == len(totals["by_status"]) == expected, part
        sees_private = part not in ("stranger", "follower")
        names = {row["name"] for row in client.get("pipelines/").json()["results"]}
        assert ("Private" in names) == sees_private, part
        stages = client.get(f"stages/?pipeline={world['pipelines']}").json()["results"]
        assert bool(stages) == sees_private, part


def test_a_collaborator_may_edit(api, cast, lead):
    with arranging():
        lead.collaborators.add(cast.stranger)
    assert api(cast.stranger).patch(f"leads/{lead.pk}/", {"title": "x"}).status_code == 200


def test_a_leader_changes_nothing_outside_their_teams(api, cast, pipeline):
    other = make_lead(by=cast.stranger, owner=cast.stranger.pk, team=cast.others.pk)
    client = api(cast.leader)
    assert client.patch(f"leads/{other.pk}/", {"title": "x"}).status_code == 404
    with arranging():
        other.refresh_from_db()
        other.followers.add(cast.leader)
    assert client.patch(f"leads/{other.pk}/", {"title": "x"}).status_code == 403


def test_a_lead_of_nobody_is_everybodys(api, cast, pipeline):
    free = make_lead(by=cast.manager, owner=None)
    for part in PEOPLE:
        with transaction.atomic():
            response = api(getattr(cast, part)).patch(f"leads/{free.pk}/", {"title": "x"})
            assert response.status_code == 200, part
            transaction.set_rollback(True)


def test_moving_next_to_a_card_that_is_out_of_sight_tells_nothing(api, cast, lead, stages):
    hidden = make_lead(by=cast.stranger, owner=cast.stranger.pk, title="Hidden")
    response = api(cast.rep).post(
        f"leads/{lead.pk}/move/", {"stage": stages[0].pk, "below": hidden.pk}
    )
    assert b"Hidden" not in response.content
    assert Lead.objects.get(pk=hidden.pk).version == hidden.version
    assert LeadContact.objects.count() == 0
