"""What comes after a step: suggested or planned by itself, counted from done or from due."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from core.errors import Refused
from core.ledger.causes import because
from core.ledger.tables import Change, Kind
from core.services.undoing import undo_cause
from pipeline.models import Activity, ActivityType
from pipeline.services.nextsteps import CHAINED, finish_activity
from pipeline.words import due_text
from tests import factories

#: A Tuesday, late in the evening where the rep lives (Tokyo), early in the morning in Paris.
NOW = dt.datetime(2026, 11, 24, 1, 0, tzinfo=dt.UTC)
PLAN, SUGGEST = ActivityType.Chaining.PLAN, ActivityType.Chaining.SUGGEST
DONE, DUE = ActivityType.Counted.DONE, ActivityType.Counted.DUE


@pytest.fixture
def lead(cast: Any, stages: Any) -> Any:
    return factories.make_lead(by=cast.manager, owner=cast.rep.pk, team=cast.team.pk)


def types(*, chaining: str = PLAN, counted: str = DONE, is_active: bool = True) -> Any:
    """A type, and the one that comes after it in five days."""
    with factories.arranging():
        following = ActivityType.objects.create(
            name="Check in",
            default_summary="Ask how it goes",
            default_days=5,
            counted_from=counted,
            is_active=is_active,
        )
        return ActivityType.objects.create(name="Demo", next_type=following, chaining=chaining)


def step(cast: Any, lead: Any, kind: Any, due_on: dt.date) -> Activity:
    made: Activity = factories.make_activity(
        by=cast.manager, lead=lead, assignee=cast.rep, due_on=due_on, due_at=None
    )
    with factories.arranging():
        made.type = kind
        made.save()
    return made


def finish(by: Any, activity: Activity, **values: Any) -> Activity | None:
    with because(Kind.PERSON, by=by):
        return finish_activity(activity=activity.pk, by=by, **values).following


def day_of(activity: Activity | None, user: Any) -> dt.date:
    assert activity is not None
    return activity.due_at.astimezone(zoneinfo.ZoneInfo(user.time_zone)).date()


@pytest.mark.parametrize(
    ("counted", "due_on", "expected"),
    [
        (DONE, dt.date(2026, 11, 20), dt.date(2026, 11, 29)),
        (DUE, dt.date(2026, 11, 20), dt.date(2026, 11, 25)),
        (DUE, dt.date(2026, 12, 1), dt.date(2026, 12, 6)),
        # Counted from a day so long ago, it is not overdue from its beginning.
        (DUE, dt.date(2026, 10, 1), dt.date(2026, 11, 24)),
    ],
)
@time_machine.travel(NOW, tick=False)
def test_what_comes_by_itself_is_planned_with_the_usual_words_and_days(
    counted: str, due_on: dt.date, expected: dt.date, cast: Any, lead: Any
) -> None:
    first = step(cast, lead, types(counted=counted), due_on)
    following = finish(cast.rep, first)
    assert following is not None
    assert (str(following.type), following.summary) == ("Check in", "Ask how it goes")
    assert (following.assignee, following.lead) == (cast.rep, lead)
    assert day_of(following, cast.rep) == expected


@time_machine.travel(NOW, tick=False)
def test_it_is_of_the_same_cause_and_goes_with_its_undo(cast: Any, lead: Any) -> None:
    first = step(cast, lead, types(), dt.date(2026, 11, 24))
    following = finish(cast.rep, first)
    undo_cause(cause=Change.objects.latest("id").cause_id, by=cast.rep)
    assert following is not None
    assert not Activity.objects.filter(pk=following.pk).exists()
    assert Activity.objects.get(pk=first.pk).done_at is None


def test_a_suggestion_waits_to_be_taken_and_a_step_called_off_has_no_consequence(
    cast: Any, lead: Any
) -> None:
    kind = types(chaining=SUGGEST)
    assert finish(cast.rep, step(cast, lead, kind, dt.date(2026, 11, 24))) is None
    taken = finish(cast.rep, step(cast, lead, kind, dt.date(2026, 11, 24)), then=CHAINED)
    assert str(taken) == "Ask how it goes"
    with factories.arranging():
        kind.chaining = PLAN
        kind.save()
    called_off = step(cast, lead, kind, dt.date(2026, 11, 24))
    assert finish(cast.rep, called_off, outcome="cancelled") is None


def test_a_type_out_of_use_does_not_come_and_asking_for_nothing_is_told(
    cast: Any, lead: Any
) -> None:
    kind = types(is_active=False)
    first = step(cast, lead, kind, dt.date(2026, 11, 24))
    with pytest.raises(Refused, match="Nothing comes after"):
        finish(cast.rep, first, then=CHAINED)
    assert Activity.objects.get(pk=first.pk).done_at is None
    assert finish(cast.rep, first) is None


def test_the_suggestion_stands_first_among_the_chips_and_is_taken_in_one_tap(
    client: Client, cast: Any, lead: Any
) -> None:
    first = step(cast, lead, types(chaining=SUGGEST), dt.date(2026, 11, 24))
    client.force_login(cast.rep)
    address = reverse("activity-done", args=[first.pk])
    page = client.get(reverse("lead", args=[lead.pk]))
    assert page.context["page"].steps[0].then[0].label == "Ask how it goes"
    answer = client.post(address, {"then": "chained", "place": "page"}, HTTP_HX_REQUEST="true")
    assert answer.status_code == 200
    assert "Ask how it goes" in answer.content.decode()
    assert Activity.objects.to_do().get(lead=lead).summary == "Ask how it goes"


def test_what_comes_by_itself_is_told_before_one_says_done(
    client: Client, cast: Any, lead: Any
) -> None:
    step(cast, lead, types(), dt.date(2026, 11, 24))
    client.force_login(cast.rep)
    assert "then Ask how it goes, " in client.get(f"/leads/{lead.pk}/").content.decode()


def test_a_fresh_installation_has_six_types_and_suggests_following_up(pipeline: Any) -> None:
    found = ActivityType.objects.select_related("next_type").order_by("sequence")
    assert [(kind.name, str(kind.next_type or "")) for kind in found] == [
        ("Call", ""),
        ("E-mail", "Follow-up"),
        ("Meeting", "Follow-up"),
        ("To-do", ""),
        ("Follow-up", ""),
        ("Document", "Follow-up"),
    ]


def test_a_whole_day_is_that_of_its_assignee_whoever_reads(cast: Any, lead: Any) -> None:
    tokyo = zoneinfo.ZoneInfo("Asia/Tokyo")
    with factories.arranging():
        cast.rep.time_zone = "America/New_York"
        cast.rep.save()
    made = step(cast, lead, types(), dt.date(2026, 11, 24))
    new_york = zoneinfo.ZoneInfo("America/New_York")
    noon = dt.datetime(2026, 11, 24, 12, tzinfo=new_york)
    assert due_text(made.due_at, True, noon, new_york).state == "today"
    assert due_text(made.due_at, True, noon + dt.timedelta(hours=13), new_york).state == "over"
    # In Tokyo that instant lies on another day; with the assignee's zone it does not matter.
    assert made.due_at.astimezone(tokyo).date() != dt.date(2026, 11, 24)
