"""Making, editing, archiving and deleting leads, as the services promise it to every door."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from core.errors import Conflict, OutsideCause, Refused
from core.ledger.causes import because
from core.ledger.tables import Change, Kind
from crm.models import CustomField
from pipeline.models import Lead, LeadContact, Pipeline, Stage, StageVisit
from pipeline.services.leads import (
    LeadDraft,
    Step,
    archive_leads,
    create_lead,
    create_leads,
    delete_leads,
    unarchive_leads,
    update_lead,
)
from pipeline.services.sets import set_tags
from tests.conftest import Cast
from tests.core.samples import assert_ledger_tells_all, assert_pipeline_tells_all
from tests.factories import arranging, make_contact, make_lead, make_tag

pytestmark = pytest.mark.django_db


def create(by: Any, **values: Any) -> Lead:
    with because(Kind.PERSON, by=by):
        return create_lead(draft=LeadDraft(values={"title": "A", **values}), by=by)


def edit(lead: Lead, by: Any, **values: Any) -> Lead:
    with because(Kind.PERSON, by=by):
        return update_lead(lead=lead.pk, values=values, by=by)


def test_a_lead_needs_a_title_and_nothing_else(cast: Cast, stages: list[Stage]) -> None:
    lead = Lead.objects.get(pk=create(cast.rep).pk)
    assert (lead.stage, lead.status, lead.kind) == (stages[0], "open", "lead")
    assert (lead.owner, lead.team, lead.currency) == (cast.rep, cast.team, "EUR")
    assert lead.expected_revenue is None
    assert lead.assigned_at == lead.created_at == lead.stage_entered_at
    assert lead.touched_at is not None
    for title in ("", "   ", None):
        with pytest.raises(Refused) as refusal:
            create(cast.rep, title=title)
        assert "title" in refusal.value.fields
    assert Lead.objects.count() == 1
    assert_pipeline_tells_all()


def test_without_a_cause_nothing_is_made(cast: Cast) -> None:
    with pytest.raises(OutsideCause):
        create_lead(draft=LeadDraft(values={"title": "A"}), by=cast.rep)
    assert not Lead.objects.exists()


def test_new_leads_stand_on_top_in_the_order_given(cast: Cast) -> None:
    old = create(cast.rep, title="old")
    with because(Kind.IMPORT):
        made = create_leads(
            drafts=[LeadDraft(values={"title": f"{n}"}) for n in range(3)], by=cast.rep
        )
    column = list(Lead.objects.order_by("position").values_list("pk", flat=True))
    assert column == [*(lead.pk for lead in made), old.pk]


def test_nobody_owns_what_is_said_to_be_nobodys(cast: Cast) -> None:
    lead = create(cast.rep, owner=None)
    assert (lead.owner_id, lead.team_id, lead.assigned_at) == (None, None, None)
    system = create(None)
    assert system.owner_id is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"expected_revenue": "-1"}, "expected_revenue"),
        ({"expected_revenue": "much"}, "expected_revenue"),
        ({"expected_revenue": "1.234"}, "expected_revenue"),
        ({"currency": "euro"}, "currency"),
        ({"expected_close": "2026-02-30"}, "expected_close"),
        ({"probability_manual": 101}, "probability_manual"),
        ({"stars_manual": 4}, "stars_manual"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"company": 999_999}, "company"),
        ({"company": "x"}, "company"),
        ({"recurring_revenue": 10}, "recurring_plan"),
        ({"recurring_plan": "weekly"}, "recurring_plan"),
        ({"custom": {"unknown": 1}}, "custom.unknown"),
        ({"stage": 1}, "stage"),
        ({"status": "won"}, "status"),
        ({"score": 5}, "score"),
        ({"version": 5}, "version"),
        ({"nonsense": 5}, "nonsense"),
    ],
)
def test_a_wrong_value_is_refused_by_its_field(
    cast: Cast, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        create(cast.rep, **values)
    assert field in refusal.value.fields
    lead = make_lead(by=cast.rep, owner=cast.rep.pk)
    with pytest.raises(Refused) as refusal:
        edit(lead, cast.rep, **values)
    assert field in refusal.value.fields
    assert Lead.objects.get().version == 1


def test_a_refused_row_of_many_is_named_and_nothing_is_made(cast: Cast) -> None:
    with pytest.raises(Refused, match="2"), because(Kind.IMPORT):
        create_leads(
            drafts=[
                LeadDraft(values={"title": "good"}),
                LeadDraft(values={"title": "bad", "expected_revenue": -5}),
            ],
            by=cast.rep,
        )
    assert not Lead.objects.exists()


def test_an_empty_amount_stays_empty_and_zero_stays_zero(cast: Cast) -> None:
    assert create(cast.rep, expected_revenue=None).expected_revenue is None
    assert create(cast.rep, expected_revenue=0).expected_revenue == 0


def test_tags_people_and_sets_come_with_the_lead(cast: Cast) -> None:
    tags = [make_tag().pk, make_tag().pk]
    people = [make_contact(), make_contact()]
    draft = LeadDraft(
        values={"title": "A", "collaborators": [cast.mate.pk], "followers": [cast.follower.pk]},
        tags=tags,
        contacts=[(people[0].pk, "champion"), (people[1].pk, "")],
    )
    with because(Kind.PERSON):
        lead = create_lead(draft=draft, by=cast.rep)
    assert set(lead.tags.values_list("pk", flat=True)) == set(tags)
    assert list(lead.collaborators.all()) == [cast.mate]
    assert list(lead.followers.all()) == [cast.follower]
    main = LeadContact.objects.get(lead=lead, is_main=True)
    assert (main.contact, main.role) == (people[0], "champion")
    assert_ledger_tells_all()


def test_a_dated_past_becomes_visits_spans_and_changes(cast: Cast, stages: list[Stage]) -> None:
    start = timezone.now() - dt.timedelta(days=90)
    days = [start + dt.timedelta(days=n) for n in (0, 10, 40)]
    draft = LeadDraft(
        values={"title": "Old", "expected_revenue": 100},
        steps=[
            Step(days[0], stages[0]),
            Step(days[1], stages[2]),
            Step(days[2], stages[4], "won"),
        ],
    )
    with because(Kind.IMPORT):
        lead = create_lead(draft=draft, by=cast.rep)
    lead = Lead.objects.get(pk=lead.pk)
    assert (lead.created_at, lead.closed_at, lead.stage_entered_at) == (days[0], days[2], days[2])
    assert (lead.kind, lead.converted_at, lead.status) == ("opportunity", days[1], "won")
    visits = StageVisit.objects.filter(lead=lead).order_by("entered_at")
    assert [(v.stage_id, v.entered_at, v.left_at) for v in visits] == [
        (stages[0].pk, days[0], days[1]),
        (stages[2].pk, days[1], days[2]),
        (stages[4].pk, days[2], None),
    ]
    changes = Change.objects.filter(record_type="pipeline.lead", record_id=lead.pk)
    assert list(changes.order_by("pk").values_list("at", flat=True)) == days
    assert lead.version == 3
    assert_ledger_tells_all()
    assert_pipeline_tells_all()


def test_an_external_id_stands_once(cast: Cast) -> None:
    create(cast.rep, external_source="file", external_id="7")
    create(cast.rep, external_source="other", external_id="7")
    with pytest.raises(Conflict):
        create(cast.rep, external_source="file", external_id="7")
    other = create(cast.rep, external_source="file", external_id="8")
    with pytest.raises(Conflict):
        edit(other, cast.rep, external_id="7")
    assert Lead.objects.count() == 3


def test_without_an_open_stage_there_is_nowhere_to_start(cast: Cast) -> None:
    with arranging():
        Stage.objects.filter(kind="open").update(is_active=False)
    with pytest.raises(Refused):
        create(cast.rep)


def test_a_lead_starts_in_the_pipeline_that_is_asked_for(cast: Cast) -> None:
    with arranging():
        other = Pipeline.objects.create(name="Other", sequence=90, currency="CHF")
        first = Stage.objects.create(pipeline=other, name="First", probability=30)
    with because(Kind.PERSON):
        lead = create_lead(draft=LeadDraft(values={"title": "A"}, pipeline=other), by=cast.rep)
    assert (lead.stage, lead.pipeline, lead.currency) == (first, other, "CHF")
    assert Lead.objects.get(pk=lead.pk).probability == Decimal(30)


def test_an_edit_makes_one_change_and_touches(cast: Cast) -> None:
    lead = make_lead(by=cast.rep, owner=cast.rep.pk)
    before = Lead.objects.get(pk=lead.pk)
    edit(lead, cast.rep, title="B", expected_revenue="12.50", expected_close="2027-01-02")
    after = Lead.objects.get(pk=lead.pk)
    assert after.version == before.version + 1
    assert after.expected_close == dt.date(2027, 1, 2)
    assert after.touched_at is not None and after.touched_at > before.created_at
    change = Change.objects.order_by("-pk")[0]
    assert change.diff == {
        "title": [before.title, "B"],
        "expected_revenue": [None, "12.50"],
        "expected_close": [None, "2027-01-02"],
    }


def test_an_edit_that_changes_nothing_writes_nothing(cast: Cast) -> None:
    lead = make_lead(by=cast.rep, owner=cast.rep.pk, title="A")
    count = Change.objects.count()
    edit(lead, cast.rep, title="A")
    assert (Change.objects.count(), Lead.objects.get(pk=lead.pk).version) == (count, lead.version)


def test_rules_and_imports_do_not_touch(cast: Cast) -> None:
    lead = make_lead(by=cast.rep, owner=cast.rep.pk)
    touched = Lead.objects.get(pk=lead.pk).touched_at
    with because(Kind.RULE):
        update_lead(lead=lead.pk, values={"title": "B"}, by=None)
        set_tags(leads=[lead.pk], add=[make_tag().pk], by=None)
    assert Lead.objects.get(pk=lead.pk).touched_at == touched
    with because(Kind.MAIL):
        set_tags(leads=[lead.pk], add=[make_tag().pk], by=None)
    assert Lead.objects.get(pk=lead.pk).touched_at != touched


def test_a_stale_version_is_a_conflict_that_tells_who(cast: Cast) -> None:
    lead = make_lead(by=cast.rep, owner=cast.rep.pk, team=cast.team.pk, title="A")
    seen = Lead.objects.get(pk=lead.pk).version
    edit(lead, cast.leader, title="B")
    with pytest.raises(Conflict, match="Lea Leader"), because(Kind.PERSON, by=cast.rep):
        update_lead(lead=lead.pk, values={"title": "C"}, by=cast.rep, expected_version=seen)
    assert Lead.objects.get(pk=lead.pk).title == "B"


def test_custom_fields_are_merged(cast: Cast) -> None:
    with arranging():
        for key, kind in (("size", "number"), ("note", "text")):
            CustomField.objects.create(subject="pipeline.lead", key=key, label=key, type=kind)
    lead = create(cast.rep, custom={"size": "5", "note": "x"})
    assert lead.custom == {"size": 5, "note": "x"}
    edit(lead, cast.rep, custom={"size": None, "note": "y"})
    assert Lead.objects.get(pk=lead.pk).custom == {"note": "y"}
    with pytest.raises(Refused) as refusal:
        edit(lead, cast.rep, custom={"size": "big"})
    assert "custom.size" in refusal.value.fields


def test_what_its_stage_requires_cannot_be_emptied(cast: Cast, stages: list[Stage]) -> None:
    lead = make_lead(by=cast.rep, owner=cast.rep.pk, expected_revenue=5, email="a@b.example")
    with arranging():
        Stage.objects.filter(pk=stages[0].pk).update(required_fields=["expected_revenue"])
    with pytest.raises(Refused) as refusal:
        edit(lead, cast.rep, expected_revenue=None)
    assert "expected_revenue" in refusal.value.fields
    edit(lead, cast.rep, email="")
    edit(lead, cast.rep, expected_revenue=0)


@pytest.mark.parametrize("name", ["tags", "custom.size"])
def test_required_tags_and_custom_fields_cannot_be_emptied_either(
    cast: Cast, stages: list[Stage], name: str
) -> None:
    with arranging():
        CustomField.objects.create(subject="pipeline.lead", key="size", label="S", type="number")
    lead = create(cast.rep, custom={"size": 5}, tags=[make_tag().pk])
    with arranging():
        Stage.objects.filter(pk=stages[0].pk).update(required_fields=[name])
    with pytest.raises(Refused) as refusal:
        edit(lead, cast.rep, **({"tags": []} if name == "tags" else {"custom": {"size": None}}))
    assert set(refusal.value.fields) == {name}
    lead = Lead.objects.get(pk=lead.pk)
    assert lead.custom == {"size": 5} and lead.tags.count() == 1


def test_what_a_stage_requires_since_then_is_filled_in_one_by_one(
    cast: Cast, stages: list[Stage]
) -> None:
    lead = make_lead(by=cast.rep, owner=cast.rep.pk)
    with arranging():
        Stage.objects.filter(pk=stages[0].pk).update(required_fields=["expected_revenue", "email"])
    edit(lead, cast.rep, email="a@b.example")
    edit(lead, cast.rep, expected_revenue=5)
    with pytest.raises(Refused):
        edit(lead, cast.rep, email="")


def test_whole_sets_replace_what_was_there(cast: Cast) -> None:
    one, two, three = (make_tag().pk for _ in range(3))
    lead = make_lead(by=cast.rep, owner=cast.rep.pk, tags=[one, two])
    edit(lead, cast.rep, tags=[two, three], collaborators=[cast.mate.pk])
    assert set(lead.tags.values_list("pk", flat=True)) == {two, three}
    edit(lead, cast.rep, tags=[])
    assert not lead.tags.exists() and lead.collaborators.get() == cast.mate
    with pytest.raises(Refused) as refusal:
        edit(lead, cast.rep, tags=[999_999])
    assert "tags" in refusal.value.fields
    assert_ledger_tells_all()


def test_tags_are_added_and_removed_on_many(cast: Cast) -> None:
    one, two = make_tag().pk, make_tag().pk
    leads = [make_lead(by=cast.rep, owner=cast.rep.pk, tags=[one]) for _ in range(3)]
    with because(Kind.BULK_EDIT):
        set_tags(leads=[lead.pk for lead in leads], add=[two, one], remove=[], by=cast.rep)
        set_tags(leads=[leads[0].pk], remove=[one], by=cast.rep)
    assert [lead.tags.count() for lead in leads] == [1, 2, 2]
    with pytest.raises(Refused), because(Kind.BULK_EDIT):
        set_tags(leads=[leads[0].pk], add=[999_999], by=cast.rep)
    assert_ledger_tells_all()


def test_archived_leads_leave_the_sums_and_come_back(cast: Cast) -> None:
    lead = make_lead(by=cast.rep, owner=cast.rep.pk, expected_revenue=5)
    with because(Kind.PERSON):
        archive_leads(leads=[lead.pk], by=cast.rep)
    archived = Lead.objects.get(pk=lead.pk)
    assert archived.archived_at is not None and not Lead.objects.active().exists()
    assert_pipeline_tells_all()
    with because(Kind.PERSON):
        archive_leads(leads=[lead.pk], by=cast.rep)
        assert Lead.objects.get(pk=lead.pk).archived_at == archived.archived_at
        unarchive_leads(leads=[lead.pk], by=cast.rep)
    assert Lead.objects.active().get().archived_at is None
    assert_pipeline_tells_all()


def test_a_deleted_lead_leaves_nothing_behind(cast: Cast) -> None:
    contact = make_contact()
    lead = make_lead(
        by=cast.rep, owner=cast.rep.pk, tags=[make_tag().pk], contacts=[(contact.pk, "user")]
    )
    with because(Kind.PERSON):
        assert delete_leads(leads=[lead.pk], by=cast.rep) == 1
    assert not StageVisit.objects.exists() and not LeadContact.objects.exists()
    assert_ledger_tells_all()
    assert_pipeline_tells_all()


def test_making_a_thousand_leads_takes_few_queries(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    tag = make_tag().pk
    drafts = [
        LeadDraft(values={"title": f"L{n}", "expected_revenue": n}, tags=[tag]) for n in range(1000)
    ]
    with django_assert_max_num_queries(60), because(Kind.IMPORT):
        create_leads(drafts=drafts, by=cast.rep)
    assert Lead.objects.count() == 1000
