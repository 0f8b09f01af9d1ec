"""Relance as an app: its manifest, its worker, and the page for when the server is away."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse


@pytest.mark.parametrize(("language", "word"), [("en", "New lead"), ("fr", "Nouvelle piste")])
def test_the_manifest_speaks_the_language_and_names_icons_that_are_there(
    language: str, word: str, client: Client, db: None
) -> None:
    answer = client.get(reverse("manifest"), HTTP_ACCEPT_LANGUAGE=language)
    assert answer["Content-Type"] == "application/manifest+json"
    told = answer.json()
    assert told["lang"] == language
    assert told["shortcuts"][0]["name"] == word
    assert told["display"] == "standalone"
    assert {icon["purpose"] for icon in told["icons"] if "purpose" in icon} == {"any", "maskable"}
    for icon in told["icons"]:
        assert finders.find(icon["src"].removeprefix("/static/")), icon["src"]


@pytest.mark.parametrize(
    ("asked", "language", "title"),
    [
        ("en", "en", "The server cannot be reached"),
        ("fr", "fr", "Le serveur est injoignable"),
        ("xx", "en", "The server cannot be reached"),
    ],
)
def test_the_offline_page_is_kept_in_the_language_of_the_page(
    asked: str, language: str, title: str, client: Client, db: None
) -> None:
    worker = client.get(reverse("worker"), {"lang": asked})
    assert worker["Content-Type"].startswith("text/javascript")
    assert "no-cache" in worker["Cache-Control"]
    script = worker.content.decode()
    assert f"lang\\u003D{language}" in script
    page = client.get(reverse("offline"), {"lang": asked}).content.decode()
    assert title in page
    assert f'lang="{language}"' in page
    parts = list(worker.context["parts"])
    assert all(part in page for part in parts)


def test_the_offline_page_holds_nothing_of_anybody(client: Client, rep: Any) -> None:
    client.force_login(rep)
    page = client.get(reverse("offline")).content.decode()
    assert rep.name not in page
    assert "csrf" not in page
