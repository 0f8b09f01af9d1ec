"""Undo: what a cause did goes back, what others did since stays and is listed, nothing is lost."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from core.errors import NotAllowed, NotFound, Refused
from core.ledger.causes import because
from core.ledger.report import UndoReport
from core.ledger.tables import Cause, Kind, Undo
from core.services.undoing import is_undone, undo_cause, undoable_by
from crm.models import Company, User
from pipeline.models import Lead, LostReason
from pipeline.services.activities import plan_activity
from pipeline.services.assignment import assign_leads
from pipeline.services.closing import lose_lead, reopen_lead, win_lead
from pipeline.services.leads import (
    LeadDraft,
    archive_leads,
    create_leads,
    delete_leads,
    update_lead,
    update_leads,
)
from pipeline.services.moves import move_lead, move_leads, tick_criterion
from pipeline.services.people import put_contact
from pipeline.services.sets import set_tags
from tests.conftest import Cast
from tests.core.samples import (
    all_but_the_ledger,
    assert_ledger_tells_all,
    assert_pipeline_tells_all,
    assert_same,
)
from tests.factories import (
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


def test_an_edit_goes_back(rep: User) -> None:
    lead = make_lead(by=rep, title="Old", owner=rep.pk)
    before = all_but_the_ledger()
    with because(Kind.PERSON, by=rep) as cause:
        update_lead(lead=lead.pk, values={"title": "New", "pain": "much"}, by=rep)
    report = undo_cause(cause=cause.id, by=rep)
    assert (report.conflicts, report.kept, report.reverted) == ([], [], 1)
    assert_same(before, all_but_the_ledger())
    assert is_undone(Cause.objects.get(pk=cause.id))
    assert_all_is_told()


def test_what_another_cause_changed_since_is_left_alone_and_listed(rep: User) -> None:
    lead = make_lead(by=rep, title="Old", owner=rep.pk)
    with because(Kind.PERSON, by=rep) as cause:
        update_lead(lead=lead.pk, values={"title": "Mine", "pain": "much"}, by=rep)
    with because(Kind.PERSON, by=rep):
        update_lead(lead=lead.pk, values={"title": "Theirs"}, by=rep)
    report = undo_cause(cause=cause.id, by=rep)
    assert conflicts_of(report) == [(f"pipeline.lead:{lead.pk}", "title", "Mine", "Theirs")]
    lead.refresh_from_db()
    assert (lead.title, lead.pain) == ("Theirs", "")
    assert not is_undone(Cause.objects.get(pk=cause.id))
    assert_all_is_told()


def test_a_value_changed_and_set_again_by_others_is_theirs(rep: User) -> None:
    lead = make_lead(by=rep, title="Old", owner=rep.pk)
    with because(Kind.PERSON) as cause:
        update_lead(lead=lead.pk, values={"title": "Mine"}, by=rep)
    for title in ("Theirs", "Mine"):
        with because(Kind.PERSON):
            update_lead(lead=lead.pk, values={"title": title}, by=rep)
    report = undo_cause(cause=cause.id, by=None)
    assert conflicts_of(report) == [(f"pipeline.lead:{lead.pk}", "title", "Mine", "Mine")]
    assert Lead.objects.get(pk=lead.pk).title == "Mine"


def test_a_partial_undo_can_be_asked_for_again(rep: User) -> None:
    lead = make_lead(by=rep, title="Old", owner=rep.pk)
    with because(Kind.PERSON) as cause:
        update_lead(lead=lead.pk, values={"title": "Mine", "pain": "much"}, by=rep)
    with because(Kind.PERSON) as other:
        update_lead(lead=lead.pk, values={"title": "Theirs"}, by=rep)
    assert undo_cause(cause=cause.id, by=None).conflicts
    undo_cause(cause=other.id, by=None)
    assert Lead.objects.get(pk=lead.pk).title == "Mine"
    assert undo_cause(cause=cause.id, by=None).conflicts == []
    row = Lead.objects.get(pk=lead.pk)
    assert (row.title, row.pain) == ("Old", "")
    assert is_undone(Cause.objects.get(pk=cause.id))
    with pytest.raises(Refused):
        undo_cause(cause=cause.id, by=None)
    assert_all_is_told()


def test_several_edits_of_one_cause_go_back_to_before_the_first(rep: User) -> None:
    lead = make_lead(by=rep, title="Zero", owner=rep.pk)
    with because(Kind.PERSON) as cause:
        for title in ("One", "Two", "Zero", "Three"):
            update_lead(lead=lead.pk, values={"title": title}, by=rep)
    assert undo_cause(cause=cause.id, by=None).conflicts == []
    assert Lead.objects.get(pk=lead.pk).title == "Zero"


def test_created_records_go_with_all_that_came_with_them(rep: User) -> None:
    tag, contact = make_tag(), make_contact()
    before = all_but_the_ledger()
    with because(Kind.IMPORT, by=rep) as cause:
        company = make_company_here()
        leads = create_leads(
            drafts=[
                LeadDraft(
                    values={"title": f"Lead {n}", "company": company.pk, "expected_revenue": n},
                    tags=[tag.pk],
                    contacts=[(contact.pk, "user")],
                )
                for n in range(5)
            ],
            by=rep,
        )
        move_leads(leads=[lead.pk for lead in leads[:2]], stage=_stage(leads[0], 1).pk, by=rep)
        plan_activity(by=rep, type=_type(), lead=leads[0].pk)
    report = undo_cause(cause=cause.id, by=rep)
    assert (report.kept, report.conflicts) == ([], [])
    assert_same(before, all_but_the_ledger())
    assert_all_is_told()


def make_company_here() -> Company:
    return Company.objects.create(name="Fresh")


def _stage(lead: Lead, place: int) -> Any:
    return list(lead.pipeline.stages.in_order())[place]


def _type() -> int:
    from pipeline.models import ActivityType

    return ActivityType.objects.order_by("pk").first().pk


def test_a_created_record_that_others_edited_stays_and_is_listed(rep: User) -> None:
    with because(Kind.IMPORT, by=rep) as cause:
        company = Company.objects.create(name="Needed")
        unneeded = Company.objects.create(name="Not needed")
        edited, plain = create_leads(
            drafts=[
                LeadDraft(values={"title": "Edited", "company": company.pk}),
                LeadDraft(values={"title": "Plain", "company": unneeded.pk}),
            ],
            by=rep,
        )
    with because(Kind.PERSON, by=rep):
        update_lead(lead=edited.pk, values={"pain": "much"}, by=rep)
    report = undo_cause(cause=cause.id, by=None)
    assert [(item.record, item.title) for item in report.kept] == [
        (f"pipeline.lead:{edited.pk}", "Edited")
    ]
    assert [item.record for item in report.needed] == [f"crm.company:{company.pk}"]
    assert list(Lead.objects.values_list("pk", flat=True)) == [edited.pk]
    assert list(Company.objects.values_list("pk", flat=True)) == [company.pk]
    assert not Lead.objects.filter(pk=plain.pk).exists()
    assert_all_is_told()


@pytest.mark.parametrize("hanging", ["activity", "tag", "contact", "tick", "follower"])
def test_a_created_record_on_which_something_hangs_stays(rep: User, hanging: str) -> None:
    with because(Kind.IMPORT, by=rep) as cause:
        lead, other = create_leads(
            drafts=[LeadDraft(values={"title": title}) for title in ("Used", "Unused")], by=rep
        )
    with because(Kind.PERSON, by=rep):
        if hanging == "activity":
            plan_activity(by=rep, type=_type(), lead=lead.pk)
        elif hanging == "tag":
            set_tags(leads=[lead.pk], add=[make_tag().pk], by=rep)
        elif hanging == "contact":
            put_contact(lead=lead.pk, contact=make_contact(owner=rep).pk, by=rep)
        elif hanging == "tick":
            tick_criterion(lead=lead.pk, stage=lead.stage_id, by=rep)
        else:
            lead.followers.add(make_user())
    report = undo_cause(cause=cause.id, by=None)
    assert [item.record for item in report.kept] == [f"pipeline.lead:{lead.pk}"]
    assert list(Lead.objects.all()) == [lead]
    assert other.pk != lead.pk
    assert_all_is_told()


def test_what_hangs_on_it_may_be_undone_first(rep: User) -> None:
    with because(Kind.PERSON) as creation:
        lead = create_leads(drafts=[LeadDraft(values={"title": "A"})], by=rep)[0]
    with because(Kind.PERSON) as edit:
        update_lead(lead=lead.pk, values={"title": "B"}, by=rep)
    assert undo_cause(cause=creation.id, by=None).kept
    undo_cause(cause=edit.id, by=None)
    assert undo_cause(cause=creation.id, by=None).kept == []
    assert not Lead.objects.exists()


def test_an_undo_with_consequences_takes_back_what_the_cause_woke(rep: User) -> None:
    lead = make_lead(by=rep, title="Old", owner=rep.pk)
    tag = make_tag()
    before = all_but_the_ledger()
    with because(Kind.PERSON, by=rep) as cause:
        update_lead(lead=lead.pk, values={"title": "New"}, by=rep)
    with because(Kind.RULE, parent=cause) as rule:
        set_tags(leads=[lead.pk], add=[tag.pk], by=None)
    with because(Kind.RULE, parent=rule) as second:
        update_lead(lead=lead.pk, values={"pain": "much", "title": "Newer"}, by=None)
    with because(Kind.RULE, parent=rule):
        plan_activity(by=None, type=_type(), lead=lead.pk)
    alone = undo_cause(cause=cause.id, by=rep)
    assert conflicts_of(alone) == [(f"pipeline.lead:{lead.pk}", "title", "New", "Newer")]
    report = undo_cause(cause=cause.id, by=rep, with_consequences=True)
    assert report.is_complete
    assert_same(before, all_but_the_ledger())
    assert is_undone(Cause.objects.get(pk=second.id))
    assert_all_is_told()


def test_fields_that_belong_together_are_left_alone_together(rep: User, stages: Any) -> None:
    lead = make_lead(by=rep, owner=rep.pk)
    with because(Kind.PERSON):
        win_lead(lead=lead.pk, by=rep)
    with because(Kind.PERSON) as cause:
        reopen_lead(lead=lead.pk, by=rep, stage=stages[3].pk)
        update_lead(
            lead=lead.pk,
            values={"pain": "much", "recurring_revenue": 10, "recurring_plan": "monthly"},
            by=rep,
        )
    with because(Kind.PERSON):
        move_lead(lead=lead.pk, stage=stages[2].pk, by=rep)
        update_lead(lead=lead.pk, values={"recurring_plan": "yearly"}, by=rep)
    report = undo_cause(cause=cause.id, by=None)
    assert {field for _, field, _, _ in conflicts_of(report)} == {
        "stage",
        "status",
        "closed_at",
        "recurring_plan",
        "recurring_revenue",
    }
    row = Lead.objects.get(pk=lead.pk)
    assert (row.stage_id, row.status, row.closed_at) == (stages[2].pk, "open", None)
    assert (row.recurring_revenue, row.recurring_plan, row.pain) == (10, "yearly", "")
    assert_all_is_told()


@pytest.mark.parametrize("deed", ["win", "lose", "move", "assign", "archive", "reopen", "tick"])
def test_an_undo_leaves_every_table_but_the_ledger_as_before(
    rep: User, mate: User, stages: Any, deed: str
) -> None:
    lead = make_lead(by=rep, owner=rep.pk, expected_revenue=100)
    other = make_lead(by=rep, owner=rep.pk)
    reason = LostReason.objects.first().pk
    if deed == "reopen":
        with because(Kind.PERSON):
            lose_lead(lead=lead.pk, reason=reason, by=rep, note="Gone")
    before = all_but_the_ledger()
    with because(Kind.PERSON, by=rep) as cause:
        {
            "win": lambda: win_lead(lead=lead.pk, by=rep),
            "lose": lambda: lose_lead(lead=lead.pk, reason=reason, by=rep, note="Why"),
            "move": lambda: move_lead(lead=lead.pk, stage=stages[3].pk, by=rep),
            "assign": lambda: assign_leads(leads=[lead.pk, other.pk], owner=mate.pk, by=rep),
            "archive": lambda: archive_leads(leads=[lead.pk], by=rep),
            "reopen": lambda: reopen_lead(lead=lead.pk, by=rep),
            "tick": lambda: tick_criterion(lead=lead.pk, stage=stages[0].pk, by=rep),
        }[deed]()
    assert all_but_the_ledger() != before
    assert undo_cause(cause=cause.id, by=None).is_complete
    assert_same(before, all_but_the_ledger())
    assert_all_is_told()


def test_a_value_that_names_a_record_which_is_gone_is_left_alone(rep: User) -> None:
    old, new = make_company("Old"), make_company("New")
    lead = make_lead(by=rep, company=old.pk)
    with because(Kind.PERSON) as cause:
        update_lead(lead=lead.pk, values={"company": new.pk, "pain": "much"}, by=None)
    with because(Kind.PERSON):
        old.delete()
    report = undo_cause(cause=cause.id, by=None)
    assert [item.field for item in report.conflicts] == ["company"]
    row = Lead.objects.get(pk=lead.pk)
    assert (row.company_id, row.pain) == (new.pk, "")


def test_sets_go_back_member_by_member(rep: User) -> None:
    one, two, three, four = (make_tag().pk for _ in range(4))
    lead = make_lead(by=rep, tags=[one, two])
    with because(Kind.BULK_EDIT) as cause:
        set_tags(leads=[lead.pk], add=[three, four], remove=[one], by=None)
    with because(Kind.PERSON):
        set_tags(leads=[lead.pk], remove=[three], by=None)
    report = undo_cause(cause=cause.id, by=None)
    assert conflicts_of(report) == [(f"pipeline.lead:{lead.pk}", "tags", three, None)]
    assert set(Lead.objects.get(pk=lead.pk).tags.values_list("pk", flat=True)) == {one, two}
    assert_all_is_told()


def test_custom_fields_go_back_key_by_key(rep: User) -> None:
    company = make_company(custom={"a": 1, "b": 2})
    with because(Kind.PERSON) as cause:
        company.custom = {"a": 10, "c": 3}
        company.save()
    with because(Kind.PERSON):
        company.custom["a"] = 100
        company.save()
    report = undo_cause(cause=cause.id, by=None)
    assert conflicts_of(report) == [(f"crm.company:{company.pk}", "custom.a", 10, 100)]
    assert Company.objects.get(pk=company.pk).custom == {"a": 100, "b": 2}


def test_an_undo_can_be_undone_and_that_as_well(rep: User, stages: Any) -> None:
    lead = make_lead(by=rep, title="Old", owner=rep.pk)
    before = all_but_the_ledger()
    with because(Kind.PERSON, by=rep) as cause:
        update_lead(lead=lead.pk, values={"title": "New"}, by=rep)
        move_lead(lead=lead.pk, stage=stages[2].pk, by=rep)
    after = all_but_the_ledger()
    undo: uuid.UUID = cause.id
    for turn in range(4):
        undo = undo_cause(cause=undo, by=None).cause
        assert_same(before if turn % 2 == 0 else after, all_but_the_ledger())
        assert_all_is_told()
    assert Undo.objects.count() == 4


def test_an_import_that_changed_existing_leads_gives_them_their_values_back(rep: User) -> None:
    leads = [make_lead(by=rep, title=f"Old {n}", owner=rep.pk) for n in range(20)]
    before = all_but_the_ledger()
    with because(Kind.IMPORT, by=rep) as cause:
        update_leads(leads=[lead.pk for lead in leads], values={"title": "Same"}, by=rep)
        create_leads(drafts=[LeadDraft(values={"title": "N"})] * 3, by=rep)
    with because(Kind.PERSON):
        update_lead(lead=leads[3].pk, values={"title": "Hand"}, by=rep)
    report = undo_cause(cause=cause.id, by=rep)
    assert conflicts_of(report) == [(f"pipeline.lead:{leads[3].pk}", "title", "Same", "Hand")]
    titles = dict(Lead.objects.values_list("pk", "title"))
    assert titles == {lead.pk: lead.title for lead in leads} | {leads[3].pk: "Hand"}
    assert len(before["pipeline.lead"]) == 20


def test_who_may_undo_what(cast: Cast) -> None:
    lead = make_lead(by=cast.rep, owner=cast.rep.pk, team=cast.team.pk)

    def edit(by: User, title: str) -> Cause:
        with because(Kind.PERSON, by=by) as opened:
            update_lead(lead=lead.pk, values={"title": title}, by=by)
        return Cause.objects.get(pk=opened.id)

    cause = edit(cast.rep, "A")
    allowed = {name for name, person in cast.people().items() if undoable_by(cause, person)}
    assert allowed == {"rep", "leader", "manager", "admin"}
    for person in (cast.mate, cast.stranger, cast.follower):
        with pytest.raises(NotAllowed):
            undo_cause(cause=cause.pk, by=person)
    assert Lead.objects.get(pk=lead.pk).title == "A"
    undo_cause(cause=cause.pk, by=cast.rep)
    other = make_lead(by=cast.stranger, owner=cast.stranger.pk)
    with because(Kind.BULK_EDIT, by=cast.manager) as bulk:
        update_leads(leads=[lead.pk, other.pk], values={"pain": "much"}, by=cast.manager)
    with pytest.raises(NotAllowed):
        undo_cause(cause=bulk.id, by=cast.rep)
    assert undo_cause(cause=bulk.id, by=cast.manager).is_complete


def test_a_deletion_is_undone_by_who_did_it_not_by_others(cast: Cast) -> None:
    lead = make_lead(by=cast.rep, owner=cast.rep.pk)
    with because(Kind.PERSON, by=cast.rep) as cause:
        delete_leads(leads=[lead.pk], by=cast.rep)
    for person in (cast.mate, cast.leader, cast.stranger):
        with pytest.raises(NotAllowed):
            undo_cause(cause=cause.id, by=person)
    undo_cause(cause=cause.id, by=cast.rep)
    assert Lead.objects.filter(pk=lead.pk).exists()


def test_an_unknown_cause_and_one_undone_already_are_refused(rep: User) -> None:
    with pytest.raises(NotFound):
        undo_cause(cause=uuid.uuid4(), by=None)
    lead = make_lead(by=rep)
    with because(Kind.PERSON) as cause:
        update_lead(lead=lead.pk, values={"title": "New"}, by=None)
    undo_cause(cause=cause.id, by=None)
    with pytest.raises(Refused):
        undo_cause(cause=cause.id, by=None)
