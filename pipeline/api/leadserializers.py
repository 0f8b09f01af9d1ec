"""How leads stand in JSON, and what their actions take."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.api.fields import CustomValues, Input, Moment, RecordSerializer, Reference
from pipeline.api.leadnames import LeadReference, LeadSet
from pipeline.models import Lead, LeadContact


class FirstContactInput(Input):
    """A person on a new lead."""

    contact = Reference()
    role = serializers.ChoiceField(
        choices=LeadContact.Role.choices, required=False, allow_blank=True
    )


class LeadSerializer(RecordSerializer):
    """A lead. Money is text with two decimals, in `currency`."""

    fixed = {
        "pipeline": _("To move a lead, POST to its move/."),
        "stage": _("To move a lead, POST to its move/."),
        "contacts": _("The people on a lead are at its contacts/."),
    }
    title = serializers.CharField(max_length=200)
    company = LeadReference(required=False, allow_null=True)
    main_contact = LeadReference(read_only=True, allow_null=True)
    contacts = FirstContactInput(many=True, required=False, write_only=True)
    owner = LeadReference(required=False, allow_null=True)
    team = LeadReference(required=False, allow_null=True)
    collaborators = LeadSet(required=False)
    followers = LeadSet(required=False)
    pipeline = LeadReference(required=False)
    stage = LeadReference(required=False)
    lost_reason = LeadReference(read_only=True, allow_null=True)
    product = LeadReference(required=False, allow_null=True)
    currency = serializers.CharField(required=False, max_length=3)
    tags = LeadSet(required=False)
    source = LeadReference(  # type: ignore[assignment]
        required=False, allow_null=True
    )
    medium = LeadReference(required=False, allow_null=True)
    campaign = LeadReference(required=False, allow_null=True)
    first_touch = LeadReference(required=False, allow_null=True)
    last_touch = LeadReference(required=False, allow_null=True)
    custom = CustomValues(required=False)
    stars = serializers.IntegerField(read_only=True)
    probability = serializers.DecimalField(max_digits=5, decimal_places=2, read_only=True)
    external_source = serializers.CharField(required=False, allow_blank=True, max_length=40)
    external_id = serializers.CharField(required=False, allow_blank=True, max_length=100)

    class Meta:
        model = Lead
        fields = (
            "id",
            "title",
            "description",
            "kind",
            "status",
            "company",
            "main_contact",
            "contacts",
            "contact_name",
            "company_name",
            "email",
            "phone",
            "owner",
            "team",
            "collaborators",
            "followers",
            "pipeline",
            "stage",
            "lost_reason",
            "lost_note",
            "product",
            "expected_revenue",
            "currency",
            "recurring_revenue",
            "recurring_plan",
            "expected_close",
            "forecast_category",
            "tags",
            "source",
            "medium",
            "campaign",
            "first_touch",
            "last_touch",
            "budget_confirmed",
            "budget_amount",
            "decision_maker_known",
            "timeframe",
            "pain",
            "company_fit",
            "custom",
            "stars_manual",
            "stars",
            "probability_manual",
            "probability",
            "score",
            "external_source",
            "external_id",
            "created_at",
            "assigned_at",
            "converted_at",
            "closed_at",
            "archived_at",
            "stage_entered_at",
            "touched_at",
            "last_activity_at",
            "next_activity_at",
            "updated_at",
            "version",
        )
        read_only_fields = ("kind", "status", "lost_note")


class MoveInput(Input):
    """Where a lead goes. Without `above` and `below`, to the top of the column."""

    stage = Reference()
    above = Reference(required=False, help_text="The lead that it is placed above.")
    below = Reference(required=False, help_text="The lead that it is placed below.")
    fields = serializers.DictField(  # type: ignore[assignment]
        required=False, help_text="Values that the stage requires, set in the same step."
    )


class WinInput(Input):
    """How a lead is won."""

    stage = Reference(required=False, help_text="A won stage; the next one if not given.")
    at = Moment(required=False, help_text="When it was won; now if not given.")


class LoseInput(Input):
    """Why a lead is lost."""

    reason = Reference(help_text="A lost reason.")
    note = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    at = Moment(required=False, help_text="When it was lost; now if not given.")
    again_on = serializers.DateField(
        required=False, allow_null=True, help_text="Plan a follow-up on this day."
    )


class ReopenInput(Input):
    """Where a reopened lead stands."""

    stage = Reference(required=False, help_text="An open stage; the last one if not given.")


class AssignInput(Input):
    """Who gets a lead. Without `team` it follows from the owner."""

    owner = Reference(allow_null=True)
    team = Reference(required=False, allow_null=True)


class ConvertInput(Input):
    """What an opportunity is linked with: given, else found, else made if asked."""

    contact = Reference(required=False)
    company = Reference(required=False)
    create_contact = serializers.BooleanField(required=False, default=False)
    create_company = serializers.BooleanField(required=False, default=False)


class TickInput(Input):
    """Whether the exit criterion of a stage is met."""

    stage = Reference()
    met = serializers.BooleanField(required=False, default=True)


class ProposalSerializer(serializers.Serializer[Any]):
    """What converting would link: records found, and values of those that could be made."""

    contact = Reference(allow_null=True)
    company = Reference(allow_null=True)
    contact_values = serializers.DictField()
    company_values = serializers.DictField()


class TotalSerializer(serializers.Serializer[Any]):
    """How many leads of a group, and what they are worth."""

    status = serializers.ChoiceField(choices=Lead.Status.choices)
    pipeline = Reference()
    stage = Reference()
    currency = serializers.CharField()
    count = serializers.IntegerField()
    without_amount = serializers.IntegerField(help_text="Leads whose amount is not known.")
    expected_revenue = serializers.DecimalField(max_digits=20, decimal_places=2)
    weighted_revenue = serializers.DecimalField(
        max_digits=20, decimal_places=2, help_text="Each amount times its probability."
    )


class StatusTotalSerializer(serializers.Serializer[Any]):
    """How many leads of a status, and what they are worth."""

    status = serializers.ChoiceField(choices=Lead.Status.choices)
    currency = serializers.CharField()
    count = serializers.IntegerField()
    without_amount = serializers.IntegerField()
    expected_revenue = serializers.DecimalField(max_digits=20, decimal_places=2)
    weighted_revenue = serializers.DecimalField(max_digits=20, decimal_places=2)


class TotalsSerializer(serializers.Serializer[Any]):
    """Counts and sums of the leads in sight that the filters let through."""

    count = serializers.IntegerField()
    by_status = StatusTotalSerializer(many=True)
    by_stage = TotalSerializer(many=True)
