"""Letting people in, and what they set for themselves, in the browser's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.core import mail
from django.test import Client
from django.urls import reverse

from config.celery import app
from core.ledger.causes import because
from core.ledger.tables import Cause, Change, Kind
from crm.services.users import invite_user
from crm.throttling import ATTEMPTS
from tests import factories

STRONG = "green-bicycle-27"


@pytest.fixture
def sent(django_capture_on_commit_callbacks: Callable[..., Any]) -> Iterator[Any]:
    """Inside `with sent():` tasks are done where they are sent, and mails are out at its end."""
    app.conf.task_always_eager = True
    yield lambda: django_capture_on_commit_callbacks(execute=True)
    app.conf.task_always_eager = False


def path_in(message: Any) -> str:
    found = re.search(r"https?://[^/\s]+(/\S+)", message.body)
    assert found, message.body
    return found[1]


def log_in(client: Client, address: str, password: str, **more: str) -> Any:
    return client.post(reverse("login"), {"username": address, "password": password, **more})


def test_an_address_in_any_case_and_its_password_let_in(client: Client, cast: Any) -> None:
    answer = log_in(client, cast.rep.email.upper(), factories.PASSWORD)
    assert answer.status_code == 302
    assert answer["Location"] == "/"
    assert get_user(client) == cast.rep  # type: ignore[arg-type]
    assert client.get(reverse("login"))["Location"] == "/"


def test_a_wrong_password_says_no_more_than_that_they_do_not_belong_together(
    client: Client, cast: Any
) -> None:
    known = log_in(client, cast.rep.email, "wrong")
    unknown = log_in(client, "nobody@example.com", "wrong")
    assert known.status_code == unknown.status_code == 422
    assert "do not belong together" in known.content.decode()
    assert "do not belong together" in unknown.content.decode()


def test_guessing_is_stopped_for_a_while_also_with_the_right_password(
    client: Client, cast: Any
) -> None:
    for _ in range(ATTEMPTS):
        log_in(client, cast.rep.email, "wrong")
    answer = log_in(client, cast.rep.email, factories.PASSWORD)
    assert answer.status_code == 422
    assert "Too many attempts" in answer.content.decode()
    assert log_in(client, cast.mate.email, factories.PASSWORD).status_code == 302


def test_who_is_not_active_stays_out(client: Client, cast: Any) -> None:
    with factories.arranging():
        cast.rep.is_active = False
        cast.rep.save()
    assert log_in(client, cast.rep.email, factories.PASSWORD).status_code == 422


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "javascript:x"])
def test_the_login_leads_nowhere_else(address: str, client: Client, cast: Any) -> None:
    answer = log_in(client, cast.rep.email, factories.PASSWORD, next=address)
    assert answer["Location"] == "/"


def test_the_login_leads_to_the_page_that_was_asked_for(client: Client, cast: Any) -> None:
    answer = log_in(client, cast.rep.email, factories.PASSWORD, next="/profile/")
    assert answer["Location"] == "/profile/"


def test_logging_out_is_a_post_and_ends_the_session(client: Client, cast: Any) -> None:
    client.force_login(cast.rep)
    assert client.get(reverse("logout")).status_code == 405
    client.post(reverse("logout"))
    assert client.get(reverse("profile")).status_code == 302


def test_a_forgotten_password_is_set_anew_by_the_link_once(
    client: Client, cast: Any, sent: Any
) -> None:
    with sent():
        answer = client.post(reverse("password-reset"), {"email": cast.rep.email.upper()})
    assert answer["Location"] == reverse("password-reset-sent")
    link = path_in(mail.outbox[0])
    page = client.get(link, follow=True)
    form = page.redirect_chain[-1][0]
    weak = client.post(form, {"new_password1": "12345678", "new_password2": "12345678"})
    assert weak.status_code == 422
    done = client.post(form, {"new_password1": STRONG, "new_password2": STRONG}, follow=True)
    assert "Your new password is set." in done.content.decode()
    assert log_in(client, cast.rep.email, STRONG).status_code == 302
    again = Client().get(link, follow=True).content.decode()
    assert "This link is not good any more" in again


def test_nobody_learns_from_the_reset_which_accounts_there_are(
    client: Client, cast: Any, sent: Any
) -> None:
    with sent():
        known = client.post(reverse("password-reset"), {"email": cast.rep.email})
        unknown = client.post(reverse("password-reset"), {"email": "nobody@example.com"})
    assert known["Location"] == unknown["Location"]
    assert len(mail.outbox) == 1
    assert client.post(reverse("password-reset"), {"email": "no address"}).status_code == 422


def test_an_invited_person_sets_a_password_and_is_in(client: Client, cast: Any, sent: Any) -> None:
    with sent(), because(Kind.PERSON, by=cast.manager):
        user = invite_user(
            email="nora@example.com", name="Nora New", role="rep", by=cast.manager, language="fr"
        )
    link = path_in(mail.outbox[0])
    assert "nora@example.com" in client.get(link).content.decode()
    weak = client.post(link, {"new_password1": "nora", "new_password2": "nora"})
    assert weak.status_code == 422
    differ = client.post(link, {"new_password1": STRONG, "new_password2": STRONG + "x"})
    assert differ.status_code == 422
    answer = client.post(link, {"new_password1": STRONG, "new_password2": STRONG})
    assert answer.status_code == 302
    assert get_user(client) == user  # type: ignore[arg-type]
    assert Client().get(link).status_code == 404


def test_a_profile_is_changed_by_its_person_and_the_ledger_knows(client: Client, cast: Any) -> None:
    client.force_login(cast.rep)
    given = {"name": "Rita R.", "language": "fr", "time_zone": "America/Lima", "theme": "dark"}
    assert client.post(reverse("profile"), given).status_code == 302
    cast.rep.refresh_from_db()
    assert {name: getattr(cast.rep, name) for name in given} == given
    change = Change.objects.filter(record_type="crm.user", record_id=cast.rep.pk).latest("id")
    assert change.cause.actor == cast.rep
    page = client.get(reverse("profile")).content.decode()
    assert '<html lang="fr"' in page
    assert 'data-bs-theme="dark"' in page


def test_keys_of_one_letter_are_turned_off_in_the_profile(client: Client, cast: Any) -> None:
    client.force_login(cast.rep)
    given = {"name": "R", "language": "en", "time_zone": "Europe/Paris", "theme": "auto"}
    page = client.get(reverse("profile"))
    assert page.context["form"]["keys"].value() is True
    assert "data-keys-off" not in page.content.decode()
    client.post(reverse("profile"), given)
    page = client.get(reverse("profile"))
    assert page.context["form"]["keys"].value() is False
    assert "data-keys-off" in page.content.decode()
    client.post(reverse("profile"), {**given, "keys": "on"})
    assert "data-keys-off" not in client.get(reverse("profile")).content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "x" * 151), ("language", "xx"), ("time_zone", "Mars/Base")],
)
def test_a_wrong_profile_is_refused_beside_its_field(
    field: str, value: str, client: Client, cast: Any
) -> None:
    client.force_login(cast.rep)
    given = {"name": "R", "language": "en", "time_zone": "Europe/Paris", "theme": "auto"}
    answer = client.post(reverse("profile"), {**given, field: value})
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]


def test_a_password_is_changed_with_the_old_one_and_the_session_goes_on(
    client: Client, cast: Any
) -> None:
    client.force_login(cast.rep)
    new = {"new_password1": STRONG, "new_password2": STRONG}
    address = reverse("profile-password")
    assert client.post(address, {"old_password": "wrong", **new}).status_code == 422
    assert client.post(address, {"old_password": factories.PASSWORD, **new}).status_code == 302
    assert client.get(reverse("profile")).status_code == 200
    assert log_in(Client(), cast.rep.email, STRONG).status_code == 302


def test_language_and_appearance_switch_before_and_after_the_login(
    client: Client, cast: Any
) -> None:
    address = reverse("preferences")
    client.post(address, {"language": "fr", "theme": "dark", "next": "/login/"})
    page = client.get(reverse("login")).content.decode()
    assert '<html lang="fr"' in page
    assert 'data-bs-theme="dark"' in page
    client.force_login(cast.rep)
    answer = client.post(address, {"theme": "light", "next": "//evil.example/"})
    assert answer["Location"] == "/"
    client.post(address, {"language": "nonsense"})
    cast.rep.refresh_from_db()
    assert (cast.rep.theme, cast.rep.language) == ("light", "en")
    assert client.get(address).status_code == 405


def test_a_form_without_its_token_is_told_what_to_do(cast: Any) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.rep)
    answer = strict.post(reverse("profile"), {"name": "X"})
    assert answer.status_code == 403
    assert "This form is too old" in answer.content.decode()


PARTS = {
    "rep": 403,
    "mate": 403,
    "leader": 403,
    "follower": 403,
    "stranger": 403,
    "manager": 200,
    "admin": 200,
}


@pytest.mark.parametrize("part", PARTS)
def test_the_history_of_everything_is_for_managers(part: str, client: Client, cast: Any) -> None:
    client.force_login(cast.people()[part])
    assert client.get(reverse("causes")).status_code == PARTS[part]
    page = client.get(reverse("profile")).content.decode()
    assert (f'href="{reverse("causes")}"' in page) is (PARTS[part] == 200)
    assert (f'href="{reverse("settings")}"' in page) is (PARTS[part] == 200)


def test_a_manager_undoes_from_the_history_and_reads_what_was_left_alone(
    client: Client, cast: Any, stages: Any
) -> None:
    from pipeline.services.leads import update_lead

    lead = factories.make_lead(by=cast.manager, title="Old", stage=stages[0])
    with because(Kind.IMPORT, by=cast.rep, label="Import “fair.csv”") as opened:
        update_lead(lead=lead.pk, values={"title": "New", "pain": "Slow"}, by=cast.manager)
    with factories.arranging():
        update_lead(lead=lead.pk, values={"title": "Newer"}, by=cast.manager)
    client.force_login(cast.manager)
    listed = client.get(reverse("causes"), {"kind": "import"}).content.decode()
    assert "Import “fair.csv”" in listed
    assert reverse("cause-undo", args=[opened.id]) in listed
    assert "Slow" in client.get(reverse("cause", args=[opened.id])).content.decode()
    report = client.post(reverse("cause-undo", args=[opened.id]))
    text = report.content.decode()
    assert "1 value was changed since and is left alone." in text
    lead.refresh_from_db()
    assert (lead.title, lead.pain) == ("Newer", "")
    undo = Cause.objects.get(kind=Kind.UNDO)
    done = client.post(reverse("cause-undo", args=[undo.pk]))
    assert done.status_code == 302
    assert client.post(reverse("cause-undo", args=[undo.pk])).status_code == 422
    lead.refresh_from_db()
    assert lead.pain == "Slow"


def test_who_may_not_undo_a_cause_does_not_see_it(client: Client, cast: Any, stages: Any) -> None:
    factories.make_lead(by=cast.manager, owner=cast.rep.pk, stage=stages[0])
    cause = Cause.objects.filter(changes__record_type="pipeline.lead").latest("started_at")
    for user, expected in ((cast.stranger, 404), (cast.rep, 200), (cast.manager, 200)):
        client.force_login(user)
        assert client.get(reverse("cause", args=[cause.pk])).status_code == expected
        assert client.get(reverse("cause-undo", args=[cause.pk])).status_code == expected
    client.force_login(cast.stranger)
    assert client.post(reverse("cause-undo", args=[cause.pk])).status_code == 404
