"""Leads that may be one and the same, as pages print them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from core.folding import email_key
from core.money import format_money
from crm.duplicatelines import Facts, Kind, of_both, typed_phones
from crm.duplicates import Probe, some
from crm.models import Company
from pipeline import reviews
from pipeline.duplicates import find_leads, probe_of_lead
from pipeline.leadpage import visible_lead
from pipeline.lists import main_contacts
from pipeline.models import Lead


def _where(lead: Lead) -> Sequence[Any]:
    stage = lead.stage.name if lead.status == Lead.Status.OPEN else lead.get_status_display()  # type: ignore[attr-defined]
    amount = format_money(lead.expected_revenue, lead.currency, get_language() or "en")
    company = lead.company or lead.company_name
    return company, stage, lead.owner, amount


def _known(typed: Mapping[str, str]) -> Probe:
    company = typed.get("company", "")[:200]
    named = Company.objects.named(company).values_list("pk", flat=True)[:2] if company else []
    return Probe(
        emails=some([email_key(typed.get("email", "")[:254])]),
        phones=typed_phones(typed.get("phone", "")),
        people=tuple(some([typed.get("contact_name", "")[:150]])),
        company_names=tuple(some([company])),
        companies=frozenset(named),
    )


def _facts(leads: Sequence[Any]) -> Mapping[int, Facts]:
    language = get_language() or "en"
    people = main_contacts([lead.pk for lead in leads])
    found: dict[int, Facts] = {}
    for lead in leads:
        name, email, phone = people.get(lead.pk, ("", "", ""))
        found[lead.pk] = (
            (_("Contact"), lead.contact_name or name),
            (_("Company"), str(lead.company or lead.company_name)),
            (_("E-mail"), lead.email or email),
            (_("Phone"), lead.phone or phone),
            (_("Stage"), f"{lead.pipeline} · {lead.stage}"),
            (_("Amount"), format_money(lead.expected_revenue, lead.currency, language)),
            *of_both(lead),
        )
    return found


LEADS = Kind(
    "lead",
    "leads",
    gettext_lazy("Leads"),
    visible_lead,
    probe_of_lead,
    find_leads,
    _where,
    _known,
    reviews.LEADS,
    _facts,
)
