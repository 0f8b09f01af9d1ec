"""The board: true counts and sums, the first cards of each column, rights, the past."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from core.ledger.causes import because
from core.ledger.tables import Kind
from crm.models import User
from pipeline import board
from pipeline.board import read_board, read_board_as_of, read_column
from pipeline.cards import Owner
from pipeline.models import Lead, LostReason, Stage
from pipeline.models.stages import StageTeam
from pipeline.services.closing import lose_lead, win_lead
from pipeline.services.leads import LeadDraft, Step, archive_leads, create_leads
from pipeline.services.moves import move_lead
from pipeline.services.totals import fold
from tests import factories
from tests.budgets import counting_queries


def titles(column: board.Column) -> list[str]:
    """The titles of a column's cards from top to bottom."""
    return [card.title for card in column.cards]


def a_reason() -> LostReason:
    """Any lost reason."""
    return LostReason.objects.order_by("sequence")[0]


def make_leads(by: User, count: int, stage: Any = None, **values: Any) -> list[Lead]:
    """Leads "1", "2" … from top to bottom."""
    values = {"owner": by, "expected_revenue": Decimal(100), **values}
    drafts = [
        LeadDraft(values={"title": str(number + 1), **values}, stage=stage)
        for number in range(count)
    ]
    with factories.arranging():
        return create_leads(drafts=drafts, by=by)


@pytest.mark.parametrize("part", ["manager", "rep"])
@pytest.mark.parametrize("folded", [True, False])
def test_counts_and_sums_are_those_of_the_leads(
    cast: Any, pipeline: Any, stages: list[Stage], part: str, folded: bool
) -> None:
    make_leads(cast.rep, 2, stages[1])
    make_leads(cast.rep, 1, stages[1], expected_revenue=None)
    make_leads(cast.rep, 1, stages[1], currency="USD", probability_manual=Decimal(50))
    lost, gone = make_leads(cast.rep, 2, stages[1])
    with because(Kind.PERSON, by=cast.rep):
        lose_lead(lead=lost.pk, reason=a_reason().pk, by=cast.rep)
        archive_leads(leads=[gone.pk], by=cast.rep)
    if folded:
        fold()
    column = read_board(user=getattr(cast, part), pipeline=pipeline).columns[1]
    assert column.stage == stages[1]
    assert (column.count, column.without_amount) == (4, 1)
    assert column.amounts == {"EUR": Decimal(200), "USD": Decimal(100)}
    assert column.weighted == {"EUR": Decimal(50), "USD": Decimal(50)}
    assert len(column.cards) == 4


@pytest.mark.parametrize("part", ["manager", "rep"])
def test_a_column_shows_its_first_cards_and_goes_on_where_it_ended(
    cast: Any, pipeline: Any, stages: list[Stage], part: str
) -> None:
    user = getattr(cast, part)
    make_leads(cast.rep, 7, stages[0])
    make_leads(cast.rep, 3, stages[2])
    shown = read_board(user=user, pipeline=pipeline, page_size=3)
    assert [titles(column) for column in shown.columns] == [list("123"), [], list("123"), [], []]
    assert [column.has_more for column in shown.columns] == [True, False, False, False, False]
    first = shown.columns[0]
    second = read_column(user=user, stage=first.stage, after=first.next_cursor, page_size=3)
    assert (titles(second), second.has_more) == (list("456"), True)
    third = read_column(user=user, stage=first.stage, after=second.next_cursor, page_size=3)
    assert (titles(third), third.next_cursor) == (["7"], "")


