"""The OpenAPI description: complete, without warnings, and as committed.

After a wanted change of the API, refresh the snapshot with
`manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml` and commit it: the
difference is what clients will notice.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from jsonschema import Draft202012Validator

from tests.factories import make_activity, make_contact

SNAPSHOT = Path(settings.BASE_DIR) / "docs" / "openapi.yaml"


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    path = tmp_path_factory.mktemp("schema") / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(path))
    return yaml.safe_load(path.read_text())


def test_the_schema_is_the_committed_one(schema):
    committed = yaml.safe_load(SNAPSHOT.read_text())
    assert schema["info"].pop("version") == settings.VERSION
    committed["info"].pop("version")
    assert schema == committed, "the API changed: refresh docs/openapi.yaml (see above)"


def operations(schema):
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def test_every_operation_says_what_it_does_and_what_can_go_wrong(schema):
    names = set()
    for path, method, operation in operations(schema):
        where = f"{method} {path}"
        assert operation["description"], where
        assert operation["operationId"] not in names, where
        names.add(operation["operationId"])
        problems = {"400", "401", "403", "429"}
        assert problems <= set(operation["responses"]), where
        for status, response in operation["responses"].items():
            if status >= "400":
                content = dereferenced(schema, response)["content"]
                assert list(content) == ["application/problem+json"], where
    assert {"leads_list", "leads_move", "leads_contacts_put", "causes_undo"} <= names


def test_the_schema_is_served(db):
    response = Client().get("/api/v1/schema/", headers={"accept": "application/json"})
    assert response.status_code == 200
    assert response.json()["openapi"].startswith("3.1")


def dereferenced(schema, response):
    if "$ref" in response:
        return schema["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    return response


def resolve(schema, node):
    """The schema of a component with its references inside reach of the validator."""
    return {**node, "components": schema["components"]}


def check(schema, operation, status, body):
    """Fail unless `body` is what the schema promises for the operation."""
    found = next(o for _p, _m, o in operations(schema) if o["operationId"] == operation)
    content = dereferenced(schema, found["responses"][status])["content"]
    ((_type, media),) = content.items()
    validator = Draft202012Validator(
        resolve(schema, media["schema"]), format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    errors = [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(body)]
    assert errors == [], operation


def test_answers_are_as_described(api, schema, manager, rep, lead):
    client = api(manager)
    contact = make_contact("Cora")
    make_activity(by=rep, lead=lead)
    client.put(f"leads/{lead.pk}/contacts/{contact.pk}/", {"role": "buyer"})
    for resource in (
        "leads", "activities", "activity-types", "pipelines", "stages", "lost-reasons", "users",
        "teams", "memberships", "contacts", "causes", "changes",
    ):  # fmt: skip
        page = client.get(f"{resource}/?page_size=20&count=true").json()
        assert page["results"], resource
        name = resource.replace("-", "_")
        check(schema, f"{name}_list", "200", page)
        one = client.get(f"{resource}/{page['results'][0]['id']}/").json()
        check(schema, f"{name}_retrieve", "200", one)
    check(schema, "leads_totals", "200", client.get("leads/totals/").json())
    check(schema, "leads_contacts_list", "200", client.get(f"leads/{lead.pk}/contacts/").json())
    check(schema, "leads_proposal", "200", client.get(f"leads/{lead.pk}/convert/").json())
    check(schema, "leads_win", "200", client.post(f"leads/{lead.pk}/win/").json())
    check(schema, "leads_create", "400", client.post("leads/", {"title": ""}).json())
    made = client.post("leads/", {"title": "x"})
    check(schema, "leads_create", "201", made.json())
    cause = client.get("changes/?page_size=1").json()["results"][0]["cause"]["id"]
    check(schema, "causes_undo", "200", client.post(f"causes/{cause}/undo/").json())
