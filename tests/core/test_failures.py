"""When a request fails: pages in words, toasts for fragments, a login that leads back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

FRAGMENT = {"HTTP_HX_REQUEST": "true"}


def toast(answer: Any) -> str:
    """What the toast of an answer says; it must change nothing on the page."""
    assert answer["HX-Reswap"] == "none"
    assert answer.content == b""
    return str(json.loads(answer["HX-Trigger"])["relance:toast"]["text"])


def test_what_is_not_there_is_a_page_or_a_toast(client: Client, rep: Any) -> None:
    client.force_login(rep)
    page = client.get("/leads/999999/")
    assert page.status_code == 404
    assert "There is nothing here" in page.content.decode()
    for address in ("/leads/999999/", "/no-such-page/"):
        answer = client.get(address, **FRAGMENT)
        assert answer.status_code == 404
        assert toast(answer) == "This is not there any more, or out of your sight."


def test_a_form_with_a_foreign_token_is_a_page_or_a_toast(rep: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(rep)
    page = client.post(reverse("preferences"), {"theme": "dark"})
    assert page.status_code == 403
    assert "This form is too old" in page.content.decode()
    answer = client.post(reverse("preferences"), {"theme": "dark"}, **FRAGMENT)
    assert answer.status_code == 403
    assert "too old" in toast(answer)


def test_an_error_of_ours_is_a_page_without_anybody_or_a_toast(
    rep: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.views import search

    def broken(*args: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(search, "search", broken)
    client = Client(raise_request_exception=False)
    client.force_login(rep)
    page = client.get(reverse("search"))
    assert page.status_code == 500
    assert "Something went wrong on our side" in page.content.decode()
    assert rep.name not in page.content.decode()
    assert "went wrong" in toast(client.get(reverse("search"), **FRAGMENT))


def test_a_fragment_without_a_session_leads_its_page_to_the_login_and_back(
    client: Client, cast: Any
) -> None:
    address = reverse("lead-new")
    for method in (client.get, client.post):
        answer = method(
            address,
            headers={"hx-request": "true", "hx-current-url": "http://testserver/board/1/?q=a"},
        )
        assert answer.status_code == 401
        assert answer.content == b""
        assert answer["HX-Redirect"] == "/login/?next=%2Fboard%2F1%2F%3Fq%3Da&ended=1"
    login = client.get(answer["HX-Redirect"])
    assert "Your session has ended" in login.content.decode()
    entered = client.post(
        answer["HX-Redirect"],
        {
            "username": cast.rep.email,
            "password": "quite-secret-1",
            "next": login.context["next"],
        },
    )
    assert entered["Location"] == "/board/1/?q=a"


def test_the_way_back_never_leads_elsewhere(client: Client, db: None) -> None:
    answer = client.get(
        reverse("lead-new"),
        headers={"hx-request": "true", "hx-current-url": "https://evil.example/phish/"},
    )
    assert answer["HX-Redirect"] == "/login/?next=%2Fphish%2F&ended=1"
    answer = client.get(
        reverse("lead-new"), headers={"hx-request": "true", "hx-current-url": "x" * 9}
    )
    assert answer["HX-Redirect"].startswith("/login/?next=")


def test_a_form_sent_without_a_session_is_not_silently_dropped(client: Client, db: None) -> None:
    answer = client.post(reverse("lead-new"), {"title": "x" * 100_000})
    assert answer.status_code == 401
    page = answer.content.decode()
    assert "Your session has ended" in page
    assert 'target="_blank"' in page


def test_who_logs_out_is_told_so(client: Client, rep: Any) -> None:
    client.force_login(rep)
    page = client.post(reverse("logout"), follow=True)
    assert page.redirect_chain[-1][0] == reverse("login")
    assert "You are logged out." in page.content.decode()
    assert client.get(reverse("profile")).status_code == 302


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_page_that_needs_a_login_says_so(language: str, client: Client, cast: Any) -> None:
    page = client.get(reverse("profile"), follow=True, HTTP_ACCEPT_LANGUAGE=language)
    said = {"en": "Log in to open that page.", "fr": "Connectez-vous pour ouvrir cette page."}
    assert said[language] in page.content.decode()
