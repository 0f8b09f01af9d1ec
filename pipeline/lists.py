"""The list of leads: its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.cells import Column, Kind, Money, money
from core.lists import Listing, register
from crm.customcolumns import custom_columns
from crm.lists import labelled, owner_column
from pipeline.models import Lead, LeadContact, LeadTag
from pipeline.recurring import by_month, weighted

#: The main contact of a lead: name, e-mail, phone.
Person = tuple[str, str, str]


def main_contacts(ids: Sequence[int]) -> Mapping[int, Person]:
    """The main contact of each lead, in one query."""
    rows = LeadContact.objects.filter(lead__in=ids, is_main=True).values_list(
        "lead", "contact__name", "contact__email", "contact__phone", "contact__mobile"
    )
    return {lead: (name, email, phone or mobile) for lead, name, email, phone, mobile in rows}


def _tags(ids: Sequence[int]) -> Mapping[int, str]:
    """The tags of each lead, in one query."""
    found: dict[int, list[str]] = {}
    rows = LeadTag.objects.filter(lead__in=ids).order_by("tag__name", "tag")
    for lead, name in rows.values_list("lead", "tag__name"):
        found.setdefault(lead, []).append(name)
    return {lead: ", ".join(names) for lead, names in found.items()}


def _person(place: int, captured: str, person: Person | None) -> str:
    """What is known of the main contact, or what was captured."""
    return (person[place] if person is not None else "") or captured


def _weighted(amount: Decimal | None, currency: str, probability: Decimal) -> Money | None:
    """The amount by its chance, to the cent."""
    if amount is None:
        return None
    return Money(weighted(amount, probability), currency)


def _by_month(amount: Decimal | None, plan: str, currency: str) -> Money | None:
    """What a recurring amount comes to in a month."""
    return Money(by_month(amount, plan), currency) if amount is not None else None


def _by_month_weighted(
    amount: Decimal | None, plan: str, currency: str, probability: Decimal
) -> Money | None:
    """The same, times its chance; of the whole amount, so that a cent is lost only once."""
    if amount is None:
        return None
    return Money(by_month(amount * probability / 100, plan), currency)


def _status(status: str, archived_at: Any) -> str:
    """Open, won or lost, and whether it is put away."""
    label = labelled(Lead.Status, status)
    return f"{label} · {_('archived')}" if archived_at is not None else label


def _moment(name: str, label: Any, path: str, *, sorts: bool = True) -> Column:
    return Column(
        name,
        label,
        Kind.MOMENT,
        paths=(path,),
        sort=path if sorts else "",
        falling=True,
    )


def _amount(name: str, label: Any, path: str, beside: str) -> Column:
    return Column(
        name,
        label,
        Kind.MONEY,
        paths=(path, "currency"),
        of=money,
        sort=path,
        falling=True,
        edits=(path, beside),
    )


LEADS = register(
    Listing(
        name="leads",
        model=Lead,
        chosen=(
            "title",
            "company",
            "contact",
            "stage",
            "amount",
            "expected_close",
            "next_activity",
            "owner",
        ),
        sort="-updated",
        address=lambda: reverse("lead", args=[0]),
        more=partial(custom_columns, Lead),
        columns=(
            Column("title", _("Title"), paths=("title",), sort="title_key", edits=("title",)),
            Column(
                "company",
                _("Company"),
                paths=("company__name", "company_name"),
                of=lambda name, captured: name or captured,
                sort="company__name_key",
                edits=("company",),
            ),
            Column(
                "contact",
                _("Contact"),
                paths=("contact_name",),
                of=partial(_person, 0),
                side=main_contacts,
            ),
            Column(
                "email",
                _("E-mail"),
                paths=("email",),
                of=partial(_person, 1),
                side=main_contacts,
            ),
            Column(
                "phone",
                _("Phone"),
                paths=("phone",),
                of=partial(_person, 2),
                side=main_contacts,
            ),
            owner_column(),
            Column(
                "team", _("Sales team"), paths=("team__name",), sort="team__name", edits=("team",)
            ),
            Column("pipeline", _("Pipeline"), paths=("pipeline__name",)),
            Column(
                "stage",
                _("Stage"),
                paths=("stage__name",),
                sort="stage__sequence",
                asks="lead-move",
            ),
            Column("status", _("Status"), paths=("status", "archived_at"), of=_status),
            Column(
                "kind",
                _("Kind"),
                paths=("kind",),
                of=partial(labelled, Lead.Kind),
            ),
            _amount("amount", _("Expected revenue"), "expected_revenue", "currency"),
            Column(
                "weighted",
                _("Weighted"),
                Kind.MONEY,
                paths=("expected_revenue", "currency", "probability"),
                of=_weighted,
            ),
            Column("currency", _("Currency"), paths=("currency",), edits=("currency",)),
            _amount("recurring", _("Recurring revenue"), "recurring_revenue", "recurring_plan"),
            Column(
                "recurring_plan",
                _("Recurring plan"),
                paths=("recurring_plan",),
                of=partial(labelled, Lead.Plan),
                edits=("recurring_revenue", "recurring_plan"),
            ),
            Column(
                "by_month",
                _("Recurring, by the month"),
                Kind.MONEY,
                paths=("recurring_revenue", "recurring_plan", "currency"),
                of=_by_month,
            ),
            Column(
                "by_month_weighted",
                _("Recurring by the month, weighted"),
                Kind.MONEY,
                paths=("recurring_revenue", "recurring_plan", "currency", "probability"),
                of=_by_month_weighted,
            ),
            Column(
                "expected_close",
                _("Expected close"),
                Kind.DAY,
                paths=("expected_close",),
                sort="expected_close",
                edits=("expected_close",),
            ),
            Column(
                "probability",
                _("Probability"),
                Kind.PERCENT,
                paths=("probability",),
                sort="probability",
                falling=True,
                edits=("probability_manual",),
            ),
            Column(
                "stars",
                _("Priority"),
                Kind.STARS,
                paths=("stars",),
                sort="stars",
                falling=True,
                edits=("stars_manual",),
            ),
            Column(
                "source",
                _("Source"),
                paths=("source__name",),
                sort="source__name",
                edits=("source",),
            ),
            Column("medium", _("Medium"), paths=("medium__name",), edits=("medium",)),
            Column("campaign", _("Campaign"), paths=("campaign__name",), edits=("campaign",)),
            Column("tags", _("Tags"), side=_tags, edits=("tags",)),
            Column("product", _("Product"), paths=("product__name",), edits=("product",)),
            _moment("created", _("Created"), "created_at"),
            _moment("updated", _("Last changed"), "updated_at"),
            _moment("in_stage_since", _("In stage since"), "stage_entered_at"),
            _moment("last_activity", _("Last activity"), "last_activity_at"),
            Column(
                "next_activity",
                _("Next step"),
                Kind.MOMENT,
                paths=("next_activity_at",),
                sort="next_activity_at",
            ),
            _moment("closed", _("Closed"), "closed_at"),
            Column("lost_reason", _("Lost reason"), paths=("lost_reason__name",)),
        ),
    )
)
