"""Where people come from: sources, mediums, campaigns and what these cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from core.admin.bases import ConfigurationAdmin, ConfigurationForm
from core.admin.fields import CurrencyField, label_of
from crm.models import Campaign, CampaignCost, Medium, Source

if TYPE_CHECKING:
    TabularInline = admin.TabularInline[Any, Any]
else:
    TabularInline = admin.TabularInline


class NamedAdmin(ConfigurationAdmin):
    """Something told by its name."""

    fields = ("name", "is_active")
    list_display = ("name", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name",)


@admin.register(Source)
class SourceAdmin(NamedAdmin):
    """Sources (utm_source)."""


@admin.register(Medium)
class MediumAdmin(NamedAdmin):
    """Mediums (utm_medium)."""


class CostForm(ConfigurationForm):
    """What a campaign cost on a day."""

    currency = CurrencyField(label=label_of(CampaignCost, "currency"))

    class Meta:
        model = CampaignCost
        fields = ("campaign", "day", "amount", "currency")


class CostInline(TabularInline):
    """The costs of a campaign by day."""

    model = CampaignCost
    form = CostForm
    fields = ("day", "amount", "currency", "expected_version")
    extra = 1


@admin.register(Campaign)
class CampaignAdmin(NamedAdmin):
    """Campaigns (utm_campaign) with their costs."""

    inlines = (CostInline,)


@admin.register(CampaignCost)
class CampaignCostAdmin(ConfigurationAdmin):
    """Costs of all campaigns."""

    form = CostForm
    fields = ("campaign", "day", "amount", "currency")
    list_display = ("campaign", "day", "amount", "currency")
    list_filter = ("campaign",)
    list_select_related = ("campaign",)
    date_hierarchy = "day"
