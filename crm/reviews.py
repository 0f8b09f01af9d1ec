"""How contacts and companies are gone through for duplicates; see crm/reviewing.py."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, Min, OuterRef, Q, QuerySet

from crm.alike import own_domain
from crm.duplicates import (
    COMPANY,
    COMPANY_NAME,
    DOMAIN,
    EMAIL,
    NAME,
    OF_COMPANIES,
    OF_PEOPLE,
    PHONE,
    some,
)
from crm.models import Company, Contact, DistinctCompanies, DistinctContacts
from crm.reviewing import KEYS, Criterion, Key, Known, Repeated, Review

if TYPE_CHECKING:
    from crm.models import User

#: A number that more have is that of an office, not of a person.
AT_ONE_NUMBER = 5


def keyed(*keys: Any) -> set[Key]:
    """The keys of which no part is empty."""
    return {key for key in keys if all(part not in ("", None) for part in key)}


def _contacts(*columns: str) -> Any:
    """The active contacts that have something in each of the columns."""

    def rows(user: User) -> QuerySet[Any]:
        found: QuerySet[Any] = Contact.objects.active()
        for column in columns:
            empty = {f"{column}__isnull": True} if column == "company" else {column: ""}
            found = found.exclude(**empty)
        return found

    return rows


def _phone_and_mobile(user: User, after: Key | None) -> list[Key]:
    """The numbers that are the phone of one contact and the mobile of another."""
    others = Contact.objects.active().filter(mobile_key=OuterRef("phone_key"))
    found = _contacts("phone_key")(user).filter(Exists(others.exclude(pk=OuterRef("pk"))))
    if after is not None:
        found = found.filter(phone_key__gt=after[0])
    numbers = found.order_by("phone_key").values_list("phone_key").distinct()
    return list(numbers[:KEYS])


def _known_contacts(user: User, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    seen = Contact.objects.visible_to(user).active().filter(pk__in=ids)
    columns = ("pk", "email_key", "phone_key", "mobile_key", "name_alike", "company", "domain_key")
    return {row["pk"]: row for row in seen.values(*columns)}


def _contact_traits(known: Known) -> dict[str, set[Any]]:
    return {
        EMAIL: {*some([known["email_key"]])},
        PHONE: {*some([known["phone_key"], known["mobile_key"]])},
        NAME: {*some([known["name_alike"]])},
        COMPANY: {*some([known["company"]])},
        DOMAIN: {*some([known["domain_key"]])},
    }


CONTACTS = Review(
    pairs=DistinctContacts,
    weights=OF_PEOPLE,
    criteria=(
        Criterion(
            EMAIL,
            lambda known: keyed((known["email_key"],)),
            [Repeated(_contacts("email_key"), ("email_key",))],
        ),
        Criterion(
            PHONE,
            lambda known: keyed((known["phone_key"],), (known["mobile_key"],)),
            [
                Repeated(_contacts("phone_key"), ("phone_key",), most=AT_ONE_NUMBER),
                Repeated(_contacts("mobile_key"), ("mobile_key",), most=AT_ONE_NUMBER),
            ],
            across=_phone_and_mobile,
        ),
        Criterion(
            "name_company",
            lambda known: keyed((known["name_alike"], known["company"])),
            [Repeated(_contacts("name_alike", "company"), ("name_alike", "company"))],
        ),
        Criterion(
            "name_domain",
            lambda known: keyed((known["name_alike"], known["domain_key"])),
            [Repeated(_contacts("name_alike", "domain_key"), ("name_alike", "domain_key"))],
        ),
    ),
    traits=_contact_traits,
    known=_known_contacts,
    read=lambda ids: Contact.objects.filter(pk__in=ids).for_list(),
)


def _companies_of_one_domain(user: User) -> QuerySet[Any]:
    return Company.objects.active().exclude(domain_key="")


def _companies_of_one_name(user: User) -> QuerySet[Any]:
    return Company.objects.active().exclude(name_alike="")


def _known_companies(user: User, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    seen = Company.objects.visible_to(user).active().filter(pk__in=ids)
    columns = ("pk", "domain_key", "name_alike", "phone_key", "parent")
    return {row["pk"]: row for row in seen.values(*columns)}


def _company_traits(known: Known) -> dict[str, set[Any]]:
    return {
        DOMAIN: {*some([own_domain(known["domain_key"])])},
        COMPANY_NAME: {*some([known["name_alike"]])},
        PHONE: {*some([known["phone_key"]])},
    }


def _companies_differ(one: Known, other: Known, reasons: Collection[str]) -> bool:
    """A branch is not the company above it, nor the one beside it; and two companies of one name
    with two domains are two, as far as one can tell."""
    above = {one["parent"], other["parent"]}
    is_family = above & {one["pk"], other["pk"]} or (len(above) == 1 and None not in above)
    two_domains = own_domain(one["domain_key"]) and own_domain(other["domain_key"])
    return bool(is_family or (two_domains and DOMAIN not in reasons))


COMPANIES = Review(
    pairs=DistinctCompanies,
    weights=OF_COMPANIES,
    criteria=(
        Criterion(
            DOMAIN,
            lambda known: keyed((own_domain(known["domain_key"]),)),
            [Repeated(_companies_of_one_domain, ("domain_key",))],
        ),
        Criterion(
            COMPANY_NAME,
            lambda known: keyed((known["name_alike"],)),
            # Where all have a domain they are several, or the same by that.
            [
                Repeated(
                    _companies_of_one_name,
                    ("name_alike",),
                    counted={"least_domain": Min("domain_key")},
                    also=Q(least_domain=""),
                )
            ],
        ),
    ),
    traits=_company_traits,
    known=_known_companies,
    read=lambda ids: Company.objects.filter(pk__in=ids).for_list(),
    differs=_companies_differ,
)
