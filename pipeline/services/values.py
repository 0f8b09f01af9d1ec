"""Values that somebody wants on a lead: checked, then set."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from core.errors import Refused
from crm.customvalues import merged
from crm.services.values import checked
from pipeline.models import Lead

if TYPE_CHECKING:
    from crm.models import User

#: What may be set on a lead by its name. Stage, status and place have services of their own.
EDITABLE = (
    "title",
    "description",
    "company",
    "contact_name",
    "company_name",
    "email",
    "phone",
    "owner",
    "team",
    "product",
    "expected_revenue",
    "currency",
    "recurring_revenue",
    "recurring_plan",
    "expected_close",
    "forecast_category",
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
    "stars_manual",
    "probability_manual",
    "custom",
    "external_source",
    "external_id",
)
#: Sets of records on a lead, given as lists of ids.
SETS = ("tags", "collaborators", "followers")


def clean_values(rows: Sequence[Mapping[str, Any]], *, by: User | None) -> list[dict[str, Any]]:
    """Rows of `{field name: value}` as checked `{attname: Python value}`, without the sets."""
    return checked(
        Lead,
        [{name: value for name, value in row.items() if name not in SETS} for row in rows],
        by=by,
        allowed=EDITABLE,
    )


def assign_values(
    lead: Lead, values: Mapping[str, Any], *, by: User | None, moment: dt.datetime
) -> None:
    """Check values and set them on one lead; nothing is saved here.

    A custom field may be named as a stage names it, `custom.<key>`. A new owner sets
    `assigned_at` to `moment`.
    """
    plain = {name: value for name, value in values.items() if not name.startswith("custom.")}
    custom = {
        name.removeprefix("custom."): value for name, value in values.items() if name not in plain
    }
    if custom:
        plain["custom"] = {**(plain.get("custom") or {}), **custom}
    owner = lead.owner_id
    set_values([lead], clean_values([plain], by=by)[0])
    if lead.owner_id != owner:
        lead.assigned_at = moment if lead.owner_id is not None else None


def set_values(leads: Sequence[Lead], cleaned: Mapping[str, Any]) -> None:
    """Set checked values on leads. Custom fields are merged: None takes a key away."""
    for lead in leads:
        for attname, value in cleaned.items():
            if attname == "custom":
                lead.custom = merged(lead.custom, value)
            else:
                setattr(lead, attname, value)
        check_recurring(lead)


def check_recurring(lead: Lead) -> None:
    """Recurring revenue and its plan come and go together."""
    if (lead.recurring_revenue is None) != (lead.recurring_plan == ""):
        message = _("Recurring revenue needs a plan, and a plan its revenue.")
        raise Refused(message, {"recurring_plan": [message]})
