"""Fifty people at once on the same twenty leads: each gets an answer, and all stays in order."""

from __future__ import annotations

import random
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.ledger.causes import because
from core.ledger.tables import Cause, Kind
from core.services.undoing import undo_cause
from pipeline.models import Activity, ActivityType, Lead, LostReason, StageVisit
from pipeline.services.activities import complete_activity, plan_activity
from pipeline.services.assignment import assign_lead, assign_leads
from pipeline.services.closing import lose_lead, reopen_lead, win_lead
from pipeline.services.leads import LeadDraft, create_lead, delete_leads, update_lead, update_leads
from pipeline.services.moves import move_lead, move_leads
from pipeline.services.sets import set_tags
from tests.conftest import Cast
from tests.core.samples import assert_ledger_tells_all, assert_pipeline_tells_all
from tests.factories import make_lead, make_tag

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

THREADS = 50
DEEDS = 14
LEADS = 20


@pytest.fixture(autouse=True)
def needs_row_locks() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time: there is nothing to race for.")


class World:
    """What the threads work on, known before they start."""

    def __init__(self, cast: Cast) -> None:
        manager = cast.manager
        self.people = [cast.rep, cast.mate, cast.leader, cast.manager, cast.admin]
        self.leads = [
            make_lead(by=manager, owner=cast.rep.pk, team=cast.team.pk, expected_revenue=n * 10).pk
            for n in range(LEADS)
        ]
        self.stages = list(Lead.objects.get(pk=self.leads[0]).pipeline.stages.in_order())
        self.tags = [make_tag().pk for _ in range(5)]
        self.reasons = list(LostReason.objects.values_list("pk", flat=True))
        self.type = ActivityType.objects.order_by("pk").first().pk  # type: ignore[union-attr]
        self.causes: list[uuid.UUID] = []


def deeds(world: World, rng: random.Random, by: Any) -> dict[str, Callable[[], Any]]:
    """What a person may do next, with what it is done to."""
    one, two = rng.sample(world.leads, 2)
    several = rng.sample(world.leads, 4)
    stage = rng.choice(world.stages).pk
    return {
        "move": lambda: move_lead(lead=one, stage=stage, by=by),
        "move above": lambda: move_lead(lead=one, stage=stage, above=two, by=by),
        "move below": lambda: move_lead(lead=one, stage=stage, below=two, by=by),
        "move several": lambda: move_leads(leads=several, stage=stage, by=by),
        "move as seen": lambda: move_lead(
            lead=one, stage=stage, by=by, expected_version=_version(one)
        ),
        "edit": lambda: update_lead(
            lead=one, values={"title": f"T{rng.random()}", "expected_revenue": 7}, by=by
        ),
        "edit several": lambda: update_leads(
            leads=several, values={"pain": f"P{rng.random()}", "tags": world.tags[:2]}, by=by
        ),
        "tag": lambda: set_tags(
            leads=several[:2], add=[rng.choice(world.tags)], remove=[rng.choice(world.tags)], by=by
        ),
        "lose": lambda: lose_lead(lead=one, reason=rng.choice(world.reasons), by=by),
        "win": lambda: win_lead(lead=one, by=by),
        "reopen": lambda: reopen_lead(lead=one, by=by),
        "assign": lambda: assign_lead(lead=one, owner=rng.choice(world.people).pk, by=by),
        "assign several": lambda: assign_leads(leads=several, owner=by.pk, by=by),
        "plan": lambda: plan_activity(by=by, type=world.type, lead=one),
        "complete": lambda: complete_activity(activity=_activity(rng), by=by),
        "create": lambda: create_lead(draft=LeadDraft(values={"title": "New"}), by=by),
        "delete": lambda: delete_leads(leads=[one], by=by),
        "undo": lambda: undo_cause(cause=rng.choice(world.causes), by=by),
        "undo a deletion": lambda: undo_cause(cause=_deletion(rng), by=None),
    }


#: How often each is done.
WEIGHTS = {"delete": 1, "undo": 8, "undo a deletion": 4, "create": 2, "lose": 5, "reopen": 6}


