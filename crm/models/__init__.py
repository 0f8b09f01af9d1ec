"""People and companies."""

from crm.models.customfields import CustomField
from crm.models.distinct import Distinct, DistinctCompanies, DistinctContacts
from crm.models.organisation import Organisation
from crm.models.people import Membership, Target, Team, User
from crm.models.points import ContactPoint
from crm.models.privacy import PrivacyRecord
from crm.models.sources import Campaign, CampaignCost, Medium, Source, Touch
from crm.models.tagging import CompanyTag, ContactTag
from crm.models.views import SavedView
from crm.models.world import Company, Contact, Product, Tag

__all__ = [
    "Campaign",
    "CampaignCost",
    "Company",
    "CompanyTag",
    "Contact",
    "ContactPoint",
    "ContactTag",
    "CustomField",
    "Distinct",
    "DistinctCompanies",
    "DistinctContacts",
    "Medium",
    "Membership",
    "Organisation",
    "PrivacyRecord",
    "Product",
    "SavedView",
    "Source",
    "Tag",
    "Target",
    "Team",
    "Touch",
    "User",
]
