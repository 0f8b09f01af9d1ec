"""The page on which several leads become one."""

from __future__ import annotations

from crm.views.merging import Merging
from pipeline.duplicatelines import LEADS
from pipeline.models import Lead
from pipeline.services.merging import merge_leads, plan_leads, read_leads_to_merge

MERGING = Merging(
    LEADS,
    Lead,
    lambda ids, by, head: read_leads_to_merge(ids=ids, by=by, head=head),
    plan_leads,
    merge_leads,
)
