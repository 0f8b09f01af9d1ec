"""Targets: what may be set, by whom, in the grid and one by one."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal, InvalidOperation
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.ledger.causes import because
from core.ledger.tables import Cause, Change, Kind
from core.services.undoing import undo_cause
from crm.models import Membership, Target
from crm.periods import after, begins, full_name, last_day, of_year
from crm.services.targets import create_target, delete_target, set_targets, update_target
from crm.targetgrid import Asked, cell_name, read_grid, read_value
from tests import factories

JAN, FEB = dt.date(2026, 1, 1), dt.date(2026, 2, 1)
WINS = {"metric": "wins", "period": "month", "starts_on": JAN, "value": 3}
ASKED = Asked("revenue", "month", 2026, "EUR")


@pytest.fixture
def enter(client: Client) -> Any:
    """Log somebody in."""

    def entered(person: Any) -> Client:
        client.force_login(person)
        return client

    return entered


def address(**query: Any) -> str:
    """The address of the grid of 2026."""
    return reverse("targets") + ASKED.query(**query)


def sent(cells: dict[tuple[Any, dt.date], tuple[str, str]]) -> dict[str, str]:
    """What a form sends: for each cell what stood there, and what is typed."""
    data = {}
    for (of, start), (before, now) in cells.items():
        kind = "user" if hasattr(of, "email") else "team"
        name = cell_name((kind, of.pk), start)
        data |= {name: now, f"was-{name}": before}
    return data


def stands() -> dict[tuple[Any, dt.date], Decimal]:
    """Every target by whom and when."""
    return {(one.team or one.user, one.starts_on): one.value for one in Target.objects.all()}


def last_cause() -> Any:
    """The cause of what was done last."""
    return Cause.objects.order_by("-started_at")[0]


def test_periods_begin_and_end_where_months_and_quarters_do() -> None:
    assert begins("quarter", dt.date(2026, 12, 31)) == dt.date(2026, 10, 1)
    assert begins("month", dt.date(2024, 2, 29)) == dt.date(2024, 2, 1)
    assert after("quarter", dt.date(2026, 10, 1)) == dt.date(2027, 1, 1)
    assert after("month", JAN, -1) == dt.date(2025, 12, 1)
    assert last_day("month", dt.date(2024, 2, 1)) == dt.date(2024, 2, 29)
    assert [day.month for day in of_year("quarter", 2026)] == [1, 4, 7, 10]
    assert full_name("quarter", dt.date(2026, 4, 1)) == "Q2 2026"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"starts_on": dt.date(2026, 1, 2)}, "starts_on"),
        ({"period": "quarter", "starts_on": FEB}, "starts_on"),
        ({"value": 0}, "value"),
        ({"value": Decimal("2.5")}, "value"),
        ({"currency": "EUR"}, "currency"),
        ({"metric": "revenue"}, "currency"),
        ({"metric": "revenue", "currency": "eur"}, "currency"),
        ({"metric": "luck"}, "metric"),
        ({"user": 10**9}, "user"),
        ({"user": None}, "team"),
        ({"value": None}, "value"),
    ],
)
def test_what_cannot_be_is_refused(values: dict[str, Any], field: str, cast: Any) -> None:
    wanted = {"user": cast.rep.pk, **WINS, **values}
    with because(Kind.PERSON, by=cast.manager), pytest.raises(Refused) as refused:
        create_target(values=wanted, by=cast.manager)
    assert field in refused.value.fields
    assert not Target.objects.exists()


def test_the_database_holds_what_a_target_is(cast: Any) -> None:
    whole = {"user": cast.rep, "metric": "wins", "starts_on": JAN, "value": 1}
    factories.make_target(cast.rep, 1, JAN, metric="wins")
    for wrong in (
        whole,
        {**whole, "team": cast.team},
        {**whole, "starts_on": FEB, "value": 0},
        {**whole, "starts_on": FEB, "currency": "EUR"},
        {**whole, "starts_on": FEB, "metric": "revenue"},
    ):
        with factories.arranging(), pytest.raises(IntegrityError), transaction.atomic():
            Target.objects.create(**wrong)
    factories.make_target(cast.rep, 1, JAN, metric="wins", period="quarter")


def test_a_second_target_of_the_same_is_a_conflict(cast: Any) -> None:
    with because(Kind.PERSON, by=cast.manager):
        create_target(values={"team": cast.team, **WINS}, by=cast.manager)
        with pytest.raises(Conflict):
            create_target(values={"team": cast.team, **WINS}, by=cast.manager)


SETS = {
    "rep": set(),
    "mate": set(),
    "stranger": set(),
    "leader": {"team", "rep", "leader"},
    "manager": {"team", "rep", "leader", "others", "stranger"},
    "admin": {"team", "rep", "leader", "others", "stranger"},
}


@pytest.mark.parametrize("part", SETS)
def test_managers_set_all_and_a_leader_their_team(part: str, cast: Any) -> None:
    by, may = cast.people()[part], SETS[part]
    for name in ("team", "rep", "leader", "others", "stranger"):
        of = getattr(cast, name)
        kind = "team" if name in ("team", "others") else "user"
        with because(Kind.PERSON, by=by):
            if name in may:
                made = create_target(values={kind: of, **WINS}, by=by)
                assert update_target(target=made.pk, values={"value": 9}, by=by).value == 9
                delete_target(target=made.pk, by=by)
            else:
                with pytest.raises(NotAllowed):
                    create_target(values={kind: of, **WINS}, by=by)
        target = factories.make_target(of, 5, FEB, metric="wins")
        if name not in may:
            with because(Kind.PERSON, by=by), pytest.raises((NotAllowed, NotFound)):
                update_target(target=target.pk, values={"value": 9}, by=by)
            with because(Kind.PERSON, by=by), pytest.raises((NotAllowed, NotFound)):
                delete_target(target=target.pk, by=by)
        assert Target.objects.get(pk=target.pk).value == 5


def test_who_is_no_longer_active_in_the_team_is_out_of_its_leaders_hand(cast: Any) -> None:
    with factories.arranging():
        membership = Membership.objects.get(user=cast.rep)
        membership.is_active = False
        membership.save()
    with because(Kind.PERSON, by=cast.leader), pytest.raises(NotAllowed):
        create_target(values={"user": cast.rep, **WINS}, by=cast.leader)


def test_each_sees_their_own_and_that_of_their_teams(cast: Any) -> None:
    own = factories.make_target(cast.rep, 1, JAN)
    mates = factories.make_target(cast.mate, 1, JAN)
    team = factories.make_target(cast.team, 1, JAN)
    far = factories.make_target(cast.others, 1, JAN)
    seen = {part: set(Target.objects.visible_to(person)) for part, person in cast.people().items()}
    assert seen["rep"] == {own, team}
    assert seen["mate"] == {mates, team}
    assert seen["leader"] == {own, mates, team}
    assert seen["stranger"] == {far}
    assert seen["follower"] == set()
    assert seen["manager"] == {own, mates, team, far}


@pytest.mark.parametrize(
    ("part", "status", "rows"),
    [
        ("rep", 403, []),
        ("mate", 403, []),
        ("leader", 200, ["North", "Lea Leader", "Max Mate", "Rita Rep"]),
        (
            "manager",
            200,
            [
                *("South", "Sten Stranger", "North", "Lea Leader", "Max Mate", "Rita Rep"),
                *("Ada Admin", "Fay Follower", "Mona Manager"),
            ],
        ),
    ],
)
def test_the_grid_shows_each_team_with_its_people(
    part: str, status: int, rows: list[str], cast: Any, enter: Any
) -> None:
    client = enter(cast.people()[part])
    answer = client.get(address())
    assert answer.status_code == client.get(reverse("targets-export")).status_code == status
    if rows:
        assert [row.label for row in answer.context["grid"].rows] == rows
        assert len(answer.context["grid"].columns) == 12
        quarters = client.get(address(period="quarter")).context["grid"]
        assert [column.label for column in quarters.columns] == ["Q1", "Q2", "Q3", "Q4"]


def test_cells_are_written_as_one_deed_and_undone(cast: Any, enter: Any) -> None:
    factories.make_target(cast.rep, 100, JAN)
    factories.make_target(cast.mate, 50, JAN)
    untouched = factories.make_target(cast.team, 7, JAN, currency="USD")
    before = stands()
    answer = enter(cast.leader).post(
        address(),
        sent(
            {
                (cast.rep, JAN): ("100.00", "12 400,50"),
                (cast.mate, JAN): ("50.00", ""),
                (cast.rep, FEB): ("", "20,000"),
                (cast.team, FEB): ("", "60000"),
                (cast.leader, FEB): ("", "0"),
            }
        ),
    )
    assert answer.status_code == 302
    now = {
        (one.team or one.user, one.starts_on): one.value
        for one in Target.objects.filter(currency="EUR")
    }
    assert now == {
        (cast.rep, JAN): Decimal("12400.50"),
        (cast.rep, FEB): 20000,
        (cast.team, FEB): 60000,
    }
    cause = last_cause()
    assert Change.objects.filter(cause=cause.pk).count() == 4
    undo_cause(cause=cause.pk, by=cast.leader)
    assert stands() == before
    assert Target.objects.filter(pk=untouched.pk).exists()


def test_a_cell_of_another_team_is_not_written(cast: Any, enter: Any) -> None:
    for of in (cast.stranger, cast.others, cast.manager):
        enter(cast.leader).post(address(), sent({(of, JAN): ("", "5")}))
    assert enter(cast.rep).post(address(), sent({(cast.rep, JAN): ("", "5")})).status_code == 403
    assert not Target.objects.exists()


def test_what_is_no_number_stays_typed_and_nothing_is_written(cast: Any, enter: Any) -> None:
    answer = enter(cast.manager).post(
        address(), sent({(cast.rep, JAN): ("", "many"), (cast.rep, FEB): ("", "5")})
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "1 cell holds no number." in page
    assert 'value="many"' in page
    assert 'aria-invalid="true"' in page
    assert not Target.objects.exists()


def test_a_cell_that_somebody_else_changed_meanwhile_is_told_by_name(cast: Any, enter: Any) -> None:
    factories.make_target(cast.rep, 200, JAN)
    answer = enter(cast.manager).post(
        address(), sent({(cast.rep, JAN): ("100.00", "300"), (cast.mate, JAN): ("", "5")})
    )
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "“Rita Rep”, January 2026" in page
    assert 'value="300"' in page
    assert stands() == {(cast.rep, JAN): 200}
    again = sent({(cast.rep, JAN): ("100.00", "200")})
    assert enter(cast.manager).post(address(), again).status_code == 302


def test_the_empty_cells_of_a_period_are_filled_from_the_one_before(cast: Any, enter: Any) -> None:
    factories.make_target(cast.mate, 8, FEB)
    factories.make_target(cast.rep, 70, dt.date(2025, 12, 1))
    client = enter(cast.leader)
    typed = {(cast.rep, JAN): ("", "100"), (cast.mate, JAN): ("", "50")}
    rest = {(cast.rep, FEB): ("", ""), (cast.mate, FEB): ("8.00", "8")}
    client.post(address(), {**sent({**typed, **rest}), "copy": "2026-02-01"})
    assert stands() == {
        (cast.rep, dt.date(2025, 12, 1)): 70,
        (cast.rep, JAN): 100,
        (cast.mate, JAN): 50,
        (cast.rep, FEB): 100,
        (cast.mate, FEB): 8,
    }
    undo_cause(cause=last_cause().pk, by=cast.leader)
    empty = {(cast.rep, JAN): ("", ""), (cast.mate, JAN): ("", "")}
    client.post(address(), {**sent(empty), "copy": "2026-01-01"})
    assert stands()[cast.rep, JAN] == 70
    assert (cast.mate, JAN) not in stands()


def test_people_and_teams_are_summed_apart(cast: Any) -> None:
    for of, value in ((cast.rep, 10), (cast.mate, Decimal("5.50")), (cast.team, 40)):
        factories.make_target(of, value, JAN)
    factories.make_target(cast.rep, 1, FEB)
    factories.make_target(cast.rep, 1000, JAN, currency="USD")
    grid = read_grid(cast.leader, ASKED)
    sums = {one.kind: (list(one.texts)[:2], one.total) for one in grid.sums}
    assert sums == {"user": (["15.50", "1"], "16.50"), "team": (["40", "0"], "40")}
    totals = {row.label: row.total for row in grid.rows}
    assert totals["Rita Rep"] == "11"


def test_the_grid_as_a_file_is_what_the_page_shows_and_calculates_nothing(
    cast: Any, enter: Any
) -> None:
    with factories.arranging():
        cast.rep.name = "=1+1"
        cast.rep.save()
    factories.make_target(cast.rep, Decimal("12400.50"), FEB)
    answer = enter(cast.leader).get(reverse("targets-export") + ASKED.query())
    rows = list(csv.reader(io.StringIO(answer.content.decode().removeprefix("\ufeff"))))
    assert rows[0][:5] == ["Kind", "Name", "Currency", "2026-01", "2026-02"]
    assert ["Person", "'=1+1", "EUR", "", "12400.5"] in [row[:5] for row in rows]
    assert len(rows) == 5


@pytest.mark.parametrize(
    ("text", "value"),
    [("", None), (" ", None), ("0", None), ("1 234,50 €", Decimal("1234.50")), ("3", Decimal(3))],
)
def test_amounts_are_read_as_people_write_them(text: str, value: Any) -> None:
    assert read_value(text, is_money=True) == value


@pytest.mark.parametrize("text", ["-1", "x", "NaN", "1e99", "1.234567", "Infinity"])
def test_what_is_no_amount_is_not_guessed(text: str) -> None:
    with pytest.raises(InvalidOperation):
        read_value(text, is_money=True)
    with pytest.raises(InvalidOperation):
        read_value("2.5", is_money=False)


def test_the_grid_costs_the_same_for_few_and_for_many(
    cast: Any, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(4):
        read_grid(cast.manager, ASKED)
    people = [factories.make_user() for _place in range(8)]
    team = factories.make_team("East", None, people)
    for of in (team, *people):
        factories.make_target(of, 5, JAN)
    with django_assert_max_num_queries(4):
        assert len(read_grid(cast.manager, ASKED).rows) == 18


@pytest.mark.parametrize(
    "query", ["?metric=x&period=y&year=99999&currency=1", "?year=²", "?year=0"]
)
def test_an_address_that_cannot_be_read_shows_the_grid_of_this_year(
    query: str, cast: Any, enter: Any
) -> None:
    answer = enter(cast.manager).get(reverse("targets") + query)
    assert answer.status_code == 200
    asked = answer.context["asked"]
    assert (asked.metric, asked.period, asked.money) == ("revenue", "month", "EUR")
    assert asked.starts[0] == begins("quarter", dt.date(asked.year, 1, 1))


def test_nothing_is_written_where_nothing_was_changed(cast: Any, enter: Any) -> None:
    factories.make_target(cast.rep, 100, JAN)
    causes = Cause.objects.count()
    cells = sent({(cast.rep, JAN): ("100.00", "100"), (cast.mate, JAN): ("", "")})
    assert enter(cast.manager).post(address(), cells).status_code == 302
    assert Cause.objects.count() == causes
    with because(Kind.PERSON, by=cast.manager):
        assert (
            set_targets(cells=[], metric="wins", period="month", currency="", by=cast.manager) == 0
        )
