"""Companies: created, changed, archived, deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction

from core.folding import fold
from crm.models import Company
from crm.services import owned

if TYPE_CHECKING:
    from crm.models import User

FIELDS = frozenset(
    {
        "name",
        "domain",
        "industry",
        "employees",
        "annual_revenue",
        "street",
        "postal_code",
        "city",
        "country",
        "website",
        "phone",
        "parent",
        "owner",
        "custom",
    }
)
#: What only the system may set: where an imported company comes from.
SYSTEM_FIELDS = FIELDS | {"external_source", "external_id", "created_at"}


def create_companies(*, drafts: Sequence[Mapping[str, Any]], by: User | None) -> list[Company]:
    """Insert companies, in their order; each draft is values by field name;
    "tags" are ids, "emails" and "phones" whole lists of further ones with "value" and "label".

    Without "owner" they belong to whoever makes them. Raises Refused, and Conflict when an
    external id exists already.
    """
    return owned.create(Company, drafts, by, FIELDS if by else SYSTEM_FIELDS)


def create_company(*, values: Mapping[str, Any], by: User | None) -> Company:
    """Insert a company."""
    return create_companies(drafts=[values], by=by)[0]


def update_companies(
    *, companies: Sequence[int], values: Mapping[str, Any], by: User | None
) -> list[Company]:
    """Set the same values on several companies; "custom" merges, None takes a key out."""
    return owned.update(Company, companies, values, by, FIELDS if by else SYSTEM_FIELDS)


def update_company(
    *,
    company: int,
    values: Mapping[str, Any],
    by: User | None,
    expected_version: int | None = None,
) -> Company:
    """Set values on a company."""
    fields = FIELDS if by else SYSTEM_FIELDS
    return owned.update(Company, [company], values, by, fields, expected_version=expected_version)[
        0
    ]


def archive_companies(*, companies: Sequence[int], by: User | None) -> list[Company]:
    """Put companies aside: out of lists, still where they are named."""
    return owned.archive(Company, companies, by, archived=True)


def archive_company(*, company: int, by: User | None) -> Company:
    """Put a company aside."""
    return archive_companies(companies=[company], by=by)[0]


def unarchive_companies(*, companies: Sequence[int], by: User | None) -> list[Company]:
    """Take companies back into lists."""
    return owned.archive(Company, companies, by, archived=False)


def unarchive_company(*, company: int, by: User | None) -> Company:
    """Take a company back into lists."""
    return unarchive_companies(companies=[company], by=by)[0]


def delete_companies(*, companies: Sequence[int], by: User | None) -> int:
    """Delete companies; their contacts and leads stay. Returns how many."""
    return owned.delete(Company, companies, by)


def delete_company(*, company: int, by: User | None) -> None:
    """Delete a company."""
    delete_companies(companies=[company], by=by)


@transaction.atomic
def find_or_create_companies(*, names: Sequence[str], by: User | None) -> dict[str, Company]:
    """The companies of these names by folded name, in one read; those that lack are made.

    Of several with one name the oldest that `by` sees is taken.
    """
    wanted = {fold(name): name.strip() for name in reversed(names) if fold(name)}
    visible = Company.objects.all() if by is None else Company.objects.visible_to(by)
    known = {
        company.name_key: company
        for company in visible.active().filter(name_key__in=wanted).order_by("-pk")
    }
    missing = [{"name": name} for key, name in wanted.items() if key not in known]
    if missing:
        for company in create_companies(drafts=missing, by=by):
            known[company.name_key] = company
    return known