def _version(lead: int) -> int:
    found = Lead.objects.filter(pk=lead).values_list("version", flat=True).first()
    if found is None:
        raise NotFound("There is no such lead.")
    return int(found)


def _activity(rng: random.Random) -> int:
    waiting = list(Activity.objects.to_do().values_list("pk", flat=True))
    return rng.choice(waiting or [0])


def _deletion(rng: random.Random) -> uuid.UUID:
    found = Cause.objects.filter(label="delete", undone_by__isnull=True)
    return rng.choice([*found.values_list("pk", flat=True)] or [uuid.uuid4()])


def test_fifty_threads_on_the_same_leads(cast: Cast) -> None:
    world = World(cast)
    answers: Counter[str] = Counter()
    surprises: list[str] = []
    start = threading.Barrier(THREADS)
    turn = threading.Lock()

    def person(number: int) -> None:
        rng = random.Random(number)
        by = world.people[number % len(world.people)]
        try:
            start.wait()
            for _deed in range(DEEDS):
                chosen = deeds(world, rng, by)
                names = list(chosen)
                name = rng.choices(names, [WEIGHTS.get(each, 4) for each in names])[0]
                try:
                    with because(Kind.PERSON, by=by, label=name) as cause:
                        chosen[name]()
                    answer = "done"
                    if not name.startswith("undo"):
                        world.causes.append(cause.id)
                except IndexError:
                    answer = "nothing to undo yet"
                except (Conflict, NotFound, Refused, NotAllowed) as error:
                    answer = type(error).__name__
                except Exception as error:
                    answer = f"{type(error).__name__}: {error} (by “{name}”)"
                    with turn:
                        surprises.append(answer)
                with turn:
                    answers[answer] += 1
        finally:
            connections.close_all()

    threads = [threading.Thread(target=person, args=[number]) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert surprises == [], answers
    assert sum(answers.values()) == THREADS * DEEDS
    assert answers["done"] > THREADS * DEEDS / 3
    assert_ledger_tells_all()
    assert_pipeline_tells_all()
    places = list(Lead.objects.values_list("stage", "position"))
    assert len(places) == len(set(places))
    standing = Counter(
        StageVisit.objects.filter(left_at__isnull=True).values_list("lead", flat=True)
    )
    expected = Lead.objects.exclude(status="lost").values_list("pk", flat=True)
    assert standing == dict.fromkeys(expected, 1)


def test_thirty_people_drop_cards_at_the_same_place(cast: Cast) -> None:
    world = World(cast)
    target, below = world.stages[2].pk, world.leads[0]
    with because(Kind.PERSON):
        move_lead(lead=below, stage=target, by=None)
    others = [make_lead(by=cast.manager).pk for _ in range(30)]
    start = threading.Barrier(len(others))
    surprises: list[BaseException] = []

    def drop(lead: int) -> None:
        try:
            start.wait()
            with because(Kind.PERSON, by=cast.manager):
                move_lead(lead=lead, stage=target, below=below, by=cast.manager)
        except BaseException as error:
            surprises.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=drop, args=[lead]) for lead in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert surprises == []
    column = list(
        Lead.objects.filter(stage=target).order_by("position").values_list("pk", "position")
    )
    assert column[0][0] == below
    assert {pk for pk, _ in column[1:]} == set(others)
    assert len({position for _, position in column}) == 31


def test_the_later_of_two_people_with_the_same_card_is_told(cast: Cast) -> None:
    world = World(cast)
    lead = world.leads[0]
    version = _version(lead)
    start = threading.Barrier(8)
    answers: list[str] = []

    def move(number: int) -> None:
        try:
            start.wait()
            with because(Kind.PERSON, by=cast.rep):
                move_lead(
                    lead=lead,
                    stage=world.stages[1 + number % 3].pk,
                    by=cast.rep,
                    expected_version=version,
                )
            answers.append("done")
        except Conflict as conflict:
            answers.append(conflict.message)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=move, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [answer for answer in answers if answer != "done"]
    assert (len(answers), len(told)) == (8, 7)
    assert all(cast.rep.name in answer for answer in told)
    assert_pipeline_tells_all()
