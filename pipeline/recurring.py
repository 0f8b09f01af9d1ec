"""Recurring revenue by the month, and amounts weighted by their chance. Pure; to the cent."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from pipeline.models import Lead

CENT = Decimal("0.01")
#: For how many months one payment of a plan is.
MONTHS = {Lead.Plan.MONTHLY: 1, Lead.Plan.QUARTERLY: 3, Lead.Plan.YEARLY: 12}


def by_month(amount: Decimal, plan: str) -> Decimal:
    """What a recurring amount comes to in a month: 1,200 a year is 100."""
    return (amount / MONTHS[Lead.Plan(plan)]).quantize(CENT, ROUND_HALF_UP)


def weighted(amount: Decimal, probability: Decimal) -> Decimal:
    """The amount times its probability in per cent."""
    return (amount * probability / 100).quantize(CENT, ROUND_HALF_UP)
