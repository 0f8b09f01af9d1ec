"""The parts of a board: what each person sees and may do, and input that cannot be right."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.models import User
from pipeline.models import Lead, LostReason
from tests import factories

HTMX = {"HTTP_HX_REQUEST": "true"}
PARTS = ("board-news", "board-steps")


@pytest.fixture
def lead(cast: Any, stages: Any) -> Any:
    """A lead of the rep's, in the rep's team."""
    return factories.make_lead(
        by=cast.manager, title="Hers", stage=stages[0], owner=cast.rep.pk, team=cast.team.pk
    )


def as_(user: User) -> Client:
    """A browser of somebody who is logged in."""
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("part", PARTS)
def test_parts_open_for_people_and_lead_visitors_to_the_login(
    cast: Any, pipeline: Any, client: Client, lead: Any, part: str
) -> None:
    address = reverse(part, args=[pipeline.pk])
    for user in cast.people().values():
        assert as_(user).get(address).status_code in (200, 204)
    assert client.get(address).status_code == 302
    assert as_(cast.rep).get(reverse(part, args=[987654])).status_code == 404


def test_news_name_the_leads_that_one_sees_and_only_those(
    cast: Any, pipeline: Any, lead: Any
) -> None:
    address = reverse("board-news", args=[pipeline.pk])
    told = as_(cast.rep).get(address, {"since": 0}, **HTMX)
    assert "Hers" in told.content.decode()
    unseen = as_(cast.stranger).get(address, {"since": 0}, **HTMX)
    assert "Hers" not in unseen.content.decode()
    late = as_(cast.rep).get(address, {"since": 2**62}, **HTMX)
    assert late.status_code == 204
    assert as_(cast.rep).get(address, {"since": "x"}, **HTMX).status_code == 200


@pytest.mark.parametrize("deed", ["move", "assign", "tag", "lose", "delete"])
def test_several_leads_are_changed_only_by_who_may_change_all(
    cast: Any, pipeline: Any, lead: Any, deed: str
) -> None:
    address = reverse("board-bulk", args=[pipeline.pk, deed])
    statuses = {
        name: as_(user).get(address, {"leads": lead.pk}, **HTMX).status_code
        for name, user in cast.people().items()
    }
    for name, user in cast.people().items():
        seen = Lead.objects.visible_to(user).filter(pk=lead.pk)
        wanted = 404 if not seen.exists() else 200 if seen.changeable_by(user).exists() else 403
        assert statuses[name] == wanted, name
    assert statuses["stranger"] == 404
    assert as_(cast.rep).get(address, **HTMX).status_code == 422


def test_of_several_all_are_lost_or_none(cast: Any, pipeline: Any, stages: Any, lead: Any) -> None:
    won = factories.make_lead(by=cast.manager, stage=stages[4], owner=cast.rep.pk)
    reason = LostReason.objects.order_by("sequence")[0]
    fields = {"leads": f"{lead.pk},{won.pk}", "reason": reason.pk, "board": ""}
    address = reverse("board-bulk", args=[pipeline.pk, "lose"])
    assert as_(cast.rep).post(address, fields, **HTMX).status_code == 422
    lead.refresh_from_db()
    assert lead.status == "open"


def test_a_quick_lead_needs_a_title_and_a_stage_of_this_board(
    cast: Any, pipeline: Any, stages: Any
) -> None:
    client, address = as_(cast.rep), reverse("board-add", args=[pipeline.pk])
    fields = {"title": "Quick", "stage": stages[1].pk, "board": ""}
    answer = client.post(address, fields, **HTMX)
    assert answer.status_code == 200
    assert Lead.objects.get(title="Quick").owner == cast.rep
    assert client.post(address, {**fields, "title": " "}, **HTMX).status_code == 422
    assert client.post(address, {**fields, "title": "x" * 100_000}, **HTMX).status_code == 422
    assert client.post(address, {**fields, "stage": 987654}, **HTMX).status_code == 404
    assert Lead.objects.count() == 1


def test_looks_are_remembered_and_nonsense_is_not(cast: Any, pipeline: Any, stages: Any) -> None:
    client, address = as_(cast.rep), reverse("board-look", args=[pipeline.pk])
    client.post(address, {"density": "compact", "fold": stages[2].pk}, **HTMX)
    client.post(address, {"density": "huge", "fold": 987654}, **HTMX)
    kept = User.objects.get(pk=cast.rep.pk).preferences
    assert kept == {"board.density": "compact", "board.folded": [stages[2].pk]}
    board = client.get(reverse("board", args=[pipeline.pk])).content.decode()
    assert 'class="board compact' in board


def test_the_filter_form_leads_nowhere_else(cast: Any, pipeline: Any) -> None:
    client, address = as_(cast.rep), reverse("lead-narrow")
    assert client.get(address, {"to": f"/board/{pipeline.pk}/"}, **HTMX).status_code == 200
    for elsewhere in ("https://example.org/", "//example.org/", "", "javascript:alert(1)"):
        assert client.get(address, {"to": elsewhere}, **HTMX).status_code == 404
