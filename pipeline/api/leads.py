"""Leads, and what is done to them."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import parsed
from core.errors import Refused
from crm.api.duplicates import MergeableView
from crm.models import Contact
from pipeline.api.leadnames import attach_names
from pipeline.api.leadserializers import (
    AssignInput,
    ConvertInput,
    LeadSerializer,
    LoseInput,
    MoveInput,
    ProposalSerializer,
    ReopenInput,
    TickInput,
    TotalsSerializer,
    WinInput,
)
from pipeline.api.leadtotals import totals_of
from pipeline.filters import LeadFilters
from pipeline.models import Lead, Pipeline, Stage
from pipeline.services import assignment, closing, conversion, leads, moves, sets
from pipeline.views.merging import MERGING


class LeadsView(MergeableView):
    """Leads: possible sales, from first contact to close. Archived ones only when asked for."""

    model = Lead
    merging = MERGING
    queryset = Lead.objects.none()
    serializer_class = LeadSerializer
    filterset_class = LeadFilters
    filtered_actions = ("list", "totals")
    ordering_fields = (
        "id",
        "title",
        "created_at",
        "updated_at",
        "closed_at",
        "expected_close",
        "expected_revenue",
        "probability",
        "score",
        "stage",
        "position",
        "stage_entered_at",
        "next_activity_at",
    )

    def with_relations(self, records: QuerySet[Any]) -> QuerySet[Any]:
        """The leads alone; what they refer to is read after them."""
        return records

    def represent(self, records: Sequence[Any]) -> list[dict[str, Any]]:
        """The leads with the names of what they refer to."""
        attach_names(records)
        return super().represent(records)

    @extend_schema(responses=TotalsSerializer)
    @action(detail=False)
    def totals(self, request: Request) -> Response:
        """How many leads the filters let through and what they are worth, by status and stage."""
        return Response(totals_of(self.filter_queryset(self.visible())))

    def create(self, request: Request) -> Response:
        """Make a lead. Only the title is required; without `owner` it is yours."""
        draft = draft_of(self.values(), self.person)
        return self.created(leads.create_lead(draft=draft, by=self.person))

    def partial_update(self, request: Request, pk: int) -> Response:
        """Change a lead. `custom` is merged; sets are given whole; null empties a field."""
        values = self.values(partial=True)
        return self.answered(
            leads.update_lead(
                lead=pk, values=values, by=self.person, expected_version=self.expected(pk)
            )
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Delete a lead with what hangs on it. Undoing the cause brings it back."""
        leads.delete_leads(leads=[pk], by=self.person, expected_version=self.expected(pk))
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=MoveInput)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: int) -> Response:
        """Put a lead into a stage and a place there. Into a won stage means won."""
        values = self.read(MoveInput)
        if "fields" not in values:
            return self.done(moves.move_lead, pk, **values)
        values["fields"] = parsed(LeadSerializer, values["fields"], partial=True)
        expected = self.expected(pk)
        moved = moves.move_lead(lead=pk, by=self.person, expected_version=expected, **values)
        return self.answered(moved)

    @extend_schema(request=WinInput)
    @action(detail=True, methods=["post"])
    def win(self, request: Request, pk: int) -> Response:
        """Win a lead: it goes to the next won stage."""
        return self.done(closing.win_lead, pk, **self.read(WinInput))

    @extend_schema(request=LoseInput)
    @action(detail=True, methods=["post"])
    def lose(self, request: Request, pk: int) -> Response:
        """Lose a lead for a reason."""
        return self.done(closing.lose_lead, pk, **self.read(LoseInput))

    @extend_schema(request=ReopenInput)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: int) -> Response:
        """Open a won or lost lead again."""
        return self.done(closing.reopen_lead, pk, **self.read(ReopenInput))

    @extend_schema(request=AssignInput)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: int) -> Response:
        """Give a lead to somebody, or with null to nobody."""
        return self.done(assignment.assign_lead, pk, **self.read(AssignInput))

    @extend_schema(request=ConvertInput)
    @action(detail=True, methods=["post"])
    def convert(self, request: Request, pk: int) -> Response:
        """Make an opportunity of a lead, with its contact and company."""
        lead = conversion.convert_lead(
            lead=pk,
            by=self.person,
            expected_version=self.expected(pk),
            **self.read(ConvertInput),
        )
        return self.answered(lead)

    @extend_schema(responses=ProposalSerializer)
    @convert.mapping.get
    def proposal(self, request: Request, pk: int) -> Response:
        """What converting the lead would link: records found, values of those to be made."""
        proposal = conversion.propose_conversion(lead=pk, by=self.person)
        return Response(ProposalSerializer(proposal).data)

    @extend_schema(request=TickInput)
    @action(detail=True, methods=["post"])
    def tick(self, request: Request, pk: int) -> Response:
        """Tick the exit criterion of a stage on a lead, or untick it."""
        with self.unchanged(pk):
            ticked = moves.tick_criterion(lead=pk, by=self.person, **self.read(TickInput))
            return self.answered(ticked)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, pk: int) -> Response:
        """Put a lead away: it leaves lists, board and sums."""
        with self.unchanged(pk):
            return self.answered(leads.archive_leads(leads=[pk], by=self.person)[0])

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def unarchive(self, request: Request, pk: int) -> Response:
        """Bring an archived lead back."""
        with self.unchanged(pk):
            return self.answered(leads.unarchive_leads(leads=[pk], by=self.person)[0])

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def follow(self, request: Request, pk: int) -> Response:
        """Follow a lead that you see."""
        sets.follow_lead(lead=pk, by=self.person)
        return self.answered(Lead(pk=pk))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def unfollow(self, request: Request, pk: int) -> Response:
        """Follow a lead no longer. You may lose sight of it."""
        sets.follow_lead(lead=pk, by=self.person, following=False)
        return self.answered(Lead(pk=pk))

    def done(self, service: Any, pk: int, **values: Any) -> Response:
        """The lead after a service did something to its row alone, and gave it back."""
        lead = service(lead=pk, by=self.person, expected_version=self.expected(pk), **values)
        return self.shown(lead)


def draft_of(values: dict[str, Any], by: Any) -> leads.LeadDraft:
    """The draft of a new lead, with the records that it names, as far as the person sees them."""
    stage, pipeline = values.pop("stage", None), values.pop("pipeline", None)
    people = [(item["contact"], item.get("role", "")) for item in values.pop("contacts", [])]
    found = _seen(Contact, [contact for contact, _role in people], by, "contacts")
    if len(found) != len(people):
        raise Refused(
            _("Some values cannot be kept."), {"contacts": [_("Name each contact once.")]}
        )
    start = _seen(Stage, [stage] if stage else [], by, "stage")
    way = _seen(Pipeline, [pipeline] if pipeline else [], by, "pipeline")
    if start and way and start[0].pipeline_id != way[0].pk:
        raise Refused(
            _("Some values cannot be kept."), {"stage": [_("This is a stage of another pipeline.")]}
        )
    return leads.LeadDraft(
        values=values,
        stage=start[0] if start else None,
        pipeline=way[0] if way else None,
        contacts=people,
    )


def _seen(model: Any, ids: Sequence[int], by: Any, field: str) -> list[Any]:
    if not ids:
        return []
    records = model.objects.visible_to(by).filter(pk__in=ids)
    if model is Stage:
        records = records.active().select_related("pipeline")
    found = list(records)
    if {record.pk for record in found} != set(ids):
        raise Refused(_("Some values cannot be kept."), {field: [_("There is no such record.")]})
    return found
