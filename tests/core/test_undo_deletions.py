"""Undoing deletions: records come back under their ids, with their sets, places and dates."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from core.ledger.causes import because
from core.ledger.report import UndoReport
from core.ledger.tables import Kind
from core.services.undoing import undo_cause
from crm.models import Company, Contact, Tag, User
from pipeline.models import Activity, Lead, LeadContact
from pipeline.services.activities import complete_activity
from pipeline.services.closing import win_lead
from pipeline.services.leads import (
    LeadDraft,
    create_leads,
    delete_leads,
    update_lead,
)
from pipeline.services.moves import move_lead, tick_criterion
from pipeline.services.people import put_contact
from pipeline.services.sets import set_tags
from tests.core.samples import (
    all_but_the_ledger,
    assert_ledger_tells_all,
    assert_pipeline_tells_all,
    assert_same,
)
from tests.factories import (
    make_activity,
    make_company,
    make_contact,
    make_lead,
    make_tag,
    make_user,
)

pytestmark = pytest.mark.django_db


def conflicts_of(report: UndoReport) -> list[tuple[str, str, Any, Any]]:
    return [(item.record, item.field, item.expected, item.found) for item in report.conflicts]


def assert_all_is_told() -> None:
    assert_ledger_tells_all()
    assert_pipeline_tells_all()


def test_a_deleted_tree_comes_back_with_its_ids_and_sets(rep: User, stages: Any) -> None:
    tags = [make_tag().pk, make_tag().pk]
    contact = make_contact()
    leads = [
        make_lead(
            by=rep,
            owner=rep.pk,
            expected_revenue=n,
            tags=tags,
            contacts=[(contact.pk, "champion")],
            collaborators=[make_user().pk],
        )
        for n in range(3)
    ]
    with because(Kind.PERSON, by=rep):
        move_lead(lead=leads[0].pk, stage=stages[1].pk, by=rep)
        tick_criterion(lead=leads[0].pk, stage=stages[0].pk, by=rep)
        leads[1].followers.add(make_user())
        win_lead(lead=leads[2].pk, by=rep)
    done = make_activity(by=rep, lead=leads[0])
    make_activity(by=rep, lead=leads[0])
    with because(Kind.PERSON, by=rep):
        complete_activity(activity=done.pk, by=rep, outcome="reached")
    before = all_but_the_ledger()
    with because(Kind.PERSON, by=rep) as cause:
        delete_leads(leads=[lead.pk for lead in leads], by=rep)
    assert not Lead.objects.exists() and not Activity.objects.exists()
    report = undo_cause(cause=cause.id, by=rep)
    assert report.is_complete
    assert_same(before, all_but_the_ledger())
    assert_all_is_told()


def test_a_version_goes_on_after_a_record_came_back(rep: User) -> None:
    lead = make_lead(by=rep, owner=rep.pk)
    with because(Kind.PERSON):
        update_lead(lead=lead.pk, values={"title": "B"}, by=rep)
    with because(Kind.PERSON) as cause:
        delete_leads(leads=[lead.pk], by=rep)
    undo_cause(cause=cause.id, by=None)
    assert Lead.objects.get(pk=lead.pk).version > 2


def test_a_deleted_tag_returns_to_all_its_leads(rep: User) -> None:
    tag, other = make_tag("Hot"), make_tag("Cold")
    leads = [make_lead(by=rep, tags=[tag.pk, other.pk]) for _ in range(4)]
    before = all_but_the_ledger()
    with because(Kind.PERSON) as cause:
        Tag.objects.get(pk=tag.pk).delete()
    with because(Kind.PERSON):
        update_lead(lead=leads[0].pk, values={"pain": "much"}, by=None)
    assert undo_cause(cause=cause.id, by=None).is_complete
    with because(Kind.PERSON):
        update_lead(lead=leads[0].pk, values={"pain": ""}, by=None)
    assert_same(_untouched(before), _untouched(all_but_the_ledger()))
    assert_all_is_told()


def _untouched(tables: dict[str, Any]) -> dict[str, Any]:
    rows = [{**row, "touched_at": None} for row in tables["pipeline.lead"]]
    return {**tables, "pipeline.lead": rows}


def test_a_deleted_company_returns_to_what_named_it(rep: User) -> None:
    parent = make_company("Parent")
    child = make_company("Child", parent=parent)
    contact = make_contact(company=parent)
    lead = make_lead(by=rep, company=parent.pk)
    before = all_but_the_ledger()
    with because(Kind.PERSON) as cause:
        Company.objects.get(pk=parent.pk).delete()
    assert Company.objects.get(pk=child.pk).parent is None
    assert Contact.objects.get(pk=contact.pk).company is None
    assert undo_cause(cause=cause.id, by=None).is_complete
    assert Lead.objects.get(pk=lead.pk).company_id == parent.pk
    assert_same(before, all_but_the_ledger())


def test_a_name_that_is_taken_meanwhile_is_listed_and_nothing_is_lost(rep: User) -> None:
    tag, other = make_tag("Hot"), make_tag("Cold")
    lead = make_lead(by=rep, tags=[tag.pk], title="Old")
    with because(Kind.PERSON) as cause:
        Tag.objects.filter(pk__in=[tag.pk, other.pk]).delete()
        update_lead(lead=lead.pk, values={"title": "New"}, by=None)
    taker = make_tag("Hot")
    with because(Kind.PERSON):
        set_tags(leads=[lead.pk], add=[taker.pk], by=None)
    report = undo_cause(cause=cause.id, by=None)
    assert set(conflicts_of(report)) == {
        (f"crm.tag:{tag.pk}", "", "Hot", None),
        (f"pipeline.lead:{lead.pk}", "tags", tag.pk, None),
    }
    row = Lead.objects.get(pk=lead.pk)
    assert (row.title, list(row.tags.all())) == ("Old", [taker])
    assert set(Tag.objects.values_list("name", flat=True)) == {"Hot", "Cold"}
    assert Tag.objects.filter(pk=other.pk).exists()
    # The name is free again: the undo may be asked for once more.
    with because(Kind.PERSON):
        taker.delete()
    assert undo_cause(cause=cause.id, by=None).is_complete
    assert list(Lead.objects.get(pk=lead.pk).tags.all()) == [tag]
    assert_all_is_told()


def test_the_undo_of_a_deletion_of_a_creation(rep: User) -> None:
    with because(Kind.PERSON) as creation:
        lead = create_leads(drafts=[LeadDraft(values={"title": "A"})], by=rep)[0]
    made = all_but_the_ledger()
    undo = undo_cause(cause=creation.id, by=None).cause
    assert not Lead.objects.exists()
    undo_cause(cause=undo, by=None)
    assert_same(made, all_but_the_ledger())
    assert Lead.objects.get().pk == lead.pk
    undo_cause(cause=creation.id, by=None)
    assert not Lead.objects.exists()
    assert_all_is_told()


def test_places_that_were_taken_meanwhile_are_made_anew(rep: User, stages: Any) -> None:
    lead = make_lead(by=rep, owner=rep.pk, stage=stages[0])
    place = lead.position
    with because(Kind.PERSON) as cause:
        move_lead(lead=lead.pk, stage=stages[1].pk, by=rep)
    other = make_lead(by=rep, stage=stages[0])
    with because(Kind.PERSON):
        Lead.objects.filter(pk=other.pk).update(position=place)
    assert undo_cause(cause=cause.id, by=None).is_complete
    row = Lead.objects.get(pk=lead.pk)
    assert row.stage_id == stages[0].pk and row.position > place
    assert_all_is_told()


def test_a_deleted_lead_whose_place_is_taken_comes_back_beside_it(rep: User, stages: Any) -> None:
    lead = make_lead(by=rep, owner=rep.pk)
    with because(Kind.PERSON) as cause:
        delete_leads(leads=[lead.pk], by=rep)
    other = make_lead(by=rep)
    with because(Kind.PERSON):
        Lead.objects.filter(pk=other.pk).update(position=lead.position)
    assert undo_cause(cause=cause.id, by=None).is_complete
    assert Lead.objects.get(pk=lead.pk).position > lead.position
    assert_all_is_told()


def test_contacts_on_a_lead_come_back_with_their_roles(rep: User) -> None:
    first, second = make_contact(owner=rep), make_contact(owner=rep)
    lead = make_lead(by=rep, owner=rep.pk, contacts=[(first.pk, "user"), (second.pk, "buyer")])
    before = all_but_the_ledger()
    with because(Kind.PERSON) as cause:
        put_contact(lead=lead.pk, contact=second.pk, by=rep, is_main=True)
        LeadContact.objects.get(lead=lead, contact=first).delete()
    assert undo_cause(cause=cause.id, by=None).is_complete
    assert_same(before, all_but_the_ledger())


def test_an_undone_deletion_of_a_done_activity_dates_the_lead_again(rep: User) -> None:
    lead = make_lead(by=rep, owner=rep.pk)
    activity = make_activity(by=rep, lead=lead)
    lead.refresh_from_db()
    due = lead.next_activity_at
    assert due is not None
    with because(Kind.PERSON) as cause:
        complete_activity(activity=activity.pk, by=rep, at=timezone.now())
    lead.refresh_from_db()
    assert lead.next_activity_at is None and lead.last_activity_at is not None
    undo_cause(cause=cause.id, by=None)
    lead.refresh_from_db()
    assert (lead.next_activity_at, lead.last_activity_at) == (due, None)
