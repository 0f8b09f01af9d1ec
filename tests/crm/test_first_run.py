"""The very first administrator is made in the browser once; then each question can be skipped."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from core.errors import Conflict
from core.ledger.causes import because
from core.ledger.tables import Cause, Kind
from core.services.undoing import undo_cause
from crm import assistant
from crm.models import Membership, Organisation, Team, User
from crm.services.firstrun import is_fresh, make_first_admin
from crm.tasks import send_invitation
from pipeline.models import Pipeline, Stage
from tests import factories

pytestmark = pytest.mark.django_db
PASSWORD = "quite-secret-1"
FIRST = {
    "name": "Ada Admin",
    "email": "Ada@Example.com",
    "password1": PASSWORD,
    "password2": PASSWORD,
}


def test_where_nobody_is_one_is_led_to_the_first_question(client: Client) -> None:
    answer = client.get("/", follow=True)
    assert answer.redirect_chain[-1][0] == reverse("welcome")
    answer = client.post(reverse("welcome"), FIRST, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("setup-step", args=["organisation"])
    user = User.objects.get()
    assert (user.email, user.role, user.check_password(PASSWORD)) == (
        *("ada@example.com", "admin"),
        True,
    )
    assert answer.wsgi_request.user == user


def test_the_language_is_the_browsers(client: Client) -> None:
    french = {"Accept-Language": "fr-FR,fr;q=0.9"}
    page = client.get(reverse("welcome"), headers=french).content.decode()
    assert "Bienvenue" in page
    client.post(reverse("welcome"), FIRST, headers=french)
    assert User.objects.get().language == "fr"


@pytest.mark.parametrize("is_active", [True, False])
def test_the_door_is_closed_as_soon_as_there_is_a_user(client: Client, is_active: bool) -> None:
    factories.make_user("Somebody", is_active=is_active)
    assert client.get(reverse("login")).status_code == 200
    for answer in (client.get(reverse("welcome")), client.post(reverse("welcome"), FIRST)):
        assert (answer.status_code, answer["Location"]) == (302, reverse("login"))
    assert User.objects.count() == 1


def test_it_stays_closed_when_the_user_is_gone(client: Client) -> None:
    with because(Kind.SYSTEM, label="made") as cause:
        User.objects.create_user("gone@example.com", "Gone", PASSWORD, role="rep")
    undo_cause(cause=cause.id, by=None)
    assert not User.objects.exists()
    assert not is_fresh()
    assert client.post(reverse("welcome"), FIRST)["Location"] == reverse("login")
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"password2": "another-1"}, "password2"),
        ({"password1": "12345678", "password2": "12345678"}, "password2"),
        ({"email": "nobody"}, "email"),
        ({"name": ""}, "name"),
    ],
)
def test_what_will_not_do_is_said(client: Client, wrong: dict[str, str], field: str) -> None:
    answer = client.post(reverse("welcome"), FIRST | wrong)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert is_fresh()


def test_in_production_the_token_of_the_server_is_asked(client: Client, settings: Any) -> None:
    settings.DEMO, settings.SETUP_TOKEN = False, "let-me-in"
    for given in ("", "let-me-out", "let-me-i"):
        answer = client.post(reverse("welcome"), FIRST | {"token": given})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["token"])
        assert is_fresh()
    assert client.post(reverse("welcome"), FIRST | {"token": "let-me-in"}).status_code == 302
    assert User.objects.get().is_admin


def test_in_production_nobody_gets_in_without_a_token(client: Client, settings: Any) -> None:
    settings.DEMO, settings.SETUP_TOKEN = False, ""
    for answer in (
        client.get(reverse("welcome")),
        client.post(reverse("welcome"), FIRST),
        client.post(reverse("welcome"), FIRST | {"token": ""}),
    ):
        assert answer.status_code == 403
        assert "create_admin" in answer.content.decode()
    assert is_fresh()


def test_a_token_cannot_be_guessed_at_leisure(client: Client, settings: Any) -> None:
    settings.DEMO, settings.SETUP_TOKEN = False, "let-me-in"
    for _turn in range(10):
        client.post(reverse("welcome"), FIRST | {"token": "wrong"})
    answer = client.post(reverse("welcome"), FIRST | {"token": "let-me-in"})
    assert answer.status_code == 429
    assert is_fresh()
    cache.clear()
    assert client.post(reverse("welcome"), FIRST | {"token": "let-me-in"}).status_code == 302


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_exactly_one_is_made() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time: there is nothing to race for.")
    start, made, late, other = threading.Barrier(8), [], [], []

    def come(number: int) -> None:
        try:
            start.wait()
            with because(Kind.SYSTEM, label="first"):
                made.append(
                    make_first_admin(
                        email=f"p{number}@example.com",
                        name="P",
                        password=PASSWORD,
                        language="en",
                    )
                )
        except Conflict as conflict:
            late.append(conflict)
        except Exception as error:  # what a thread raises is seen nowhere else
            other.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=come, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(late), other) == (1, 7, [])
    assert list(User.objects.all()) == made


@pytest.fixture
def boss(client: Client) -> User:
    """The first administrator, who is in."""
    client.post(reverse("welcome"), FIRST)
    return User.objects.get()


def test_all_questions_are_answered_one_by_one(
    client: Client, boss: User, django_capture_on_commit_callbacks: Any, monkeypatch: Any
) -> None:
    answers: dict[str, dict[str, Any]] = {
        "organisation": {"name": "Acme", "language": "fr", "time_zone": "America/Montreal"},
        "money": {"currency": "CAD", "fiscal_month": "4", "first_weekday": "6"},
        "team": {"name": "North", "lead": "on"},
        "pipeline": {"pattern": "subscription"},
        "people": {"addresses": "jane.doe@acme.example, BOB@acme.example", "role": "rep"},
    }
    names = [step.name for step in assistant.steps()]
    assert names == list(answers)
    for place, (name, answer) in enumerate(answers.items()):
        address = reverse("setup-step", args=[name])
        assert client.get(reverse("setup"))["Location"] == address
        form = client.get(address).context["form"]
        kept = {bound.html_name: bound.value() for bound in form if bound.value() is not None}
        told = client.post(address, kept | answer)
        onward = names[place + 1 : place + 2]
        expected = reverse("setup-step", args=onward) if onward else reverse("setup-end")
        assert (told.status_code, told["Location"]) == (302, expected), name
    ours = Organisation.objects.get()
    assert (ours.name, ours.currency, ours.fiscal_month, ours.first_weekday) == (
        *("Acme", "CAD"),
        *(4, 6),
    )
    boss.refresh_from_db()
    assert boss.time_zone == ours.time_zone == "America/Montreal"
    team = Team.objects.get()
    assert (team.name, team.leader) == ("North", boss)
    pipeline = Pipeline.objects.get()
    assert pipeline.name == "Subscriptions"
    assert list(Stage.objects.order_by("sequence").values_list("name", flat=True)) == [
        *("New", "Demonstration", "Trial", "Proposal", "Won")
    ]
    people = User.objects.exclude(pk=boss.pk).order_by("email")
    assert [(user.email, user.name, user.role, user.language) for user in people] == [
        ("bob@acme.example", "Bob", "rep", "fr"),
        ("jane.doe@acme.example", "Jane Doe", "rep", "fr"),
    ]
    assert Membership.objects.filter(team=team).count() == 3
    end = client.get(reverse("setup-end")).content.decode()
    for address in (reverse("imports"), reverse("demo-data-take"), reverse("start")):
        assert f'="{address}"' in end
    send_invitation(people[0].pk, boss.pk, "key")
    assert mail.outbox[-1].to == ["bob@acme.example"]


def test_each_question_is_skipped_left_and_taken_up_again(client: Client, boss: User) -> None:
    names = [step.name for step in assistant.steps()]
    client.post(reverse("setup-step", args=[names[0]]), {"skip": "1"})
    client.get(reverse("start"))
    assert client.get(reverse("setup"))["Location"] == reverse("setup-step", args=[names[1]])
    for name in names[1:]:
        assert client.post(reverse("setup-step", args=[name]), {"skip": "1"}).status_code == 302
    assert client.get(reverse("setup"))["Location"] == reverse("setup-end")
    assert not Organisation.objects.exists()
    assert not Team.objects.exists()
    assert User.objects.count() == 1
    page = client.get(reverse("setup-end")).content.decode()
    assert len(re.findall(r'class="skipped"', page)) == len(names)
    # What was skipped is still asked by its own address.
    step = reverse("setup-step", args=["team"])
    assert client.post(step, {"name": "North"}).status_code == 302
    assert Team.objects.get().leader is None
    client.post(step, {"skip": "1"})
    boss.refresh_from_db()
    assert assistant.state_of(boss)["team"] == "done"


def test_a_refused_answer_does_nothing_at_all(client: Client, boss: User) -> None:
    factories.make_user("Known", email="known@acme.example")
    before = User.objects.count()
    told = client.post(
        reverse("setup-step", args=["people"]),
        {"addresses": "new@acme.example known@acme.example", "role": "rep"},
    )
    assert told.status_code == 422
    assert "known@acme.example" in str(told.context["form"].errors)
    assert User.objects.count() == before
    told = client.post(reverse("setup-step", args=["people"]), {"addresses": "new@", "role": "rep"})
    assert told.status_code == 422


def test_a_pattern_beside_leads_is_another_pipeline_and_is_undone(
    client: Client, boss: User
) -> None:
    factories.make_lead(by=boss)
    client.post(reverse("setup-step", args=["pipeline"]), {"pattern": "short"})
    assert set(Pipeline.objects.values_list("name", flat=True)) == {"B2B sales", "Short sales"}
    cause = Cause.objects.filter(actor=boss).latest("started_at")
    undo_cause(cause=cause.pk, by=boss)
    assert Pipeline.objects.get().name == "B2B sales"
    client.post(reverse("setup-step", args=["pipeline"]), {"pattern": "b2b"})
    assert Pipeline.objects.get().name == "B2B sales"


@pytest.mark.parametrize("part", ["rep", "leader", "manager"])
def test_the_questions_are_for_managers(part: str, cast: Any, client: Client) -> None:
    client.force_login(cast.people()[part])
    status = 200 if part == "manager" else 403
    assert client.get(reverse("setup-step", args=["team"])).status_code == status
    assert client.get(reverse("setup-end")).status_code == status
    assert client.post(reverse("setup-step", args=["team"]), {"skip": "1"}).status_code == (
        302 if part == "manager" else 403
    )
    if part == "manager":
        assert "demo-data" not in client.get(reverse("setup-end")).content.decode()
        form = client.get(reverse("setup-step", args=["people"])).context["form"]
        assert "admin" not in dict(form.fields["role"].choices)
