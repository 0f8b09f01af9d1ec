"""How leads are gone through for duplicates: the open ones, for a customer who buys again is none.

See crm/reviewing.py.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, QuerySet

from crm.duplicates import (
    COMPANY,
    COMPANY_NAME,
    CONTACT,
    DOMAIN,
    EMAIL,
    NAME,
    OF_PEOPLE,
    PHONE,
    some,
)
from crm.reviewing import KEYS, Criterion, Key, Known, Repeated, Review
from crm.reviews import AT_ONE_NUMBER, keyed
from pipeline.models import DistinctLeads, Lead, LeadContact

if TYPE_CHECKING:
    from crm.models import User


def _leads(*columns: str) -> Any:
    """The open leads that have something in each of the columns."""

    def rows(user: User) -> QuerySet[Any]:
        found: QuerySet[Any] = Lead.objects.visible_to(user).active().open()
        for column in columns:
            empty = {f"{column}__isnull": True} if column == "company" else {column: ""}
            found = found.exclude(**empty)
        return found

    return rows


def _people(user: User) -> QuerySet[Any]:
    """The people on open leads."""
    leads = Lead.objects.visible_to(user).active().open()
    return LeadContact.objects.filter(lead__in=leads.values("pk"))


def _captured(user: User, after: Key | None) -> list[Key]:
    """The addresses that one lead was captured with and that a contact of another one has."""
    others = _people(user).filter(contact__email_key=OuterRef("email_key"))
    found = _leads("email_key")(user).filter(Exists(others.exclude(lead=OuterRef("pk"))))
    if after is not None:
        found = found.filter(email_key__gt=after[0])
    return list(found.order_by("email_key").values_list("email_key").distinct()[:KEYS])


def _known_leads(user: User, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    seen = Lead.objects.visible_to(user, singly=True).active().open().filter(pk__in=ids)
    columns = (
        *("pk", "email_key", "phone_key", "contact_name_alike", "company_name_alike"),
        *("kind", "title_key"),
    )
    known: dict[int, dict[str, Any]] = {
        row["pk"]: {**row, "people": set(), "addresses": {*some([row["email_key"]])}}
        for row in seen.values(*columns, "company", "domain_key")
    }
    people = LeadContact.objects.filter(lead__in=known)
    for lead, contact, address in people.values_list("lead", "contact", "contact__email_key"):
        known[lead]["people"].add(contact)
        known[lead]["addresses"] |= some([address])
    return known


def _traits(known: Known) -> dict[str, set[Any]]:
    return {
        EMAIL: known["addresses"],
        CONTACT: known["people"],
        PHONE: {*some([known["phone_key"]])},
        NAME: {*some([known["contact_name_alike"]])},
        COMPANY: {*some([known["company"]])},
        DOMAIN: {*some([known["domain_key"]])},
        COMPANY_NAME: {*some([known["company_name_alike"]])},
    }


def _two_sales(one: Known, other: Known, _reasons: Collection[str]) -> bool:
    """Whether somebody has looked at both, and they are about different things: two opportunities
    whose titles have less than half of their words in common. A customer may want several."""
    if {one["kind"], other["kind"]} != {Lead.Kind.OPPORTUNITY}:
        return False
    mine, theirs = (set(re.findall(r"\w+", each["title_key"])) for each in (one, other))
    return 2 * len(mine & theirs) < len(mine | theirs)


def _named(*columns: str) -> Criterion:
    """The same name at the same place."""
    wanted = ("contact_name_alike", *columns)
    return Criterion(
        "name_" + columns[0],
        lambda known: keyed(tuple(known[name] for name in wanted)),
        [Repeated(_leads(*wanted), wanted)],
    )


LEADS = Review(
    pairs=DistinctLeads,
    weights=OF_PEOPLE,
    criteria=(
        Criterion(
            EMAIL,
            lambda known: keyed((known["email_key"],)),
            [Repeated(_leads("email_key"), ("email_key",))],
        ),
        Criterion(
            CONTACT,
            lambda known: keyed(*((contact,) for contact in known["people"])),
            [Repeated(_people, ("contact",), path="lead")],
        ),
        Criterion(
            "captured",
            lambda known: keyed(*((address,) for address in known["addresses"])),
            [
                Repeated(_leads("email_key"), ("email_key",)),
                Repeated(_people, ("contact__email_key",), path="lead"),
            ],
            across=_captured,
            is_across_alone=True,
        ),
        Criterion(
            PHONE,
            lambda known: keyed((known["phone_key"],)),
            [Repeated(_leads("phone_key"), ("phone_key",), most=AT_ONE_NUMBER)],
        ),
        _named("domain_key"),
        _named("company"),
        _named("company_name_alike"),
    ),
    traits=_traits,
    known=_known_leads,
    read=lambda ids: Lead.objects.filter(pk__in=ids).select_related(
        "company", "stage", "owner", "pipeline"
    ),
    differs=_two_sales,
)
