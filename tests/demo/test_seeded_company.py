"""The seeded company is as the services would have left it, and believable."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pytest
from django.db import transaction

from core.ledger.doctor import check_chain
from core.ledger.history import state_at
from core.ledger.tables import Cause, Change, Kind, Pending
from crm.models import Company, Contact, Membership, Tag, Team, Touch, User
from pipeline.board import read_board
from pipeline.models import Activity, Lead, LeadSpan, LeadTag, Pipeline, StageTotal, StageVisit
from pipeline.past import Shown
from pipeline.services import totals
from pipeline.services.activities import refresh_leads
from pipeline.services.rebuilding import stories
from pipeline.services.search import write_search_text
from tests import factories
from tests.demo.seeds import NOW, seed


@pytest.fixture(scope="module")
def company(django_db_setup: None, django_db_blocker: Any) -> Any:
    """Three hundred leads, made once for the tests that only look at them."""
    with django_db_blocker.unblock(), transaction.atomic():
        said = seed(now=NOW)
        yield said
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def database(db: None) -> None:
    """All tests here use the database."""


def leads() -> list[Lead]:
    """All leads."""
    return list(Lead.objects.order_by("pk"))


@pytest.mark.usefixtures("company")
class TestTheCompanyIsAsTheServicesWouldHaveLeftIt:
    def test_the_ledger_holds_together(self) -> None:
        assert list(check_chain()) == []

    def test_each_record_stands_as_the_ledger_says(self) -> None:
        for lead in leads():
            state = state_at(Lead, lead.pk, NOW)
            assert state is not None
            tags = set(LeadTag.objects.filter(lead=lead).values_list("tag", flat=True))
            assert set(state.pop("tags")) == tags
            for name, value in state.items():
                found = getattr(lead, Lead._meta.get_field(name).attname)  # type: ignore[union-attr]
                assert found == value, name

    def test_visits_spans_and_machine_columns_are_what_the_ledger_tells(self) -> None:
        found = leads()
        told = stories([lead.pk for lead in found])
        for lead in found:
            story = told[lead.pk]
            visits = StageVisit.objects.filter(lead=lead).order_by("id")
            assert list(visits.values_list("stage", "entered_at", "left_at")) == [
                (visit.stage, visit.entered_at, visit.left_at) for visit in story.visits
            ]
            spans = LeadSpan.objects.filter(lead=lead).order_by("id")
            assert [(shown_of(span), span.starts_at, span.ends_at) for span in spans] == [
                (span.shown, span.starts_at, span.ends_at) for span in story.spans
            ]
            assert lead.stage_entered_at == story.stage_entered_at
            assert lead.touched_at == story.touched_at
            assert lead.probability_stage == story.probability_stage

    def test_sums_steps_keys_and_search_text_need_no_mending(self) -> None:
        assert totals.differences() == []
        assert StageTotal.objects.filter(folded=False).count() == 0
        before = leads()
        assert write_search_text([lead.pk for lead in before]) == 0
        refresh_leads([lead.pk for lead in before])
        for lead, again in zip(before, leads(), strict=True):
            assert lead.next_activity_at == again.next_activity_at
            assert lead.last_activity_at == again.last_activity_at
        for model in (Lead, Company, Contact, Tag):
            for record in model.objects.all():
                kept = dict(record.__dict__)
                record.set_keys()
                assert record.__dict__ == kept

    def test_versions_count_the_changes(self) -> None:
        for model in (Lead, Contact, Activity, User):
            label = model._meta.label_lower
            changes = Counter(
                Change.objects.filter(record_type=label).values_list("record_id", flat=True)
            )
            assert dict(model.objects.values_list("pk", "version")) == changes

    def test_nothing_is_pending_and_nothing_lies_in_the_future(self) -> None:
        assert not Pending.objects.filter(change__cause__reference="seed").exists()
        assert not Change.objects.filter(cause__reference="seed", at__gt=NOW).exists()
        for name in ("created_at", "updated_at", "stage_entered_at", "touched_at", "closed_at"):
            assert not Lead.objects.filter(**{f"{name}__gt": NOW}).exists()

    def test_nothing_is_older_than_what_it_belongs_to(self) -> None:
        for lead in Lead.objects.exclude(owner=None).select_related("company", "first_touch"):
            assert lead.assigned_at is not None
            assert lead.assigned_at >= lead.created_at
            changed = Change.objects.filter(record_type="pipeline.lead", record_id=lead.pk)
            if lead.company is not None:
                linked = changed.filter(diff__has_key="company").earliest("id")
                assert lead.company.created_at <= linked.at
            if lead.first_touch is not None:
                assert lead.first_touch.at <= lead.created_at
        for activity in Activity.objects.select_related("lead"):
            assert activity.lead is not None
            assert activity.created_at >= activity.lead.created_at
            assert activity.done_at is None or activity.done_at >= activity.created_at

    def test_new_records_get_new_ids(self) -> None:
        manager = User.objects.get(email="manager@demo.example")
        lead = factories.make_lead(by=manager)
        step = factories.make_activity(by=manager, lead=lead)
        assert Lead.objects.order_by("pk").last() == lead
        assert Activity.objects.order_by("pk").last() == step


def shown_of(span: LeadSpan) -> Shown:
    """What a span shows, from its row."""
    return Shown(
        span.pipeline_id,
        span.stage_id,
        span.status,
        span.owner_id,
        span.team_id,
        span.amount,
        span.currency,
        span.probability,
        span.archived,
    )


@pytest.mark.usefixtures("company")
class TestTheCompanyIsBelievable:
    def test_it_has_the_shape_that_was_asked_for(self, company: dict[str, Any]) -> None:
        assert (company["leads"], company["users"]) == (300, 20)
        statuses = Counter(Lead.objects.values_list("status", flat=True))
        assert statuses == {"open": 210, "won": 45, "lost": 45}
        assert Team.objects.count() == 10
        assert all(team.leader is not None for team in Team.objects.all())
        assert 2.7 < LeadTag.objects.count() / 300 < 3.3
        oldest = Lead.objects.order_by("created_at")[0]
        assert dt.timedelta(days=300) < NOW - oldest.created_at < dt.timedelta(days=370)

    def test_its_cast_has_roles_a_team_and_leads(self) -> None:
        people = {user.email: user for user in User.objects.all()}
        roles = {part: people[f"{part}@demo.example"].role for part in CAST}
        assert roles == CAST
        assert all(people[f"{part}@demo.example"].check_password("demo") for part in CAST)
        team = Team.objects.get(leader__email="leader@demo.example")
        members = Membership.objects.filter(team=team).values_list("user__email", flat=True)
        assert {"rep@demo.example", "mate@demo.example"} <= set(members)
        for part in ("leader", "rep", "mate"):
            assert Lead.objects.open().filter(owner=people[f"{part}@demo.example"]).count() > 3

    def test_most_open_leads_have_a_next_step_and_some_of_them_are_late(self) -> None:
        opened = Lead.objects.open()
        assert 0.08 < opened.without_next_step().count() / opened.count() < 0.3
        assert 0.05 < opened.overdue(NOW).count() / opened.count() < 0.25
        assert not Lead.objects.exclude(status="open").filter(next_activity_at__isnull=False)

    def test_its_board_shows_people_amounts_and_steps_near_today(self) -> None:
        pipeline = Pipeline.objects.get()
        manager = User.objects.get(email="manager@demo.example")
        columns = read_board(user=manager, pipeline=pipeline).columns
        assert [column.count > 10 for column in columns] == [True] * 5
        assert [column.stage.is_won for column in columns] == [False] * 4 + [True]
        for column in columns:
            assert 20_000 < column.amounts["EUR"] < 3_000_000
            cards = column.cards
            assert len(cards) == min(column.count, 20)
            assert all(card.company and card.contact and card.tags for card in cards)
            assert len({card.title for card in cards}) > len(cards) * 0.7
            steps = [card.next_step for card in cards if card.next_step]
            assert column.stage.is_won or len(steps) >= len(cards) / 2
            assert all(abs((step.due_at - NOW).days) < 90 for step in steps)

    def test_web_leads_have_touches_and_wait_for_an_owner_at_first(self) -> None:
        assert Touch.objects.exists()
        captured = Lead.objects.exclude(contact_name="")
        assert captured.count() > 20
        forms = Cause.objects.filter(kind=Kind.FORM).values("pk")
        for lead in captured:
            first = Change.objects.filter(record_type="pipeline.lead", record_id=lead.pk).earliest(
                "id"
            )
            assert first.cause_id in set(forms.values_list("pk", flat=True))
            assert "owner" not in first.diff


CAST = {
    "admin": "admin",
    "manager": "manager",
    "leader": "leader",
    "rep": "rep",
    "mate": "rep_team",
}
