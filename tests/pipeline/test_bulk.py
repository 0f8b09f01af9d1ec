"""Several leads at once from the list: rows, all of a filter, one cause, one Undo."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import bulk
from core.ledger.causes import because
from core.ledger.tables import Cause, Change, Kind
from crm.models import Company, CustomField
from pipeline.models import Activity, ActivityType, Lead, LostReason, Plan, PlanStep
from pipeline.services import plans
from pipeline.services.leads import update_lead
from tests import factories

HTMX = {"HTTP_HX_REQUEST": "true"}
WRITES = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(deed: str) -> str:
    return reverse("leads-bulk", args=[deed])


def rows(*leads: Any) -> dict[str, str]:
    return {"rows": ",".join(str(lead.pk) for lead in leads)}


@pytest.fixture
def leads(cast: Any, stages: Any) -> list[Any]:
    """Three leads of the rep and one of the mate."""
    owners = (cast.rep, cast.rep, cast.rep, cast.mate)
    return [
        factories.make_lead(by=cast.manager, title=f"Lead {n}", owner=owner.pk, stage=stages[0])
        for n, owner in enumerate(owners)
    ]


def values_of(name: str) -> set[Any]:
    return set(Lead.objects.values_list(name, flat=True))


def bulk_cause() -> Any:
    return Cause.objects.get(kind=Kind.BULK_EDIT)


def test_fields_that_are_ticked_are_set_and_others_stay(cast: Any, leads: Any) -> None:
    fields = {
        **rows(*leads[:3]),
        "set": ["expected_close", "amount"],
        "expected_close": "2030-05-31",
        "expected_revenue": "1 234,50",
        "company": "Not ticked",
    }
    answer = as_(cast.rep).post(url("edit"), fields)
    assert answer.status_code == 302
    changed = Lead.objects.filter(owner=cast.rep)
    assert set(changed.values_list("expected_close", "expected_revenue", "currency")) == {
        (dt.date(2030, 5, 31), 1234.5, "EUR")
    }
    assert not Company.objects.exists()
    assert bulk_cause().label == "3 leads edited."
    assert Change.objects.filter(cause=bulk_cause()).count() == 3


def test_what_is_ticked_and_empty_is_emptied(cast: Any, leads: Any) -> None:
    with because(Kind.PERSON, by=cast.rep):
        update_lead(
            lead=leads[0].pk, values={"expected_revenue": "10", "currency": "USD"}, by=cast.rep
        )
    form = as_(cast.rep).get(url("edit"), rows(leads[0]), **HTMX).context["form"]
    assert form["currency"].value() == ""
    as_(cast.rep).post(url("edit"), {**rows(leads[0]), "set": "amount", "expected_revenue": ""})
    leads[0].refresh_from_db()
    assert (leads[0].expected_revenue, leads[0].currency) == (None, "USD")


def test_custom_fields_and_a_new_company_are_set(cast: Any, leads: Any) -> None:
    with factories.arranging():
        CustomField.objects.create(
            subject="pipeline.lead", key="region", label="Region", type="text"
        )
    fields = {
        **rows(*leads[:2]),
        "set": ["custom.region", "company"],
        "custom.region": "North",
        "company": "Aubier",
        "make_company": "on",
    }
    as_(cast.rep).post(url("edit"), fields)
    company = Company.objects.get(name="Aubier")
    found = Lead.objects.filter(company=company)
    assert [lead.custom for lead in found] == [{"region": "North"}] * 2
    assert {change.cause for change in Change.objects.filter(record_type="crm.company")} == {
        bulk_cause()
    }


def test_nothing_ticked_or_wrong_input_changes_nothing(cast: Any, leads: Any) -> None:
    client = as_(cast.rep)
    nothing = client.post(url("edit"), {**rows(leads[0]), "expected_revenue": "5"}, **HTMX)
    wrong = client.post(
        url("edit"), {**rows(leads[0]), "set": "amount", "expected_revenue": "many"}, **HTMX
    )
    assert (nothing.status_code, wrong.status_code) == (422, 422)
    assert "Tick what is to be changed." in nothing.content.decode()
    # What is wrong in a field that is not ticked does not matter.
    fields = {**rows(leads[0]), "set": "pain", "pain": "Slow", "expected_revenue": "many"}
    assert client.post(url("edit"), fields).status_code == 302
    assert values_of("expected_revenue") == {None}


def test_all_of_a_filter_is_what_the_filter_shows(cast: Any, leads: Any, stages: Any) -> None:
    fields = {"all": "1", "filter": "?owner=me&sort=title", "stage": stages[1].pk}
    answer = as_(cast.rep).post(url("move"), fields)
    assert answer.url == reverse("leads") + "?owner=me&sort=title"
    assert set(Lead.objects.filter(stage=stages[1])) == set(leads[:3])
    heading = as_(cast.manager).get(url("move"), {"all": "1", "filter": ""}, **HTMX)
    assert "Move 4 leads" in heading.content.decode()


def test_a_filter_that_cannot_be_read_changes_nothing(cast: Any, leads: Any) -> None:
    fields = {"all": "1", "filter": "?owner=nobody-knows"}
    assert as_(cast.rep).post(url("archive"), fields, **HTMX).status_code == 422
    assert values_of("archived_at") == {None}


def test_leads_are_assigned_tagged_lost_archived_brought_back_and_deleted(
    cast: Any, leads: Any
) -> None:
    client, chosen = as_(cast.manager), rows(*leads)
    tag, reason = factories.make_tag("Fair"), LostReason.objects.order_by("sequence")[0]
    client.post(url("assign"), {**chosen, "owner": cast.mate.pk})
    assert values_of("owner") == {cast.mate.pk}
    client.post(url("tag"), {**chosen, "add": tag.pk})
    assert values_of("tags") == {tag.pk}
    client.post(url("lose"), {**chosen, "reason": reason.pk, "note": ""})
    assert values_of("status") == {"lost"}
    client.post(url("archive"), chosen)
    assert None not in values_of("archived_at")
    client.post(url("unarchive"), chosen)
    assert values_of("archived_at") == {None}
    client.post(url("delete"), chosen)
    assert not Lead.objects.exists()


def test_of_leads_that_may_not_all_be_changed_the_others_are_offered(cast: Any, leads: Any) -> None:
    client, chosen = as_(cast.mate), rows(*leads)
    asked = client.get(url("archive"), chosen, **HTMX).content.decode()
    assert "You may change 1 of these 4 records." in asked
    assert "Archive 1 lead?" in asked
    assert client.post(url("archive"), chosen).status_code == 403
    assert values_of("archived_at") == {None}
    client.post(url("archive"), {**chosen, "only": "on"})
    assert set(Lead.objects.active()) == set(leads[:3])
    assert client.get(url("archive"), rows(leads[0]), **HTMX).status_code == 403


def test_what_is_out_of_sight_is_not_there(cast: Any, leads: Any) -> None:
    for chosen in (rows(leads[0]), rows(*leads), {"rows": "987654"}):
        assert as_(cast.stranger).get(url("archive"), chosen, **HTMX).status_code == 404
    assert as_(cast.rep).get(url("explode"), rows(leads[0]), **HTMX).status_code == 404
    assert as_(cast.rep).get(url("archive"), **HTMX).status_code == 422
    assert as_(cast.rep).get(url("archive"), {"rows": "x,-1"}, **HTMX).status_code == 422


def test_more_than_are_changed_at_once_are_refused(
    cast: Any, leads: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOST", 2)
    client = as_(cast.manager)
    for fields in ({"all": "1"}, rows(*leads)):
        answer = client.post(url("delete"), fields)
        assert answer.status_code == 422
        assert "At most 2" in answer.content.decode()
    assert Lead.objects.count() == 4


def test_undo_restores_all_but_what_was_changed_since_and_lists_it(cast: Any, leads: Any) -> None:
    client = as_(cast.manager)
    client.post(
        url("edit"), {**rows(*leads), "set": "expected_close", "expected_close": "2030-01-31"}
    )
    cause = bulk_cause()
    with because(Kind.PERSON, by=cast.rep):
        update_lead(lead=leads[1].pk, values={"expected_close": "2031-02-28"}, by=cast.rep)
    answer = client.post(reverse("cause-undo", args=[cause.pk]))
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "Lead 1" in page
    assert leads[1].get_absolute_url() in page
    assert "Expected close" in page
    assert values_of("expected_close") == {None, dt.date(2031, 2, 28)}
    # On the board the same list comes as a dialog.
    again = client.post(reverse("cause-undo", args=[cause.pk]), **HTMX)
    assert "Lead 1" in again.content.decode()


def test_undo_takes_tags_off_again(cast: Any, leads: Any) -> None:
    client, tag = as_(cast.manager), factories.make_tag("Fair")
    client.post(url("tag"), {**rows(*leads), "add": tag.pk})
    client.post(reverse("cause-undo", args=[bulk_cause().pk]))
    assert values_of("tags") == {None}


def test_selected_rows_are_exported_as_the_list_shows_them(cast: Any, leads: Any) -> None:
    query = {**rows(leads[2], leads[0]), "filter": "?columns=title&sort=title", "format": "csv"}
    answer = as_(cast.rep).get(reverse("leads-export"), query)
    text = answer.getvalue().decode().removeprefix("\ufeff")
    assert text.split() == ["Title", "Lead", "0", "Lead", "2"]


def test_the_list_offers_what_fits_it(cast: Any, leads: Any) -> None:
    client = as_(cast.rep)
    page = client.get(reverse("leads")).content.decode()
    assert f'name="rows" value="{leads[0].pk}"' in page
    assert url("archive") in page
    assert url("unarchive") not in page
    put_away = client.get(reverse("leads"), {"archived": "true"})
    assert [deed.name for deed, _url in put_away.context["deeds"]] == [
        *("edit", "move", "assign", "tag", "launch", "lose", "unarchive", "merge"),
        "delete",
    ]


@pytest.fixture
def plan() -> Plan:
    """A plan of two steps, the second for somebody who is asked for."""
    with factories.arranging():
        made = Plan.objects.create(name="After the fair")
        for place, (name, who) in enumerate((("Call", "owner"), ("Meeting", "asked"))):
            kind = ActivityType.objects.get(name=name)
            PlanStep.objects.create(plan=made, type=kind, days=place, who=who, sequence=place)
    return made


def test_a_plan_is_launched_on_all_leads_that_one_sees_as_one_change(
    cast: Any, leads: Any, plan: Plan
) -> None:
    client = as_(cast.mate)  # sees all of them and may change one
    asked = client.get(url("launch"), rows(*leads), **HTMX).content.decode()
    assert "Launch a plan on 4 leads" in asked
    assert reverse("leads-launch-preview") in asked
    fields = {**rows(*leads), "plan": plan.pk, "base_on": "2050-01-15"}
    refused = client.post(url("launch"), fields, **HTMX)
    assert refused.status_code == 422
    assert "Say for whom: Meeting." in refused.content.decode()
    assert not Activity.objects.exists()
    assert client.post(url("launch"), {**fields, "asked": cast.leader.pk}).status_code == 302
    planned = Activity.objects.order_by("lead", "pk").values_list("lead", "assignee")
    assert list(planned) == [
        (lead.pk, person) for lead in leads for person in (lead.owner_id, cast.leader.pk)
    ]
    assert bulk_cause().label == "A plan is launched on 4 leads."
    client.post(reverse("cause-undo", args=[bulk_cause().pk]))
    assert not Activity.objects.exists()


def test_a_plan_is_launched_on_all_that_the_filter_shows(cast: Any, leads: Any, plan: Plan) -> None:
    fields = {"plan": plan.pk, "base_on": "2050-01-15", "asked": cast.mate.pk}
    chosen = {"all": "1", "filter": f"?owner={cast.rep.pk}"}
    as_(cast.manager).post(url("launch"), {**chosen, **fields})
    assert set(Activity.objects.values_list("lead", flat=True)) == {lead.pk for lead in leads[:3]}


def test_the_days_and_people_of_the_steps_are_shown_before(
    cast: Any, leads: Any, plan: Plan
) -> None:
    client, address = as_(cast.rep), reverse("leads-launch-preview")
    shown = client.get(address, {"plan": plan.pk, "base_on": "2050-01-15"}).content.decode()
    for told in ("15 Jan 2050", "16 Jan 2050", "The owner of the lead", "for whom?"):
        assert told in shown
    assert "<li>" not in client.get(address, {"plan": "x"}).content.decode()
    with factories.arranging():
        Plan.objects.all().delete()
    asked = client.get(url("launch"), rows(leads[0]), **HTMX).content.decode()
    assert "There is no plan with steps yet." in asked


def test_more_steps_than_are_planned_at_once_are_refused(
    cast: Any, leads: Any, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plans, "MOST", 7)
    fields = {"plan": plan.pk, "base_on": "2050-01-15", "asked": cast.mate.pk}
    answer = as_(cast.manager).post(url("launch"), {**rows(*leads), **fields}, **HTMX)
    assert answer.status_code == 422
    assert "too many steps" in answer.content.decode()


@pytest.mark.parametrize("deed", ["edit", "move", "assign", "lose", "archive", "tag", "launch"])
def test_the_number_of_queries_does_not_grow_with_the_leads(
    cast: Any, stages: Any, plan: Plan, deed: str
) -> None:
    reason, tag = LostReason.objects.order_by("sequence")[0], factories.make_tag("Fair")
    fields = {
        "edit": {"set": ["amount", "priority"], "expected_revenue": "5", "stars_manual": "2"},
        "move": {"stage": stages[1].pk},
        "assign": {"owner": cast.mate.pk},
        "lose": {"reason": reason.pk, "note": ""},
        "archive": {},
        "tag": {"add": tag.pk},
        "launch": {"plan": plan.pk, "base_on": "2050-01-15", "asked": cast.mate.pk},
    }[deed]
    counts = []
    for number in (3, 60):
        made = [
            factories.make_lead(by=cast.manager, owner=cast.rep.pk, stage=stages[0])
            for _ in range(number)
        ]
        client = as_(cast.manager)
        with CaptureQueriesContext(connection) as seen:
            assert client.post(url(deed), {**rows(*made), **fields}).status_code == 302
        counts.append(
            [q["sql"] for q in seen if any(word in q["sql"][:40].upper() for word in WRITES)]
        )
    assert len(counts[1]) <= len(counts[0]) + 2, counts[1]
    assert len(counts[1]) <= 30, "\n".join(sql[:150] for sql in counts[1])


def test_without_a_login_nothing_is_asked(client: Client) -> None:
    assert client.get(url("archive")).status_code == 302
