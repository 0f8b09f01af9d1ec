"""The bell: what others did with my leads, what I am late with, and what counts as new."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.ledger.causes import because
from core.ledger.tables import Change, Kind
from core.notices import MOST
from crm.models import User
from pipeline.models import LostReason
from pipeline.services.closing import lose_lead
from pipeline.services.leads import update_lead
from pipeline.services.moves import move_lead
from tests import factories


@pytest.fixture
def lead(cast: Any, stages: Any) -> Any:
    """The rep's own lead, made by themselves."""
    lead = factories.make_lead(by=cast.rep, title="Cold storage", owner=cast.rep.pk)
    see_all(cast.rep)
    return lead


def see_all(user: User) -> None:
    """As if the person had opened the bell just now."""
    User.objects.filter(pk=user.pk).update(preferences={"notices_seen": timezone.now().isoformat()})


def as_(user: User, deed: Any) -> None:
    """What somebody does by hand."""
    with because(Kind.PERSON, by=user):
        deed()


def lines(client: Client, user: User) -> list[tuple[str, str, bool]]:
    """Title, what, and whether it is new."""
    client.force_login(user)
    found = client.get(reverse("notices")).context["notices"]
    return [(notice.title, notice.what, notice.is_new) for notice in found]


def number(client: Client, user: User) -> int:
    """The number on the bell."""
    client.force_login(user)
    answer = client.get(reverse("notices-bell"), HTTP_HX_REQUEST="true")
    assert answer.status_code == 200
    return int(answer.context["bell"].count)


def test_what_others_do_with_my_lead_is_told_and_what_i_do_is_not(
    lead: Any, cast: Any, stages: Any, client: Client
) -> None:
    reason = LostReason.objects.first()
    assert reason is not None
    as_(cast.rep, lambda: update_lead(lead=lead.pk, values={"pain": "mine"}, by=cast.rep))
    assert number(client, cast.rep) == 0
    as_(cast.manager, lambda: move_lead(lead=lead.pk, stage=stages[2].pk, by=cast.manager))
    as_(cast.leader, lambda: update_lead(lead=lead.pk, values={"pain": "cold"}, by=cast.manager))
    as_(cast.manager, lambda: lose_lead(lead=lead.pk, reason=reason.pk, by=cast.manager))
    told = [what for _title, what, is_new in lines(client, cast.rep) if is_new]
    assert told == [
        f"Mona Manager: lost it: {reason.name}",
        "Lea Leader: Pain: mine → cold",
        "Mona Manager: moved New → Proposal",
    ]
    assert number(client, cast.rep) == 3
    assert number(client, cast.mate) == 0


def test_a_lead_given_to_me_is_told_so(cast: Any, client: Client) -> None:
    lead = factories.make_lead(by=cast.manager, title="Gift", owner=cast.mate.pk)
    see_all(cast.rep)
    as_(
        cast.manager,
        lambda: update_lead(lead=lead.pk, values={"owner": cast.rep.pk}, by=cast.manager),
    )
    assert lines(client, cast.rep) == [("Gift", "Mona Manager: assigned it to you", True)]


def test_many_leads_of_one_cause_are_three_lines_and_a_number(cast: Any, client: Client) -> None:
    see_all(cast.rep)
    with because(Kind.IMPORT, label="leads.csv"):
        from pipeline.services.leads import LeadDraft, create_leads

        create_leads(
            drafts=[
                LeadDraft(values={"title": f"Row {row}", "owner": cast.rep.pk}) for row in range(20)
            ],
            by=cast.manager,
        )
    found = lines(client, cast.rep)
    assert len(found) == 4
    assert ("17 more of your leads", "leads.csv: changed in the same go", True) in found
    assert number(client, cast.rep) == 4


def test_an_overdue_step_rings_once_and_stays_in_the_navigation(
    lead: Any, cast: Any, client: Client
) -> None:
    past = timezone.now() - dt.timedelta(minutes=1)
    User.objects.filter(pk=cast.rep.pk).update(
        preferences={"notices_seen": (past - dt.timedelta(minutes=1)).isoformat()}
    )
    factories.make_activity(
        by=cast.rep, lead=lead, assignee=cast.rep, summary="Ring back", due_at=past
    )
    assert "Ring back" in [title for title, _what, is_new in lines(client, cast.rep) if is_new]
    client.force_login(cast.rep)
    page = client.get(reverse("notices-bell"), HTTP_HX_REQUEST="true")
    assert page.context["counts"] == [] or page.context["counts"][0].number == 1
    assert number(client, cast.rep) == 2
    client.post(reverse("notices-seen"), {"until": timezone.now().isoformat()})
    assert number(client, cast.rep) == 0
    assert number(client, cast.mate) == 0


def test_opening_marks_as_seen_and_looking_changes_nothing(
    lead: Any, cast: Any, stages: Any, client: Client
) -> None:
    as_(cast.manager, lambda: move_lead(lead=lead.pk, stage=stages[1].pk, by=cast.manager))
    changes = Change.objects.count()
    client.force_login(cast.rep)
    box = client.get(reverse("notices"), HTTP_HX_REQUEST="true")
    assert number(client, cast.rep) == 1
    answer = client.post(
        reverse("notices-seen"), {"until": box.context["until"]}, HTTP_HX_REQUEST="true"
    )
    assert answer.status_code == 204
    assert number(client, cast.rep) == 0
    assert lines(client, cast.rep)[0][2] is False
    assert Change.objects.count() == changes
    assert client.get(reverse("notices-seen")).status_code == 405


@pytest.mark.parametrize("until", ["", "yesterday", "2999-01-01T00:00:00+00:00", "2020-13-45"])
def test_seen_is_never_in_the_future_nor_back_in_time(
    until: str, lead: Any, cast: Any, stages: Any, client: Client
) -> None:
    client.force_login(cast.rep)
    before = User.objects.get(pk=cast.rep.pk).preferences["notices_seen"]
    assert client.post(reverse("notices-seen"), {"until": until}).status_code == 302
    after = User.objects.get(pk=cast.rep.pk).preferences["notices_seen"]
    assert before <= after <= timezone.now().isoformat()


def test_a_visitor_hears_nothing(client: Client, db: None) -> None:
    for name in ("notices", "notices-bell", "notices-seen"):
        assert client.get(reverse(name)).status_code == 302


def test_the_number_says_that_there_are_more(lead: Any, cast: Any, client: Client) -> None:
    for text in range(MOST + 5):
        as_(
            cast.manager,
            lambda text=text: update_lead(
                lead=lead.pk, values={"pain": f"{text}"}, by=cast.manager
            ),
        )
    client.force_login(cast.rep)
    page = client.get(reverse("notices-bell"), HTTP_HX_REQUEST="true").content.decode()
    assert "Notifications: 50+ new" in page


def test_the_bell_takes_as_many_queries_for_many_notices_as_for_few(
    lead: Any, cast: Any, stages: Any, client: Client, query_budget: Any
) -> None:
    budgets = [query_budget("bell, rep"), query_budget("notices, rep")]
    for size, count in (("small", 1), ("large", 9)):
        for place in range(count):
            stage = stages[1 + place % 2].pk
            as_(
                cast.manager,
                lambda stage=stage: move_lead(lead=lead.pk, stage=stage, by=cast.manager),
            )
        client.force_login(cast.rep)
        for budget, name in zip(budgets, ("notices-bell", "notices"), strict=True):
            with budget.at(size):
                client.get(reverse(name), HTTP_HX_REQUEST="true")
