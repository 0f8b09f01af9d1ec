"""The list of leads: what it shows to whom, how it is sorted, paged, searched and exported."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core import lists
from crm.models import CustomField
from pipeline.models import Lead
from pipeline.services.search import write_search_text
from tests import factories

HTMX = {"HTTP_HX_REQUEST": "true"}
SEES = {"rep": 1, "mate": 1, "leader": 1, "manager": 1, "admin": 1, "follower": 1, "stranger": 0}
#: What spreadsheets take for a formula.
DANGEROUS = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1;2)",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "＝1+1",
]


@pytest.fixture
def login(client: Client) -> Any:
    """Log somebody in."""

    def as_(user: Any) -> Client:
        client.force_login(user)
        return client

    return as_


@pytest.fixture
def make(cast: Any) -> Any:
    """Make a lead of the rep, found by its words at once."""

    def made(title: str, **values: Any) -> Any:
        lead = factories.make_lead(by=cast.manager, title=title, **{"owner": cast.rep.pk, **values})
        write_search_text([lead.pk])
        return lead

    return made


def titles(client: Client, **query: Any) -> list[str]:
    return [row.title for row in client.get(reverse("leads"), query).context["page"].rows]


def read_csv(client: Client, **query: Any) -> list[list[str]]:
    answer = client.get(reverse("leads-export"), {"format": "csv", **query})
    assert answer.status_code == 200
    text = answer.getvalue().decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def read_xlsx(client: Client, **query: Any) -> Any:
    answer = client.get(reverse("leads-export"), {"format": "xlsx", **query})
    assert answer.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(answer.getvalue())).active


@pytest.mark.parametrize("part", SEES)
def test_the_list_and_its_file_hold_what_the_person_sees(
    part: str, make: Any, cast: Any, login: Any
) -> None:
    make("Cold storage", team=cast.team.pk, followers=[cast.follower.pk])
    client = login(cast.people()[part])
    seen = ["Cold storage"] if SEES[part] else []
    assert titles(client) == seen
    assert titles(client, sort="title") == seen
    assert titles(client, q="storage") == seen
    assert [row[0] for row in read_csv(client, columns="title")[1:]] == seen
    assert [row[0].value for row in read_xlsx(client, columns="title").iter_rows(2)] == seen


def test_a_visitor_is_sent_to_the_login(client: Client) -> None:
    for name in ("leads", "leads-export"):
        assert client.get(reverse(name))["Location"].startswith("/login/?next=")


@pytest.mark.parametrize("part", SEES)
def test_rights_asked_lead_by_lead_are_the_same_rights(part: str, make: Any, cast: Any) -> None:
    make("own")
    make("of the team", team=cast.team.pk, owner=cast.mate.pk)
    make("of nobody", owner=None)
    make("followed", owner=cast.mate.pk, followers=[cast.follower.pk])
    make("helped with", owner=cast.mate.pk, collaborators=[cast.stranger.pk])
    factories.make_activity(
        by=cast.manager, lead=make("to be called", owner=cast.mate.pk), assignee=cast.stranger
    )
    user = cast.people()[part]
    seen = set(Lead.objects.visible_to(user).values_list("title", flat=True))
    assert set(Lead.objects.visible_to(user, singly=True).values_list("title", flat=True)) == seen
    assert seen


def test_the_filter_of_the_board_narrows_the_list(make: Any, cast: Any, login: Any) -> None:
    make("Mine", team=cast.team.pk)
    make("The mate’s", owner=cast.mate.pk, team=cast.team.pk)
    make("Elsewhere", owner=cast.stranger.pk, team=cast.others.pk)
    make("Closing", owner=None, expected_close=timezone.localdate())
    factories.make_activity(by=cast.manager, lead=make("Planned", owner=cast.stranger.pk))
    client = login(cast.manager)
    assert len(titles(client)) == 5
    client = login(cast.rep)
    assert titles(client, owner="me") == ["Mine"]
    client = login(cast.mate)
    assert set(titles(client, team="mine")) == {"Mine", "The mate’s"}
    client = login(cast.manager)
    assert titles(client, closing="this_month") == ["Closing"]
    assert "Planned" not in titles(client, next_step="none")
    where = '{"field": "title", "op": "contains", "value": "mate"}'
    assert titles(client, where=where) == ["The mate’s"]
    page = client.get(reverse("leads"), {"owner": "nonsense"})
    assert "“nonsense” is not an id." in page.content.decode()
    assert client.get(reverse("leads-export"), {"owner": "nonsense"}).status_code == 422


def test_states_are_told_apart(make: Any, cast: Any, login: Any, stages: Any) -> None:
    from pipeline.models import LostReason
    from pipeline.services.closing import lose_leads
    from pipeline.services.leads import archive_leads

    make("Open")
    lost, away = make("Lost"), make("Away")
    with factories.arranging():
        reason = LostReason.objects.first()
        assert reason is not None
        lose_leads(leads=[lost.pk], reason=reason.pk, by=cast.manager)
        archive_leads(leads=[away.pk], by=cast.manager)
    client = login(cast.rep)
    assert set(titles(client)) == {"Open", "Lost"}
    assert titles(client, status="open") == ["Open"]
    assert titles(client, status="lost") == ["Lost"]
    assert titles(client, archived="true") == ["Away"]
    assert read_csv(client, archived="any", columns="title,status", sort="title")[1:] == [
        ["Away", "Open · archived"],
        ["Lost", "Lost"],
        ["Open", "Open"],
    ]


def test_heads_sort_and_empty_values_come_last_both_ways(make: Any, cast: Any, login: Any) -> None:
    for title, amount in (("a", 5), ("b", None), ("c", 70)):
        make(title, expected_revenue=amount)
    client = login(cast.rep)
    assert titles(client, sort="amount") == ["a", "c", "b"]
    assert titles(client, sort="-amount") == ["c", "a", "b"]
    assert titles(client, sort="nonsense") == titles(client)
    page = client.get(reverse("leads"), {"sort": "-amount"}).content.decode()
    assert 'aria-sort="descending"' in page


def test_pages_join_up_whatever_is_changed_meanwhile(
    make: Any, cast: Any, login: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    for number in range(5):
        make(f"Lead {number}", expected_revenue=number or None)
    client, found, address = login(cast.rep), [], reverse("leads") + "?sort=-amount"
    while address:
        answer = client.get(address, **HTMX)
        found += [row.title for row in answer.context["page"].rows]
        make("Made meanwhile", expected_revenue=1000)
        more = answer.context["page"].more
        address = reverse("leads") + more if more else ""
    assert found[:5] == [f"Lead {number}" for number in (4, 3, 2, 1, 0)]
    for cursor in ("nonsense", "W10", "%00"):
        assert client.get(reverse("leads"), {"after": cursor}).status_code == 200


@pytest.mark.parametrize("text", ["stor", "STORAGE cold", "baltic", "novak@", "tender"])
def test_words_are_found_anywhere(text: str, make: Any, cast: Any, login: Any) -> None:
    tag = factories.make_tag("Tender")
    company = factories.make_company("Baltic Cold Chain")
    make("Cold storage", company=company.pk, tags=[tag.pk], email="a.novak@baltic.example")
    make("Fleet renewal")
    assert titles(login(cast.rep), q=text) == ["Cold storage"]
    assert titles(login(cast.rep), q=f"{text} nowhere") == []


def test_one_or_two_letters_find_the_beginning_of_a_title(make: Any, cast: Any, login: Any) -> None:
    make("Cold storage")
    make("Ice-cold")
    client = login(cast.rep)
    assert titles(client, q="co") == ["Cold storage"]
    assert titles(client, q="ld") == []


def test_a_search_is_complete_where_the_walk_of_the_latest_ends(
    make: Any, cast: Any, login: Any, monkeypatch: Any
) -> None:
    """With pages and windows of a few leads, every match is found once and in order."""
    from core import searching

    monkeypatch.setattr(searching, "WINDOW", 3)
    monkeypatch.setattr(lists, "PAGE", 2)
    for number in range(12):
        make(f"{'Match' if number % 3 == 0 else 'Other'} {number}")
    client, found, address = login(cast.rep), [], reverse("leads") + "?q=match"
    while address:
        page = client.get(address, **HTMX).context["page"]
        found += [row.title for row in page.rows]
        address = reverse("leads") + page.more if page.more else ""
    assert found == ["Match 9", "Match 6", "Match 3", "Match 0"]


def test_counts_stop_at_their_cap_and_a_searchs_count_comes_after_it(
    make: Any, cast: Any, login: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    monkeypatch.setattr(lists, "COUNT_CAP", 3)
    monkeypatch.setattr("core.views.lists.COUNT_CAP", 3)
    for number in range(5):
        make(f"Lead {number}")
    client, address = login(cast.rep), reverse("leads")
    assert client.get(address).context["count_words"] == "3+ leads"
    page = client.get(address, {"q": "lead"})
    assert page.context["count_words"] == "2+ leads"
    later = client.get(address + page.context["count_url"], **HTMX).content.decode()
    assert ">3+ leads<" in later
    assert client.get(address, {"q": "lead 4"}).context["count_words"] == "1 lead"


def test_columns_are_chosen_per_person_and_the_address_overrules(
    make: Any, cast: Any, login: Any
) -> None:
    make("Cold storage", expected_revenue=Decimal("1234.50"))
    client, address = login(cast.rep), reverse("leads")
    choice = reverse("list-columns", args=["leads"])
    fields = {"columns": ["title", "amount", "owner"], "next": f"{address}?columns=title&q=cold"}
    answer = client.post(choice, {**fields, "up": "owner"})
    assert answer["Location"] == f"{address}?q=cold"

    def heads(**query: str) -> list[str]:
        return [head.label for head in client.get(address, query).context["page"].heads]

    assert heads() == ["Title", "Owner", "Expected revenue"]
    assert heads(columns="stage,title,nonsense") == ["Stage", "Title"]
    assert read_csv(client)[0] == ["Title", "Owner", "Expected revenue"]
    assert read_csv(client)[1] == ["Cold storage", "Rita Rep", "1234.50"]
    client = login(cast.mate)
    assert heads()[0:2] == ["Title", "Company"]
    client = login(cast.rep)
    client.post(choice, {"reset": "yes"})
    assert len(heads()) == len(lists.listing_named("leads").chosen)
    assert client.post(choice, {"columns": ["nonsense"]}).status_code == 422
    assert client.get(reverse("list-columns", args=["nonsense"])).status_code == 404


def test_the_link_to_a_view_shows_another_person_the_same(make: Any, cast: Any, login: Any) -> None:
    make("Cold storage", team=cast.team.pk, expected_revenue=5)
    client, address = login(cast.rep), reverse("leads")
    client.post(reverse("list-columns", args=["leads"]), {"columns": ["amount", "title"]})
    page = client.get(address, {"q": "cold"}).context["page"]
    other = login(cast.mate).get(address + page.shared).context["page"]
    assert [head.label for head in other.heads] == [head.label for head in page.heads]
    assert [row.title for row in other.rows] == ["€5"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_could_be_a_formula_is_harmless_and_readable(
    text: str, make: Any, cast: Any, login: Any
) -> None:
    lead = make("Cold storage")
    # Behind the services, which strip what stands at the edges of a text.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pipeline_lead SET title = %s WHERE id = %s", [text, lead.pk])
    client = login(cast.rep)
    assert read_csv(client, columns="title")[1] == [f"'{text}"]
    found = read_xlsx(client, columns="title").cell(2, 1)
    assert (found.value, found.data_type) == (text.replace("\r", "_x000D_"), "s")


def test_a_spreadsheet_has_typed_cells_in_the_columns_chosen(
    make: Any, cast: Any, login: Any
) -> None:
    with factories.arranging():
        CustomField.objects.create(
            subject="pipeline.lead", key="size", label="=Size", type="number"
        )
    day = dt.date(2027, 1, 15)
    make(
        "Cold storage",
        expected_revenue=Decimal("1234.50"),
        currency="USD",
        expected_close=day,
        custom={"size": 7},
        stars_manual=2,
        probability_manual=Decimal(40),
    )
    names = "expected_close,title,amount,weighted,custom.size,stars,probability,created"
    sheet = read_xlsx(login(cast.rep), columns=names)
    head, row = ([cell.value for cell in cells] for cells in sheet.iter_rows())
    assert head[:3] == ["Expected close", "Title", "Expected revenue"]
    assert head[4] == "=Size"
    assert row[0] == dt.datetime(2027, 1, 15)
    assert row[1:7] == ["Cold storage", 1234.5, 493.8, 7, 2, 0.4]
    assert isinstance(row[7], dt.datetime)
    assert '"USD"' in sheet.cell(2, 3).number_format
    flat = read_csv(login(cast.rep), columns=names)
    assert flat[0][4] == "'=Size"
    assert flat[1][:7] == ["2027-01-15", "Cold storage", "1234.50", "493.80", "7", "2", "40"]


def test_a_file_holds_all_rows_of_the_filter_in_the_order_of_the_list(
    make: Any, cast: Any, login: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(lists, "BATCH", 3)
    monkeypatch.setattr(lists, "PAGE", 2)
    for number in range(8):
        make(f"Lead {number}", expected_revenue=number * 10)
    make("Other", owner=cast.stranger.pk)
    query = {"q": "lead", "sort": "-amount", "columns": "title"}
    wanted = [f"Lead {number}" for number in reversed(range(8))]
    client = login(cast.manager)
    assert [row[0] for row in read_csv(client, **query)[1:]] == wanted
    assert [row[0].value for row in read_xlsx(client, **query).iter_rows(2)] == wanted
    assert client.get(reverse("leads-export"), {"format": "pdf"}).status_code == 422


def test_the_list_and_its_file_take_the_same_queries_for_many_leads(
    make: Any, cast: Any, login: Any, query_budget: Any
) -> None:
    client = login(cast.rep)
    every = ",".join(lists.listing_named("leads").all_columns())
    page, search = query_budget("lead list"), query_budget("lead list, search")
    file = query_budget("lead export, a batch")
    for number in range(5):
        make(f"Lead {number}", tags=[factories.make_tag().pk])
    for size in ("small", "large"):
        with page.at(size):
            client.get(reverse("leads"), {"columns": every})
        with search.at(size):
            client.get(reverse("leads"), {"q": "lead"})
        with file.at(size):
            read_csv(client, columns=every)
        for number in range(20):
            make(f"More {number}", tags=[factories.make_tag().pk])
