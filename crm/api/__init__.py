"""The API of people and companies: its resources, for the router to join."""

from typing import Any

from crm.api import history
from crm.api.companies import CompaniesView, ContactsView
from crm.api.people import MembershipsView, TeamsView, UsersView
from crm.api.settings import (
    CampaignsView,
    CustomFieldsView,
    MediumsView,
    ProductsView,
    SourcesView,
    TagsView,
)
from crm.api.targets import TargetsView
from crm.api.touches import TouchesView
from crm.api.views import SavedViewsView

RESOURCES: dict[str, Any] = {
    "users": UsersView,
    "teams": TeamsView,
    "memberships": MembershipsView,
    "targets": TargetsView,
    "companies": CompaniesView,
    "contacts": ContactsView,
    "products": ProductsView,
    "tags": TagsView,
    "sources": SourcesView,
    "mediums": MediumsView,
    "campaigns": CampaignsView,
    "touches": TouchesView,
    "custom-fields": CustomFieldsView,
    "views": SavedViewsView,
}

history.register()
