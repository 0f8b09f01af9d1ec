"""What the reads of leads lean on in the database."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

INDEXES = [
    models.Index(fields=["owner", "stage", "position"], name="lead_by_owner"),
    models.Index(fields=["team", "stage", "position"], name="lead_by_team"),
    models.Index(fields=["company"], name="lead_by_company"),
    # All that the sums of a won column need since a day, and who sees the leads.
    models.Index(
        fields=[
            "stage",
            "closed_at",
            "currency",
            "expected_revenue",
            "probability",
            "id",
            "owner",
            "team",
        ],
        name="lead_won",
        condition=Q(status="won", archived_at__isnull=True),
    ),
    models.Index(
        fields=["stage", "next_activity_at"],
        name="lead_next_step",
        condition=Q(status="open", archived_at__isnull=True),
    ),
    # What the sums of an open column need, who sees the leads, and what most conditions ask.
    models.Index(
        name="lead_open",
        condition=Q(status="open", archived_at__isnull=True),
        fields=[
            "pipeline",
            "stage",
            "id",
            "currency",
            "expected_revenue",
            "probability",
            "next_activity_at",
            "expected_close",
            "owner",
            "team",
            "source",
            "stars",
            "stage_entered_at",
            "touched_at",
        ],
    ),
    # Leads of a person that nobody plans to follow up.
    models.Index(
        fields=["owner", "touched_at", "id"],
        name="lead_idle",
        condition=Q(status="open", archived_at__isnull=True, next_activity_at__isnull=True),
    ),
    # By these the duplicates of a lead are looked up; and those who go through all duplicates have
    # the open leads grouped by what these hold, without the rows.
    models.Index(
        fields=["email_key", "status", "archived_at", "owner", "team", "id"],
        name="lead_by_email",
        condition=~Q(email_key=""),
    ),
    models.Index(
        fields=["phone_key", "status", "archived_at", "owner", "team", "id"],
        name="lead_by_phone",
        condition=~Q(phone_key=""),
    ),
    models.Index(fields=["domain_key"], name="lead_by_domain", condition=~Q(domain_key="")),
    models.Index(
        fields=[
            "contact_name_alike",
            "domain_key",
            "company",
            "company_name_alike",
            "status",
            "archived_at",
            "owner",
            "team",
            "id",
        ],
        name="lead_alike",
        condition=~Q(contact_name_alike=""),
    ),
    models.Index(
        fields=["company_name_alike"],
        name="lead_company_alike",
        condition=~Q(company_name_alike=""),
    ),
    models.Index(fields=["-updated_at", "-id"], name="lead_by_change"),
    models.Index(
        fields=["stage", "-closed_at"],
        name="lead_closed",
        condition=Q(closed_at__isnull=False),
    ),
]
