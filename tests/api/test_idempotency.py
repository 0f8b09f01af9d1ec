"""A POST sent twice under one key is done once, and answered twice."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter

import pytest
from django.db import connection, connections
from django.utils import timezone

from core.models import Change, IdempotencyKey
from core.tasks import forget_keys
from pipeline.models import Lead
from pipeline.services import leads as lead_services


def test_a_replay_gets_the_first_answer(api, rep, pipeline):
    client = api(rep)
    first = client.post("leads/", {"title": "Once"}, idempotency_key="k-1")
    again = client.post("leads/", {"title": "Once"}, idempotency_key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again["Content-Type"] == first["Content-Type"] == "application/json"
    assert (again["ETag"], again["Location"]) == (first["ETag"], first["Location"])
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert Lead.objects.count() == 1


def test_a_replay_after_the_record_moved_on_still_tells_the_first_answer(api, rep, pipeline):
    client = api(rep)
    first = client.post("leads/", {"title": "Once"}, idempotency_key="k")
    client.patch(f"leads/{first.json()['id']}/", {"title": "Later"})
    again = client.post("leads/", {"title": "Once"}, idempotency_key="k")
    assert again.json()["title"] == "Once"


def test_an_action_is_done_once(api, rep, lead, stages):
    client = api(rep)
    for _ in range(3):
        response = client.post(
            f"leads/{lead.pk}/move/", {"stage": stages[2].pk}, idempotency_key="m"
        )
        assert response.status_code == 200
    moves = Change.objects.filter(
        record_type="pipeline.lead", action="updated", diff__has_key="stage"
    )
    assert moves.count() == 1


def test_a_key_with_another_request_is_a_problem(api, rep, lead):
    client = api(rep)
    client.post("leads/", {"title": "Once"}, idempotency_key="k")
    for path, body in (
        ("leads/", {"title": "Other"}),
        ("companies/", {"title": "Once"}),
        (f"leads/{lead.pk}/win/", {}),
    ):
        response = client.post(path, body, idempotency_key="k")
        assert response.status_code == 422
        assert response.json()["type"].endswith("/idempotency-key-reused/")
    assert Lead.objects.filter(title="Other").count() == 0


def test_keys_are_everybodys_own(api, rep, mate, pipeline):
    for person in (rep, mate):
        assert api(person).post("leads/", {"title": "x"}, idempotency_key="k").status_code == 201
    assert Lead.objects.count() == 2


def test_a_refusal_leaves_the_key_free(api, rep, pipeline):
    client = api(rep)
    assert client.post("leads/", {"title": ""}, idempotency_key="k").status_code == 400
    assert not IdempotencyKey.objects.exists()
    assert client.post("leads/", {"title": "Now"}, idempotency_key="k").status_code == 201


def test_a_failure_of_ours_leaves_neither_key_nor_work(api, rep, pipeline, monkeypatch):
    client = api(rep)
    real = lead_services.create_lead

    def made_then_failed(**arguments):
        real(**arguments)
        raise RuntimeError("after the work")

    monkeypatch.setattr(lead_services, "create_lead", made_then_failed)
    assert client.post("leads/", {"title": "x"}, idempotency_key="k").status_code == 500
    assert not Lead.objects.exists()
    assert not IdempotencyKey.objects.exists()
    monkeypatch.setattr(lead_services, "create_lead", real)
    assert client.post("leads/", {"title": "x"}, idempotency_key="k").status_code == 201


def test_a_key_that_is_too_long_is_a_problem(api, rep, pipeline):
    assert api(rep).post("leads/", {"title": "x"}, idempotency_key="k" * 256).status_code == 400
    assert api(rep).post("leads/", {"title": "x"}, idempotency_key="k" * 255).status_code == 201


def test_keys_are_forgotten_after_a_day(api, rep, pipeline):
    client = api(rep)
    client.post("leads/", {"title": "x"}, idempotency_key="k")
    assert forget_keys() == 0
    IdempotencyKey.objects.update(created_at=timezone.now() - dt.timedelta(hours=25))
    assert forget_keys() == 1
    assert client.post("leads/", {"title": "x"}, idempotency_key="k").status_code == 201
    assert Lead.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one(api, cast, pipeline):
    """Whoever comes while the first is at work is told to wait, or gets its answer afterwards."""
    clients = [api(cast.rep) for _ in range(10)]
    answers = []
    gate = threading.Barrier(len(clients))

    def send(client):
        gate.wait()
        response = client.post("leads/", {"title": "Only one"}, idempotency_key="same")
        answers.append(
            (response.status_code, response.get("Idempotent-Replayed"), response.get("Retry-After"))
        )
        connections.close_all()

    threads = [threading.Thread(target=send, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = Counter(answers)
    assert Lead.objects.count() == 1
    assert found[(201, None, None)] == 1
    others = set(found) - {(201, None, None)}
    if connection.vendor == "postgresql":
        assert others <= {(409, None, "1"), (201, "true", None)}
    else:
        assert others == {(201, "true", None)}
    after = clients[0].post("leads/", {"title": "Only one"}, idempotency_key="same")
    assert (after.status_code, after["Idempotent-Replayed"]) == (201, "true")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_while_the_first_is_at_work_the_second_is_told_to_wait(api, cast, pipeline, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")
    first, second = api(cast.rep), api(cast.rep)
    working, go_on = threading.Event(), threading.Event()
    real = lead_services.create_lead

    def slowly(**arguments):
        working.set()
        go_on.wait(10)
        return real(**arguments)

    monkeypatch.setattr(lead_services, "create_lead", slowly)
    answers = []

    def send():
        answers.append(first.post("leads/", {"title": "x"}, idempotency_key="k").status_code)
        connections.close_all()

    thread = threading.Thread(target=send)
    thread.start()
    assert working.wait(10)
    response = second.post("leads/", {"title": "x"}, idempotency_key="k")
    go_on.set()
    thread.join()
    assert response.status_code == 409
    assert response["Retry-After"] == "1"
    assert response.json()["type"].endswith("/still-working/")
    assert answers == [201]
