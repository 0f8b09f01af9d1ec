"""Activity types."""

from __future__ import annotations

from django.contrib import admin

from core.admin.bases import ConfigurationAdmin
from pipeline.models import ActivityType


@admin.register(ActivityType)
class ActivityTypeAdmin(ConfigurationAdmin):
    """The kinds of next steps, in the order in which they are offered."""

    fields = (
        "name",
        "icon",
        "default_summary",
        ("default_days", "counted_from"),
        ("next_type", "chaining"),
        "sequence",
        "is_active",
    )
    list_display = ("name", "default_summary", "default_days", "next_type", "sequence", "is_active")
    list_select_related = ("next_type",)
    list_editable = ("sequence",)
    list_filter = ("is_active",)
    search_fields = ("name",)
    order_field = "sequence"
