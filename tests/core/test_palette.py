"""The palette: what each person finds, in which language, and by which words."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core import commands
from core.commands import Command, mark, plain
from core.ledger.tables import Change
from pipeline.services.search import write_search_text
from tests import factories


@pytest.fixture
def lead(cast: Any, stages: Any) -> Any:
    """The rep's lead, searchable."""
    lead = factories.make_lead(
        by=cast.manager,
        title="Entrepôt à Gdańsk",
        owner=cast.rep.pk,
        company_name="Baltic Cold Chain",
        expected_revenue=4800,
        stage=stages[1],
    )
    write_search_text([lead.pk])
    return lead


def found(client: Client, user: Any, text: str) -> dict[str, list[str]]:
    """The labels that `user` finds, by group."""
    client.force_login(user)
    groups = client.get(reverse("search"), {"q": text}).context["groups"]
    return {group.name: [line.label for line in group.found] for group in groups}


@pytest.mark.parametrize("part", ["rep", "mate", "leader", "manager", "admin", "stranger"])
def test_a_lead_is_found_by_who_sees_it(part: str, lead: Any, cast: Any, client: Client) -> None:
    titles = found(client, cast.people()[part], "baltic").get("leads", [])
    sees = part != "stranger"
    assert titles == (["Entrepôt à Gdańsk"] if sees else [])


def test_a_visitor_is_sent_to_the_login(client: Client, db: None) -> None:
    answer = client.get(reverse("search"), {"q": "x"})
    assert answer["Location"] == "/login/?next=/search/%3Fq%3Dx"


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("étapes", "setting:stages"),
        ("ETAPES", "setting:stages"),
        ("stages", "setting:stages"),
        ("motif de perte", "setting:lost-reasons"),
        ("lost reas", "setting:lost-reasons"),
        ("sales teams", "setting:teams"),
        ("équipe comm", "setting:teams"),
        ("opportunités", "boards"),
        ("inviter", "admin:crm_user_add"),
        ("nouvelle affaire", "lead-new"),
    ],
)
def test_pages_are_found_by_the_words_of_both_languages(
    language: str, typed: str, address: str, manager: Any, client: Client
) -> None:
    with factories.arranging():
        manager.language = language
        manager.save()
    client.force_login(manager)
    groups = client.get(reverse("search"), {"q": typed}).context["groups"]
    name, _colon, page = address.partition(":")
    url = reverse(name, args=[page]) if name == "setting" else reverse(address)
    assert url in [line.url for group in groups for line in group.found]


def test_who_does_not_configure_finds_no_configuration(rep: Any, client: Client) -> None:
    for typed in ("stages", "invite", "users", "history", "settings"):
        labels = {label for group in found(client, rep, typed).values() for label in group}
        assert not labels & {"Stages", "Invite a person", "Users", "History", "Settings"}


def test_before_anything_is_typed_the_pages_stand_there(rep: Any, client: Client) -> None:
    first = found(client, rep, "  ")["commands"]
    assert {"Board", "New lead", "Profile"} <= set(first)
    assert "Log out" not in first


def test_a_command_that_changes_something_is_a_form(rep: Any, client: Client) -> None:
    client.force_login(rep)
    page = client.get(reverse("search"), {"q": "dark"}, HTTP_HX_REQUEST="true").content.decode()
    assert f'<form method="post" action="{reverse("preferences")}"' in page
    assert '<input type="hidden" name="theme" value="dark">' in page
    assert "<html" not in page


def test_the_hit_is_marked_whatever_the_accents() -> None:
    assert mark("Étapes & <co>", [plain("etap")]) == "<mark>Étap</mark>es &amp; &lt;co&gt;"
    assert mark("Straße", [plain("STRASSE")]) == "<mark>Straße</mark>"
    assert mark("", ["x"]) == ""


def test_a_board_of_another_team_is_not_offered(cast: Any, client: Client) -> None:
    from pipeline.models import Pipeline
    from pipeline.models.stages import PipelineTeam

    with factories.arranging():
        private = Pipeline.objects.create(name="Renewals", sequence=9)
        PipelineTeam.objects.create(pipeline=private, team=cast.others)
    assert found(client, cast.stranger, "renew").get("boards") == ["Renewals"]
    assert "boards" not in found(client, cast.rep, "renew")


def test_searching_changes_nothing_and_bears_any_text(lead: Any, rep: Any, client: Client) -> None:
    before = Change.objects.count()
    for text in ("\x00", "x" * 5000, "%_\\'\"", "<script>", "  a  b  ", "\u202e"):
        client.force_login(rep)
        answer = client.get(reverse("search"), {"q": text})
        assert answer.status_code == 200
        assert "<script>" not in answer.content.decode().split("<main")[1]
    assert Change.objects.count() == before


def test_a_registered_command_is_found_by_whom_it_is_for(cast: Any, client: Client) -> None:
    secret = Command(
        "open-sesame",
        "Open sesame",
        "key",
        lambda user: "/sesame/",
        allowed=lambda user: user.pk == cast.rep.pk,
    )
    with commands.registered(secret):
        assert found(client, cast.rep, "ses")["commands"] == ["Open sesame"]
        assert "commands" not in found(client, cast.mate, "ses")


def test_the_palette_takes_as_many_queries_for_many_leads_as_for_few(
    cast: Any, client: Client, query_budget: Any
) -> None:
    budget = query_budget("palette, rep")
    client.force_login(cast.rep)
    for size, count in (("small", 1), ("large", 12)):
        leads = [factories.make_lead(by=cast.manager, title="Wide") for _ in range(count)]
        write_search_text([lead.pk for lead in leads])
        with budget.at(size):
            client.get(reverse("search"), {"q": "wide"}, HTTP_HX_REQUEST="true")
