"""Every error is problem details, and none tells of our insides."""

from __future__ import annotations

import logging

import pytest
from django.test import Client
from rest_framework.settings import api_settings

from core.api.nothing import MEANINGS
from core.api.problems import NAMES
from pipeline.services import leads as lead_services

FIELDS = {"type", "title", "status", "detail", "instance"}


def is_problem(response, status, name):
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert set(body) >= FIELDS
    assert body["status"] == status
    assert body["type"].endswith(f"/api/v1/problems/{name}/")
    assert body["instance"].startswith("/api/v1/")
    return body


def test_a_path_that_is_none(db):
    is_problem(Client().get("/api/v1/unicorns/"), 404, "not-found")
    is_problem(Client().post("/api/v1/leads/1/fly/"), 404, "not-found")


def test_an_address_without_its_slash_is_told_so(db):
    body = is_problem(Client().get("/api/v1/leads"), 404, "not-found")
    assert "/api/v1/leads/" in body["detail"]


@pytest.mark.parametrize("pk", ["0", "-1", "abc", "1.5", "9" * 30])
def test_what_is_no_id_is_not_found(api, rep, pk):
    is_problem(api(rep).get(f"leads/{pk}/"), 404, "not-found")


def test_a_record_that_is_not_there(api, rep):
    is_problem(api(rep).get("leads/999999999999999999/"), 404, "not-found")


def test_a_method_that_is_not_known(api, rep, lead):
    client = api(rep)
    for method in ("PUT", "OPTIONS", "TRACE"):
        response = client.call(method, f"leads/{lead.pk}/")
        is_problem(response, 405, "method-not-allowed")


def test_a_body_that_is_not_json(api, rep):
    client = api(rep)
    headers = {"authorization": f"Bearer {client.secret}"}
    response = client.client.post(
        "/api/v1/leads/", "title=x", content_type="text/csv", headers=headers
    )
    is_problem(response, 415, "unsupported-media-type")


@pytest.mark.parametrize(
    "body", ["{", '{"title": ', "\xff", "[" * 100_000, '{"title": "\\ud800"}', "[NaN]"]
)
def test_json_that_cannot_be_parsed(api, rep, body):
    client = api(rep)
    response = client.client.post(
        "/api/v1/leads/",
        body.encode("latin-1"),
        content_type="application/json",
        headers={"authorization": f"Bearer {client.secret}"},
    )
    is_problem(response, 400, "bad-request")


def test_a_body_that_is_too_large(api, rep, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = api(rep).post("leads/", {"title": "x", "description": "y" * 2000})
    is_problem(response, 413, "too-large")


@pytest.mark.parametrize("body", ["[]", '"text"', "7", "null"])
def test_json_that_is_no_object(api, rep, body):
    client = api(rep)
    response = client.client.post(
        "/api/v1/leads/",
        body,
        content_type="application/json",
        headers={"authorization": f"Bearer {client.secret}"},
    )
    is_problem(response, 400, "invalid-input")


def test_an_answer_that_the_client_cannot_read(api, rep):
    is_problem(api(rep).get("leads/", accept="text/html"), 406, "not-acceptable")


def test_refused_input_names_its_fields(api, rep):
    response = api(rep).post(
        "leads/", {"title": "", "expected_revenue": "much", "owner": "Rita", "colour": 1}
    )
    body = is_problem(response, 400, "invalid-input")
    assert body["errors"] == {"colour": ["There is no such field."]}
    response = api(rep).post("leads/", {"title": "", "expected_revenue": "much", "owner": "Rita"})
    body = is_problem(response, 400, "invalid-input")
    assert set(body["errors"]) == {"title", "expected_revenue", "owner"}


def test_a_field_that_cannot_be_set_is_not_ignored(api, rep, lead, stages):
    client = api(rep)
    body = is_problem(client.patch(f"leads/{lead.pk}/", {"status": "won"}), 400, "invalid-input")
    assert body["errors"] == {"status": ["This field cannot be set here."]}
    body = is_problem(
        client.patch(f"leads/{lead.pk}/", {"stage": stages[1].pk}), 400, "invalid-input"
    )
    assert "move/" in body["errors"]["stage"][0]


def test_an_unknown_parameter_is_not_ignored(api, rep):
    body = is_problem(api(rep).get("leads/?ownr=me&status=open"), 400, "bad-request")
    assert set(body["errors"]) == {"ownr"}


def test_a_filter_that_cannot_be_read(api, rep):
    response = api(rep).get("leads/?owner=Rita&status=opened&created_from=yesterday&stalled=maybe")
    body = is_problem(response, 400, "bad-request")
    assert set(body["errors"]) == {"owner", "status", "created_from", "stalled"}


def test_a_failure_of_ours_tells_nothing(api, rep, monkeypatch, caplog):
    def fail(**_anything):
        raise RuntimeError("the secret is 1234")

    monkeypatch.setattr(lead_services, "create_lead", fail)
    client = api(rep)
    with caplog.at_level(logging.ERROR, "core.api"):
        response = client.post("leads/", {"title": "x"})
    is_problem(response, 500, "internal-error")
    assert b"1234" not in response.content
    assert "the secret is 1234" in caplog.text


def test_too_many_requests_say_when_to_come_back(api, rep, mate, monkeypatch):
    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "token", "3/min")
    client = api(rep)
    answers = [client.get("users/me/") for _ in range(4)]
    assert [answer.status_code for answer in answers[:3]] == [200, 200, 200]
    is_problem(answers[3], 429, "too-many-requests")
    assert 1 <= int(answers[3]["Retry-After"]) <= 60
    assert api(mate).get("users/me/").status_code == 200


def test_the_type_of_each_problem_leads_to_its_meaning(db):
    for name in {*NAMES.values(), *MEANINGS}:
        response = Client().get(f"/api/v1/problems/{name}/")
        assert response.status_code == 200, name
        assert response.json()["meaning"]
    assert Client().get("/api/v1/problems/other/").status_code == 404