def test_walking_and_numbering_find_the_same_cards(
    cast: Any, pipeline: Any, stages: list[Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    for stage in stages:
        make_leads(cast.rep, 6, stage)
        make_leads(cast.stranger, 6, stage)
    numbered = read_board(user=cast.rep, pipeline=pipeline, page_size=4)
    monkeypatch.setattr(board, "SPARSE", 0)
    walked = read_board(user=cast.rep, pipeline=pipeline, page_size=4)
    assert [column.cards for column in walked.columns] == [
        column.cards for column in numbered.columns
    ]
    assert all(len(column.cards) == 4 and column.has_more for column in walked.columns)


def test_a_card_names_company_people_next_step_and_tags(
    cast: Any, pipeline: Any, stages: list[Stage]
) -> None:
    company = factories.make_company("Lys Santé")
    main, other = factories.make_contact("Émilie Dubois"), factories.make_contact("Anna Novak")
    tags = [factories.make_tag("urgent", colour="#c0392b"), factories.make_tag("fleet")]
    lead = factories.make_lead(
        by=cast.rep,
        owner=cast.rep,
        title="Two-year licence",
        company=company,
        tags=[tag.pk for tag in tags],
        contacts=[(main.pk, "buyer"), (other.pk, "")],
        stars_manual=2,
        expected_close=dt.date(2031, 5, 4),
    )
    soon = timezone.now() + dt.timedelta(hours=2)
    later = factories.make_activity(by=cast.rep, lead=lead, due_at=soon + dt.timedelta(days=3))
    factories.make_activity(by=cast.rep, lead=lead, due_at=soon, summary="Send the draft")
    (card,) = read_board(user=cast.manager, pipeline=pipeline).columns[0].cards
    assert (card.title, card.company, card.contact) == (
        "Two-year licence",
        "Lys Santé",
        "Émilie Dubois",
    )
    assert card.owner == Owner(cast.rep.pk, "Rita Rep", "RR")
    assert [(tag.name, tag.colour) for tag in card.tags] == [("fleet", ""), ("urgent", "#c0392b")]
    assert card.next_step is not None
    assert (card.next_step.summary, card.next_step.due_at) == ("Send the draft", soon)
    assert card.next_step.type == later.type.name
    assert (card.stars, card.probability) == (2, Decimal(10))
    assert card.expected_close == dt.date(2031, 5, 4)
    assert (card.days, card.is_over, card.version) == (0, False, lead.version + 1)


def test_a_captured_name_stands_in_for_people_and_company_not_yet_known(
    cast: Any, pipeline: Any
) -> None:
    factories.make_lead(by=cast.rep, contact_name="J. Haas", company_name="Haas & Söhne")
    (card,) = read_board(user=cast.manager, pipeline=pipeline).columns[0].cards
    assert (card.company, card.contact, card.owner) == ("Haas & Söhne", "J. Haas", None)


def test_a_card_that_stands_for_too_long_is_marked(cast: Any, pipeline: Any) -> None:
    for days in (1, 3):
        moment = timezone.now() - dt.timedelta(days=days)
        make_dated(cast.rep, [Step(moment, pipeline.stages.in_order()[0])], title=f"{days} d")
    cards = read_board(user=cast.manager, pipeline=pipeline).columns[0].cards
    assert {card.title: (card.days, card.is_over) for card in cards} == {
        "1 d": (1, False),
        "3 d": (3, True),
    }
    assert set(Lead.objects.stalled(timezone.now()).values_list("title", flat=True)) == {"3 d"}


def make_dated(by: User, steps: list[Step], **values: Any) -> Lead:
    """A lead with a dated past."""
    values = {"title": "Dated", "owner": by, "expected_revenue": Decimal(100), **values}
    with factories.arranging():
        return create_leads(drafts=[LeadDraft(values=values, steps=steps)], by=by)[0]


def test_each_person_counts_and_sees_what_their_role_shows(
    cast: Any, pipeline: Any, stages: list[Stage]
) -> None:
    make_leads(cast.rep, 2, title="of rep")
    make_leads(cast.stranger, 3, title="of stranger")
    factories.make_lead(by=cast.manager, title="unassigned")
    found = {
        part: read_board(user=user, pipeline=pipeline).columns[0]
        for part, user in cast.people().items()
    }
    counts = {part: (column.count, len(column.cards)) for part, column in found.items()}
    assert counts == {
        "rep": (3, 3),
        "mate": (3, 3),
        "leader": (3, 3),
        "manager": (6, 6),
        "admin": (6, 6),
        "stranger": (4, 4),
        "follower": (1, 1),
    }
    assert set(titles(found["rep"])) == {"of rep", "unassigned"}


def test_a_filter_narrows_cards_and_sums_alike(cast: Any, pipeline: Any) -> None:
    make_leads(cast.rep, 3)
    make_leads(cast.mate, 2)
    mine = Lead.objects.filter(owner=cast.mate)
    column = read_board(user=cast.manager, pipeline=pipeline, leads=mine).columns[0]
    assert (column.count, column.amounts, titles(column)) == (2, {"EUR": Decimal(200)}, ["1", "2"])


def test_a_stage_of_a_team_is_a_column_for_that_team_and_for_whom_something_stands_in_it(
    cast: Any, pipeline: Any, stages: list[Stage]
) -> None:
    with factories.arranging():
        StageTeam.objects.create(stage=stages[2], team=cast.team)

    def shown(user: User) -> list[Stage]:
        return [column.stage for column in read_board(user=user, pipeline=pipeline).columns]

    assert shown(cast.rep) == shown(cast.leader) == shown(cast.manager) == stages
    assert stages[2] not in shown(cast.stranger)
    lead = make_leads(cast.rep, 1, stages[2], team=cast.team)[0]
    assert stages[2] not in shown(cast.follower)
    with factories.arranging():
        lead.followers.add(cast.follower)
    assert shown(cast.follower) == stages


@pytest.mark.parametrize("part", ["manager", "rep"])
def test_won_leads_can_be_limited_to_a_period(
    cast: Any, pipeline: Any, stages: list[Stage], part: str
) -> None:
    now = timezone.now()
    for days in (200, 3):
        begin = Step(now - dt.timedelta(days=days + 20), stages[0])
        won = Step(now - dt.timedelta(days=days), stages[-1], "won")
        make_dated(cast.rep, [begin, won], title=f"{days} days ago")
    make_leads(cast.rep, 1, stages[1])
    user = getattr(cast, part)
    every = read_board(user=user, pipeline=pipeline).columns
    assert (every[-1].count, len(every[-1].cards)) == (2, 2)
    recent = read_board(user=user, pipeline=pipeline, won_since=now - dt.timedelta(days=90)).columns
    assert (recent[-1].count, titles(recent[-1])) == (1, ["3 days ago"])
    assert recent[-1].amounts == {"EUR": Decimal(100)}
    assert (recent[1].count, len(recent[1].cards)) == (1, 1)


@pytest.mark.parametrize("part", ["manager", "rep"])
def test_the_number_of_queries_does_not_grow_with_leads(
    cast: Any, pipeline: Any, stages: list[Stage], part: str
) -> None:
    tag = factories.make_tag("a")
    counts = []
    for count in (1, 12):
        for stage in stages:
            for lead in make_leads(cast.rep, count, stage):
                factories.make_activity(by=cast.rep, lead=lead)
                with factories.arranging():
                    lead.tags.add(tag)
        sql: list[str] = []
        with counting_queries(sql):
            read_board(user=getattr(cast, part), pipeline=pipeline)
        counts.append(len(sql))
    assert counts[0] == counts[1] <= 7


def test_the_past_shows_what_stood_where(cast: Any, pipeline: Any, stages: list[Stage]) -> None:
    now = timezone.now()
    ago = [now - dt.timedelta(days=days) for days in (60, 40, 20)]
    reason = a_reason()
    make_dated(cast.rep, [Step(ago[0], stages[0]), Step(ago[1], stages[1])])
    make_dated(cast.rep, [Step(ago[0], stages[0]), Step(ago[2], stages[4], "won")])
    make_dated(cast.stranger, [Step(ago[1], stages[1]), Step(ago[2], stages[1], "lost", reason)])

    def counts(user: User, days: int) -> list[int]:
        moment = now - dt.timedelta(days=days)
        shown = read_board_as_of(user=user, pipeline=pipeline, moment=moment)
        return [column.count for column in shown.columns]

    assert counts(cast.manager, 61) == [0, 0, 0, 0, 0]
    assert counts(cast.manager, 50) == [2, 0, 0, 0, 0]
    assert counts(cast.manager, 30) == [1, 2, 0, 0, 0]
    assert counts(cast.manager, 10) == [0, 1, 0, 0, 1]
    assert counts(cast.rep, 30) == [1, 1, 0, 0, 0]


def test_now_as_a_past_moment_is_the_board(cast: Any, pipeline: Any, stages: list[Stage]) -> None:
    leads = make_leads(cast.rep, 4)
    with because(Kind.PERSON, by=cast.rep):
        move_lead(lead=leads[0].pk, stage=stages[2].pk, by=cast.rep)
        win_lead(lead=leads[1].pk, by=cast.rep)
        lose_lead(lead=leads[2].pk, reason=a_reason().pk, by=cast.rep)
    now = read_board(user=cast.manager, pipeline=pipeline)
    past = read_board_as_of(user=cast.manager, pipeline=pipeline, moment=timezone.now())

    def sums(columns: list[board.Column]) -> list[Any]:
        return [(c.stage, c.count, c.amounts, c.weighted, c.without_amount) for c in columns]

    assert sums(past.columns) == sums(now.columns)
    assert [column.count for column in past.columns] == [1, 0, 1, 0, 1]


def test_a_stage_that_is_gone_keeps_its_name_in_the_past(
    cast: Any, pipeline: Any, stages: list[Stage]
) -> None:
    make_leads(cast.rep, 1, stages[1])
    lead = Lead.objects.get()
    moment = timezone.now()
    with because(Kind.PERSON, by=cast.manager):
        move_lead(lead=lead.pk, stage=stages[2].pk, by=cast.manager)
        stages[1].delete()
    past = read_board_as_of(user=cast.manager, pipeline=pipeline, moment=moment)
    assert [(column.stage.name, column.count) for column in past.columns] == [
        ("New", 0),
        ("Qualified", 1),
        ("Proposal", 0),
        ("Negotiation", 0),
        ("Won", 0),
    ]
