"""Leads and activities to look at, with their history; they are worked on the board."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.admin.bases import CappedPaginator, ReadOnlyAdmin
from pipeline.models import Activity, Lead


@admin.register(Lead)
class LeadAdmin(ReadOnlyAdmin):
    """What the database holds of a lead, and every change that led there."""

    paginator = CappedPaginator
    ordering = ("-id",)
    list_display = ("id", "title", "status", "stage", "owner", "expected_revenue", "updated_at")
    list_display_links = ("id", "title")
    list_filter = ("status", "stage", ("archived_at", admin.EmptyFieldListFilter))
    list_select_related = ("stage", "owner")
    search_fields = ("title",)
    fieldsets = (
        (None, {"fields": ("title", "kind", "status", "description")}),
        (
            _("Who"),
            {
                "fields": (
                    "company",
                    "contact_name",
                    "company_name",
                    "email",
                    "phone",
                    "owner",
                    "team",
                )
            },
        ),
        (
            _("Where it stands"),
            {"fields": ("pipeline", "stage", "lost_reason", "lost_note", "closed_at")},
        ),
        (
            _("What it is worth"),
            {
                "fields": (
                    "product",
                    "expected_revenue",
                    "currency",
                    "recurring_revenue",
                    "recurring_plan",
                    "expected_close",
                    "probability",
                )
            },
        ),
        (_("Where it came from"), {"fields": ("source", "medium", "campaign", "custom")}),
        (
            _("Kept by the machine"),
            {
                "fields": (
                    "external_source",
                    "external_id",
                    "created_at",
                    "updated_at",
                    "version",
                    "stage_entered_at",
                    "touched_at",
                    "last_activity_at",
                    "next_activity_at",
                    "archived_at",
                )
            },
        ),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By the lead's search text, which is indexed."""
        leads: Any = queryset
        return (leads.searching(search_term) if search_term.strip() else leads), False


@admin.register(Activity)
class ActivityAdmin(ReadOnlyAdmin):
    """Next steps, done and to do."""

    paginator = CappedPaginator
    ordering = ("-id",)
    list_display = ("id", "__str__", "type", "due_at", "assignee", "done_at", "outcome")
    list_display_links = ("id", "__str__")
    list_filter = ("type", "outcome", ("done_at", admin.EmptyFieldListFilter))
    list_select_related = ("type", "assignee")
    search_fields = ("summary",)
    fields = (
        "type",
        "summary",
        "note",
        "due_at",
        "all_day",
        "assignee",
        "done_at",
        "outcome",
        "feedback",
        "lead",
        "contact",
        "company",
        "created_at",
        "version",
    )
